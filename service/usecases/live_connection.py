"""Begin a connection to a chip in a live session: a challenge of its own, and one terminal a verification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import mrz
from service.domain import ids
from service.domain.challenge import CHALLENGE_BYTES, Challenge, require_another
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.lifecycle import Happening, happen, staying
from service.domain.live import SupersededError
from service.domain.mrz_capture import MrzCapture
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database
from service.usecases.judging import read_lines
from service.usecases.recording import record, touched
from service.usecases.still_acting import look_still_acting


@dataclass(frozen=True, slots=True, repr=False)
class LiveConnection:
    """`ordinal`: how many challenges the verification has with this one; if there are more, another terminal reads.

    `document`: the captured lines; `can`: the card access number beside them.
    """

    challenge: Challenge
    ordinal: int
    document: mrz.MrzDocument
    can: str | None = None


@dataclass(frozen=True, slots=True)
class OpenLiveConnection:
    """What each connection of `.../chip/live` begins with."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, who: Principal, verification_id: str, after: int | None = None) -> LiveConnection:
        """A connection; `after`: the ordinal of the session's last one.

        Raises:
            SupersededError: another terminal began to read meanwhile (SECURITY.md 6.3).
            ServiceError: `not_found`, `wrong_state`, `other_device`, `attempt_limit`, `too_many_requests`,
                `unauthenticated`, `conflict`; `erased`: no lines are left.
        """
        now = touched(self.database, self.clock, who, verification_id)
        challenge = Challenge(
            ids.challenge_id(self.randomness.octets(ids.ID_BYTES)), self.randomness.octets(CHALLENGE_BYTES), now
        )
        with self.database.changing() as work:
            look_still_acting(work, who)
            verification = work.verifications.get(verification_id)
            moved = happen(verification, staying(verification, Happening.CHALLENGE_ISSUED), who, now)
            challenges = work.challenges.of(verification_id)
            if after is not None and len(challenges) != after:
                raise SupersededError
            require_another(challenges, now)
            captures = work.captures.of(verification_id)
            document = _lines(captures, now)
            work.challenges.add(verification_id, challenge)
            record(work, moved)
        return LiveConnection(challenge, len(challenges) + 1, document, captures[-1].can)


def _lines(captures: Sequence[MrzCapture], now: datetime) -> mrz.MrzDocument:
    """The lines that count. They were read when they were accepted."""
    document = read_lines(captures[-1].lines, now) if captures else None
    if document is None:
        raise ServiceError(ProblemCode.ERASED)
    return document
