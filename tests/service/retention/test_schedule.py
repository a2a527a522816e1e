"""Periods: what is due when, by RULES.md section 5, and what an organisation may decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.purge import purge_job
from service.domain.retention import (
    RetentionClass,
    RetentionError,
    RetentionProblem,
    RetentionRule,
    Schedule,
    Term,
    require_reviewable,
)
from service.domain.verification import State
from tests.service.findings import AT, HAS_RESULT_TIME, case, states

PORTRAIT, HOLDER, EVIDENCE = RetentionClass.PORTRAIT, RetentionClass.HOLDER, RetentionClass.EVIDENCE
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365.25)

WAITING = {State.CREATED, State.MRZ_CAPTURED, State.CHECKED, State.REVIEW_1, State.REVIEW_2}
USED = {State.CONSUMED, State.REVOKED}
FAILED = {State.REFUSED, State.EXPIRED, State.CANCELLED, State.SUSPECTED_FRAUD}
FETCHABLE = {State.APPROVED, State.RESULT_ISSUED}

#: RULES.md section 5 "Erasure defaults", written down once more: state, age, what goes.
TABLE = [
    (WAITING, 24 * HOUR - HOUR / 3600, set()),
    (WAITING, 24 * HOUR, {PORTRAIT}),
    (WAITING, 100 * YEAR, {PORTRAIT}),
    (FETCHABLE | USED | FAILED, timedelta(0), {PORTRAIT}),
    (FETCHABLE | USED | FAILED, 30 * DAY - HOUR, {PORTRAIT}),
    (FETCHABLE, 100 * YEAR, {PORTRAIT}),
    (USED, 30 * DAY, {PORTRAIT, HOLDER}),
    (USED, 10 * YEAR, {PORTRAIT, HOLDER}),
    (USED, 11 * YEAR, {PORTRAIT, HOLDER, EVIDENCE}),
    (FAILED, 30 * DAY, {PORTRAIT, HOLDER, EVIDENCE}),
    ({State.PURGED}, 100 * YEAR, {PORTRAIT}),
]
ROWS = [
    pytest.param(state, age, gone, id=f"{state.value}-{age.days}d")
    for some, age, gone in TABLE
    for state in sorted(some)
]


@pytest.mark.parametrize(("state", "age", "gone"), ROWS)
def test_what_is_due(state: State, age: timedelta, gone: set) -> None:
    verification = replace(case(state), created_at=AT)
    due = Schedule.of([]).due(verification, AT + age)
    assert set(due.classes) == gone
    assert due.whole is (gone == set(RetentionClass))


@given(states, st.integers(0, 20 * 365 * 24), st.integers(0, 20 * 365 * 24))
def test_what_is_due_stays_due(state: State, earlier: int, later: int) -> None:
    earlier, later = sorted((earlier, later))
    first, second = (
        set(Schedule.of([]).due(case(state), AT + timedelta(hours=hours)).classes) for hours in (earlier, later)
    )
    assert first <= second


@given(st.sampled_from([*FETCHABLE, *WAITING]), st.integers(-1000, 1_000_000))
def test_nothing_goes_that_a_result_may_still_be_made_of(state: State, hours: int) -> None:
    """Whatever the clock says: only a state that nothing follows lets go of more than pictures."""
    due = Schedule.of([]).due(case(state), AT + timedelta(hours=hours))
    assert set(due.classes) <= {PORTRAIT}
    assert not due.whole


def test_every_state_is_in_the_table() -> None:
    assert {state for some, _, _ in TABLE for state in some} == set(State)
    assert set(HAS_RESULT_TIME) == USED | FETCHABLE


def test_the_newest_decision_counts() -> None:
    older = Term(RetentionRule.HOLDER, 20 * DAY, "RS 2026-1", date(2026, 1, 1))
    newer = Term(RetentionRule.HOLDER, 10 * DAY, "RS 2026-2", date(2026, 2, 1))
    due = Schedule.of([older, newer]).due(case(State.CONSUMED), AT + 10 * DAY)
    assert due.classes[HOLDER] == newer
    assert due.classes[PORTRAIT].decided_on is None


@pytest.mark.parametrize(
    ("rule", "period", "problem"),
    [
        (RetentionRule.PORTRAIT, 25 * HOUR, RetentionProblem.PERIOD_TOO_LONG),
        (RetentionRule.PORTRAIT, HOUR / 2, RetentionProblem.PERIOD_TOO_SHORT),
        # a day of reviews and three days of fetching
        (RetentionRule.HOLDER, 4 * DAY, RetentionProblem.PERIOD_TOO_SHORT),
        (RetentionRule.HOLDER, 2 * YEAR, RetentionProblem.PERIOD_TOO_LONG),
        (RetentionRule.EVIDENCE, 5 * YEAR - DAY, RetentionProblem.PERIOD_TOO_SHORT),
        (RetentionRule.FAILED, HOUR, RetentionProblem.PERIOD_TOO_SHORT),
    ],
)
def test_limits(rule: RetentionRule, period: timedelta, problem: RetentionProblem) -> None:
    with pytest.raises(RetentionError) as refused:
        Term(rule, period, "RS 2026-1", date(2026, 1, 1))
    assert refused.value.code is problem


@pytest.mark.parametrize("reference", ["", " RS", "x" * 65, "RS\n2026", "<b>"])
def test_a_reference_is_a_reference(reference: str) -> None:
    with pytest.raises(RetentionError) as refused:
        Term(RetentionRule.HOLDER, 30 * DAY, reference)
    assert refused.value.code is RetentionProblem.BAD_REFERENCE


def test_pictures_outlive_the_reviews() -> None:
    require_reviewable(Term(RetentionRule.PORTRAIT, 5 * HOUR), 4 * HOUR)
    require_reviewable(Term(RetentionRule.FAILED, DAY), 23 * HOUR)
    with pytest.raises(RetentionError) as refused:
        require_reviewable(Term(RetentionRule.PORTRAIT, 4 * HOUR), 4 * HOUR)
    assert refused.value.code is RetentionProblem.SHORTER_THAN_REVIEW


@pytest.mark.parametrize("state", State)
def test_a_decision_asks_for_the_pictures(state: State) -> None:
    job = purge_job(case(state), AT)
    assert (job is None) is (state in WAITING | {State.PURGED})
    if job is not None:
        assert (job.subject, job.key, job.due_at) == ("vs_A", "vs_A", AT)
