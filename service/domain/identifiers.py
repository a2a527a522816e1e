"""HSA-ids and personal identity numbers: one way to write each, so that the same person is seen to be the same."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

#: HSA-id: country, organisation number of ten or twelve digits, a hyphen and the organisation's own part.
_HSA_ID: Final = re.compile(r"[A-Z]{2}[0-9]{10}(?:[0-9]{2})?-[0-9A-Z]{1,16}")
#: With the century; ten digits are of two people who were born a hundred years apart.
_PERSONAL_NUMBER: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})-?([0-9]{4})")
#: A coordination number (samordningsnummer) has 60 added to the day (SFS 2022:1697).
_COORDINATION: Final = 60


def hsa_id(text: str) -> str | None:
    """An HSA-id in capital letters; None for what is none."""
    written = text.strip().upper()
    return written if _HSA_ID.fullmatch(written) else None


def personal_number(text: str) -> str | None:
    """A personal identity number or coordination number as twelve digits; None for what is none."""
    found = _PERSONAL_NUMBER.fullmatch(text.strip())
    if found is None or not found[0].isascii():
        return None
    year, month, day, _ = (int(group) for group in found.groups())
    try:
        date(year, month, day - _COORDINATION if day > _COORDINATION else day)
    except ValueError:
        return None
    digits = found[0].replace("-", "")
    return digits if _check_digit(digits[2:11]) == int(digits[11]) else None


def _check_digit(digits: str) -> int:
    """The Luhn digit (ISO/IEC 7812-1 annex B) of nine digits."""
    total = 0
    for place, character in enumerate(digits):
        product = int(character) * (2 if place % 2 == 0 else 1)
        total += product // 10 + product % 10
    return -total % 10
