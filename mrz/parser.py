"""Reading a machine readable zone (ICAO 9303-3 §4, 9303-4 to -7).

The reader is strict about the form (number and length of the lines, alphabet) and never about the
content: a check digit that fails, a date that does not exist, a code that nobody knows are facts of the
document, told in `check_digits` and `notes`.
"""

from __future__ import annotations

import datetime
from typing import Final

from mrz import codes
from mrz.charset import DIGITS, FILLER, LETTERS, split_lines
from mrz.check_digits import CheckDigit, compute, judge
from mrz.dates import DateState, ReadDate, read_date_of_birth, read_date_of_expiry
from mrz.document import MrzDocument, MrzFields, MrzNote, RawFields, Repair
from mrz.errors import FormatReason, MrzFormatError
from mrz.formats import MRVA, MRVB, TD1, TD2, TD3, CheckDigitSpec, FormatSpec

#: First letter of the document code: P for passports (9303-4), V for visas (9303-7), A, C or I for
#: cards (9303-5, -6).
_VISA: Final = "V"
_USUAL_FIRST_LETTERS: Final = {TD1: "ACI", TD2: "ACI", TD3: "P", MRVA: "V", MRVB: "V"}
_CODE_CHARACTERS: Final = LETTERS | {FILLER}

_DATE_NOTES: Final = {
    ("date_of_birth", DateState.UNKNOWN): MrzNote.DATE_OF_BIRTH_UNKNOWN,
    ("date_of_birth", DateState.INVALID): MrzNote.DATE_OF_BIRTH_INVALID,
    ("date_of_expiry", DateState.UNKNOWN): MrzNote.DATE_OF_EXPIRY_UNKNOWN,
    ("date_of_expiry", DateState.INVALID): MrzNote.DATE_OF_EXPIRY_INVALID,
}


def parse(text: str, *, today: datetime.date) -> MrzDocument:
    """Read a machine readable zone (ICAO 9303-3 §4).

    Args:
        text: Lines as printed, cut by line ends or blanks, or 72, 88 or 90 characters unbroken.
        today: The day against which two-digit years are resolved (see `mrz.dates`).

    Raises:
        MrzFormatError: The text fits no format; the text is never in the error.
    """
    lines = split_lines(text)
    return read_lines(detect_format(lines), lines, today=today)


def detect_format(lines: tuple[str, ...]) -> FormatSpec:
    """Which format lines of a known shape have: shape first, then the first letter.

    A first letter other than the usual ones is taken for a passport or a card, since issuers use many,
    but only if the issuing state could be one: lines in the wrong order fail here. So does the former
    French national identity card, whose layout is no format of ICAO 9303.

    Raises:
        MrzFormatError: `unknown_format`.
    """
    visa = lines[0].startswith(_VISA)
    match len(lines), len(lines[0]):
        case 3, 30:
            spec = TD1
        case 2, 36:
            spec = MRVB if visa else TD2
        case _:
            spec = MRVA if visa else TD3
    if spec is TD2 and _is_french_national_card(lines):
        raise MrzFormatError(FormatReason.UNKNOWN_FORMAT)
    first, state = lines[0][0], lines[0][2:5]
    if first in _USUAL_FIRST_LETTERS[spec] or (first in LETTERS and _CODE_CHARACTERS.issuperset(state)):
        return spec
    raise MrzFormatError(FormatReason.UNKNOWN_FORMAT)


def _is_french_national_card(lines: tuple[str, ...]) -> bool:
    """The French national identity card before 2021: the size of TD2, a layout of its own.

    Line 2 is number (12) and check digit, given names (14), date of birth and check digit, sex, composite
    check digit over both lines. Read as TD2 it gives nonsense, so all its digits must hold to be believed.
    """
    first, second = lines
    return (
        first.startswith("IDFRA")
        and second[12] == compute(second[:12])
        and second[33] == compute(second[27:33])
        and second[35] == compute(first + second[:35])
    )


def read_lines(
    spec: FormatSpec, lines: tuple[str, ...], *, today: datetime.date, repairs: tuple[Repair, ...] = ()
) -> MrzDocument:
    """Read lines that have the shape of `spec`."""
    raw = {field.name: field.read(lines) for field in spec.fields}
    notes: list[MrzNote] = []
    number, optional_data, number_digit = _read_number(spec, lines, raw, notes)
    digits = tuple(
        number_digit if digit.field == "document_number" else _check(digit, lines) for digit in spec.check_digits
    )
    birth = read_date_of_birth(raw["date_of_birth"], today)
    expiry = read_date_of_expiry(raw["date_of_expiry"], today)
    primary, secondary = _read_name(raw["name"], notes)
    fields = MrzFields(
        document_code=raw["document_code"].rstrip(FILLER),
        issuing_state=raw["issuing_state"].rstrip(FILLER),
        nationality=raw["nationality"].rstrip(FILLER),
        document_number=number,
        date_of_birth=birth.resolved,
        date_of_expiry=expiry.resolved,
        sex=raw["sex"],
        primary_identifier=primary,
        secondary_identifier=secondary,
        optional_data=optional_data,
        optional_data_2=raw.get("optional_data_2", "").rstrip(FILLER),
    )
    dates = (("date_of_birth", birth), ("date_of_expiry", expiry))
    notes += _code_notes(spec, fields) + _date_notes(dates) + _sex_notes(fields.sex)
    truncated = raw["name"][-1] != FILLER
    if truncated:
        notes.append(MrzNote.NAME_MAY_BE_TRUNCATED)
    return MrzDocument(
        format=spec.format,
        lines=lines,
        fields=fields,
        raw=RawFields(raw.items()),
        check_digits=digits,
        repairs=repairs,
        names_truncated=truncated,
        notes=tuple(sorted(notes)),
        date_candidates=tuple((name, date.candidates) for name, date in dates if date.candidates),
        valid=all(digit.ok for digit in digits),
    )


def _check(spec: CheckDigitSpec, lines: tuple[str, ...]) -> CheckDigit:
    return judge(spec.field, spec.covered(lines), spec.read(lines), filler_if_empty=spec.filler_if_empty)


def _read_number(
    spec: FormatSpec, lines: tuple[str, ...], raw: dict[str, str], notes: list[MrzNote]
) -> tuple[str, str, CheckDigit]:
    """Document number, what is left of the optional data, and the number's check digit.

    ICAO 9303-5 §4.2.2.3 note j and §4.2.4, 9303-6 §4.2.2 note j: a number of more than nine characters
    has `<` in place of its check digit and goes on in the optional data, followed by the check digit and
    a filler. The `<` is not part of the number; in the composite check digit it counts as 0.
    """
    printed, optional = raw["document_number"], raw["optional_data"]
    digit = next(digit for digit in spec.check_digits if digit.field == "document_number")
    overflow, _, rest = optional.partition(FILLER)
    long = spec.long_number and digit.read(lines) == FILLER and printed[-1] != FILLER and overflow
    if not long:
        return printed.rstrip(FILLER), optional.rstrip(FILLER), _check(digit, lines)
    notes.append(MrzNote.LONG_DOCUMENT_NUMBER)
    number, check = printed + overflow[:-1], judge(digit.field, printed + overflow[:-1], overflow[-1])
    if not check.ok and compute(printed + FILLER + overflow[:-1]) == check.printed:
        notes.append(MrzNote.LONG_NUMBER_CHECK_COUNTS_FILLER)
    return number, rest.rstrip(FILLER), check


def _read_name(printed: str, notes: list[MrzNote]) -> tuple[str, str]:
    """Primary and secondary identifier, cut at the first `<<` (ICAO 9303-3 §4.6)."""
    name = printed.rstrip(FILLER)
    primary, separator, secondary = name.partition(FILLER * 2)
    if not DIGITS.isdisjoint(name):
        notes.append(MrzNote.DIGIT_IN_NAME)
    if name.startswith(FILLER) or FILLER * 2 in secondary or (separator and secondary[:1] == FILLER):
        notes.append(MrzNote.NAME_FILLERS_UNUSUAL)
    if not primary:
        notes.append(MrzNote.NO_PRIMARY_IDENTIFIER)
    if not secondary:
        notes.append(MrzNote.NO_SECONDARY_IDENTIFIER)
    return _words(primary), _words(secondary)


def _words(name: str) -> str:
    return " ".join(name.replace(FILLER, " ").split())


def _code_notes(spec: FormatSpec, fields: MrzFields) -> list[MrzNote]:
    notes = []
    if fields.document_code[:1] not in _USUAL_FIRST_LETTERS[spec] or not LETTERS.issuperset(fields.document_code):
        notes.append(MrzNote.DOCUMENT_CODE_UNUSUAL)
    if not codes.is_known(fields.issuing_state):
        notes.append(MrzNote.ISSUING_STATE_UNKNOWN)
    if not codes.is_known(fields.nationality):
        notes.append(MrzNote.NATIONALITY_UNKNOWN)
    return notes


def _date_notes(dates: tuple[tuple[str, ReadDate], ...]) -> list[MrzNote]:
    notes = [_DATE_NOTES[name, date.state] for name, date in dates if date.state is not DateState.KNOWN]
    notes += [MrzNote.DATE_OF_BIRTH_AMBIGUOUS for _, date in dates if len(date.candidates) > 1]
    return notes


def _sex_notes(sex: str) -> list[MrzNote]:
    """ICAO 9303-4 to -7: M, F, or `<` for unspecified; X belongs to the printed page."""
    if sex == "X":
        return [MrzNote.SEX_PRINTED_AS_X]
    return [] if sex in ("M", "F", FILLER) else [MrzNote.SEX_INVALID]
