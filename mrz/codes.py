"""Codes of states and organisations (ICAO 9303-3 section 5)."""

from __future__ import annotations

from mrz.charset import FILLER
from mrz.codes_data import CODES


def is_known(code: str) -> bool:
    """Whether a three-letter code of the zone (`SWE`, `D` or `D<<`, `UTO`, `XXA`) is in the table."""
    return code.rstrip(FILLER) in CODES


def alpha2(code: str) -> tuple[str, ...]:
    """The country codes that certificates of this issuing state may carry (ICAO 9303-12, ISO 3166-1).

    Many to many: `GBD` and its kin are signed by GB, `HKG` by HK or CN. Upper case; empty when the code
    is unknown or belongs to nobody who signs (`XXA`).
    """
    entry = CODES.get(code.rstrip(FILLER))
    return () if entry is None else entry.alpha2


def display_name(code: str) -> str | None:
    """The English short name, None for an unknown code."""
    entry = CODES.get(code.rstrip(FILLER))
    return None if entry is None else entry.name
