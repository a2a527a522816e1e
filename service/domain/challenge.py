"""Active Authentication challenges of this server (SECURITY.md 2.6): made here, single use, soon too old."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from service.domain.errors import ProblemCode, ServiceError

#: ICAO 9303-11 §6.1: RND.IFD has 8 bytes.
CHALLENGE_BYTES: Final = 8
MAX_AGE: Final = timedelta(seconds=120)
#: Challenges count only when answered.
MAX_ANSWERED: Final = 3
#: Open at the same time: a phone needs one, a phone that lost its tag a few.
MAX_OPEN: Final = 10


@dataclass(frozen=True, slots=True, repr=False)
class Challenge:
    """A challenge of one verification. Times are aware, UTC."""

    id: str
    value: bytes
    issued_at: datetime
    answered_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """From then on an answer proves nothing."""
        return self.issued_at + MAX_AGE

    def is_open(self, at: datetime) -> bool:
        """Whether an answer would prove anything."""
        return self.answered_at is None and at <= self.expires_at


def require_another(challenges: Sequence[Challenge], at: datetime) -> None:
    """Refuse a new challenge after three answered ones, or while many are open."""
    require_answers_left(challenges)
    still_open = [challenge for challenge in challenges if challenge.is_open(at)]
    if len(still_open) >= MAX_OPEN:
        oldest = min(challenge.expires_at for challenge in still_open)
        wait = max(1, int((oldest - at).total_seconds()) + 1)
        raise ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=wait)


def require_answers_left(challenges: Sequence[Challenge]) -> None:
    """Refuse a fourth answer."""
    if answers_left(challenges) == 0:
        raise ServiceError(ProblemCode.ATTEMPT_LIMIT)


def answers_left(challenges: Sequence[Challenge]) -> int:
    """How many more answers will be judged."""
    return max(0, MAX_ANSWERED - sum(challenge.answered_at is not None for challenge in challenges))


def answered_by(challenges: Sequence[Challenge], value: bytes) -> Challenge | None:
    """The challenge of this verification that an answer speaks of, compared in constant time; None for a stranger's.

    One upload is judged per challenge: an answered one is refused before anything is judged, so that a request sent
    twice never makes a clone of a genuine passport. One that is too old is judged, and the report says so.
    """
    # No early exit: the time taken says nothing about which one matched.
    matching = [challenge for challenge in challenges if hmac.compare_digest(challenge.value, value)]
    if not matching:
        return None
    (challenge,) = matching
    if challenge.answered_at is not None:
        raise ServiceError(ProblemCode.CHALLENGE_USED)
    require_answers_left(challenges)
    return challenge
