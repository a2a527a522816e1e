"""Four eyes, what a review is bound to, and what people can never lift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.inspection.verdict import Authenticity, ChipGenuine, DocumentValid, MrzMatchesChip, Outcome, Verdict
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.issuing import IssuingPolicy, require_issuable
from service.domain.judgement import Judgement
from service.domain.lifecycle import Course, happen, itself
from service.domain.review import Decision, Face, Inspection, after_review, decision_hash, standing
from service.domain.status_lookup import DocumentStatus, RegisteredDocument, StatusAnswer, StatusSource
from service.domain.verification import NextStep, State, Verification
from tests.budgets import light
from tests.service.findings import (
    AT,
    JUDGED,
    ORGANISATION,
    all_verdicts,
    case,
    review_by,
    verdict_id,
    verdicts,
)

Code = ProblemCode


def reviewed(verification: Verification, courses: Sequence[Course], at: datetime) -> Verification:
    """The case after what a review leads to; only the first step is a person's."""
    who = Principal("anna", ORGANISATION, frozenset({Caller.REVIEWER}))
    for course in courses:
        verification = happen(verification, course, who, at).verification
        who = itself(ORGANISATION)
    return verification


def submit(state, judgement, earlier, review, *, proof=True, status=None):
    """One more review."""
    courses = after_review(case(state), judgement, earlier, review, chip_proof_required=proof, status=status)
    return reviewed(case(state), courses, review.at)


def refused(code: ProblemCode, *arguments, **options) -> ServiceError:
    """The review is refused with this code."""
    with pytest.raises(ServiceError) as error:
        submit(*arguments, **options)
    assert error.value.code is code
    return error.value


def test_two_persons_approve() -> None:
    first = review_by("anna")
    after_first = submit(State.CHECKED, JUDGED, (), first)
    assert (after_first.state, after_first.next_step) == (State.REVIEW_1, NextStep.WAIT_REVIEW_2)
    after_second = submit(State.REVIEW_1, JUDGED, (first,), review_by("bengt", earlier=(first,)))
    assert (after_second.state, after_second.next_step) == (State.APPROVED, NextStep.FETCH_RESULT)


def test_one_person_counts_once() -> None:
    first = review_by("anna")
    refused(Code.SAME_REVIEWER, State.REVIEW_1, JUDGED, (first,), review_by("anna", earlier=(first,)))


@pytest.mark.parametrize("decision", [Decision.REFUSE, Decision.SUSPECT_FRAUD])
@pytest.mark.parametrize("second", [False, True])
def test_one_refusal_refuses(decision: Decision, second: bool) -> None:
    earlier = (review_by("anna"),) if second else ()
    state = State.REVIEW_1 if second else State.CHECKED
    ended = submit(state, JUDGED, earlier, review_by("bengt", earlier=earlier, decision=decision))
    assert ended.next_step is NextStep.STOP
    if decision is Decision.SUSPECT_FRAUD:
        assert (ended.state, ended.reason) == (State.SUSPECTED_FRAUD, "suspected_by_reviewer")
    else:
        assert ended.state is State.REFUSED
        assert ended.reason == ("reviewers_disagree" if second else "refused_by_reviewer")


@pytest.mark.parametrize("state", [state for state in State if state not in (State.CHECKED, State.REVIEW_1)])
def test_reviews_have_their_time(state: State) -> None:
    assert refused(Code.WRONG_STATE, state, JUDGED, (), review_by("anna")).state == state.value


#: What a review rests on, each changed by itself.
CHANGES = {
    "report": replace(JUDGED, report_sha256="c" * 64),
    "evidence": replace(JUDGED, evidence_digests={"EF.SOD": "d" * 64}),
    "evidence added": replace(JUDGED, evidence_digests={"EF.SOD": "b" * 64, "AA.response": "e" * 64}),
    "policy": replace(JUDGED, verdict=replace(JUDGED.verdict, policy_digest="f" * 64)),
    "trust store": replace(JUDGED, trust_store="0" * 64),
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_a_change_makes_reviews_lapse(changed: Judgement) -> None:
    """SECURITY.md 7.3: both lapse."""
    first = review_by("anna")
    second = review_by("bengt", earlier=(first,))
    assert standing(JUDGED, (first, second)) == (first, second)
    assert standing(changed, (first, second)) == ()
    refused(Code.DECISION_CHANGED, State.CHECKED, changed, (), first)
    refused(Code.DECISION_CHANGED, State.REVIEW_1, changed, (first,), review_by("bengt", changed, (first,)))
    with pytest.raises(ServiceError):
        require_issuable(changed, (first, second), IssuingPolicy())


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "another"},
        {"decision": Decision.REFUSE},
        *({"inspection": Inspection(*(place != wrong for place in range(4)))} for wrong in range(4)),
        *({"face": Face(*(place != wrong for place in range(2)))} for wrong in range(2)),
    ],
    ids=str,
)
def test_the_second_review_is_bound_to_the_answers_of_the_first(changes) -> None:
    first = review_by("anna")
    assert decision_hash(JUDGED, (first,)) != decision_hash(JUDGED, (replace(first, **changes),))


@pytest.mark.parametrize("part", ["inspection", "face"])
def test_answers_must_carry_an_approval(part: str) -> None:
    review = review_by("anna")
    answers = getattr(review, part)
    for field in fields(answers):
        denied = replace(review, **{part: replace(answers, **{field.name: False})})
        error = refused(Code.CHECKLIST_CONTRADICTED, State.CHECKED, JUDGED, (), denied)
        assert [place.pointer for place in error.errors] == [f"/{part}/{field.name}"]


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_attention_is_approved_with_a_reason_only(reason: str | None) -> None:
    raised = replace(
        JUDGED, verdict=replace(JUDGED.verdict, attention=("pa.dsc.revocation",), outcome=Outcome.REVIEW)
    )
    refused(Code.REASON_REQUIRED, State.CHECKED, raised, (), review_by("anna", raised, reason=reason))
    review = review_by("anna", raised, reason="the list of that state is late")
    assert submit(State.CHECKED, raised, (), review).state is State.REVIEW_1


def may_become_level3(verdict: Verdict, proof_required: bool) -> bool:
    """SECURITY.md 1.5, written down once more."""
    return (
        verdict.authenticity is Authenticity.AUTHENTIC
        and verdict.document_valid is DocumentValid.YES
        and verdict.mrz_matches_chip is MrzMatchesChip.YES
        and (
            verdict.chip_genuine is ChipGenuine.YES
            or (not proof_required and verdict.chip_genuine is ChipGenuine.NOT_SUPPORTED)
        )
    )


@pytest.mark.parametrize("proof", [True, False], ids=["proof required", "proof not required"])
@pytest.mark.parametrize("verdict", all_verdicts(), ids=verdict_id)
def test_people_lift_attention_and_nothing_else(verdict: Verdict, proof: bool) -> None:
    """Every verdict there can be, approved by two people with reasons: only level 3 passes, at both gates."""
    judgement = replace(JUDGED, verdict=verdict)
    first = review_by("anna", judgement, reason="seen")
    second = review_by("bengt", judgement, (first,), reason="seen")
    policy = IssuingPolicy(chip_proof_required=proof)
    if may_become_level3(verdict, proof):
        assert submit(State.CHECKED, judgement, (), first, proof=proof).state is State.REVIEW_1
        assert submit(State.REVIEW_1, judgement, (first,), second, proof=proof).state is State.APPROVED
        require_issuable(judgement, (first, second), policy)
        return
    refused(Code.NOT_APPROVABLE, State.CHECKED, judgement, (), first, proof=proof)
    refused(Code.NOT_APPROVABLE, State.REVIEW_1, judgement, (first,), second, proof=proof)
    with pytest.raises(ServiceError):
        require_issuable(judgement, (first, second), policy)


@light
@given(
    verdict=verdicts,
    people=st.lists(st.sampled_from(["anna", "bengt", "cecilia"]), max_size=4),
    decisions=st.lists(st.sampled_from(Decision), min_size=4, max_size=4),
    stale=st.lists(st.booleans(), min_size=4, max_size=4),
    answers=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=4, max_size=4),
)
def test_no_sequence_of_reviews_gets_around_four_eyes(verdict, people, decisions, stale, answers) -> None:
    """Whatever people send, in whatever order: approved means two persons, all true, nothing stale, level 3."""
    judgement = replace(JUDGED, verdict=verdict)
    verification, kept = case(State.CHECKED), ()
    for person, decision, old, (*looked, same, compared) in zip(people, decisions, stale, answers, strict=False):
        review = replace(
            review_by(person, judgement, kept, decision, "seen"),
            inspection=Inspection(*looked),
            face=Face(same, compared),
        )
        if old:
            review = replace(review, decision_hash="9" * 64)
        try:
            courses = after_review(verification, judgement, kept, review, chip_proof_required=True)
            verification = reviewed(verification, courses, review.at)
        except ServiceError:
            continue
        kept = (*kept, review)
    if verification.state is State.APPROVED:
        assert may_become_level3(verdict, True)
        assert len({review.reviewer for review in kept}) == len(kept) == 2
        assert all(review.decision is Decision.APPROVE for review in kept)
        assert all(all(review.answers()[part].values()) for review in kept for part in ("inspection", "face"))
    if any(review.decision is not Decision.APPROVE for review in kept):
        assert verification.state in (State.REFUSED, State.SUSPECTED_FRAUD)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_result_needs_exactly_the_reviews_that_approved(number: int) -> None:
    """The last gate does not trust the state."""
    reviews = ()
    for person in ("anna", "bengt", "cecilia")[:number]:
        decision = Decision.REFUSE if person == "cecilia" else Decision.APPROVE
        reviews = (*reviews, review_by(person, earlier=reviews, decision=decision))
    with pytest.raises(ServiceError):
        require_issuable(JUDGED, reviews, IssuingPolicy())


def test_a_result_never_rests_on_one_person_twice() -> None:
    first = review_by("anna")
    with pytest.raises(ServiceError):
        require_issuable(JUDGED, (first, review_by("anna", earlier=(first,))), IssuingPolicy())


# --- the register of the issuing state

SWEDISH = replace(JUDGED, report=b'{"issuing_state":"SWE"}')


def answered(status: DocumentStatus) -> StatusAnswer:
    """What the register said."""
    return StatusAnswer(StatusSource.POLISEN, RegisteredDocument.PASSPORT, status, AT)


def bound(person: str, status: StatusAnswer | None, earlier=(), reason: str | None = None):
    """A review of a Swedish passport that is bound to what the register said."""
    return replace(review_by(person, SWEDISH, reason=reason), decision_hash=decision_hash(SWEDISH, earlier, status))


def test_a_swedish_passport_is_looked_up_before_anyone_approves() -> None:
    refused(Code.STATUS_LOOKUP_REQUIRED, State.CHECKED, SWEDISH, (), bound("anna", None))
    valid = answered(DocumentStatus.VALID)
    first = bound("anna", valid)
    assert submit(State.CHECKED, SWEDISH, (), first, status=valid).state is State.REVIEW_1
    second = bound("bengt", valid, (first,))
    assert submit(State.REVIEW_1, SWEDISH, (first,), second, status=valid).state is State.APPROVED
    require_issuable(SWEDISH, (first, second), IssuingPolicy(), valid)


@pytest.mark.parametrize("status", [DocumentStatus.BLOCKED, DocumentStatus.NOT_FOUND])
def test_nobody_approves_what_the_register_refuses(status: DocumentStatus) -> None:
    """The last gate does not trust the state."""
    said = answered(status)
    first = bound("anna", said, reason="seen")
    refused(Code.NOT_APPROVABLE, State.CHECKED, SWEDISH, (), first, status=said)
    second = bound("bengt", said, (first,), reason="seen")
    with pytest.raises(ServiceError):
        require_issuable(SWEDISH, (first, second), IssuingPolicy(), said)


def test_a_register_that_could_not_be_asked_needs_a_reason() -> None:
    unknown = answered(DocumentStatus.UNKNOWN)
    refused(Code.REASON_REQUIRED, State.CHECKED, SWEDISH, (), bound("anna", unknown), status=unknown)
    review = bound("anna", unknown, reason="the register is down")
    assert submit(State.CHECKED, SWEDISH, (), review, status=unknown).state is State.REVIEW_1


def test_the_answer_of_the_register_is_part_of_what_a_review_is_bound_to() -> None:
    hashes = {decision_hash(SWEDISH, (), status) for status in (None, *map(answered, DocumentStatus))}
    assert len(hashes) == 1 + len(DocumentStatus)
    review = bound("anna", answered(DocumentStatus.UNKNOWN), reason="seen")
    refused(Code.DECISION_CHANGED, State.CHECKED, SWEDISH, (), review, status=answered(DocumentStatus.VALID))
    # whoever forgets the answer is refused, never let through
    with pytest.raises(ServiceError):
        require_issuable(SWEDISH, (review, bound("bengt", None, (review,))), IssuingPolicy())
