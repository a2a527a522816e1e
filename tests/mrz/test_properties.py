"""Properties: writing and reading are inverse, nothing but the typed error escapes, repair harms nothing."""

from __future__ import annotations

import datetime
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mrz
from mrz.dates import EXPIRY_YEARS_BACK
from mrz.formats import SPECS, FormatSpec
from mrz.repair import LOOKS_LIKE
from mrz.writer import UNKNOWN_DATE
from tests.budgets import heavy, light
from tests.conftest import REAL_DATA
from tests.mrz.zones import MRVA, MRVB, TD1, TD2, TD3, TODAY

ALPHABET = string.ascii_uppercase + string.digits + "<"
EXAMPLES = (TD1, TD2, TD3, MRVA, MRVB)
#: For a birth date the latest year counts, so the round trip holds for the last hundred years.
BIRTHS = st.dates(TODAY.replace(year=TODAY.year - 99), TODAY)
FIRST_EXPIRY = TODAY.year - EXPIRY_YEARS_BACK
EXPIRIES = st.dates(datetime.date(FIRST_EXPIRY, 1, 1), datetime.date(FIRST_EXPIRY + 99, 12, 31))


def _words(longest: int) -> st.SearchStrategy[str]:
    word = st.text(string.ascii_uppercase, min_size=1, max_size=longest)
    return st.lists(word, min_size=1, max_size=4).map(" ".join).filter(lambda name: len(name) <= longest)


def _letters(smallest: int, largest: int) -> st.SearchStrategy[str]:
    return st.text(string.ascii_uppercase, min_size=smallest, max_size=largest)


def _stripped(length: int) -> st.SearchStrategy[str]:
    return st.text(ALPHABET, max_size=length).map(lambda text: text.rstrip("<"))


@st.composite
def fields_of(draw: st.DrawFn, spec: FormatSpec) -> mrz.MrzFields:
    """Fields that fit a format, long document numbers included."""
    code = {"TD1": "ACI", "TD2": "ACI", "TD3": "P"}.get(spec.format.value, "V")
    room = spec.place("name").length
    primary = draw(_words(room - 3))
    secondary = draw(st.just("") | _words(room))[: room - len(primary) - 2].strip()
    optional_length = spec.place("optional_data").length
    overflow = draw(st.integers(0, optional_length - 2)) if spec.long_number and draw(st.booleans()) else 0
    if overflow:
        number = draw(st.text(ALPHABET[:-1], min_size=9 + overflow, max_size=9 + overflow))
        optional_length -= overflow + 2
    else:
        number = draw(_stripped(9).filter(lambda text: text[:1] not in ("", "<")))
    return mrz.MrzFields(
        document_code=draw(st.sampled_from(code)) + draw(_letters(0, 1)),
        issuing_state=draw(_letters(1, 3)),
        nationality=draw(_letters(1, 3)),
        document_number=number,
        date_of_birth=draw(st.none() | BIRTHS),
        date_of_expiry=draw(st.none() | EXPIRIES),
        sex=draw(st.sampled_from("MF<")),
        primary_identifier=primary,
        secondary_identifier=secondary,
        optional_data=draw(_stripped(optional_length)),
        optional_data_2=draw(_stripped(11)) if spec.has("optional_data_2") else "",
    )


@pytest.mark.parametrize("spec", SPECS.values(), ids=lambda spec: spec.format.value)
@light
@given(data=st.data())
def test_parse_is_the_inverse_of_format(spec: FormatSpec, data: st.DataObject) -> None:
    fields = data.draw(fields_of(spec))
    partly_unknown = data.draw(st.sampled_from([UNKNOWN_DATE, "74<<<<", "7408<<"]))
    text = mrz.format(fields, spec.format, printed_date_of_birth=partly_unknown)
    document = mrz.parse(text, today=TODAY)
    assert document.fields == fields
    assert document.format is spec.format
    assert document.valid
    assert "\n".join(document.lines) == text
    assert mrz.parse("\n".join(document.lines), today=TODAY) == document
    if fields.date_of_birth is None:
        assert document.raw["date_of_birth"] == partly_unknown


@st.composite
def mutated_zones(draw: st.DrawFn) -> str:
    """A worked example or a zone of the collection with a few characters overwritten, cut or added."""
    text = draw(st.sampled_from(EXAMPLES + _real_zones()))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(text) - 1))
        text = text[:place] + draw(st.sampled_from(ALPHABET)) + text[place + 1 :]
    if draw(st.integers(0, 3)) == 0:  # one in four loses its shape or its alphabet
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.text(max_size=2)) + text[place + draw(st.integers(0, 2)) :]
    return text


def _real_zones() -> tuple[str, ...]:
    path = REAL_DATA / "mrz" / "mrz_collection.json"
    return tuple(entry["mrz"] for entry in json.loads(path.read_bytes())) if path.is_file() else ()


@heavy
@given(text=mutated_zones() | st.text(ALPHABET + "\n ") | st.text(), today=st.dates())
def test_nothing_but_the_typed_error_escapes(text: str, today: datetime.date) -> None:
    for read in (mrz.parse, mrz.repair):
        try:
            document = read(text, today=today)
        except mrz.MrzFormatError:
            continue
        json.dumps(document.to_json())
        assert document.valid is all(digit.ok for digit in document.check_digits)
        assert {(len(line), len(document.lines)) for line in document.lines} <= {(30, 3), (36, 2), (44, 2)}
        born = document.fields.date_of_birth
        assert born is None or born <= today


@heavy
@given(text=mutated_zones())
def test_repair_never_changes_data_whose_check_digit_held(text: str) -> None:
    try:
        printed = mrz.parse(text, today=TODAY)
    except mrz.MrzFormatError:
        return
    repaired = mrz.repair(text, today=TODAY)
    held = {digit.field for digit in printed.check_digits if digit.ok}
    for made in repaired.repairs:
        assert LOOKS_LIKE[made.printed] == made.replaced
        assert printed.lines[made.line - 1][made.column - 1] == made.printed
        assert repaired.lines[made.line - 1][made.column - 1] == made.replaced
        # G counts like 6 and U like 0, so a check digit can hold over a date that no calendar has.
        assert made.field not in held or getattr(printed.fields, made.field) is None
    assert held <= {digit.field for digit in repaired.check_digits if digit.ok}
    changed = sum(a != b for a, b in zip("".join(printed.lines), "".join(repaired.lines), strict=True))
    assert changed == len(repaired.repairs)
    if not repaired.repairs:
        assert repaired == printed
    again = mrz.repair("".join(repaired.lines), today=TODAY)
    assert (again.lines, again.repairs) == (repaired.lines, ())


@light
@given(data=st.data(), spec=st.sampled_from(list(SPECS.values())))
def test_misread_dates_and_check_digits_come_back(spec: FormatSpec, data: st.DataObject) -> None:
    fields = data.draw(fields_of(spec))
    text = mrz.format(fields, spec.format)
    truth = mrz.parse(text, today=TODAY)
    page = [list(line) for line in truth.lines]
    places = [
        (field.line, column)
        for field in spec.fields
        if field.name in ("date_of_birth", "date_of_expiry")
        for column in range(field.first, field.last + 1)
    ] + [(digit.line, digit.position) for digit in spec.check_digits]
    misread = data.draw(st.lists(st.sampled_from(places), unique=True, max_size=5))
    for line, column in misread:
        letters = [letter for letter, digit in LOOKS_LIKE.items() if digit == page[line - 1][column - 1]]
        if letters:
            page[line - 1][column - 1] = data.draw(st.sampled_from(letters))
    repaired = mrz.repair("\n".join("".join(line) for line in page), today=TODAY)
    assert repaired.lines == truth.lines
    assert repaired.fields == truth.fields
