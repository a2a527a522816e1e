"""For whom a verification exists: organisation, issuing area, the one case, protected identity."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.areas import area_of_new, works_in
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal, Role
from service.domain.protected import PROTECTED_SCOPE, AccessReason, may_see_protected, protects_new, reason_given
from service.domain.verification import State
from tests.service.findings import ORGANISATION, case

NORTH, SOUTH = "north", "south"
CASE = case(State.CREATED)


def person(**changes) -> Principal:
    """An administrator who works in all of the organisation, with every role but the extra one."""
    roles = frozenset(Role) - {Role.PROTECTED_IDENTITY}
    return replace(Principal("pe_one", ORGANISATION, frozenset({Caller.APP}), roles), **changes)


KUR = frozenset({Role.ID_ADMINISTRATOR, Role.PROTECTED_IDENTITY})


@pytest.mark.parametrize(
    ("areas", "area", "expected"),
    [
        (None, None, True),
        (None, NORTH, True),
        ({NORTH}, NORTH, True),
        ({NORTH, SOUTH}, SOUTH, True),
        ({NORTH}, SOUTH, False),
        # what is the whole organisation's is not for those who work in a part of it
        ({NORTH}, None, False),
        # somebody whose areas were all taken away sees nothing, not everything
        (set(), NORTH, False),
        (set(), None, False),
    ],
)
def test_areas(areas, area, expected: bool) -> None:
    who = person(areas=None if areas is None else frozenset(areas))
    assert works_in(who.areas, area) is expected
    assert replace(CASE, area=area).exists_for(who) is expected


def test_whoever_works_in_one_area_opens_there() -> None:
    assert area_of_new(person(areas=frozenset({NORTH})), None) == NORTH
    assert area_of_new(person(areas=frozenset({NORTH, SOUTH})), SOUTH) == SOUTH
    assert area_of_new(person(), None) is None
    assert area_of_new(person(), NORTH) == NORTH


@pytest.mark.parametrize(
    ("areas", "named", "code"),
    [
        ({NORTH, SOUTH}, None, "missing"),
        (set(), None, "missing"),
        ({NORTH}, SOUTH, "enum"),
        # an area that nobody has and one that others have are told alike
        ({NORTH}, "nowhere", "enum"),
    ],
)
def test_nobody_opens_in_an_area_of_others(areas, named, code: str) -> None:
    with pytest.raises(ServiceError) as refused:
        area_of_new(person(areas=frozenset(areas)), named)
    assert refused.value.code is ProblemCode.VALIDATION_FAILED
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/area", code)]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (person(), False),
        (person(roles=KUR), True),
        # the role is a person's: a system that carries one by mistake has nothing of it
        (person(callers=frozenset({Caller.PORTAL}), roles=KUR), False),
        (person(callers=frozenset({Caller.PORTAL}), scopes=None), False),
        (person(callers=frozenset({Caller.PORTAL}), scopes=frozenset({PROTECTED_SCOPE})), True),
        # and the scope is a portal's: a token of a person cannot give what the role does not
        (person(scopes=frozenset({PROTECTED_SCOPE})), False),
        (person(callers=frozenset({Caller.HOLDER}), only="or_one", roles=frozenset()), True),
        (person(callers=frozenset({Caller.HOLDER}), roles=KUR), False),
        (person(callers=frozenset({Caller.DEVICE}), roles=KUR, scopes=frozenset({PROTECTED_SCOPE})), False),
        (person(callers=frozenset({Caller.HARNESS}), roles=KUR, scopes=frozenset({PROTECTED_SCOPE})), False),
        (person(callers=frozenset()), False),
    ],
)
def test_who_sees_protected_cases(who: Principal, expected: bool) -> None:
    assert may_see_protected(who) is expected
    assert replace(CASE, protected=True, order_id="or_one").exists_for(who) is expected


@pytest.mark.parametrize(
    ("only", "expected"),
    [(CASE.id, True), ("or_one", True), ("vs_" + "B" * 26, False), ("or_two", False), ("", False)],
)
def test_whoever_is_for_one_case_sees_no_other(only: str, expected: bool) -> None:
    assert replace(CASE, order_id="or_one").exists_for(person(only=only)) is expected


def test_the_reference_of_a_portal_opens_nothing() -> None:
    """Two portals may choose the same; only ids of ours bind."""
    assert not replace(CASE, order_reference="or_one").exists_for(person(only="or_one"))


def test_a_person_says_why() -> None:
    assert reason_given(person(access_reason=AccessReason.REVIEW.value)) == "review"
    with pytest.raises(ServiceError) as refused:
        reason_given(person())
    assert refused.value.code is ProblemCode.ACCESS_REASON_REQUIRED
    # a system cannot be asked
    assert reason_given(person(callers=frozenset({Caller.PORTAL}))) == "own_order"


def test_who_opens_protected_cases() -> None:
    assert protects_new(person(roles=KUR), wanted=True, earlier=False)
    assert protects_new(person(roles=KUR), wanted=False, earlier=True)
    assert not protects_new(person(roles=KUR), wanted=False, earlier=False)
    with pytest.raises(ServiceError) as refused:
        protects_new(person(), wanted=True, earlier=False)
    assert refused.value.code is ProblemCode.FORBIDDEN
