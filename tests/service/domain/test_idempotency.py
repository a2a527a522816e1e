"""A key, its scope, and who may work on a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import ProblemCode, ServiceError
from service.domain.idempotency import KEPT, LEASE, Remembered, Reservation, keyed_request, reserve
from service.domain.identity import Principal
from tests.budgets import light
from tests.service.findings import AT

WHO = Principal("anna", "north", frozenset())
SCOPE = {"who": WHO, "method": "POST", "route": "/v1/x/{id}", "subject": "vs_A", "key": "k", "body": b"{}"}
REQUEST = keyed_request(**SCOPE)
ANSWERED = Remembered(REQUEST, 1, AT, b"answer")
RUNNING = replace(ANSWERED, answer=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"who": replace(WHO, id="bengt")},
        {"who": replace(WHO, organisation="south")},
        {"method": "PUT"},
        {"route": "/v1/y/{id}"},
        {"subject": "vs_B"},
        {"subject": None},
        {"key": "l"},
    ],
    ids=str,
)
def test_the_scope_of_a_key(changes) -> None:
    """SECURITY.md 7.6: principal, organisation, method, route, id."""
    assert keyed_request(**SCOPE | changes).digest != REQUEST.digest


def test_the_body_is_no_part_of_the_scope() -> None:
    other = keyed_request(**SCOPE | {"body": b"{ }"})
    assert other.digest == REQUEST.digest
    assert other.body_sha256 != REQUEST.body_sha256


@given(st.lists(st.text(max_size=3), min_size=4, max_size=4))
def test_no_two_scopes_are_one(parts) -> None:
    """Nothing is glued together: `ab` with `c` is not `a` with `bc`."""
    names = ("method", "route", "subject", "key")
    moved = [parts[0] + parts[1][:1], parts[1][1:], *parts[2:]]
    same = keyed_request(**SCOPE | dict(zip(names, parts, strict=True))) == keyed_request(
        **SCOPE | dict(zip(names, moved, strict=True))
    )
    assert same is (moved == parts)


def refused(earlier: Remembered, later: timedelta, request=REQUEST) -> ServiceError:
    """Why the request is not done."""
    with pytest.raises(ServiceError) as error:
        reserve(request, earlier, AT + later)
    return error.value


def test_the_first_one_works() -> None:
    assert reserve(REQUEST, None, AT) == Reservation(REQUEST, 1)


def test_what_was_answered_is_answered_again_for_a_day() -> None:
    assert reserve(REQUEST, ANSWERED, AT + KEPT - timedelta(seconds=1)) == b"answer"
    assert reserve(REQUEST, ANSWERED, AT + KEPT) == Reservation(REQUEST, 2)
    assert timedelta(hours=24) == KEPT


@pytest.mark.parametrize("earlier", [ANSWERED, RUNNING], ids=["answered", "running"])
def test_a_key_is_for_one_body(earlier: Remembered) -> None:
    other = keyed_request(**SCOPE | {"body": b"[]"})
    assert refused(earlier, timedelta(seconds=1), other).code is ProblemCode.IDEMPOTENCY_MISMATCH


@pytest.mark.parametrize(("later", "wait"), [(0, 60), (59, 1), (-30, 90)])
def test_who_works_on_it_is_waited_for(later: int, wait: int) -> None:
    error = refused(RUNNING, timedelta(seconds=later))
    assert (error.code, error.retry_after_s) == (ProblemCode.IN_PROGRESS, wait)


@pytest.mark.parametrize("later", [LEASE, timedelta(hours=1), -LEASE, timedelta(days=-3)], ids=str)
def test_who_was_killed_is_not_waited_for_longer(later: timedelta) -> None:
    """Also when the clock was set back far since then."""
    assert reserve(REQUEST, RUNNING, AT + later) == Reservation(REQUEST, 2)


@light
@given(st.timedeltas(timedelta(days=-3), timedelta(days=3)), st.booleans(), st.booleans())
def test_nothing_is_done_twice_while_it_is_remembered(later, answered: bool, same_body: bool) -> None:
    request = REQUEST if same_body else keyed_request(**SCOPE | {"body": b"[]"})
    try:
        found = reserve(request, ANSWERED if answered else RUNNING, AT + later)
    except ServiceError:
        return
    if isinstance(found, Reservation):
        assert found.attempt == 2
        assert later >= KEPT or (not answered and same_body)
    else:
        assert answered
        assert same_body
