"""The personal number field of Swedish documents: facts about a number, never an identity.

A personnummer is YYMMDDNNNC (or with the century, YYYYMMDDNNNC); C is the Luhn digit over the nine before
it (18 § folkbokföringslagen, 1991:481). In a samordningsnummer 60 is added to the day. The number itself
never leaves this module: what counts is whether it agrees with the rest of the zone.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from mrz.charset import DIGITS, FILLER

_COORDINATION_DAY_OFFSET: Final = 60
_LENGTHS: Final = frozenset({10, 12})


class SwedishNumberKind(StrEnum):
    """What stands in the personal number field."""

    PERSONNUMMER = "personnummer"
    SAMORDNINGSNUMMER = "samordningsnummer"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, slots=True)
class SwedishPersonalNumber:
    """Kind of number, whether its Luhn digit holds, whether its date is the printed date of birth.

    `birth_date_matches` is None where there is nothing to compare: the date of birth is unknown, or the
    number carries no full date. A personnummer can rightly differ from the date of birth when the
    numbers of a day had run out; so a difference is a fact, not a fault.
    """

    kind: SwedishNumberKind
    luhn_ok: bool
    birth_date_matches: bool | None

    def to_json(self) -> dict[str, Any]:
        """The facts as JSON; the number is not among them."""
        return {
            "kind": self.kind.value,
            "luhn_ok": self.luhn_ok,
            "birth_date_matches": self.birth_date_matches,
        }


def read_personal_number(optional_data: str, date_of_birth: datetime.date | None) -> SwedishPersonalNumber | None:
    """Facts about the optional data of a Swedish document; None when the field is empty.

    Args:
        optional_data: The field, fillers at its end or not; 10 digits, or 12 with the century.
        date_of_birth: As resolved from the zone.
    """
    number = optional_data.rstrip(FILLER)
    if not number:
        return None
    if len(number) not in _LENGTHS or not DIGITS.issuperset(number):
        return SwedishPersonalNumber(SwedishNumberKind.UNRECOGNISED, luhn_ok=False, birth_date_matches=None)
    short = number[-10:]
    day = int(short[4:6])
    coordination = day > _COORDINATION_DAY_OFFSET
    kind = SwedishNumberKind.SAMORDNINGSNUMMER if coordination else SwedishNumberKind.PERSONNUMMER
    if coordination:
        day -= _COORDINATION_DAY_OFFSET
    printed_date = f"{number[:-6]}{day:02d}"
    return SwedishPersonalNumber(kind, luhn_holds(short), _same_date(printed_date, date_of_birth))


def luhn_holds(number: str) -> bool:
    """The Luhn check (ISO/IEC 7812-1, annex B) over a string of digits, the check digit last."""
    total = 0
    for position, char in enumerate(reversed(number)):
        doubled = int(char) * (1 + position % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _same_date(printed: str, date_of_birth: datetime.date | None) -> bool | None:
    """Compare [YY]YYMMDD with a date; None if either is not a full date."""
    if date_of_birth is None or not 1 <= int(printed[-4:-2]) <= 12 or not 1 <= int(printed[-2:]) <= 31:
        return None
    return date_of_birth.strftime("%Y%m%d").endswith(printed)
