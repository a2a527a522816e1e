"""The help that any user of a peer would give it: lines of the right length, digits and letters in their places.

Measured without it, a reader of ordinary text would lose by its fillers and its 0 and O, and not by its eyes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mrz.errors import MrzFormatError
from mrz.formats import FieldKind, FormatSpec
from mrz.parser import detect_format
from mrz.repair import LOOKS_LIKE

#: Lengths of lines by their number (ICAO 9303-4 to -7).
_LENGTHS: Final = {2: (36, 44), 3: (30,)}
_TO_DIGIT: Final = str.maketrans(LOOKS_LIKE)
#: The letter that a digit is taken for in OCR-B.
_TO_LETTER: Final = str.maketrans({"0": "O", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B"})
_LETTERS: Final = frozenset({FieldKind.LETTERS, FieldKind.NAME, FieldKind.SEX})


def mend(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines as a zone, if they can be one; else as they are."""
    lengths = _LENGTHS.get(len(lines))
    if lengths is None:
        return tuple(lines)
    length = min(lengths, key=lambda length: abs(length - max(map(len, lines))))
    fitted = tuple(_fit(line, length) for line in lines)
    try:
        spec = detect_format(fitted)
    except MrzFormatError:
        return tuple(lines)
    return _in_their_places(spec, fitted)


def _fit(line: str, length: int) -> str:
    """A line of the right length: readers of text lose fillers out of their last run, or behind the last word."""
    missing = length - len(line)
    place = line.rfind("<")
    if missing > 0 <= place and not line.endswith("<"):
        return line[:place] + "<" * missing + line[place:]
    return line[:length].ljust(length, "<")


def _in_their_places(spec: FormatSpec, lines: Sequence[str]) -> tuple[str, ...]:
    rows = [list(line) for line in lines]

    def change(line: int, first: int, last: int, table: dict[int, str]) -> None:
        row = rows[line - 1]
        row[first - 1 : last] = "".join(row[first - 1 : last]).translate(table)

    for field in spec.fields:
        if field.kind is FieldKind.DATE:
            change(field.line, field.first, field.last, _TO_DIGIT)
        elif field.kind in _LETTERS:
            change(field.line, field.first, field.last, _TO_LETTER)
    for digit in spec.check_digits:
        change(digit.line, digit.position, digit.position, _TO_DIGIT)
    return tuple("".join(row) for row in rows)
