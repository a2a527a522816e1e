"""What `passkoll doctor` finds: one line for each thing, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How a thing is."""

    GOOD = "good"
    #: Somebody should do something; the service serves.
    WARNING = "warning"
    #: The service does not start, or must not be relied on.
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing. `name` is stable, for programs; `says` and `to_do` are sentences for people."""

    name: str
    grade: Grade
    says: str
    to_do: str = ""


def good(name: str, says: str) -> Finding:
    """Nothing to do."""
    return Finding(name, Grade.GOOD, says)


def warning(name: str, says: str, to_do: str) -> Finding:
    """Something should be done."""
    return Finding(name, Grade.WARNING, says, to_do)


def bad(name: str, says: str, to_do: str) -> Finding:
    """Something must be done."""
    return Finding(name, Grade.BAD, says, to_do)
