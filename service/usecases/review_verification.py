"""Decide: one of two people says what they saw."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.lifecycle import happen, itself
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.review import Decision, Face, Inspection, Review, after_review
from service.domain.verification import State
from service.usecases.answer_once import Once
from service.usecases.recording import record, touched
from service.usecases.show_verification import Shown, shown


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
        once: Once[Shown],
    ) -> Shown:
        now = touched(self.database, self.clock, who.organisation, verification_id)
        review = Review(who.id, decision, inspection, face, reason, decision_hash, now)
        details = {"decision": decision.value, "decision_hash": decision_hash}
        with self.database.changing() as work:
            before = shown(work, work.verifications.get(verification_id))
            before.verification.require(State.CHECKED, State.REVIEW_1)
            if before.judgement is None:
                raise ServiceError(ProblemCode.WRONG_STATE, state=before.verification.state.value)
            courses = after_review(
                before.verification,
                before.judgement,
                before.reviews,
                review,
                chip_proof_required=self.chip_proof_required,
                status=before.status,
                findings=before.findings,
            )
            moves = [happen(before.verification, courses[0], who, now, details=details)]
            for course in courses[1:]:
                # The service draws the conclusion from two approvals; nobody approves alone.
                moved = moves[-1].verification
                moves.append(happen(moved, course, itself(moved.organisation), now))
            saved = record(work, *moves)
            work.reviews.add(verification_id, review)
            after = replace(before, verification=saved, reviews=[*before.reviews, review])
            once.remember(work, verification_id, after)
        return after
