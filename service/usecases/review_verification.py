"""Decide: one of two people says what they saw."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.review import Decision, Face, Inspection, Review, after_review
from service.domain.verification import State
from service.usecases.show_verification import Shown


@dataclass(frozen=True, slots=True)
class ReviewVerification:
    """`POST /v1/verifications/{id}/reviews`. The reviewer is who is authenticated, nobody else."""

    database: Database
    clock: Clock
    chip_proof_required: bool

    def __call__(
        self,
        who: Principal,
        verification_id: str,
        decision: Decision,
        inspection: Inspection,
        face: Face,
        reason: str | None,
        decision_hash: str,
    ) -> Shown:
        now = self.clock.now()
        review = Review(who.id, decision, inspection, face, reason, decision_hash, now)
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.CHECKED, State.REVIEW_1)
            judgement = work.judgements.latest(verification_id)
            if judgement is None:
                raise ServiceError(ProblemCode.WRONG_STATE, state=verification.state.value)
            earlier = work.reviews.of(verification_id)
            verification = work.verifications.save(
                after_review(verification, judgement, earlier, review, chip_proof_required=self.chip_proof_required)
            )
            work.reviews.add(verification_id, review)
            details = {
                "decision": decision.value,
                "decision_hash": decision_hash,
                "state": verification.state.value,
            }
            work.audit.write(entry(who, now, Action.REVIEWED, verification_id, details))
        return Shown(verification, judgement, [*earlier, review])
