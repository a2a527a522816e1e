"""One person asks for a revocation, another one confirms it; nobody does both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal, Role
from service.domain.lifecycle import Happening
from service.domain.revocation import REQUEST_TIME, Revocation, RevocationReason, after_revocation
from service.domain.verification import State
from tests.budgets import light
from tests.service.findings import AT, ORGANISATION, case

ANNA = Principal("anna", ORGANISATION, frozenset({Caller.REVIEWER}), frozenset({Role.RESPONSIBLE_ISSUER}))
BENGT = replace(ANNA, id="bengt", roles=frozenset())
REASON = RevocationReason.WRONG_PERSON


def called(who: Principal, earlier: Revocation | None = None, reason=REASON, at=AT):
    """One call."""
    return after_revocation(case(State.APPROVED), earlier, who, reason, None, at)


def refused(*arguments, **options) -> ProblemCode:
    """Why the call does nothing."""
    with pytest.raises(ServiceError) as error:
        called(*arguments, **options)
    return error.value.code


def test_a_request_and_its_confirmation() -> None:
    asked, course = called(ANNA)
    assert (course.happening, asked.requested_by, asked.confirmed_by) == (
        Happening.REVOCATION_REQUESTED,
        "anna",
        None,
    )
    confirmed, course = called(BENGT, asked)
    assert (course.happening, course.reason) == (Happening.REVOKED, "wrong_person")
    assert (confirmed.requested_by, confirmed.confirmed_by) == ("anna", "bengt")


def test_who_may_not() -> None:
    asked, _ = called(ANNA)
    assert refused(BENGT) is ProblemCode.FORBIDDEN
    assert refused(ANNA, asked) is ProblemCode.SAME_REVIEWER
    assert refused(BENGT, asked, RevocationReason.FALSE_DOCUMENT) is ProblemCode.DECISION_CHANGED


def test_a_request_stands_for_a_day() -> None:
    asked, _ = called(ANNA)
    last = AT + REQUEST_TIME - timedelta(seconds=1)
    assert called(BENGT, asked, at=last)[1].happening is Happening.REVOKED
    assert refused(BENGT, asked, at=AT + REQUEST_TIME) is ProblemCode.FORBIDDEN
    assert called(ANNA, asked, at=AT + REQUEST_TIME)[0].requested_at == AT + REQUEST_TIME


calls = st.tuples(
    st.sampled_from(["anna", "bengt", "cecilia"]),
    st.booleans(),
    st.sampled_from(RevocationReason),
    st.timedeltas(timedelta(0), timedelta(hours=30)),
)


@light
@given(st.lists(calls, max_size=8))
def test_whoever_calls_two_people_agree(story) -> None:
    """The one who asked was the responsible issuer; the one who confirmed is another person with the same reason."""
    at, standing, asked_by_issuer = AT, None, False
    for person, issuer, reason, later in story:
        at += later
        who = replace(ANNA, id=person, roles=ANNA.roles if issuer else frozenset())
        try:
            revocation, course = called(who, standing, reason, at)
        except ServiceError:
            continue
        if course.happening is Happening.REVOKED:
            assert asked_by_issuer
            assert revocation.requested_by != revocation.confirmed_by == person
            assert revocation.reason is reason
            assert revocation.confirmed_at - revocation.requested_at < REQUEST_TIME
            return
        standing, asked_by_issuer = revocation, issuer
