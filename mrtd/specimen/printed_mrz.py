"""The printed zone as cameras and people get it wrong: edits of two lines that are right (ICAO 9303-3 §4)."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import Final

from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.recipe import AT

Lines = tuple[str, str]


def with_character(lines: Lines, line: int, position: int, character: str) -> Lines:
    """Another character at a position; lines and positions count from 1, as in the standard."""
    changed = list(lines)
    text = changed[line - 1]
    changed[line - 1] = text[: position - 1] + character + text[position:]
    return changed[0], changed[1]


def cut(lines: Lines, length: int) -> Lines:
    """Both lines end too early."""
    return lines[0][:length], lines[1][:length]


def in_small_letters(lines: Lines) -> Lines:
    """Letters that OCR-B of the MRZ does not have."""
    return lines[0].lower(), lines[1]


def with_other_number(lines: Lines) -> Lines:
    """A zone of another document number, all check digits right."""
    other = machine_readable_zone(MARTA, document_number="UT7654321", date_of_expiry=AT.date() + timedelta(days=3652))
    return lines[0], other[1]


def with_other_name(lines: Lines) -> Lines:
    """Another secondary identifier, which no check digit covers."""
    return lines[0].replace("MAERTA", "MARTHA"), lines[1]


#: What the lines look like, by name, made from right ones.
PRINTED: Final = MappingProxyType(
    {
        "wrong-check-digit": lambda lines: with_character(lines, 2, 10, str((int(lines[1][9]) + 1) % 10)),
        "wrong-composite-digit": lambda lines: with_character(lines, 2, 44, str((int(lines[1][43]) + 1) % 10)),
        "letter-for-digit": lambda lines: with_character(lines, 2, 3, "O"),
        "bad-character": lambda lines: with_character(lines, 2, 30, "*"),
        "small-letters": in_small_letters,
        "cut": lambda lines: cut(lines, 40),
        "one-line": lambda lines: (lines[0], ""),
        "other-number": with_other_number,
        "other-name": with_other_name,
    }
)
