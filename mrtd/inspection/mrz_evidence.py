"""The printed MRZ as evidence: what was read, and how sure one can be that it was read right (CHECKS.md rule 1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mrz import MrzDocument


class MrzSource(StrEnum):
    """Who read the printed MRZ."""

    OCR = "ocr"
    APP_OCR = "app_ocr"
    TYPED = "typed"
    CONFIRMED = "confirmed"

    @property
    def by_person(self) -> bool:
        """Whether a person vouches for what is printed; a machine can misread."""
        return self in (MrzSource.TYPED, MrzSource.CONFIRMED)


@dataclass(frozen=True, slots=True, repr=False)
class MrzEvidence:
    """The printed MRZ of the document that is inspected.

    `attempt` counts the photos, from 1. `weak_characters` is how many characters an OCR engine was unsure of, None
    if it did not say; `readings_disagree`, whether two photos were read differently.
    """

    document: MrzDocument
    source: MrzSource
    attempt: int = 1
    weak_characters: int | None = None
    readings_disagree: bool = False

    def __repr__(self) -> str:
        return f"MrzEvidence(source={self.source}, attempt={self.attempt})"
