"""Misreadings that a check digit proves, and those that nothing proves."""

from __future__ import annotations

import pytest

import mrz
from tests.mrz.zones import MRVB, TD1, TD2, TD3, TODAY


def _replace(text: str, line: int, column: int, chars: str) -> str:
    lines = text.split("\n")
    row = lines[line - 1]
    lines[line - 1] = row[: column - 1] + chars + row[column - 1 + len(chars) :]
    return "\n".join(lines)


PROVEN = {
    "td3_birth": (TD3, 2, 14, "7A0B12", [("date_of_birth", 15, "A", "4"), ("date_of_birth", 17, "B", "8")]),
    "td3_expiry": (TD3, 2, 22, "IZO4I5", [
        ("date_of_expiry", 22, "I", "1"), ("date_of_expiry", 23, "Z", "2"), ("date_of_expiry", 24, "O", "0"),
        ("date_of_expiry", 26, "I", "1"),
    ]),
    "td3_number_digit": (TD3, 2, 10, "G", [("document_number", 10, "G", "6")]),
    "td3_optional_digit": (TD3, 2, 43, "I", [("optional_data", 43, "I", "1")]),
    "td3_composite": (TD3, 2, 44, "Q", [("composite", 44, "Q", "0")]),
    "td1_birth_digit": (TD1, 2, 7, "Z", [("date_of_birth", 7, "Z", "2")]),
    "td2_composite": (TD2, 2, 36, "G", [("composite", 36, "G", "6")]),
    "visa_birth": (MRVB, 2, 14, "4009D7", [("date_of_birth", 18, "D", "0")]),
}  # fmt: skip


@pytest.mark.parametrize(("truth", "line", "column", "misread", "changes"), PROVEN.values(), ids=PROVEN)
def test_proven(truth: str, line: int, column: int, misread: str, changes: list[tuple[str, int, str, str]]) -> None:
    text = _replace(truth, line, column, misread)
    assert text != truth
    assert not mrz.parse(text, today=TODAY).valid
    repaired = mrz.repair(text, today=TODAY)
    assert "\n".join(repaired.lines) == truth
    assert [(made.field, made.column, made.printed, made.replaced) for made in repaired.repairs] == changes
    assert {made.line for made in repaired.repairs} == {line}


UNPROVEN = {
    "document_number": (TD3, 2, 1, "LB98902C3"),  # B in place of 8: any other character may be wrong
    "optional_data": (TD3, 2, 29, "2E184226B"),
    "name": (TD3, 1, 6, "ER1KS5ON"),
    "issuing_state": (TD3, 1, 3, "UT0"),
    "nationality": (TD3, 2, 11, "UT0"),
    "sex": (TD3, 2, 21, "6"),
    "digit_for_digit": (TD3, 2, 14, "740312"),  # 3 in place of 8: no letter in a digit's place
    "letter_like_no_digit": (TD3, 2, 14, "7408K2"),
    "letter_that_does_not_prove": (TD3, 2, 14, "74081B"),
    "digit_of_another_field": (TD3, 2, 10, "B"),
}


@pytest.mark.parametrize(("truth", "line", "column", "misread"), UNPROVEN.values(), ids=UNPROVEN)
def test_unproven(truth: str, line: int, column: int, misread: str) -> None:
    text = _replace(truth, line, column, misread)
    repaired = mrz.repair(text, today=TODAY)
    assert "\n".join(repaired.lines) == text
    assert repaired.repairs == ()


def test_a_check_digit_alone_does_not_make_a_date() -> None:
    text = _replace(TD3, 2, 14, "74I9120")  # 741912 has the check digit 0, and no 19th month
    assert mrz.repair(text, today=TODAY).repairs == ()


def test_whole_sound_zones_stay_as_they_are() -> None:
    for text in (TD1, TD2, TD3, MRVB):
        assert mrz.repair(text, today=TODAY) == mrz.parse(text, today=TODAY)


def test_text_that_is_no_zone_stays_refused() -> None:
    with pytest.raises(mrz.MrzFormatError):
        mrz.repair(TD3[:-1], today=TODAY)


def test_repairs_in_json() -> None:
    answer = mrz.repair(_replace(TD3, 2, 44, "O"), today=TODAY).to_json()
    assert answer["repairs"] == [{"field": "composite", "line": 2, "column": 44, "printed": "O", "replaced": "0"}]
