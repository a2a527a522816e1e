"""Decide: one of two people says what they saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.holder import Names
from service.domain.identity import Principal
from service.domain.lifecycle import happen, itself
from service.domain.ports import Clock
from service.domain.printed_name import printed_name as as_typed
from service.domain.repositories import Database, Work
from service.domain.review import Decision, Face, Inspection, Review, after_review
from service.domain.sign_in import Method
from service.domain.two_people import elsewhere, require_fresh
from service.domain.verification import State, Verification
from service.usecases.answer_once import Once
from service.usecases.recording import record, touched
from service.usecases.show_verification import Shown, shown
from service.usecases.still_good import RequireStillGood
from service.usecases.two_people import require_reviewers


@dataclass(frozen=True, slots=True)
class ReviewVerification:
    """`POST /v1/verifications/{id}/reviews`. The reviewer is who is authenticated, nobody else."""

    database: Database
    clock: Clock
    chip_proof_required: bool
    require_still_good: RequireStillGood

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
        *,
        printed_name: Mapping[str, str] | None = None,
        remote: bool = False,
    ) -> Shown:
        """Keep a review, and say where the case stands.

        `printed_name`: `family` and `given` as this person read them off the page; of approvals alone. `remote`:
        whether this person was elsewhere than passport and holder.
        """
        name = None if printed_name is None else read_off_the_page(decision, printed_name)
        now = touched(self.database, self.clock, who, verification_id)
        if decision is Decision.APPROVE:
            # outside the transaction, as every judgement: no lock is held meanwhile
            self.require_still_good(verification_id, now)
        review = Review(
            who.id,
            decision,
            inspection,
            face,
            reason,
            decision_hash,
            now,
            name,
            session=who.session,
            device=who.device,
            signed_in_at=who.signed_in_at,
            remote=remote,
        )
        details: dict[str, str | bool] = {"decision": decision.value, "decision_hash": decision_hash}
        if remote:
            details["remote"] = True
        with self.database.changing() as work:
            before = shown(work, work.verifications.get(verification_id))
            before.verification.require(State.CHECKED, State.REVIEW_1)
            if before.judgement is None:
                raise ServiceError(ProblemCode.WRONG_STATE, state=before.verification.state.value)
            review = replace(review, elsewhere=_elsewhere(work, who, before.verification))
            courses = after_review(
                before.verification,
                before.judgement,
                before.reviews,
                review,
                chip_proof_required=self.chip_proof_required,
                status=before.status,
                findings=before.findings,
            )
            if decision is Decision.APPROVE:
                # What only denies, as a refusal does, needs no proof of who says it beyond the sign-in.
                require_fresh(who, decision_hash, now, signs=_signs(work, who))
                require_reviewers(work, verification_id, before.judgement, [*before.reviews, review], now=now)
            moves = [happen(before.verification, courses[0], who, now, details=details)]
            for course in courses[1:]:
                # The service draws the conclusion from two approvals; nobody approves alone.
                moved = moves[-1].verification
                moves.append(happen(moved, course, itself(moved.organisation), now))
            saved = record(work, *moves)
            work.reviews.add(verification_id, review)
            after = replace(before, verification=saved, reviews=[*before.reviews, review])
            if who.only is not None and who.session is not None:
                # a session for one case ends with the decision
                work.sessions.end(who.session, now)
            once.remember(work, verification_id, after)
        return after


def _signs(work: Work, who: Principal) -> bool:
    """Whether this person signed in by a passkey, whose challenge holds the decision (SECURITY.md 7.3)."""
    session = None if who.session is None else work.sessions.find(who.session)
    return session is not None and Method.PASSKEY.word in session.methods


def _elsewhere(work: Work, who: Principal, verification: Verification) -> bool:
    """Whether this review is made on another screen than that of the capturing phone (SECURITY.md 7.4).

    A session for one case stands on the screen of whoever called this person; without a call nobody knows where.
    """
    captured = verification.captured_by_device
    if who.only is None:
        return elsewhere(who.device, captured)
    calls = [call for call in work.hand_overs.of(verification.id) if call.opened_by != who.id]
    return bool(calls) and all(elsewhere(call.device, captured) for call in calls)


def read_off_the_page(decision: Decision, written: Mapping[str, str]) -> Names:
    """The name that goes with an approval (SECURITY.md 7.8); whoever refuses confirms no name.

    Raises:
        ServiceError: `validation_failed`: it goes with another decision, or is no name.
    """
    if decision is not Decision.APPROVE:
        raise ServiceError(
            ProblemCode.VALIDATION_FAILED, errors=(FieldError("/printed_name", "only_with_an_approval"),)
        )
    return as_typed(written["family"], written.get("given", ""))
