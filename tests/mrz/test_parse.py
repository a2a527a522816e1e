"""What `mrz.parse` accepts, refuses and remarks on."""

from __future__ import annotations

import datetime

import pytest

import mrz
from mrz import MrzNote
from mrz.charset import MAX_TEXT_LENGTH
from tests.mrz.zones import TD1, TD2, TD3, TODAY

FORMAT_FAILURES = {
    "empty": ("", "bad_length"),
    "blank": (" \n\t", "bad_length"),
    "lower_case": (TD3.lower(), "bad_character"),
    "punctuation": (TD3.replace("<", "."), "bad_character"),
    "letter_beyond_ascii": (TD3.replace("A", "Ä"), "bad_character"),
    "digit_beyond_ascii": (TD3.replace("1", "\u0661"), "bad_character"),
    "nul": (TD3 + "\0", "bad_character"),
    "no_break_space": (TD3.replace("\n", "\u00a0"), "bad_character"),
    "one_short": (TD3[:-1], "bad_length"),
    "one_long": (TD3 + "<", "bad_length"),
    "unbroken_one_short": (TD3.replace("\n", "")[:-1], "bad_length"),
    "one_line_of_td1_missing": (TD1[:61], "bad_length"),
    "four_lines": ("\n".join(["A" * 22] * 4), "unknown_format"),
    "lines_of_two_formats": (TD3.split()[0] + "\n" + TD2.split()[1], "bad_length"),
    "lines_swapped": ("\n".join(reversed(TD3.split())), "unknown_format"),
    "filler_first": ("<" + TD3[1:], "unknown_format"),
    "digit_first": ("0" + TD3[1:], "unknown_format"),
    "beyond_the_limit": (" " * MAX_TEXT_LENGTH + TD3, "bad_length"),
}


@pytest.mark.parametrize(("text", "reason"), FORMAT_FAILURES.values(), ids=FORMAT_FAILURES)
def test_format_failures(text: str, reason: str) -> None:
    with pytest.raises(mrz.MrzFormatError) as caught:
        mrz.parse(text, today=TODAY)
    assert caught.value.reason == reason
    assert "ERIKSSON" not in str(caught.value)


def test_a_bad_character_is_located_and_not_repeated() -> None:
    lines = TD3.split()
    with pytest.raises(mrz.MrzFormatError) as caught:
        mrz.parse(f"{lines[0]}\n{lines[1][:9]}é{lines[1][10:]}", today=TODAY)
    assert (caught.value.line, caught.value.column) == (2, 10)
    assert "é" not in str(caught.value)


@pytest.mark.parametrize(
    "separator", ["\n", "\r\n", "\n\n", " ", "\t"], ids=["lf", "crlf", "blank_line", "blank", "tab"]
)
def test_blanks_around_lines_do_not_matter(separator: str) -> None:
    assert mrz.parse(f"  {TD1.replace(chr(10), separator)}\n ", today=TODAY) == mrz.parse(TD1, today=TODAY)


def _td3(**changes: str) -> mrz.MrzDocument:
    """The worked example with printed fields overwritten; check digits stay as they were."""
    first, second = TD3.split()
    places = {
        "code": (0, 0), "state": (0, 2), "name": (0, 5), "number": (1, 0), "nationality": (1, 10),
        "birth": (1, 13), "sex": (1, 20), "expiry": (1, 21), "optional": (1, 28), "check": (1, 42),
    }  # fmt: skip
    lines = [first, second]
    for name, value in changes.items():
        line, start = places[name]
        lines[line] = lines[line][:start] + value + lines[line][start + len(value) :]
    return mrz.parse("\n".join(lines), today=TODAY)


NOTES = {
    "code": ({"code": "XX"}, MrzNote.DOCUMENT_CODE_UNUSUAL),
    "state": ({"state": "QQQ"}, MrzNote.ISSUING_STATE_UNKNOWN),
    "nationality": ({"nationality": "UT0"}, MrzNote.NATIONALITY_UNKNOWN),
    "birth_unknown": ({"birth": "<<<<<<"}, MrzNote.DATE_OF_BIRTH_UNKNOWN),
    "birth_part_unknown": ({"birth": "7408<<"}, MrzNote.DATE_OF_BIRTH_UNKNOWN),
    "birth_x": ({"birth": "74XXXX"}, MrzNote.DATE_OF_BIRTH_UNKNOWN),
    "birth_invalid": ({"birth": "741312"}, MrzNote.DATE_OF_BIRTH_INVALID),
    "birth_letter": ({"birth": "74O812"}, MrzNote.DATE_OF_BIRTH_INVALID),
    "birth_half_a_part": ({"birth": "74081<"}, MrzNote.DATE_OF_BIRTH_INVALID),
    "birth_ambiguous": ({"birth": "200812"}, MrzNote.DATE_OF_BIRTH_AMBIGUOUS),
    "expiry_unknown": ({"expiry": "<<<<<<"}, MrzNote.DATE_OF_EXPIRY_UNKNOWN),
    "expiry_invalid": ({"expiry": "120230"}, MrzNote.DATE_OF_EXPIRY_INVALID),
    "sex_x": ({"sex": "X"}, MrzNote.SEX_PRINTED_AS_X),
    "sex_other": ({"sex": "4"}, MrzNote.SEX_INVALID),
    "digit_in_name": ({"name": "ER1KSSON"}, MrzNote.DIGIT_IN_NAME),
    "no_primary": ({"name": "<<<<<<<<"}, MrzNote.NO_PRIMARY_IDENTIFIER),
    "no_secondary": ({"name": "ERIKSSON<ANNA"}, MrzNote.NO_SECONDARY_IDENTIFIER),
    "three_fillers": ({"name": "ERIKSS<<<ANNA"}, MrzNote.NAME_FILLERS_UNUSUAL),
    "second_double_filler": ({"name": "ERIKSSON<<A<<A"}, MrzNote.NAME_FILLERS_UNUSUAL),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "note"), NOTES.values(), ids=NOTES)
def test_notes(changes: dict[str, str], note: MrzNote) -> None:
    assert note not in _td3().notes
    assert note in _td3(**changes).notes


def test_the_worked_example_needs_no_note() -> None:
    assert _td3().notes == ()


def test_an_unknown_date_is_null_and_stays_in_raw() -> None:
    document = _td3(birth="7408<<")
    assert document.fields.date_of_birth is None
    assert document.raw["date_of_birth"] == "7408<<"
    assert document.to_json()["fields"]["date_of_birth"] is None


def test_a_filler_passes_as_check_digit_over_empty_optional_data_only() -> None:
    empty = _td3(optional="<" * 14, check="<")
    assert [(digit.ok, digit.filler) for digit in empty.check_digits if digit.field == "optional_data"] == [
        (True, True)
    ]
    zero = _td3(optional="<" * 14, check="0")
    assert [(digit.ok, digit.filler) for digit in zero.check_digits if digit.field == "optional_data"] == [
        (True, False)
    ]
    used = _td3(check="<")
    assert [(digit.ok, digit.filler) for digit in used.check_digits if digit.field == "optional_data"] == [
        (False, True)
    ]
    assert not used.valid


def test_a_wrong_check_digit_names_its_field_and_spares_the_others() -> None:
    document = _td3(birth="740813")
    failed = {digit.field for digit in document.check_digits if not digit.ok}
    assert failed == {"date_of_birth", "composite"}
    assert not document.valid
    assert document.fields.date_of_birth == datetime.date(1974, 8, 13)


@pytest.mark.parametrize(
    ("first_line", "number", "rest"),
    [
        ("I<UTOD23145890<7349<<<<<<<<<<<", "D23145890734", ""),
        ("IDUTO123456789<07<<<<<<<<<<<<<", "1234567890", ""),
        ("I<UTO123456789<07<OHDA1234567X", "1234567890", "OHDA1234567X"),
    ],
    ids=["three_more", "one_more", "with_optional_data"],
)
def test_long_document_numbers_of_td1(first_line: str, number: str, rest: str) -> None:
    document = mrz.parse("\n".join((first_line, *TD1.split()[1:])), today=TODAY)
    assert (document.fields.document_number, document.fields.optional_data) == (number, rest)
    assert MrzNote.LONG_DOCUMENT_NUMBER in document.notes
    digit = document.check_digits[0]
    assert (digit.field, digit.ok, digit.filler) == ("document_number", True, False)
    assert document.raw["document_number"] == first_line[5:14]


def test_a_short_number_without_check_digit_does_not_swallow_optional_data() -> None:
    document = mrz.parse("\n".join(("I<UTOD2314589<<7349<<<<<<<<<<<", *TD1.split()[1:])), today=TODAY)
    assert (document.fields.document_number, document.fields.optional_data) == ("D2314589", "7349")
    assert not document.check_digits[0].ok


def test_json_has_the_members_that_outsiders_rely_on() -> None:
    answer = mrz.parse(TD3, today=TODAY).to_json()
    assert {"format", "lines", "valid", "fields", "raw", "check_digits", "repairs", "names_truncated"} <= set(answer)
    assert {
        "document_code", "issuing_state", "nationality", "document_number", "date_of_birth", "date_of_expiry",
        "sex", "primary_identifier", "secondary_identifier", "optional_data",
    } <= set(answer["fields"])  # fmt: skip
    assert answer["fields"]["date_of_birth"] == "1974-08-12"
    assert answer["check_digits"][0] == {
        "field": "document_number", "printed": "6", "computed": "6", "ok": True, "filler": False,
    }  # fmt: skip


def test_nothing_personal_in_repr_and_everything_hashable() -> None:
    document = mrz.repair(TD3.replace("120415", "12041S"), today=TODAY)
    shown = repr((document, document.fields, document.raw, document.check_digits, document.repairs))
    for secret in ("ERIKSSON", "ANNA", "L898902", "740812", "1974", "12041", "ZE184226B", "'S'", "'5'"):
        assert secret not in shown
    assert repr(document) == "MrzDocument(format=TD3, valid=True)"
    assert hash(document) == hash(mrz.repair(TD3.replace("120415", "12041S"), today=TODAY))
