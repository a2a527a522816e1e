"""Repair of misread characters, only where a check digit proves the repair.

Reading OCR-B goes wrong between a few digits and letters. A letter in a place that the standard keeps for
digits (dates, check digits) is certainly misread; it is replaced by the digit that it looks like, and the
replacement is kept only if the check digit then holds, and a date is one. Nothing else is changed:

* A document number or optional data may hold letters and digits. A check digit says that a character is
  wrong, not which one, and the composite digit weighs them the same; so these are left alone.
* Names, states, nationality and sex stand under no check digit.
* A field without a letter in a digit's place stays as it is, whatever its check digit says.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final

from mrz.charset import split_lines
from mrz.check_digits import judge
from mrz.dates import DateState, read_date_of_birth, read_date_of_expiry
from mrz.document import MrzDocument, Repair
from mrz.formats import CheckDigitSpec, FormatSpec
from mrz.parser import detect_format, read_lines

#: The digit that a letter is mistaken for in OCR-B. One digit for each letter: so a repair is unique.
LOOKS_LIKE: Final = {
    "O": "0",
    "Q": "0",
    "D": "0",
    "U": "0",
    "I": "1",
    "L": "1",
    "Z": "2",
    "A": "4",
    "S": "5",
    "G": "6",
    "T": "7",
    "B": "8",
}

_DATE_READERS: Final = {"date_of_birth": read_date_of_birth, "date_of_expiry": read_date_of_expiry}

#: A place in the zone: line and column, from 1.
Place = tuple[int, int]


def repair(text: str, *, today: datetime.date) -> MrzDocument:
    """Read a zone as `mrz.parse` does and undo misreadings that a check digit proves (ICAO 9303-3 §4.9).

    `lines` and `fields` of the result are the repaired ones; `repairs` lists each changed character. A
    zone whose check digits hold as printed keeps every character, but for letters in dates.

    Args:
        text: As for `mrz.parse`.
        today: As for `mrz.parse`.

    Raises:
        MrzFormatError: The text fits no format.
    """
    printed = split_lines(text)
    spec = detect_format(printed)
    lines: tuple[str, ...] = printed
    repairs: list[Repair] = []
    # The composite digit comes last in each table: it is judged over what was repaired before it.
    for digit in spec.check_digits:
        lines, made = _repair_field(spec, digit, lines, today)
        repairs += made
    repairs.sort(key=lambda made: (made.line, made.column))
    if any(_holds(digit, printed) and not _holds(digit, lines) for digit in spec.check_digits):
        return read_lines(spec, printed, today=today)  # one digit's proof is another's disproof
    return read_lines(spec, lines, today=today, repairs=tuple(repairs))


def _holds(digit: CheckDigitSpec, lines: tuple[str, ...]) -> bool:
    covered, printed = digit.covered(lines), digit.read(lines)
    return judge(digit.field, covered, printed, filler_if_empty=digit.filler_if_empty).ok


def _repair_field(
    spec: FormatSpec, digit: CheckDigitSpec, lines: tuple[str, ...], today: datetime.date
) -> tuple[tuple[str, ...], tuple[Repair, ...]]:
    """Repair one field and its check digit, or leave both alone."""
    repairs = tuple(_misread(spec, digit, lines))
    if not repairs:
        return lines, ()
    repaired = _apply(lines, repairs)
    read_date = _DATE_READERS.get(digit.field)
    real = read_date is None or read_date(digit.covered(repaired), today).state is not DateState.INVALID
    proven = real and _holds(digit, repaired)
    return (repaired, repairs) if proven else (lines, ())


def _misread(spec: FormatSpec, digit: CheckDigitSpec, lines: tuple[str, ...]) -> Iterator[Repair]:
    """The letters that stand in a digit's place and look like a digit; another letter proves nothing."""
    for line, column in _digit_places(spec, digit):
        printed = lines[line - 1][column - 1]
        if printed in LOOKS_LIKE:
            yield Repair(digit.field, line, column, printed, LOOKS_LIKE[printed])


def _digit_places(spec: FormatSpec, digit: CheckDigitSpec) -> Iterator[Place]:
    """Where only digits can stand: the check digit, and the field that it covers if that is a date."""
    if digit.field in _DATE_READERS:
        field = spec.place(digit.field)
        yield from ((field.line, column) for column in range(field.first, field.last + 1))
    yield digit.line, digit.position


def _apply(lines: tuple[str, ...], repairs: tuple[Repair, ...]) -> tuple[str, ...]:
    page = [list(line) for line in lines]
    for made in repairs:
        page[made.line - 1][made.column - 1] = made.replaced
    return tuple("".join(line) for line in page)
