"""An answer of the reader's process is believed only where every part of it can be."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.ocr_answer import read_answer
from service.domain.mrz_capture import CaptureStatus
from service.domain.photo import ImageFault, PhotoAdvice, PhotoExamination, judge_photo
from tests.budgets import light
from tests.service.adapters.ocr_stub import LINES, reading

TODAY = date(2026, 11, 24)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
MEMBERS = sorted(reading())


def test_a_whole_answer() -> None:
    repair = {"field": "date_of_birth", "line": 2, "column": 14, "printed": "O", "replaced": "0"}
    answer = {"reading": reading(weak=[[1, 44]], certain=False, repairs=[repair]), "advice": ["blur", "blur"]}
    found = read_answer(answer, {}, TODAY)
    assert found.reading is not None
    assert found.reading.document.lines == LINES
    assert (found.advice, found.reading.weak) == ((PhotoAdvice.BLUR,), ((1, 44),))
    assert found.reading.to_json()["repairs"] == [repair]


def test_advice_is_never_missing_where_nothing_was_read() -> None:
    assert read_answer({"reading": None, "advice": []}, {}, TODAY).advice == (PhotoAdvice.NO_MRZ,)


@pytest.mark.parametrize("fault", ImageFault)
def test_faults(fault: ImageFault) -> None:
    assert read_answer({"fault": fault.value}, {}, TODAY) == PhotoExamination(None, (PhotoAdvice.NO_MRZ,), fault)


@pytest.mark.parametrize(
    "change",
    [
        {"lines": ["A" * 44, "B"]},
        {"lines": "P<UTO"},
        {"lines": None},
        {"engine": ""},
        {"engine": "x y"},
        {"engine": "e" * 33},
        {"confidence": []},
        {"confidence": [[1.0] * 44, [1.0] * 43]},
        {"confidence": [[1.0] * 44, [1.0] * 43 + [1.5]]},
        {"confidence": [[1.0] * 44, [1.0] * 43 + [float("nan")]]},
        {"confidence": [[1.0] * 44, [1.0] * 43 + [True]]},
        {"confidence": [[1.0] * 44, [1.0] * 43 + [10**400]]},
        {"weak": [[0, 1]]},
        {"weak": [[3, 1]]},
        {"weak": [[1, 45]]},
        {"weak": [[1.0, 1]]},
        {"weak": [[True, 1]]},
        {"weak": [[1, 2, 3]]},
        {"repairs": [{}]},
        {"repairs": [{"field": "x", "line": 1, "column": 1, "printed": "AB", "replaced": "C"}]},
        {"repairs": [{"field": 5, "line": 1, "column": 1, "printed": "A", "replaced": "C"}]},
        {"quad": []},
        {"quad": [[1, 2]] * 5},
        {"quad": [[1, 2]] * 3 + [[1]]},
        {"quad": [[1, 2]] * 3 + [[1, float("inf")]]},
        {"quad": [[1, 2]] * 3 + [["1", "2"]]},
    ],
    ids=str,
)
def test_nonsense_in_a_reading(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_answer({"reading": reading() | change, "advice": []}, {}, TODAY)


@light
@given(st.sampled_from(MEMBERS), JSON)
def test_any_member_with_any_value_is_read_or_refused(member: str, value: Any) -> None:
    try:
        found = read_answer({"reading": reading() | {member: value}, "advice": []}, {}, TODAY)
    except ValueError:
        return
    assert found.reading is not None
    assert found.reading.document.lines == LINES or member == "lines"


@light
@given(st.dictionaries(st.sampled_from(["reading", "advice", "fault"]), JSON))
def test_any_answer_is_read_or_refused(answer: dict[str, Any]) -> None:
    try:
        found = read_answer(answer, {}, TODAY)
    except ValueError:
        return
    assert found.reading is None
    assert found.advice


@light
@given(st.booleans(), st.lists(st.tuples(st.integers(1, 2), st.integers(1, 44)), max_size=3), st.booleans())
def test_only_a_reading_without_doubt_is_accepted(certain: bool, weak: list[tuple[int, int]], valid: bool) -> None:
    lines = LINES if valid else (LINES[0], LINES[1][:9] + "7" + LINES[1][10:])
    answer = {"reading": reading(lines, certain=certain, weak=[list(place) for place in weak]), "advice": []}
    expected = CaptureStatus.ACCEPTED if certain and not weak and valid else CaptureStatus.CONFIRM
    assert judge_photo(read_answer(answer, {}, TODAY)) is expected
