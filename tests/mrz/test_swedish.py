"""The personal number field of Swedish documents."""

from __future__ import annotations

import datetime

import pytest

import mrz
from mrz.swedish import SwedishNumberKind, luhn_holds, read_personal_number
from tests.mrz.zones import TODAY

PERSONNUMMER, SAMORDNINGSNUMMER, UNRECOGNISED = SwedishNumberKind


@pytest.mark.parametrize(
    ("field", "born", "kind", "luhn_ok", "matches"),
    [
        # Published by the tax agency as examples: 640823-3234 and 701063-2391.
        ("6408233234", (1964, 8, 23), PERSONNUMMER, True, True),
        ("196408233234", (1964, 8, 23), PERSONNUMMER, True, True),
        ("196408233234<<", (1964, 8, 23), PERSONNUMMER, True, True),
        ("7010632391", (1970, 10, 3), SAMORDNINGSNUMMER, True, True),
        ("197010632391", (1970, 10, 3), SAMORDNINGSNUMMER, True, True),
        ("6408233235", (1964, 8, 23), PERSONNUMMER, False, True),
        ("6408233234", (1964, 8, 24), PERSONNUMMER, True, False),
        ("186408233234", (1964, 8, 23), PERSONNUMMER, True, False),
        ("6408233234", None, PERSONNUMMER, True, None),
        ("7000602391", (1970, 10, 3), PERSONNUMMER, False, None),
        ("64082332", (1964, 8, 23), UNRECOGNISED, False, None),
        ("640823323A", (1964, 8, 23), UNRECOGNISED, False, None),
        ("640823<3234", (1964, 8, 23), UNRECOGNISED, False, None),
    ],
)
def test_facts(
    field: str, born: tuple[int, int, int] | None, kind: SwedishNumberKind, luhn_ok: bool, matches: bool | None
) -> None:
    facts = read_personal_number(field, born and datetime.date(*born))
    assert facts is not None
    assert (facts.kind, facts.luhn_ok, facts.birth_date_matches) == (kind, luhn_ok, matches)


def test_an_empty_field_gives_no_facts() -> None:
    assert read_personal_number("<" * 14, TODAY) is None


@pytest.mark.parametrize("place", range(10))
def test_luhn_finds_every_wrong_digit(place: int) -> None:
    number = "6408233234"
    for digit in "0123456789":
        changed = number[:place] + digit + number[place + 1 :]
        assert luhn_holds(changed) is (changed == number)


def _passport(state: str, optional_data: str) -> mrz.MrzDocument:
    fields = mrz.MrzFields(
        document_code="P",
        issuing_state=state,
        nationality=state,
        document_number="XA0000002",
        date_of_birth=datetime.date(1964, 8, 23),
        date_of_expiry=datetime.date(2030, 1, 1),
        sex="M",
        primary_identifier="SPECIMEN",
        secondary_identifier="SVEN",
        optional_data=optional_data,
    )
    return mrz.parse(mrz.format(fields, mrz.MrzFormat.TD3), today=TODAY)


def test_only_swedish_documents_have_the_fact_and_it_holds_no_number() -> None:
    swedish = _passport("SWE", "196408233234")
    assert swedish.to_json()["swedish_personal_number"] == {
        "kind": "personnummer",
        "luhn_ok": True,
        "birth_date_matches": True,
    }
    assert "3234" not in repr(swedish.swedish_personal_number)
    assert _passport("SWE", "").swedish_personal_number is None
    assert _passport("NOR", "196408233234").swedish_personal_number is None
