"""Holders: their zones are those of the standard's examples, and DG11 says the same in national characters."""

from __future__ import annotations

from datetime import date

import pytest

import mrz
from mrtd.lds import dg11, dg12, dg13, dg16
from mrtd.specimen import data_groups, holders
from mrtd.specimen.holder import Holder, machine_readable_zone
from mrtd.specimen.printed_mrz import PRINTED
from mrtd.specimen.recipe import AT

#: ICAO 9303-4 §4.2.3, examples of truncated names.
EXAMPLES = {
    "truncated": "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K",
    "long": "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI",
    "full": "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR",
}


def zone(holder: Holder) -> tuple[str, str]:
    return machine_readable_zone(holder, document_number="UT0000001", date_of_expiry=date(2036, 5, 31))


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_the_standard(name: str) -> None:
    assert zone(holders.HOLDERS[name])[0] == f"P<UTO{EXAMPLES[name]}"


@pytest.mark.parametrize("name", holders.HOLDERS)
def test_zones_are_right(name: str) -> None:
    document = mrz.parse("\n".join(zone(holders.HOLDERS[name])), today=AT.date())
    assert document.valid
    assert document.fields.issuing_state == "UTO"


def test_a_swedish_number_has_its_luhn_digit() -> None:
    digits = [int(digit) for digit in holders.SWEDISH.optional_data[2:]]
    doubled = [digit * (2 - place % 2) for place, digit in enumerate(digits)]
    assert sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def test_unknown_parts_of_a_birth() -> None:
    assert zone(holders.UNKNOWN_DAY)[1][13:19] == "68<<<<"
    assert zone(holders.UNKNOWN_BIRTH)[1][13:19] == "<<<<<<"
    read = dg11.parse(data_groups.dg11(holders.UNKNOWN_DAY))
    assert (read.full_date_of_birth, read.date_of_birth) == ("19680000", None)


def test_details_in_national_characters() -> None:
    read = dg11.parse(data_groups.dg11(holders.SWEDISH))
    assert (read.full_name, read.personal_number) == ("Östberg<Älvsjö<<Åke<Björn", "19900517-9990")
    assert dg11.parse(data_groups.dg11(holders.SINGLE)).full_name == "Sukarno"
    assert dg11.parse(data_groups.dg11(holders.CHINESE)).full_name == "张<<晓明"


def test_rarer_groups() -> None:
    assert dg12.parse(data_groups.dg12(date(2026, 6, 1), packed=True)).date_of_issue == date(2026, 6, 1)
    person = data_groups.PersonToNotify(date(2026, 5, 1), "A<<B", "+00", "C<D")
    (read,) = dg16.parse(data_groups.dg16(person)).persons
    assert (read.date_recorded, read.name, read.telephone, read.address) == ("20260501", "A<<B", "+00", "C<D")
    assert dg13.parse(data_groups.dg13(b"x")).trailing == 0
    names = data_groups.listed(0x6B, [(0x5F0E, b"A<<B"), data_groups.other_names("C<<D", "E")])
    assert dg11.parse(names).other_names == ("C<<D", "E")


@pytest.mark.parametrize("name", PRINTED)
def test_printed_lines_are_wrong_in_one_way(name: str) -> None:
    right = zone(holders.MARTA)
    wrong = PRINTED[name](right)
    assert wrong != right
    if name == "other-number":
        assert mrz.parse("\n".join(wrong), today=AT.date()).valid
