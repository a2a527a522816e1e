"""PassportEye and Tesseract as a second engine (extra `passporteye`; Tesseract from Debian).

It gives text without probabilities, and takes fillers for letters and 0 for O. So what it says counts for little:
alone it is never certain, and beside another engine it is a witness.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import cv2
import numpy as np

from mrz.charset import FILLER
from mrz.ocr.decode import view_of
from mrz.ocr.engine import EngineMissingError, Observation, Sighting
from mrz.ocr.image import decode
from mrz.ocr.line_image import ALPHABET
from mrz.ocr.places import LineScores
from mrz.ocr.reading import Advice

#: Tesseract's data that PassportEye reads with.
_LANGUAGE: Final = "eng"
#: How far its characters are believed; measured on specimens it is wrong more often (see docs/mrz-reader.md).
_BELIEVED: Final = 0.9
_FILLER_BELIEVED: Final = 0.8
#: Characters that a line may have too many or too few; a run of fillers is then made longer or shorter.
_MOST_MISCOUNTED: Final = 6
#: Of what it prints, only so many lines are looked at.
_MOST_LINES: Final = 8

_LENGTHS: Final = {2: (44, 36), 3: (30,)}


class TesseractMissingError(EngineMissingError):
    """PassportEye without Tesseract, or without its data for English."""

    def __str__(self) -> str:
        return f"the engine {self.engine} needs Tesseract and its English data (Debian: tesseract-ocr)"


class PassportEyeEngine:
    """`OcrEngine` on PassportEye."""

    name: Final = "passporteye"

    def __init__(self) -> None:
        """Find PassportEye and Tesseract.

        Raises:
            EngineMissingError: The extra is not installed.
            TesseractMissingError: Tesseract or its data is not installed.
        """
        try:
            self._read_mrz: Callable[..., Any] = import_module("passporteye").read_mrz
            languages = import_module("pytesseract").get_languages()
        except ImportError as error:
            raise EngineMissingError(self.name) from error
        except OSError as error:
            raise TesseractMissingError(self.name) from error
        if _LANGUAGE not in languages:
            raise TesseractMissingError(self.name)

    def read(self, image: bytes) -> Observation:
        """Read one photo; only what our own bounded decoder accepts reaches PassportEye.

        Raises:
            ImageError: The octets are no photo that is looked at.
            MemoryError, OSError: The machine gives no more; that says nothing about the photo.
        """
        _, png = cv2.imencode(".png", decode(image).pixels)
        try:
            found = self._read_mrz(io.BytesIO(png.tobytes()))
        except (MemoryError, OSError):
            raise
        except Exception:  # its pipeline raises whatever scikit-image and Tesseract raise; there is no reading then
            found = None
        lines = () if found is None else _lines(str(found.aux.get("text", "")))
        if not lines:
            return Observation((), (Advice.NO_MRZ,))
        sighting = Sighting.of((view_of([_scores(line) for line in lines]),), None, None, trusted=False, scored=False)
        return Observation(() if sighting is None else (sighting,), ())


def _lines(text: str) -> tuple[str, ...]:
    """The last two or three lines that can be those of a zone, all of one of its lengths."""
    clean = ["".join(char for char in line.upper() if char in ALPHABET) for line in text.split("\n")[:_MOST_LINES]]
    for count, lengths in sorted(_LENGTHS.items(), reverse=True):
        for length in lengths:
            fitted = [_fit(line, length) for line in clean]
            kept = [line for line in fitted if line is not None]
            if len(kept) >= count:
                return tuple(kept[-count:])
    return ()


def _fit(line: str, length: int) -> str | None:
    """A line at its length: Tesseract miscounts fillers. None if that is not what is wrong with it."""
    missing = length - len(line)
    if missing == 0:
        return line
    longest = max((len(run) for run in _filler_runs(line)), default=0)
    if abs(missing) > _MOST_MISCOUNTED or longest < 2 or longest + missing < 1:
        return None
    return line.replace(FILLER * longest, FILLER * (longest + missing), 1)


def _filler_runs(line: str) -> list[str]:
    return "".join(char if char == FILLER else " " for char in line).split()


def _scores(line: str) -> LineScores:
    probabilities = np.zeros((len(line), len(ALPHABET)))
    for place, char in enumerate(line):
        believed = _FILLER_BELIEVED if char == FILLER else _BELIEVED
        probabilities[place] = (1 - believed) / (len(ALPHABET) - 1)
        probabilities[place, ALPHABET.index(char)] = believed
    return LineScores(probabilities, 0.0)
