"""Check digits: modulus 10 with the weights 7, 3, 1 (ICAO 9303-3 §4.9)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from mrz.charset import FILLER

#: 0 to 9 count as themselves, A to Z as 10 to 35, the filler as 0.
_VALUES: Final = {char: int(char, 36) for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | {FILLER: 0}
_WEIGHTS: Final = (7, 3, 1)


@dataclass(frozen=True, slots=True)
class CheckDigit:
    """One check digit: what is printed, what it should be, and whether that is good.

    `field` is `document_number`, `date_of_birth`, `date_of_expiry`, `optional_data` or `composite`;
    `filler` says that `<` is printed in its place; `ok` allows that only where the standard does.
    """

    field: str
    printed: str = dataclasses.field(repr=False)
    computed: str = dataclasses.field(repr=False)
    ok: bool
    filler: bool


def compute(text: str) -> str:
    """The check digit over characters of the MRZ alphabet (ICAO 9303-3 §4.9)."""
    return str(sum(_VALUES[char] * weight for char, weight in zip(text, cycle(_WEIGHTS), strict=False)) % 10)


def judge(name: str, covered: str, printed: str, *, filler_if_empty: bool = False) -> CheckDigit:
    """Compare a printed check digit with the computed one; by itself, whatever the others say."""
    computed = compute(covered)
    filler = printed == FILLER
    allowed = filler and filler_if_empty and not covered.strip(FILLER)
    return CheckDigit(name, printed, computed, ok=printed == computed or allowed, filler=filler)
