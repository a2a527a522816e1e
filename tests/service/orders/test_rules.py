"""What may follow what in an order: the rules alone (RULES.md section 6, `CardOrder`)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.orders import Actor, Order, OrderEvent, OrderEventType, OrderState, order_for, told
from service.domain.verification import Kind, State
from tests.budgets import light
from tests.service.findings import AT, case

E = OrderEventType
ORDER = Order("or_A", "Utopia", "cl_A", Kind.RESERVE_CARD_NO_PNR, "ref-1", Actor.ADMINISTRATOR, AT)
APPROVED = (case(State.APPROVED),)
SECOND = timedelta(seconds=1)

#: Every way an order can go, written down once more.
WAYS = {
    (E.CANCELLED,),
    (E.ISSUED, E.BLOCKED),
    (E.ISSUED, E.HANDED_OVER, E.BLOCKED),
    (E.ISSUED, E.HANDED_OVER, E.ACTIVATED, E.BLOCKED),
    (E.ISSUED, E.HANDED_OVER, E.ACTIVATED, E.RETURNED),
    (E.ISSUED, E.HANDED_OVER, E.ACTIVATED, E.EXPIRED),
}
ALLOWED = {way[:length] for way in WAYS for length in range(1, len(way) + 1)}


def after(events: tuple[OrderEventType, ...]) -> Order:
    """An order to which these things happened, a second apart."""
    kept = tuple(OrderEvent(event, AT + number * SECOND, AT) for number, event in enumerate(events))
    return replace(ORDER, events=kept)


def problem(order: Order, event: OrderEvent, verifications=APPROVED) -> ProblemCode | None:
    """Why it is refused."""
    try:
        assert told(order, verifications, event)
    except ServiceError as error:
        return error.code
    return None


@pytest.mark.parametrize("length", [1, 2, 3])
def test_every_sequence(length: int) -> None:
    late = AT + timedelta(hours=1)
    for events in itertools.permutations(E, length):
        if length > 1 and events[:-1] not in ALLOWED:
            continue
        refused = problem(after(events[:-1]), OrderEvent(events[-1], late, late))
        assert refused is (None if events in ALLOWED else ProblemCode.ORDER_STATE), events


@pytest.mark.parametrize("state", State)
def test_nothing_is_issued_without_an_approval_in_force(state: State) -> None:
    verifications = (case(State.REFUSED), case(state))
    good = state in (State.APPROVED, State.RESULT_ISSUED, State.CONSUMED, State.PURGED)  # purged: consumed before
    expected = None if good else ProblemCode.ORDER_STATE
    assert problem(ORDER, OrderEvent(E.ISSUED, AT, AT), verifications) is expected
    assert ORDER.state(verifications) is (OrderState.VERIFIED if good else OrderState.OPEN)


def test_the_same_again_is_no_news() -> None:
    order = after((E.ISSUED,))
    assert told(order, APPROVED, OrderEvent(E.ISSUED, AT, AT + SECOND)) is False
    assert problem(order, OrderEvent(E.ISSUED, AT + SECOND, AT + SECOND)) is ProblemCode.ALREADY_RECORDED


def test_time_runs_forwards() -> None:
    late = AT + timedelta(hours=1)
    assert problem(ORDER, OrderEvent(E.ISSUED, late + SECOND, late)) is ProblemCode.VALIDATION_FAILED
    earlier = OrderEvent(E.HANDED_OVER, AT - SECOND, late)
    assert problem(after((E.ISSUED,)), earlier) is ProblemCode.VALIDATION_FAILED


@light
@given(st.lists(st.sampled_from(E), max_size=8))
def test_no_sequence_of_messages_leaves_the_ways(events: list[OrderEventType]) -> None:
    order = ORDER
    for number, event in enumerate(events):
        message = OrderEvent(event, AT + number * SECOND, AT + number * SECOND)
        if problem(order, message) is None:
            order = replace(order, events=(*order.events, message))
    kept = tuple(event.type for event in order.events)
    assert kept == () or kept in ALLOWED


def test_a_cancelled_order_is_cancelled_whatever_people_approve() -> None:
    assert after((E.CANCELLED,)).state(APPROVED) is OrderState.CANCELLED


STAFF = Principal("anna", "Utopia", frozenset({Caller.REVIEWER}))
OTHER = replace(ORDER, id="or_B", client="cl_B")


@pytest.mark.parametrize(
    ("who", "found", "expected"),
    [
        (STAFF, (), None),
        (STAFF, (ORDER,), ORDER),
        (STAFF, (ORDER, OTHER), ProblemCode.ORDER_MISMATCH),
        (Principal("cl_A", "Utopia", frozenset({Caller.PORTAL})), (ORDER, OTHER), ORDER),
        (Principal("cl_C", "Utopia", frozenset({Caller.PORTAL})), (ORDER,), ProblemCode.ORDER_MISMATCH),
        (Principal("cl_C", "Utopia", frozenset({Caller.PORTAL})), (), None),
    ],
)
def test_which_order_a_reference_means(who: Principal, found, expected) -> None:
    if isinstance(expected, ProblemCode):
        with pytest.raises(ServiceError) as error:
            order_for(who, Kind.RESERVE_CARD_NO_PNR, found)
        assert error.value.code is expected
    else:
        assert order_for(who, Kind.RESERVE_CARD_NO_PNR, found) == expected
