"""Dates of six characters, YYMMDD, and the centuries they can mean (ICAO 9303-3 §4.8).

The standard prints two digits of the year and leaves the century to the reader. Nothing is guessed in
silence: every date that is possible is a candidate, and the one that is used follows a fixed rule.

* **Birth**: never after `today`, never more than `OLDEST_HOLDER_YEARS` before it. The latest candidate
  is used; for a centenarian the earlier one may be the truth, which DG11 or the printed page tells.
* **Expiry**: the year within the hundred years from `EXPIRY_YEARS_BACK` before `today`. The first
  machine readable passports are from around 1980 and few documents are valid for more than 20 years,
  so a window that ends 50 years ahead mistakes neither an expired document for a valid one nor, for
  those valid for life, the other way about.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrz.charset import DIGITS, FILLER

OLDEST_HOLDER_YEARS: Final = 120
EXPIRY_YEARS_BACK: Final = 50

#: An unknown day, month or year is printed as fillers; some issuers print X as on the data page.
_UNKNOWN_PARTS: Final = frozenset({FILLER * 2, "XX"})


class DateState(StrEnum):
    """Whether a printed date is one."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, repr=False)
class ReadDate:
    """A printed date: its state, what it can mean (earliest first) and what it is taken to mean."""

    state: DateState
    candidates: tuple[datetime.date, ...] = ()
    resolved: datetime.date | None = None

    def __repr__(self) -> str:
        return f"ReadDate({self.state.value}, {len(self.candidates)} candidates)"


def read_date_of_birth(printed: str, today: datetime.date) -> ReadDate:
    """The date of birth that YYMMDD means on the day `today`."""
    state = _state(printed)
    if state is not DateState.KNOWN:
        return ReadDate(state)
    in_century = range(today.year - OLDEST_HOLDER_YEARS, today.year + 1)
    candidates = tuple(date for date in _dates(printed, in_century) if date <= today)
    if not candidates:
        return ReadDate(DateState.INVALID)
    return ReadDate(DateState.KNOWN, candidates, candidates[-1])


def read_date_of_expiry(printed: str, today: datetime.date) -> ReadDate:
    """The date of expiry that YYMMDD means on the day `today`."""
    state = _state(printed)
    if state is not DateState.KNOWN:
        return ReadDate(state)
    first = today.year - EXPIRY_YEARS_BACK
    candidates = _dates(printed, range(first, first + 100))
    if not candidates:
        return ReadDate(DateState.INVALID)
    return ReadDate(DateState.KNOWN, candidates, candidates[0])


def print_date(date: datetime.date) -> str:
    """A date as the zone prints it, YYMMDD."""
    return f"{date.year % 100:02d}{date.month:02d}{date.day:02d}"


def _state(printed: str) -> DateState:
    parts = (printed[0:2], printed[2:4], printed[4:6])
    known = [part for part in parts if part not in _UNKNOWN_PARTS]
    if not all(DIGITS.issuperset(part) for part in known):
        return DateState.INVALID
    return DateState.KNOWN if len(known) == len(parts) else DateState.UNKNOWN


def _dates(printed: str, years: range) -> tuple[datetime.date, ...]:
    """The real dates YYMMDD within these years; 29 February exists in some centuries only."""
    year, month, day = int(printed[0:2]), int(printed[2:4]), int(printed[4:6])
    found = []
    first = years.start + (year - years.start) % 100
    for candidate in range(first, years.stop, 100):
        try:
            found.append(datetime.date(candidate, month, day))
        except ValueError:  # no such day, or a year outside 1 to 9999
            continue
    return tuple(found)
