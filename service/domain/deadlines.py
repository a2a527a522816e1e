"""Until when each part of a verification may last (API.md section 5): stored, and judged by the clock at each touch.

A clock that is set back gives nothing back: within one verification time never runs backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from service.domain.verification import CaseReason, State, Verification

#: From the opening until the chip is judged.
CAPTURE_TIME: Final = timedelta(minutes=10)
#: From the judged chip until two people decided, where the operator sets nothing else.
REVIEW_TIME: Final = timedelta(hours=4)
#: From the approval until the portal used the result.
RESULT_TIME: Final = timedelta(hours=72)
#: RULES.md section 5: the photo and EF.DG2 are erased by then, and nobody can compare a face any more.
PORTRAIT_TIME: Final = timedelta(hours=24)


class Deadline(StrEnum):
    """Which part of a verification ends."""

    CAPTURE = "capture"
    REVIEW = "review"
    RESULT = "result"

    @property
    def over(self) -> CaseReason:
        """Why a verification expired that missed it."""
        return CaseReason(f"{self.value}_time_over")


_IN_FORCE: Final = {
    State.CREATED: Deadline.CAPTURE,
    State.MRZ_CAPTURED: Deadline.CAPTURE,
    State.CHECKED: Deadline.REVIEW,
    State.REVIEW_1: Deadline.REVIEW,
    State.REVIEW_2: Deadline.REVIEW,
    State.APPROVED: Deadline.RESULT,
    State.RESULT_ISSUED: Deadline.RESULT,
}


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline that is in force, and when it ends."""

    deadline: Deadline
    at: datetime


def capture_until(opened_at: datetime) -> datetime:
    """The end of capture."""
    return opened_at + CAPTURE_TIME


def review_until(opened_at: datetime, reviewable_at: datetime, review_time: timedelta) -> datetime:
    """The end of the reviews, never past the erasure of the portrait. No portrait is older than the verification."""
    return min(reviewable_at + review_time, opened_at + PORTRAIT_TIME)


def in_force(verification: Verification) -> Due | None:
    """The deadline of the state that the verification is in; None where none ends it."""
    deadline = _IN_FORCE.get(verification.state)
    match deadline:
        case Deadline.CAPTURE:
            return Due(deadline, verification.capture_until)
        case Deadline.REVIEW:
            return Due(deadline, verification.review_until)
        case Deadline.RESULT if verification.result_until is not None:
            return Due(deadline, verification.result_until)
        case _:
            return None


def missed(verification: Verification, now: datetime) -> Deadline | None:
    """The deadline that has passed, though the verification does not say so yet."""
    due = in_force(verification)
    return None if due is None or no_earlier(verification, now) < due.at else due.deadline


def no_earlier(verification: Verification, now: datetime) -> datetime:
    """The time within the verification: never before what already happened to it."""
    return max(now, verification.changed_at)
