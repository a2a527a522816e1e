"""Engines that read photos, behind one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from mrz.errors import MrzError
from mrz.ocr.decode import Decoded, View, decode
from mrz.ocr.fuse import average_crops
from mrz.ocr.reading import Advice, Quad

#: Lengths of lines, by their number (ICAO 9303-4 to -7).
LENGTHS: Final = {2: (44, 36), 3: (30,)}


class EngineMissingError(MrzError):
    """An engine whose package is not installed."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        super().__init__(f"the engine {engine} is not installed")


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One zone as an engine saw it on one photo.

    `crops` are looks of one shape, `decoded` what they say together; where a person finds it: `quad` and `picture`
    as in `MrzReading`. `trusted` and `scored` as for `decode`.
    """

    crops: tuple[View, ...]
    decoded: Decoded
    quad: Quad | None
    picture: bytes | None
    trusted: bool = True
    scored: bool = True

    def __repr__(self) -> str:
        return f"Sighting({len(self.crops)} crops of {self.shape})"

    @classmethod
    def of(
        cls,
        crops: tuple[View, ...],
        quad: Quad | None,
        picture: bytes | None,
        *,
        trusted: bool = True,
        scored: bool = True,
    ) -> Sighting | None:
        """A sighting of these crops; None where they have the shape of no format."""
        decoded = decode(average_crops(crops), crops, trusted=trusted, scored=scored)
        return None if decoded is None else cls(crops, decoded, quad, picture, trusted, scored)

    @property
    def shape(self) -> tuple[int, int]:
        """Number and length of the lines."""
        lines, length, _ = self.crops[0].probabilities.shape
        return lines, length


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What an engine saw on one photo: zones, and what would make a better photo."""

    sightings: tuple[Sighting, ...]
    advice: tuple[Advice, ...]


class OcrEngine(Protocol):
    """Reads photos. Keeps nothing of one photo for the next."""

    @property
    def name(self) -> str:
        """What a reading is marked with."""
        ...

    def read(self, image: bytes) -> Observation:
        """Read one photo.

        Raises:
            ImageError: The octets are no photo that is looked at.
        """
        ...
