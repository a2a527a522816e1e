"""Whether what happens now may be counted: cases of people with protected identity stand in no statistics.

A small unit has few such cases; a count of one, with its issuing state and time, is somebody. What counts (metrics)
stands outside of the use cases and sees no verification, so the use cases say it here.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from service.domain.verification import Verification

_PROTECTED: Final[ContextVar[bool]] = ContextVar("of_a_protected_case", default=False)


def is_about(verification: Verification) -> None:
    """What follows in this request concerns this case."""
    _PROTECTED.set(verification.protected)


def may_be_counted() -> bool:
    """Whether it concerns no protected case."""
    return not _PROTECTED.get()
