"""The typed loader of cases and the committed schema refuse the same, and the loader says where."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from mrtd.inspection import POLICIES, CheckStatus
from service import schemas
from service.domain.verification import NextStep, State
from service.replay import case as case_module
from service.replay.case import read_case
from service.replay.errors import ReplayError
from tests.budgets import light
from tests.service.replay.casebook import CASE, check, expecting, service_end

VALIDATOR = Draft202012Validator(schemas.load("case"), format_checker=FormatChecker())

WHOLE: dict[str, Any] = {
    **CASE,
    "mrz": {"lines": ["P<UTO", "X"], "source": "app_ocr", "attempt": 2},
    "chip": {
        "key": "clone-chip",
        "scheme": "rsa-2048",
        "answers": "late",
        "age_s": 121,
        "complement": True,
        "behaviour": "no-trailer",
    },
    "expected": expecting(
        [check("pa.dg_hash", "EF.DG1", "FAILED", "mismatch"), check("cross.mrz_dg1", "sex", "PASSED")],
        {
            "outcome": "refused",
            "authenticity": "not_authentic",
            "chip_genuine": "undetermined",
            "document_valid": "yes",
            "mrz_matches_chip": "not_given",
        },
        service=service_end("refused", "stop", "mismatch"),
    ),
}


def fits(value: object) -> bool:
    return not list(VALIDATOR.iter_errors(value))


def loads(value: object) -> bool:
    try:
        read_case(json.dumps(value).encode())
    except ReplayError:
        return False
    return True


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """A whole case with another value at one place; without a value, without that member."""
    case = copy.deepcopy(WHOLE)
    place: Any = case
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return case


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a value, the value itself left out."""
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [found for key, item in items for found in [(*path, key), *places(item, (*path, key))]]


def test_a_whole_case_is_read() -> None:
    assert fits(WHOLE)
    case = read_case(json.dumps(WHOLE).encode())
    assert (case.id, case.realm, case.trust, case.dump) == ("9303-11-6.1::genuine", "specimen", ("pki/uto",), ".")
    assert case.mrz is not None
    assert case.chip is not None
    assert (case.mrz.attempt, case.chip.age_s, case.chip.complement, case.chip.behaviour) == (
        2,
        121,
        True,
        "no-trailer",
    )
    assert case.inspect.checks[0].status is CheckStatus.FAILED
    assert set(case.inspect.verdicts) == set(POLICIES)
    assert case.service is not None
    assert case.service.reason == "mismatch"
    assert repr(case) == "Case(9303-11-6.1::genuine)"


@pytest.mark.parametrize("path", places(WHOLE), ids=lambda path: ".".join(map(str, path)))
def test_loader_and_schema_agree_at_every_place(path: tuple[str | int, ...]) -> None:
    """Each member left out, and replaced by values of every kind: both refuse, or both take it."""
    values: list[object] = [..., None, True, False, -1, 0, 1, 10**6, "", "x", "PASSED", "../x", "/x", "a/../b", "a/b"]
    values += ["2026-02-30T00:00:00Z", "2026-06-01T12:00:00+02:00", "2026-06-01", "verified", "a::b", "x" * 300]
    values += [[], ["x"], ["x", "x"], [["x"]], {}, {"x": 1}, {"code": "no_files"}]
    for value in values:
        case = changed(path, value)
        assert loads(case) == fits(case), (path, value)


@pytest.mark.parametrize("path", [(), ("standard",), ("mrz",), ("chip",), ("expected",), ("expected", "inspect")])
def test_a_member_that_is_not_known_is_refused(path: tuple[str, ...]) -> None:
    case = changed((*path, "unknown"), 1)
    assert not loads(case)
    assert not fits(case)


@light
@given(
    st.sampled_from(places(WHOLE)),
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 200) | st.text("abc.:/_-019Z", max_size=8),
        lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text("abc", max_size=3), children),
        max_leaves=6,
    ),
)
def test_loader_and_schema_agree_on_anything(path: tuple[str | int, ...], value: object) -> None:
    case = changed(path, value)
    assert loads(case) == fits(case)


@light
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_nothing_but_the_typed_error_escapes(data: bytes) -> None:
    with pytest.raises(ReplayError):
        read_case(data)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("expected", "inspect", "checks", 1, "status"),
            "OK",
            "expected.inspect.checks[1].status: not one of PASSED",
        ),
        (("mrz", "attempt"), 0, "mrz.attempt: not an integer from 1 to 20"),
        (("id",), "no-namespace", "id: not a text like"),
        (("chip", "answers"), ..., "chip: not an object with the member answers"),
        (("expected", "inspect", "error"), {"code": "x"}, "expected.inspect.checks: not an array of at most 0"),
        (("dump",), "../other", "dump: not a text like"),
    ],
)
def test_a_mistake_is_told_with_its_place(path: tuple[str | int, ...], value: object, said: str) -> None:
    with pytest.raises(ReplayError) as caught:
        read_case(json.dumps(changed(path, value)).encode())
    assert str(caught.value).startswith(said)


def test_a_mistake_is_told_without_the_value() -> None:
    with pytest.raises(ReplayError) as caught:
        read_case(json.dumps(changed(("mrz", "lines", 0), "P<UTOERIKSSON" * 20)).encode())
    assert "ERIKSSON" not in str(caught.value)


def test_a_key_twice_is_refused() -> None:
    with pytest.raises(ReplayError, match="duplicate_key"):
        read_case(b'{"id": "a::b", "id": "a::c"}')


def test_states_and_steps_are_those_of_the_service() -> None:
    assert set(case_module.STATES) <= {state.value for state in State}
    assert set(case_module.NEXT_STEPS) <= {step.value for step in NextStep}
