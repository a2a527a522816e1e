"""The information text that the person was given before anything was captured (USERS.md, RULES.md section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from service.domain.errors import FieldError, ProblemCode, ServiceError

#: One text in a few languages; more is a mistake of a program.
MAX_NOTICES: Final = 10
#: The clock of a phone may be ahead by so much.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Notice:
    """A version of the organisation's text in one language (BCP 47), given to the person. Times are aware, UTC.

    `given_at` is the phone's word, `recorded_at` the server's.
    """

    version: str
    language: str
    given_at: datetime
    recorded_at: datetime


def require_recordable(notice: Notice, earlier: Sequence[Notice]) -> None:
    """Refuse a text that will be given, and more texts than a counter ever needs."""
    if notice.given_at > notice.recorded_at + CLOCK_TOLERANCE:
        raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError("/given_at", "in_the_future"),))
    if len(earlier) >= MAX_NOTICES:
        raise ServiceError(ProblemCode.ATTEMPT_LIMIT)
