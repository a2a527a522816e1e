"""Make a challenge for the chip to sign (SECURITY.md 2.6)."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain import ids
from service.domain.challenge import CHALLENGE_BYTES, Challenge, require_another
from service.domain.identity import Principal
from service.domain.lifecycle import Happening, happen, staying
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database
from service.usecases.recording import record, touched


@dataclass(frozen=True, slots=True)
class IssueChallenge:
    """`POST /v1/verifications/{id}/chip-challenges`."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, who: Principal, verification_id: str) -> Challenge:
        now = touched(self.database, self.clock, who, verification_id)
        challenge = Challenge(
            ids.challenge_id(self.randomness.octets(ids.ID_BYTES)), self.randomness.octets(CHALLENGE_BYTES), now
        )
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            moved = happen(verification, staying(verification, Happening.CHALLENGE_ISSUED), who, now)
            require_another(work.challenges.of(verification_id), now)
            work.challenges.add(verification_id, challenge)
            # Saved although nothing in it changed: a chip that is being judged must see the new challenge.
            record(work, moved)
        return challenge
