"""What a row of the check table is made of: statuses, effects, cells, and signer threads in subjects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrtd.inspection.reason import Reason

Scalar = str | int | bool | None

#: Larger integers are not exact in canonical JSON (RFC 8785 §3.2.2.3).
MAX_INTEGER: Final = 2**53 - 1


class CheckStatus(StrEnum):
    """How a check ended. A fact; no policy changes it."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_PERFORMED = "NOT_PERFORMED"
    ABORTED = "ABORTED"

    @property
    def tr03135(self) -> str:
        """The name of the status in BSI TR-03135-1 v2.5 §3.5.2."""
        return _TR_03135[self]


_TR_03135: Final = {
    CheckStatus.PASSED: "successful",
    CheckStatus.FAILED: "failed",
    CheckStatus.INDETERMINATE: "undetermined",
    CheckStatus.NOT_PERFORMED: "undetermined",
    CheckStatus.NOT_APPLICABLE: "not supported",
    CheckStatus.ABORTED: "aborted",
}


class Effect(StrEnum):
    """What a policy makes of a check (the letters of the table)."""

    MANDATORY = "M"
    REFUSED = "R"
    ATTENTION = "A"
    INFORMATION = "-"


def split_thread(subject: str) -> tuple[str, int]:
    """The subject's name and its signer thread: `DSC#2` -> `("DSC", 2)`, `DSC` -> `("DSC", 1)`."""
    name, mark, number = subject.partition("#")
    return (name, int(number)) if mark else (subject, 1)


def threaded(name: str, thread: int) -> str:
    """The subject of a signer thread; the inverse of `split_thread`."""
    return name if thread == 1 else f"{name}#{thread}"


@dataclass(frozen=True, slots=True)
class Cell:
    """The effects of one row in the three shipped policies."""

    strict_level3: Effect
    default: Effect
    forensic: Effect


@dataclass(frozen=True, slots=True)
class Override:
    """A cell that replaces the row's cell for a subject, a reason, a status, or several of them.

    A tolerance ("legacy_oid") softens a PASSED only: the same word on a FAILED must cost what the row says.
    """

    cell: Cell
    reason: Reason | None = None
    subject: str | None = None
    status: CheckStatus | None = None


@dataclass(frozen=True, slots=True)
class CheckDefinition:
    """One row of the table.

    `subjects` are the things the check may speak of; `EF.*` admits every elementary file, `*` any word. A security
    object with several signers gives one thread of results a signer; from the second on, subjects of a `threaded`
    check carry the number (`DSC#2`). `may_not_apply` is True where NOT_APPLICABLE is an honest end that costs nothing
    even when the check is mandatory (secure messaging of a dump).
    """

    id: str
    subjects: tuple[str, ...]
    states: str
    reasons: tuple[Reason, ...]
    standard: str
    tr03135: str
    cell: Cell
    overrides: tuple[Override, ...] = ()
    may_not_apply: bool = False
    threaded: bool = False

    def admits_subject(self, subject: str) -> bool:
        """Whether the check may speak of `subject`."""
        name = split_thread(subject)[0] if self.threaded else subject
        return "*" in self.subjects or name in self.subjects or ("EF.*" in self.subjects and name.startswith("EF."))
