"""The examples that the standard works out, and the figures that the field tables copy."""

from __future__ import annotations

import datetime

import pytest

import mrz
from mrz.check_digits import compute
from mrz.formats import SPECS, FormatSpec
from tests.mrz.zones import MRVA, MRVB, TD1, TD2, TD3, TODAY


@pytest.mark.parametrize(
    ("covered", "digit"),
    [
        ("520727", "3"),
        ("AB2134<<<", "5"),
        ("HA672242<6" + "5802254" + "9601086<<<<<<<<<<<<<<0", "8"),
        ("D231458907<<<<<<<<<<<<<<<" + "3407127" + "9507122" + "<<<<<<<<<<<", "2"),
        ("HA672242<6" + "5802254" + "9601086<<<<<<<", "8"),
    ],
    ids=["date", "number", "td3", "td1", "td2"],
)
def test_check_digits_of_9303_3_appendix_a(covered: str, digit: str) -> None:
    assert compute(covered) == digit


@pytest.mark.parametrize(
    ("text", "mrz_format", "number", "birth", "expiry", "optional"),
    [
        (TD1, mrz.MrzFormat.TD1, "D23145890", (1974, 8, 12), (2012, 4, 15), ""),
        (TD2, mrz.MrzFormat.TD2, "D23145890", (1974, 8, 12), (2012, 4, 15), ""),
        (TD3, mrz.MrzFormat.TD3, "L898902C3", (1974, 8, 12), (2012, 4, 15), "ZE184226B"),
        (MRVA, mrz.MrzFormat.MRVA, "L8988901C", (1940, 9, 7), (1996, 12, 10), "6ZE184226B"),
        (MRVB, mrz.MrzFormat.MRVB, "L8988901C", (1940, 9, 7), (1996, 12, 10), ""),
    ],
    ids=["TD1", "TD2", "TD3", "MRV-A", "MRV-B"],
)
@pytest.mark.parametrize("broken", [True, False], ids=["lines", "unbroken"])
def test_eriksson(
    text: str,
    mrz_format: mrz.MrzFormat,
    number: str,
    birth: tuple[int, int, int],
    expiry: tuple[int, int, int],
    optional: str,
    broken: bool,
) -> None:
    document = mrz.parse(text if broken else text.replace("\n", ""), today=TODAY)
    assert document.format is mrz_format
    assert document.lines == tuple(text.split("\n"))
    assert document.valid
    assert not document.names_truncated
    fields = document.fields
    assert (fields.primary_identifier, fields.secondary_identifier) == ("ERIKSSON", "ANNA MARIA")
    assert (fields.issuing_state, fields.sex, fields.document_number) == ("UTO", "F", number)
    assert fields.date_of_birth == datetime.date(*birth)
    assert fields.date_of_expiry == datetime.date(*expiry)
    assert fields.optional_data == optional
    assert mrz.format(fields, document.format) == text


@pytest.mark.parametrize("spec", SPECS.values(), ids=lambda spec: spec.format.value)
def test_fields_and_check_digits_fill_the_zone_without_overlap(spec: FormatSpec) -> None:
    places = [(field.line, column) for field in spec.fields for column in range(field.first, field.last + 1)] + [
        (digit.line, digit.position) for digit in spec.check_digits
    ]
    assert len(places) == len(set(places)) == spec.line_count * spec.line_length


#: Appendix to 9303-4, -5, -6, -7: what stands where in the construction of the zone.
FIGURES = {
    TD1: {
        "document_code": "I<",
        "issuing_state": "UTO",
        "document_number": "D23145890",
        "optional_data": "<" * 15,
        "date_of_birth": "740812",
        "sex": "F",
        "date_of_expiry": "120415",
        "nationality": "UTO",
        "optional_data_2": "<" * 11,
        "name": "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    },
    TD2: {
        "document_code": "I<",
        "issuing_state": "UTO",
        "name": "ERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
        "document_number": "D23145890",
        "nationality": "UTO",
        "date_of_birth": "740812",
        "sex": "F",
        "date_of_expiry": "120415",
        "optional_data": "<" * 7,
    },
    TD3: {
        "document_code": "P<",
        "issuing_state": "UTO",
        "name": "ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "document_number": "L898902C3",
        "nationality": "UTO",
        "date_of_birth": "740812",
        "sex": "F",
        "date_of_expiry": "120415",
        "optional_data": "ZE184226B<<<<<",
    },
}


@pytest.mark.parametrize(("text", "raw"), FIGURES.items(), ids=["TD1", "TD2", "TD3"])
def test_printed_fields_as_in_the_figures(text: str, raw: dict[str, str]) -> None:
    assert mrz.parse(text, today=TODAY).raw == raw


@pytest.mark.parametrize(
    ("text", "digits"),
    [(TD1, "7296"), (TD2, "7296"), (TD3, "62910"), (MRVB, "489")],
    ids=["TD1", "TD2", "TD3", "MRV-B"],
)
def test_each_check_digit_by_itself(text: str, digits: str) -> None:
    document = mrz.parse(text, today=TODAY)
    assert "".join(digit.printed for digit in document.check_digits) == digits
    assert "".join(digit.computed for digit in document.check_digits) == digits
    assert all(digit.ok and not digit.filler for digit in document.check_digits)


#: 9303-4 §4.2.3.1 to §4.2.3.4 (upper line) and 9303-5 §4.2.3 (lower line).
NAMES_TD3 = [
    ("PPUTOHENG<<DEBORAH<MING<LO<<<<<<<<<<<<<<<<<<", "HENG", "DEBORAH MING LO", False),
    ("PPUTOSMITH<JONES<<SUSIE<MARGARET<<<<<<<<<<<<", "SMITH JONES", "SUSIE MARGARET", False),
    ("PPUTOARKFREITH<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "ARKFREITH", "", False),
    ("PPUTOSATRIYA<SUDARPA<<<<<<<<<<<<<<<<<<<<<<<<", "SATRIYA SUDARPA", "", False),
    ("PPUTONILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K", "NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG K", True),
    ("PPUTOPAPANDROPOULOUS<<JONATHON<WARREN<TREVOR", "PAPANDROPOULOUS", "JONATHON WARREN TREVOR", True),
]


@pytest.mark.parametrize(("line", "primary", "secondary", "truncated"), NAMES_TD3, ids=range(len(NAMES_TD3)))
def test_names_of_9303_4(line: str, primary: str, secondary: str, truncated: bool) -> None:
    document = mrz.parse(f"{line}\n{TD3.split()[1]}", today=TODAY)
    assert document.fields.primary_identifier == primary
    assert document.fields.secondary_identifier == secondary
    assert document.names_truncated is truncated
    assert (mrz.MrzNote.NAME_MAY_BE_TRUNCATED in document.notes) is truncated
    assert (mrz.MrzNote.NO_SECONDARY_IDENTIFIER in document.notes) is (secondary == "")
    assert mrz.MrzNote.NAME_FILLERS_UNUSUAL not in document.notes
