"""Strings to print: lines of true zones by the project's own writer, and random text over the alphabet.

Two lines in five are random, and some true ones get characters that look alike swapped: the network shall learn
glyphs. What a zone may say is the decoder's knowledge.
"""

from __future__ import annotations

import datetime
from typing import Final

import numpy as np

from mrz import MrzFieldError, MrzFields, MrzFormat, format
from mrz.codes_data import CODES
from mrz.ocr.line_image import ALPHABET
from mrz.ocr.training.names import GIVEN_NAMES, SURNAMES

#: Characters of the zones of ICAO 9303-4 to -7, by line length.
FORMATS: Final = {
    30: (MrzFormat.TD1,),
    36: (MrzFormat.TD2, MrzFormat.MRVB),
    44: (MrzFormat.TD3, MrzFormat.MRVA),
}
RANDOM_SHARE: Final = 0.4
SWAPPED_SHARE: Final = 0.2

_LETTERS: Final = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CODES: Final = tuple(sorted(CODES))
_DOCUMENT_CODES: Final = {
    MrzFormat.TD1: ("I", "ID", "IR", "AC", "C", "IP", "AR"),
    MrzFormat.TD2: ("I", "ID", "P", "AC", "IT"),
    MrzFormat.TD3: ("P", "P", "PP", "PD", "PS", "PM", "PO", "PR", "PT"),
    MrzFormat.MRVA: ("V", "VA", "VB", "VC"),
    MrzFormat.MRVB: ("V", "VS", "VD"),
}
#: Groups of characters that are mistaken for each other.
_LOOKALIKES: Final = (
    *("0OQD", "1IL", "2Z", "5S", "8B", "6G", "CG", "UV"),
    *("MN", "<K", "MW", "PR", "EF", "XK", "71", "4A"),
)
_SWAPS: Final = {
    char: "".join(group for group in _LOOKALIKES if char in group).replace(char, "") for char in "".join(_LOOKALIKES)
}
_WEIGHTED: Final = tuple(ALPHABET) + tuple("0O0ODQ1I1I2Z5S8B6G<<<")


def make_line(rng: np.random.Generator, length: int) -> str:
    """A line of `length` characters; a true one only at the lengths of `FORMATS`."""
    if length not in FORMATS or rng.random() < RANDOM_SHARE:
        return _random_line(rng, length)
    zone = _zone(rng, FORMATS[length][int(rng.integers(len(FORMATS[length])))])
    line = zone[int(rng.integers(len(zone)))]
    return _swap_lookalikes(rng, line) if rng.random() < SWAPPED_SHARE else line


def _random_line(rng: np.random.Generator, length: int) -> str:
    """Text over the alphabet: even, over a small set, or in runs, with look-alikes more often than others."""
    kind = rng.random()
    if kind < 0.6:
        pool = _WEIGHTED
    elif kind < 0.8:
        pool = tuple(ALPHABET[int(i)] for i in rng.integers(len(ALPHABET), size=4))
    else:
        pool = tuple(_LOOKALIKES[int(rng.integers(len(_LOOKALIKES)))])
    text = "".join(pool[int(i)] for i in rng.integers(len(pool), size=length))
    if rng.random() < 0.3:  # a run of one character: counting it is what CTC finds hard
        char = "<" if rng.random() < 0.6 else ALPHABET[int(rng.integers(len(ALPHABET)))]
        start, run = int(rng.integers(length)), int(rng.integers(2, 16))
        text = (text[:start] + char * run + text[start + run :])[:length]
    return text


def _swap_lookalikes(rng: np.random.Generator, line: str) -> str:
    chars = list(line)
    for place, char in enumerate(chars):
        others = _SWAPS.get(char, "")
        if others and rng.random() < (0.02 if char == "<" else 0.3):
            chars[place] = others[int(rng.integers(len(others)))]
    return "".join(chars)


def _zone(rng: np.random.Generator, mrz_format: MrzFormat) -> tuple[str, ...]:
    """A zone with correct check digits; names that do not fit are drawn anew."""
    while True:
        try:
            return tuple(format(_fields(rng, mrz_format), mrz_format).split("\n"))
        except MrzFieldError:
            continue


def _fields(rng: np.random.Generator, mrz_format: MrzFormat) -> MrzFields:
    state = _pick(rng, _CODES)
    return MrzFields(
        document_code=_pick(rng, _DOCUMENT_CODES[mrz_format]),
        issuing_state=state,
        nationality=state if rng.random() < 0.8 else _pick(rng, _CODES),
        document_number=_number(rng, 9 if rng.random() < 0.85 else int(rng.integers(6, 10))),
        date_of_birth=_date(rng, 1930, 2026) if rng.random() < 0.97 else None,
        date_of_expiry=_date(rng, 2000, 2049) if rng.random() < 0.97 else None,
        sex="MF<"[int(rng.choice(3, p=(0.48, 0.48, 0.04)))],
        primary_identifier=_name(rng, SURNAMES, 0.15),
        secondary_identifier="" if rng.random() < 0.03 else _name(rng, GIVEN_NAMES, 0.5),
        optional_data=_number(rng, int(rng.integers(1, 8))) if rng.random() < 0.5 else "",
    )


def _name(rng: np.random.Generator, names: tuple[str, ...], more: float) -> str:
    parts = [_pick(rng, names) if rng.random() < 0.8 else _invented(rng)]
    while rng.random() < more and len(parts) < 4:
        parts.append(_pick(rng, names) if rng.random() < 0.8 else _invented(rng))
    return " ".join(parts).replace("<", " ")


def _invented(rng: np.random.Generator) -> str:
    return "".join(_LETTERS[int(i)] for i in rng.integers(26, size=int(rng.integers(1, 12))))


def _number(rng: np.random.Generator, length: int) -> str:
    digits = "".join(str(int(i)) for i in rng.integers(10, size=length))
    kind = rng.random()
    if kind < 0.4:
        return digits
    if kind < 0.75:
        letters = int(rng.integers(1, 3))
        return ("".join(_LETTERS[int(i)] for i in rng.integers(26, size=letters)) + digits)[:length]
    return "".join(ALPHABET[int(i)] for i in rng.integers(36, size=length))


def _date(rng: np.random.Generator, first: int, last: int) -> datetime.date:
    return datetime.date(int(rng.integers(first, last)), int(rng.integers(1, 13)), int(rng.integers(1, 29)))


def _pick(rng: np.random.Generator, values: tuple[str, ...]) -> str:
    return values[int(rng.integers(len(values)))]
