"""Show where a verification stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.judgement import Judgement
from service.domain.repositories import Database
from service.domain.review import Review, decision_hash
from service.domain.verification import State, Verification


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A verification with what was found and decided."""

    verification: Verification
    judgement: Judgement | None
    reviews: Sequence[Review]

    @property
    def decision_hash(self) -> str | None:
        """What the next review is bound to, or what the last one left; None before the chip is checked."""
        if self.judgement is None or self.verification.state in (State.CREATED, State.MRZ_CAPTURED):
            return None
        return decision_hash(self.judgement, self.reviews)


@dataclass(frozen=True, slots=True)
class ShowVerification:
    """`GET /v1/verifications/{id}`."""

    database: Database

    def __call__(self, verification_id: str) -> Shown:
        with self.database.reading() as work:
            return Shown(
                work.verifications.get(verification_id),
                work.judgements.latest(verification_id),
                work.reviews.of(verification_id),
            )
