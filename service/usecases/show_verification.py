"""Show where a verification stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.duplicates import Finding
from service.domain.identity import Principal
from service.domain.judgement import Judgement
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.reverification import IN_FORCE, Standing, first_standing
from service.domain.review import Review, decision_hash
from service.domain.revocation import Revocation
from service.domain.status_lookup import StatusAnswer, register_of
from service.domain.verification import State, Verification
from service.usecases.recording import touched


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A verification with what was found and decided."""

    verification: Verification
    judgement: Judgement | None
    reviews: Sequence[Review]
    status: StatusAnswer | None = None
    revocation: Revocation | None = None
    findings: Sequence[Finding] = ()
    standing: Standing | None = None

    @property
    def decision_hash(self) -> str | None:
        """What the next review is bound to, or what the last one left; None before the chip is checked."""
        if self.judgement is None or self.verification.state in (State.CREATED, State.MRZ_CAPTURED):
            return None
        return decision_hash(self.judgement, self.reviews, self.status, self.findings)

    @property
    def waits_for_status(self) -> bool:
        """Whether the register of the issuing state must be asked before anyone can approve."""
        return (
            self.verification.state is State.CHECKED
            and self.status is None
            and self.judgement is not None
            and register_of(self.judgement) is not None
        )


def shown(work: Work, verification: Verification) -> Shown:
    """What is kept of a verification, as people and programs see it."""
    return Shown(
        verification,
        work.judgements.latest(verification.id),
        work.reviews.of(verification.id),
        work.status_lookups.of(verification.id),
        work.revocations.of(verification.id),
        work.findings.of(verification.id),
        _standing(work, verification),
    )


def _standing(work: Work, verification: Verification) -> Standing | None:
    """Of what two people approved; None for everything else."""
    if verification.state not in IN_FORCE:
        return None
    return work.reverifications.standing(verification.id) or first_standing(verification)


@dataclass(frozen=True, slots=True)
class ShowVerification:
    """`GET /v1/verifications/{id}`."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, verification_id: str) -> Shown:
        touched(self.database, self.clock, who, verification_id)
        with self.database.reading() as work:
            return shown(work, work.verifications.get(verification_id))
