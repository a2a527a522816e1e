"""What the photo reader hands over: frozen types, safe to print in a log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mrz.document import MrzDocument, Repair
from mrz.formats import MrzFormat

#: Corners of the zone in the photo, upright by its own orientation mark: x and y in pixels of the photo as it
#: was sent, from the first character of the first line clockwise.
Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


class Advice(StrEnum):
    """What the person with the camera should mend before the next photo."""

    BLUR = "blur"
    GLARE = "glare"
    CUT_OFF = "cut_off"
    TOO_SMALL = "too_small"
    NO_MRZ = "no_mrz"


@dataclass(frozen=True, slots=True, repr=False)
class MrzReading:
    """A zone read from photos.

    `document` is the zone as `mrz.parse` reads it, with the reader's `repairs`; `confidence` holds for each line
    and character the probability that it is right; `weak` the places (line and column from 1) that are not
    certain. A reading is `certain` if none is weak and nothing else speaks against it: then no person needs to
    compare it with the page. `quad` and `picture` (PNG) show where it was read, and are None for an engine that
    does not know; `photo` is the number of the photo that they are of, from 0.
    """

    document: MrzDocument
    confidence: tuple[tuple[float, ...], ...]
    weak: tuple[tuple[int, int], ...]
    certain: bool
    engine: str
    quad: Quad | None
    picture: bytes | None
    photo: int = 0

    def __repr__(self) -> str:
        return f"MrzReading(format={self.format.value}, weak={len(self.weak)}, certain={self.certain})"

    @property
    def lines(self) -> tuple[str, ...]:
        """The characters of each line."""
        return self.document.lines

    @property
    def format(self) -> MrzFormat:
        """The format of the zone."""
        return self.document.format

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """Where another character was seen first; the alphabet of the place or a check digit decided."""
        return self.document.repairs

    def to_json(self) -> dict[str, Any]:
        """As `MrzDocument.to_json`, with what belongs to the photo; the picture is left out."""
        return self.document.to_json() | {
            "engine": self.engine,
            "certain": self.certain,
            "confidence": [[round(one, 4) for one in line] for line in self.confidence],
            "weak": [list(place) for place in self.weak],
            "quad": None if self.quad is None else [[round(x, 1), round(y, 1)] for x, y in self.quad],
        }


@dataclass(frozen=True, slots=True, repr=False)
class MrzExamination:
    """What up to five photos of one document gave.

    `reading` is None where no zone was read that a person could confirm at a glance; `candidates` then hold what
    was nearly read. `advice` is empty for a certain reading.
    """

    reading: MrzReading | None
    advice: tuple[Advice, ...]
    candidates: tuple[MrzReading, ...]

    def __repr__(self) -> str:
        return f"MrzExamination({self.reading}, advice={[one.value for one in self.advice]})"

    def to_json(self) -> dict[str, Any]:
        """The reading and the advice; `lines` is None where there is no reading."""
        content = {"lines": None, "engine": None} if self.reading is None else self.reading.to_json()
        return content | {"advice": [one.value for one in self.advice]}
