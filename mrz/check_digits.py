"""Check digits (ICAO 9303-3 §4.9)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CheckDigit:
    """One check digit: what is printed, what it should be, and whether that is good.

    `field` is `document_number`, `date_of_birth`, `date_of_expiry`, `optional_data` or `composite`;
    `filler` says that `<` is printed in its place; `ok` allows that only where the standard does.
    """

    field: str
    printed: str = field(repr=False)
    computed: str = field(repr=False)
    ok: bool
    filler: bool
