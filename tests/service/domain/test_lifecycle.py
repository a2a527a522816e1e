"""The state machine: everything that may happen from every state, by every caller, and nothing else."""

from __future__ import annotations

import re
from collections import Counter as Tally
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import service
from service.domain.audit import Action
from service.domain.deadlines import RESULT_TIME
from service.domain.errors import ProblemCode, ServiceError
from service.domain.events import EventType
from service.domain.identity import Caller, Principal
from service.domain.lifecycle import TRANSITIONS, Course, Happening, as_of, expire, happen, itself, open_verification
from service.domain.verification import CaseReason, Kind, NextStep, RetryReason, State, Verification
from tests.budgets import light
from tests.service.findings import AT, ORGANISATION, case

S, H, C = State, Happening, Caller
UNDECIDED = (S.CREATED, S.MRZ_CAPTURED, S.CHECKED, S.REVIEW_1, S.REVIEW_2)
APPROVED = (S.APPROVED, S.RESULT_ISSUED, S.CONSUMED)
PHONE, REVIEWER, PORTAL, ITSELF = {C.APP, C.HOLDER}, {C.REVIEWER}, {C.PORTAL}, set()

#: RULES.md section 6 in rows of our own: what happens, from where, to where (None: it stays), by whom.
RULES = {
    # the way of a genuine passport, from CREATED to CONSUMED
    H.MRZ_ACCEPTED: ({S.CREATED}, S.MRZ_CAPTURED, PHONE),
    H.CHIP_CHECKED: ({S.MRZ_CAPTURED}, S.CHECKED, PHONE),
    H.FIRST_APPROVAL: ({S.CHECKED}, S.REVIEW_1, REVIEWER),
    H.SECOND_APPROVAL: ({S.REVIEW_1}, S.REVIEW_2, REVIEWER),
    H.APPROVED: ({S.REVIEW_2}, S.APPROVED, ITSELF),
    H.RESULT_ISSUED: ({S.APPROVED}, S.RESULT_ISSUED, PORTAL),
    H.RESULT_CONSUMED: ({S.RESULT_ISSUED}, S.CONSUMED, PORTAL),
    # what leaves the state as it is
    H.NOTICE_GIVEN: (set(UNDECIDED), None, PHONE),
    H.MRZ_TAKEN: ({S.CREATED, S.MRZ_CAPTURED}, None, PHONE),
    H.CHALLENGE_ISSUED: ({S.MRZ_CAPTURED}, None, PHONE),
    H.CHIP_LEFT_OPEN: ({S.MRZ_CAPTURED}, None, PHONE),
    H.STATUS_TYPED_IN: ({S.CHECKED}, None, REVIEWER),
    H.RESULT_FETCHED: ({S.RESULT_ISSUED, S.CONSUMED}, None, PORTAL),
    H.REVOCATION_REQUESTED: (set(APPROVED), None, REVIEWER),
    # refused by the machine, by a register, by one reviewer
    H.CHIP_REFUSED: ({S.MRZ_CAPTURED}, S.REFUSED, PHONE),
    H.STATUS_REFUSED: ({S.CHECKED, S.REVIEW_1}, S.REFUSED, REVIEWER),
    H.REVIEW_REFUSED: ({S.CHECKED, S.REVIEW_1}, S.REFUSED, REVIEWER),
    # from any state before APPROVED
    H.FRAUD_SUSPECTED: (set(UNDECIDED), S.SUSPECTED_FRAUD, REVIEWER),
    H.CANCELLED: (set(UNDECIDED), S.CANCELLED, PHONE | REVIEWER | PORTAL),
    # three deadlines: capture, review, result
    H.EXPIRED: ({*UNDECIDED, S.APPROVED, S.RESULT_ISSUED}, S.EXPIRED, ITSELF),
    H.REVOKED: (set(APPROVED), S.REVOKED, REVIEWER),
    H.PURGED: (
        {S.CONSUMED, S.REFUSED, S.EXPIRED, S.CANCELLED, S.SUSPECTED_FRAUD, S.REVOKED},
        S.PURGED,
        ITSELF,
    ),
}
#: API.md section 5: what portals are told.
TOLD = {
    H.APPROVED: EventType.VERIFICATION_APPROVED,
    H.CHIP_REFUSED: EventType.VERIFICATION_REFUSED,
    H.STATUS_REFUSED: EventType.VERIFICATION_REFUSED,
    H.REVIEW_REFUSED: EventType.VERIFICATION_REFUSED,
    H.FRAUD_SUSPECTED: EventType.VERIFICATION_REFUSED,
    H.EXPIRED: EventType.VERIFICATION_EXPIRED,
    H.REVOKED: EventType.VERIFICATION_REVOKED,
    H.RESULT_CONSUMED: EventType.RESULT_CONSUMED,
}


def caller(*kinds: Caller) -> Principal:
    """Somebody who may be all of these; nobody at all is the service itself."""
    return Principal("anna", ORGANISATION, frozenset(kinds))


def somebody_for(happening: Happening) -> Principal:
    """One who may make it happen."""
    return caller(*RULES[happening][2])


def moment(happening: Happening, state: State) -> timedelta:
    """When it happens: in time, and late only for the end of a deadline."""
    return timedelta(days=365) if happening is H.EXPIRED else timedelta(minutes=1)


def tried(state: State, happening: Happening, who: Principal) -> Verification | ProblemCode:
    """The verification afterwards, or why not."""
    try:
        course = Course(happening, NextStep.STOP, "why")
        return happen(case(state), course, who, AT + moment(happening, state)).verification
    except ServiceError as error:
        return error.code


def test_every_happening_has_a_row() -> None:
    assert set(TRANSITIONS) == set(RULES) == set(Happening)


def test_every_state_is_reached_and_every_happening_has_something_that_makes_it_happen() -> None:
    """RULES.md section 6: no state and no row that nothing enters. One place is the row itself."""
    assert {row.target for row in TRANSITIONS.values()} - {None} | {S.CREATED} == set(State)
    source = "\n".join(path.read_text("utf-8") for path in Path(service.__file__).parent.rglob("*.py"))
    places = Tally(re.findall(r"\bHappening\.([A-Z_0-9]+)", source))
    assert [happening.name for happening in Happening if places[happening.name] < 2] == []


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("happening", Happening)
def test_every_happening_from_every_state(happening: Happening, state: State) -> None:
    sources, target, _ = RULES[happening]
    found = tried(state, happening, somebody_for(happening))
    if state not in sources:
        assert found is ProblemCode.WRONG_STATE
        return
    assert isinstance(found, Verification)
    assert (found.state, found.reason) == (target or state, None if happening is H.PURGED else "why")


@pytest.mark.parametrize("kind", [None, *Caller], ids=str)
@pytest.mark.parametrize("happening", Happening)
def test_every_happening_by_every_caller(happening: Happening, kind: Caller | None) -> None:
    """The service itself is no caller, and no caller is the service."""
    sources, _, actors = RULES[happening]
    who = itself(ORGANISATION) if kind is None else caller(kind)
    found = tried(next(state for state in State if state in sources), happening, who)
    allowed = not actors if kind is None else kind in actors
    assert isinstance(found, Verification) if allowed else found is ProblemCode.FORBIDDEN


@pytest.mark.parametrize("happening", Happening)
def test_each_step_is_written_down_and_told(happening: Happening) -> None:
    sources, target, _ = RULES[happening]
    start = case(next(state for state in State if state in sources))
    who, at = somebody_for(happening), AT + moment(happening, start.state)
    moved = happen(start, Course(happening, NextStep.STOP, "why"), who, at, details={"count": 1})
    entry = moved.entry
    assert (entry.at, entry.actor, entry.organisation, entry.verification_id) == (at, "anna", ORGANISATION, "vs_A")
    assert dict(entry.details) == {"state": (target or start.state).value, "reason": "why", "count": 1}
    assert (moved.event and moved.event.type) == TOLD.get(happening)
    if moved.event is not None:
        assert moved.event.data == {"state": target.value, "reason": "why", "order_reference": None}


def test_all_actions_of_a_life_are_used() -> None:
    """An action without a row is one that nobody writes."""
    others = {action for action in Action if action not in {row.action for row in TRANSITIONS.values()}}
    assert others & set(Happening) == set()


@pytest.mark.parametrize("happening", Happening)
def test_nothing_leaves_purged(happening: Happening) -> None:
    assert not isinstance(tried(S.PURGED, happening, somebody_for(happening)), Verification)


def edges() -> set[tuple[State, State]]:
    """Every change of state that the table knows."""
    return {(source, row.target) for row in TRANSITIONS.values() if row.target for source in row.sources}


def test_no_way_leads_back() -> None:
    """From no state can a verification come to itself again."""

    def reachable(state: State) -> set[State]:
        following = {target for source, target in edges() if source is state}
        return following.union(*map(reachable, following)) if following else following

    assert all(state not in reachable(state) for state in State)


def test_every_way_to_approved_leads_through_the_check_and_two_reviews() -> None:
    def ways(state: State) -> list[tuple[State, ...]]:
        if state is S.APPROVED:
            return [(state,)]
        return [(state, *way) for source, target in edges() if source is state for way in ways(target)]

    assert ways(S.CREATED) == [(*UNDECIDED, S.APPROVED)]


steps = st.tuples(
    st.booleans(),
    st.integers(0, 100),
    st.sets(st.sampled_from(Caller)),
    st.one_of(st.just(timedelta(minutes=1)), st.timedeltas(timedelta(days=-2), timedelta(days=4))),
)


def next_try(state: State, follows_rules: bool, choice: int, kinds: set[Caller]) -> tuple[Happening, Principal]:
    """Something that may happen here by somebody who may; or anything, by anybody."""
    possible = [one for one in Happening if state in RULES[one][0]] if follows_rules else []
    happening = (possible or list(Happening))[choice % len(possible or Happening)]
    return happening, somebody_for(happening) if follows_rules else caller(*kinds)


@light
@given(st.lists(steps, min_size=5, max_size=40))
def test_no_story_gets_around_the_rules(story) -> None:
    """Whatever is tried, by whomever, whenever the clock says it is."""
    opened = open_verification(
        "vs_A", caller(C.APP), Kind.RESERVE_CARD_NO_PNR, None, AT, review_time=timedelta(hours=4)
    )
    verification, states, entries = opened.verification, [S.CREATED], 0
    for follows_rules, choice, kinds, later in story:
        before = verification
        happening, who = next_try(before.state, follows_rules, choice, kinds)
        try:
            course = Course(happening, NextStep.STOP)
            moved = happen(before, course, who, before.changed_at + later, review_time=timedelta(hours=4))
        except ServiceError:
            continue
        verification = moved.verification
        entries += 1
        assert verification.changed_at >= before.changed_at
        if verification.state is not before.state:
            states.append(verification.state)
    assert len(set(states)) == len(states)
    assert entries >= len(states) - 1
    if S.APPROVED in states:
        assert states[: states.index(S.APPROVED)] == list(UNDECIDED)
    if S.PURGED in states:
        assert states[-1] is S.PURGED
    if S.CONSUMED in states:
        assert states[states.index(S.CONSUMED) - 1] is S.RESULT_ISSUED


# --- deadlines in the machine


@pytest.mark.parametrize(
    ("state", "minutes", "reason"),
    [
        (S.CREATED, 10, CaseReason.CAPTURE_TIME_OVER),
        (S.MRZ_CAPTURED, 10, CaseReason.CAPTURE_TIME_OVER),
        (S.CHECKED, 250, CaseReason.REVIEW_TIME_OVER),
        (S.REVIEW_1, 250, CaseReason.REVIEW_TIME_OVER),
        (S.APPROVED, 72 * 60, CaseReason.RESULT_TIME_OVER),
        (S.RESULT_ISSUED, 72 * 60, CaseReason.RESULT_TIME_OVER),
    ],
)
def test_a_deadline_ends_at_its_second(state: State, minutes: int, reason: CaseReason) -> None:
    last = AT + timedelta(minutes=minutes) - timedelta(seconds=1)
    assert expire(case(state), last) is None
    assert as_of(case(state), last) == case(state)
    expired = expire(case(state), last + timedelta(seconds=1))
    assert (expired.verification.state, expired.verification.reason) == (S.EXPIRED, reason)
    assert (expired.entry.action, expired.entry.actor) == (Action.EXPIRED, "system")
    assert expired.event.type is EventType.VERIFICATION_EXPIRED
    assert as_of(case(state), last + timedelta(seconds=1)) == expired.verification


@pytest.mark.parametrize("happening", [happening for happening in Happening if happening is not H.EXPIRED])
def test_nothing_happens_after_a_deadline(happening: Happening) -> None:
    """Also where nobody has written the end down yet."""
    for state in RULES[happening][0]:
        late = AT + timedelta(days=30)
        if expire(case(state), late) is None:
            continue
        with pytest.raises(ServiceError) as refused:
            happen(case(state), Course(happening, NextStep.STOP), somebody_for(happening), late)
        assert (refused.value.code, refused.value.state) == (ProblemCode.WRONG_STATE, "expired")


def test_nothing_expires_in_time() -> None:
    with pytest.raises(ServiceError):
        happen(case(S.CREATED), Course(H.EXPIRED, NextStep.STOP), itself(ORGANISATION), AT)


@pytest.mark.parametrize("state", [S.CONSUMED, S.REFUSED, S.EXPIRED, S.CANCELLED, S.REVOKED, S.PURGED])
def test_what_has_ended_does_not_expire(state: State) -> None:
    assert expire(case(state), AT + timedelta(days=10_000)) is None


def test_a_clock_set_back_revives_nothing() -> None:
    """What happened last is the earliest that it can be."""
    verification = replace(case(S.MRZ_CAPTURED), changed_at=AT + timedelta(minutes=11))
    assert expire(verification, AT) is not None


def test_each_deadline_has_a_job_of_its_own() -> None:
    """Enqueued with the change that it begins with, and only then."""
    opened = open_verification(
        "vs_A", caller(C.APP), Kind.RESERVE_CARD_NO_PNR, None, AT, review_time=timedelta(hours=4)
    )
    jobs, verification = [opened.job], opened.verification
    for happening in (
        H.MRZ_ACCEPTED,
        H.CHIP_CHECKED,
        H.FIRST_APPROVAL,
        H.SECOND_APPROVAL,
        H.APPROVED,
        H.RESULT_ISSUED,
    ):
        at = verification.changed_at + timedelta(minutes=1)
        course = Course(happening, NextStep.STOP)
        moved = happen(verification, course, somebody_for(happening), at, review_time=timedelta(hours=4))
        verification = moved.verification
        jobs.append(moved.job)
    assert [job and (job.key, job.due_at - AT) for job in jobs] == [
        ("vs_A:capture", timedelta(minutes=10)),
        None,
        ("vs_A:review", timedelta(hours=4, minutes=2)),
        None,
        None,
        ("vs_A:result", timedelta(minutes=5) + RESULT_TIME),
        None,
    ]


@pytest.mark.parametrize(("hours", "ends_after"), [(1, 1), (4, 4), (23, 23), (100, 24)])
def test_no_review_outlives_the_portrait(hours: int, ends_after: int) -> None:
    """RULES.md section 5: the portrait is erased within 24 hours."""
    review_time = timedelta(hours=hours)
    opened = open_verification("vs_A", caller(C.APP), Kind.RESERVE_CARD_NO_PNR, None, AT, review_time=review_time)
    assert opened.verification.review_until <= AT + timedelta(hours=24)
    captured = replace(opened.verification, state=S.MRZ_CAPTURED)
    checked = happen(captured, Course(H.CHIP_CHECKED, NextStep.STOP), caller(C.APP), AT, review_time=review_time)
    assert checked.verification.review_until == AT + timedelta(hours=ends_after)


def test_a_revoked_verification_stays_revoked_when_its_data_are_gone() -> None:
    course = Course(H.PURGED, NextStep.STOP, "retention")
    purged = happen(replace(case(S.REVOKED), reason="wrong_person"), course, itself(ORGANISATION), AT).verification
    assert (purged.state, purged.last_state, purged.reason) == (S.PURGED, S.REVOKED, "wrong_person")


# --- a new attempt


REFUSED = {
    (S.REFUSED, CaseReason.REFUSED_BY_REVIEWER): True,
    (S.REFUSED, CaseReason.REVIEWERS_DISAGREE): True,
    (S.REFUSED, CaseReason.DOCUMENT_BLOCKED): True,
    (S.SUSPECTED_FRAUD, CaseReason.SUSPECTED_BY_REVIEWER): True,
    (S.REFUSED, "bad_signature"): False,
    (S.EXPIRED, CaseReason.REVIEW_TIME_OVER): False,
    (S.CANCELLED, CaseReason.CANCELLED): False,
    (S.REVOKED, "wrong_person"): False,
}


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize(("ended", "needs_reason"), REFUSED.items(), ids=str)
def test_a_new_attempt_after_people_refused_needs_a_reason(ended, needs_reason: bool, purged: bool) -> None:
    state, reason = ended
    earlier = replace(case(state), reason=reason)
    if purged:
        earlier = replace(earlier, state=S.PURGED, ended_in=state)

    def again(retry_reason: RetryReason | None):
        return open_verification(
            "vs_B",
            caller(C.APP),
            Kind.RESERVE_CARD_NO_PNR,
            "order-1",
            AT,
            review_time=timedelta(hours=4),
            earlier=[case(S.EXPIRED), earlier],
            retry_reason=retry_reason,
        )

    assert again(RetryReason.NEW_DOCUMENT).entry.details["retry_reason"] == "new_document"
    if not needs_reason:
        assert again(None).verification.state is S.CREATED
        return
    with pytest.raises(ServiceError) as refused:
        again(None)
    assert refused.value.code is ProblemCode.REASON_REQUIRED
    assert [place.pointer for place in refused.value.errors] == ["/retry_reason"]
