"""What can go wrong with bytes: the four kinds of trouble of a verifier, minus the verdicts.

    MrtdError
    ├── MalformedError          the bytes are not what the standard describes
    │   ├── LimitExceededError  they may be, but a bound on hostile input was hit
    │   └── DuplicateError      the same file, key or tag twice: which one counts is not ours to choose
    └── UnsupportedError        well-formed, but an algorithm, curve or version that we do not know

A document that *fails* is never an exception; it is a `CheckResult` (see `mrtd.inspection`). No error carries
bytes or text of a document, only codes, names of files and numbers.
"""

from __future__ import annotations


class MrtdError(Exception):
    """Base of all errors of this package.

    Args:
        code: stable snake_case word for programs, e.g. `truncated`.
        where: the file or structure, e.g. `EF.SOD`; never content.
        detail: one sentence for people, free of personal data.
    """

    def __init__(self, code: str, where: str = "", detail: str = "") -> None:
        self.code = code
        self.where = where
        self.detail = detail
        super().__init__(": ".join(part for part in (where, code, detail) if part))


class MalformedError(MrtdError):
    """The bytes are not what the standard describes."""


class LimitExceededError(MalformedError):
    """A bound on hostile input was hit."""


class DuplicateError(MalformedError):
    """The same file, key or tag was given twice."""


class UnsupportedError(MrtdError):
    """Well-formed, but an algorithm, curve or version that is not supported."""
