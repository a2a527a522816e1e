"""The alphabet of the machine readable zone, and text cut into its lines (ICAO 9303-3 §4.3)."""

from __future__ import annotations

import re
import string
from typing import Final

from mrz.errors import FormatReason, MrzFormatError

FILLER: Final = "<"
LETTERS: Final = frozenset(string.ascii_uppercase)
DIGITS: Final = frozenset(string.digits)

#: The longest zone has 90 characters; the rest leaves room for indents, blank lines and line ends.
MAX_TEXT_LENGTH: Final = 1024

#: Unbroken text: its length alone says how it is cut (72 and 88: two lines; 90: three).
_UNBROKEN: Final = {72: 36, 88: 44, 90: 30}
_SHAPES: Final = frozenset({(2, 36), (2, 44), (3, 30)})
#: Numbers of lines that only a wrong length can spoil; no line at all is a length too.
_LINE_COUNTS: Final = frozenset({0, 2, 3})
_FOREIGN: Final = re.compile(r"[^A-Z0-9< \t\r\n]")


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a zone, cut at blanks and line ends, or by length if there are none.

    Lower case is refused: the standard knows capitals only, and folding would hide what was sent.

    Args:
        text: Lines as printed (A to Z, 0 to 9, `<`), or 72, 88 or 90 characters without a break.

    Raises:
        MrzFormatError: `bad_length`, `bad_character` or `unknown_format`; never with the text in it.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise MrzFormatError(FormatReason.BAD_LENGTH)
    foreign = _FOREIGN.search(text)
    if foreign is not None:
        raise MrzFormatError(FormatReason.BAD_CHARACTER, **_place(text, foreign.start()))
    lines = tuple(text.split())
    if len(lines) == 1:
        length = len(lines[0])
        if length not in _UNBROKEN:
            raise MrzFormatError(FormatReason.BAD_LENGTH)
        step = _UNBROKEN[length]
        return tuple(lines[0][start : start + step] for start in range(0, length, step))
    shapes = {(len(lines), len(line)) for line in lines}
    if len(shapes) == 1 and shapes <= _SHAPES:
        return lines
    reason = FormatReason.BAD_LENGTH if len(lines) in _LINE_COUNTS else FormatReason.UNKNOWN_FORMAT
    raise MrzFormatError(reason)


def _place(text: str, offset: int) -> dict[str, int]:
    """Line and column (from 1) of an offset, counted in the text as given."""
    before = text[:offset]
    return {"line": before.count("\n") + 1, "column": offset - before.rfind("\n")}
