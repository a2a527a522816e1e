"""Which other lines the page may hold, when those that were captured do not open the chip (API.md section 6).

A digit and the letter that it is mistaken for can weigh the same under a check digit (6 and G, 1 and L), and two
mistakes can hide each other. So lines that are whole may still be wrong, and a person would look in vain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations, product
from typing import Final

import mrz
from mrz.errors import MrzFormatError
from mrz.repair import LOOKS_LIKE
from service.domain.live import MAX_CANDIDATES

#: Characters that are mistaken for one another in a document number; more differ by more than a slip.
_MAX_CHANGES: Final = 2


def candidates(document: mrz.MrzDocument, today: date) -> tuple[mrz.MrzDocument, ...]:
    """At most three zones with another document number under which every check digit holds, least changed first.

    Args:
        document: the captured zone.
        today: the day against which two-digit years are resolved.
    """
    line, start, number = _number(document)
    places = [index for index, character in enumerate(number) if character in _ALIKE]
    found: list[mrz.MrzDocument] = []
    for count in range(1, _MAX_CHANGES + 1):
        for chosen in combinations(places, count):
            for changed in _changed(number, chosen):
                lines = list(document.lines)
                lines[line] = lines[line][:start] + changed + lines[line][start + len(number) :]
                other = _read(lines, document, today)
                if other is not None:
                    found.append(other)
                if len(found) == MAX_CANDIDATES:
                    return tuple(found)
    return tuple(found)


def _alike() -> Mapping[str, str]:
    alike: defaultdict[str, str] = defaultdict(str)
    for letter, digit in LOOKS_LIKE.items():
        alike[letter] += digit
        alike[digit] += letter
    return dict(alike)


_ALIKE: Final = _alike()


def _number(document: mrz.MrzDocument) -> tuple[int, int, str]:
    """Line, column and characters of the document number (ICAO 9303-4 to -7: TD1 holds it in the first line)."""
    number = document.raw["document_number"]
    line, start = (0, 5) if document.format is mrz.MrzFormat.TD1 else (1, 0)
    return line, start, number


def _changed(number: str, places: Sequence[int]) -> Iterator[str]:
    for instead in product(*(_ALIKE[number[place]] for place in places)):
        characters = list(number)
        for place, character in zip(places, instead, strict=True):
            characters[place] = character
        yield "".join(characters)


def _read(lines: Sequence[str], document: mrz.MrzDocument, today: date) -> mrz.MrzDocument | None:
    """The zone of these lines, if every check digit holds."""
    try:
        other = mrz.parse("\n".join(lines), today=today)
    except MrzFormatError:
        return None
    return other if other.valid else None
