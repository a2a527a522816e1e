"""The state machine: every edge that may be taken, and every one that may not."""

from __future__ import annotations

import pytest

from service.domain.errors import ProblemCode, ServiceError
from service.domain.verification import TRANSITIONS, NextStep, State
from tests.service.findings import AT, case

S = State
BEFORE_APPROVED = (S.CREATED, S.MRZ_CAPTURED, S.CHECKED, S.REVIEW_1, S.REVIEW_2)
ENDINGS = (S.REFUSED, S.EXPIRED, S.CANCELLED, S.ABORTED, S.SUSPECTED_FRAUD)

#: RULES.md section 6 and CHECKS.md rule 9, written down once more as pairs.
ALLOWED = {
    *zip(BEFORE_APPROVED, (*BEFORE_APPROVED[1:], S.APPROVED), strict=True),
    *((state, ending) for state in BEFORE_APPROVED for ending in ENDINGS),
    (S.APPROVED, S.RESULT_ISSUED),
    (S.RESULT_ISSUED, S.CONSUMED),
    *((state, S.REVOKED) for state in (S.APPROVED, S.RESULT_ISSUED, S.CONSUMED)),
    *((state, S.PURGED) for state in (S.CONSUMED, S.REVOKED, *ENDINGS)),
}


@pytest.mark.parametrize("start", State)
@pytest.mark.parametrize("end", State)
def test_truth_table(start: State, end: State) -> None:
    """Each pair of states is an edge or is refused as `wrong_state`."""
    if (start, end) in ALLOWED:
        assert case(start).move(end, NextStep.STOP, AT, "why").state is end
        return
    with pytest.raises(ServiceError) as refused:
        case(start).move(end, NextStep.STOP, AT)
    assert (refused.value.code, refused.value.state) == (ProblemCode.WRONG_STATE, start.value)


def test_every_state_has_a_row() -> None:
    """A new state cannot be forgotten."""
    assert set(TRANSITIONS) == set(State)


def test_no_way_leads_back() -> None:
    """From no state can a verification come to itself or to an earlier one."""

    def reachable(state: State) -> set[State]:
        found = set(TRANSITIONS[state])
        return found.union(*map(reachable, TRANSITIONS[state])) if found else found

    assert all(state not in reachable(state) for state in State)


@pytest.mark.parametrize("state", State)
def test_identity_is_verified_only_from_approved_on(state: State) -> None:
    """API.md section 1."""
    assert case(state).identity_verified is (state in (S.APPROVED, S.RESULT_ISSUED, S.CONSUMED))


def test_no_state_is_skipped_on_the_way_to_a_result() -> None:
    """Every way to `result_issued` leads through both reviews."""

    def ways(state: State) -> list[tuple[State, ...]]:
        if state is S.RESULT_ISSUED:
            return [(state,)]
        return [(state, *way) for following in TRANSITIONS[state] for way in ways(following)]

    assert ways(S.CREATED) == [(*BEFORE_APPROVED, S.APPROVED, S.RESULT_ISSUED)]
