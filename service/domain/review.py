"""What two people say of passport and person, and what their word is bound to (SECURITY.md 7.3, CHECKS.md rule 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from mrtd.inspection.report import canonical_json
from service.domain.duplicates import Finding, need_answer
from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.holder import Names
from service.domain.judgement import Judgement, level3_obstacles
from service.domain.lifecycle import Course, Happening
from service.domain.status_lookup import StatusAnswer, leaves_doubt, require_status
from service.domain.two_people import STEP_UP, require_two_sessions
from service.domain.verification import CaseReason, NextStep, State, Verification

#: Part of the decision hash: a new wording of a question is a new version, and old reviews lapse.
CHECKLIST_VERSION: Final = "1"
#: Two trained administrators, each at level 3 (RULES.md 0.3). No setting changes this.
REVIEWERS: Final = 2


class Decision(StrEnum):
    """What a reviewer decides. People approve; the machine never does."""

    APPROVE = "approve"
    REFUSE = "refuse"
    SUSPECT_FRAUD = "suspect_fraud"


@dataclass(frozen=True, slots=True)
class Inspection:
    """The physical document, in the reviewer's hand (ETSI TS 119 461 VAL-8.3.3)."""

    document_as_expected: bool
    page_and_laminate_intact: bool
    chip_in_this_booklet: bool
    printed_page_equals_screen: bool


@dataclass(frozen=True, slots=True)
class Face:
    """The person beside the portrait from the chip (ETSI TS 119 461 BIN-8.4.4)."""

    same_person: bool
    features_compared: bool


@dataclass(frozen=True, slots=True, repr=False)
class Review:
    """One person's word. `reviewer` is the authenticated person, never a field of the request."""

    reviewer: str
    decision: Decision
    inspection: Inspection
    face: Face
    reason: str | None
    decision_hash: str
    at: datetime
    #: The name as this person read it off the page, if they typed it (SECURITY.md 7.8). In no answer and no decision
    #: hash: whoever reviews next sees both, and must not be able to tell what the first one wrote.
    printed_name: Names | None = None
    #: Of the reviewer when this was sent: the sign-in, the phone that it was sent from, when they last proved who
    #: they are. A review without a session or a time never makes a result (SECURITY.md 7.3).
    session: str | None = None
    device: str | None = None
    signed_in_at: datetime | None = None
    #: Made on another screen than that of the phone that captured (SECURITY.md 7.4).
    elsewhere: bool = False
    #: The reviewer and the person were not in one place.
    remote: bool = False

    def answers(self) -> dict[str, object]:
        """The answers as the decision hash of the next reviewer covers them."""
        return {
            "decision": self.decision.value,
            "inspection": {field.name: getattr(self.inspection, field.name) for field in fields(self.inspection)},
            "face": {field.name: getattr(self.face, field.name) for field in fields(self.face)},
            "reason": self.reason,
        }


def decision_hash(
    judgement: Judgement,
    earlier: Sequence[Review],
    status: StatusAnswer | None = None,
    findings: Sequence[Finding] = (),
) -> str:
    """SHA-256 over everything a review rests on, hexadecimal.

    The report, the evidence, the checklist with the answers given so far, the policy, the trust store, the answer of
    the issuing state's register, what was met elsewhere: if one of them changes, the hash changes and a review bound
    to the old one does not count.
    """
    basis = {
        "report_sha256": judgement.report_sha256,
        "evidence": dict(judgement.evidence_digests),
        "checklist": {"version": CHECKLIST_VERSION, "answers": [review.answers() for review in earlier]},
        "policy": judgement.verdict.policy_digest,
        "trust_store": judgement.trust_store,
        "document_status": None if status is None else status.basis(),
        "findings": [finding.basis() for finding in findings],
    }
    return hashlib.sha256(canonical_json(basis)).hexdigest()


def standing(
    judgement: Judgement,
    reviews: Sequence[Review],
    status: StatusAnswer | None = None,
    findings: Sequence[Finding] = (),
) -> tuple[Review, ...]:
    """The reviews that are still bound to what stands now, in order; the first that lapsed takes the rest with it."""
    kept: list[Review] = []
    for review in reviews:
        if review.decision_hash != decision_hash(judgement, kept, status, findings):
            break
        kept.append(review)
    return tuple(kept)


def require_complete(
    review: Review,
    judgement: Judgement,
    status: StatusAnswer | None = None,
    findings: Sequence[Finding] = (),
) -> None:
    """Refuse an approval that its own answers contradict, or one without a reason where something was left open."""
    denied = [
        FieldError(f"/{part}/{field.name}", "must_be_true")
        for part, answers in (("inspection", review.inspection), ("face", review.face))
        for field in fields(answers)
        if getattr(answers, field.name) is not True
    ]
    if denied:
        raise ServiceError(ProblemCode.CHECKLIST_CONTRADICTED, errors=tuple(denied))
    doubtful = judgement.verdict.attention or leaves_doubt(status) or need_answer(findings)
    if doubtful and not (review.reason or "").strip():
        raise ServiceError(ProblemCode.REASON_REQUIRED, errors=(FieldError("/reason", "missing"),))


def after_review(
    verification: Verification,
    judgement: Judgement,
    earlier: Sequence[Review],
    review: Review,
    *,
    chip_proof_required: bool,
    status: StatusAnswer | None = None,
    findings: Sequence[Finding] = (),
) -> tuple[Course, ...]:
    """Where the case goes after one more review; the second approval goes two steps.

    Raises:
        ServiceError: the same person again, a stale decision hash, answers that contradict an approval, or an
            approval of what people may not lift.
    """
    verification.require(State.CHECKED, State.REVIEW_1)
    if any(other.reviewer == review.reviewer for other in earlier):
        raise ServiceError(ProblemCode.SAME_REVIEWER, state=verification.state.value)
    reviews = (*earlier, review)
    if standing(judgement, reviews, status, findings) != reviews:
        raise ServiceError(ProblemCode.DECISION_CHANGED, state=verification.state.value)
    match review.decision:
        case Decision.SUSPECT_FRAUD:
            return (Course(Happening.FRAUD_SUSPECTED, NextStep.STOP, CaseReason.SUSPECTED_BY_REVIEWER),)
        case Decision.REFUSE:
            reason = CaseReason.REVIEWERS_DISAGREE if earlier else CaseReason.REFUSED_BY_REVIEWER
            return (Course(Happening.REVIEW_REFUSED, NextStep.STOP, reason),)
        case Decision.APPROVE:
            return _approved(verification, judgement, reviews, chip_proof_required, status, findings)


def _approved(
    verification: Verification,
    judgement: Judgement,
    reviews: Sequence[Review],
    chip_proof_required: bool,
    status: StatusAnswer | None,
    findings: Sequence[Finding],
) -> tuple[Course, ...]:
    if level3_obstacles(judgement.verdict, chip_proof_required=chip_proof_required):
        raise ServiceError(ProblemCode.NOT_APPROVABLE, state=verification.state.value)
    require_status(judgement, status)
    require_complete(reviews[-1], judgement, status, findings)
    require_in_person(reviews[-1])
    if verification.state is State.CHECKED:
        return (Course(Happening.FIRST_APPROVAL, NextStep.WAIT_REVIEW_2),)
    require_four_eyes(judgement, reviews, status, findings)
    return (
        Course(Happening.SECOND_APPROVAL, NextStep.FETCH_RESULT),
        Course(Happening.APPROVED, NextStep.FETCH_RESULT),
    )


def require_four_eyes(
    judgement: Judgement,
    reviews: Sequence[Review],
    status: StatusAnswer | None = None,
    findings: Sequence[Finding] = (),
) -> None:
    """The invariant of every result: two people approved, each by hand, each bound to what stands now.

    Each of them after a sign-in of their own a moment before, and one of them before another screen than that of the
    phone that captured: a review that does not say so, as older ones do not, is none. Whether the two are two people
    is asked where people are known (`service.usecases.two_people`).
    """
    bound = standing(judgement, reviews, status, findings)
    approving = [review for review in bound if review.decision is Decision.APPROVE]
    require_status(judgement, status)
    for review in approving:
        require_complete(review, judgement, status, findings)
        require_in_person(review)
    if len(approving) != len(reviews) or len({review.reviewer for review in approving}) < REVIEWERS:
        raise ServiceError(ProblemCode.NOT_APPROVABLE)
    if not all(_is_fresh(review) for review in approving):
        raise ServiceError(ProblemCode.STEP_UP_REQUIRED)
    require_two_sessions([review.session for review in approving])
    if not any(review.elsewhere for review in approving):
        raise ServiceError(ProblemCode.SAME_SCREEN)


def require_in_person(review: Review) -> None:
    """Refuse an approval by somebody who was not where passport and person were.

    No policy gives level 3 to a comparison from afar (`pvr`): such a reviewer can refuse, and the case waits for one
    at a counter.
    """
    if review.remote:
        raise ServiceError(ProblemCode.NOT_APPROVABLE)


def _is_fresh(review: Review) -> bool:
    signed_in_at = review.signed_in_at
    return signed_in_at is not None and signed_in_at <= review.at <= signed_in_at + STEP_UP
