"""Errors of the MRZ reader. None of them ever holds the text that was read.

MrzError
├── MrzFormatError   the text is no machine readable zone
└── MrzFieldError    a field cannot be written into a machine readable zone
"""

from __future__ import annotations

from enum import StrEnum


class FormatReason(StrEnum):
    """Why a text is no machine readable zone; the reasons of the check `mrz.format`."""

    UNKNOWN_FORMAT = "unknown_format"
    BAD_CHARACTER = "bad_character"
    BAD_LENGTH = "bad_length"


class FieldReason(StrEnum):
    """Why a field cannot be written."""

    BAD_CHARACTER = "bad_character"
    TOO_LONG = "too_long"
    NOT_IN_FORMAT = "not_in_format"
    MISSING = "missing"


class MrzError(Exception):
    """Base of every error that leaves this package."""


class MrzFormatError(MrzError):
    """The text fits no format of ICAO 9303-4 to -7.

    `line` and `column` (from 1) say where, if one place is to blame.
    """

    def __init__(self, reason: FormatReason, *, line: int | None = None, column: int | None = None) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        place = f" at line {line}, column {column}" if line is not None else ""
        super().__init__(f"no machine readable zone: {reason.value}{place}")


class MrzFieldError(MrzError):
    """A field that its place in the format cannot hold."""

    def __init__(self, field: str, reason: FieldReason) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field} cannot be written: {reason.value}")
