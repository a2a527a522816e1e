"""What the photo reader says of photos of one document, in the words of the service.

The reader itself works in a process of its own, on octets that anybody may send; what comes from there is plain data,
checked before anything of it is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import mrz
from service.domain.mrz_capture import CaptureStatus

#: Photos of one document that are read together (API.md section 5).
MAX_IMAGES: Final = 5
#: Octets of one picture; what a phone should send is far below (docs/mrz-reader.md).
MAX_IMAGE_BYTES: Final = 12 * 1024 * 1024
#: Octets of all pictures of a request: five as a phone should send them are 2 MiB. More would be memory for nothing.
MAX_IMAGES_BYTES: Final = 24 * 1024 * 1024
#: The longer side of a picture, and its JPEG quality, that keep the rate of exact readings (docs/mrz-reader.md).
UPLOAD_LONG_EDGE: Final = 1_600
UPLOAD_QUALITY: Final = 80


class PhotoAdvice(StrEnum):
    """What the person with the camera does better next time (API.md section 5)."""

    BLUR = "blur"
    GLARE = "glare"
    CUT_OFF = "cut_off"
    TOO_SMALL = "too_small"
    NO_MRZ = "no_mrz"


class ImageFault(StrEnum):
    """Why a picture could not be looked at; for the developer of an app, since no person can mend it."""

    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    MALFORMED = "malformed"
    #: The reader's process died or was stopped at its limits of time and memory.
    READER_FAILED = "reader_failed"


@dataclass(frozen=True, slots=True, repr=False)
class PhotoReading:
    """The lines of a zone as they were read from photos, and how sure the reader is.

    `document` holds the lines and what was repaired in them; `confidence` has a number from 0 to 1 for each
    character of each line; `weak` are the places that a person should look at, as (line, column) from 1; `quad` are
    the corners of the zone in the picture, in its pixels, clockwise from the first character, None where several were
    read together. `certain` is the reader's own word that nothing is in doubt.
    """

    document: mrz.MrzDocument
    engine: str
    certain: bool
    confidence: tuple[tuple[float, ...], ...]
    weak: tuple[tuple[int, int], ...]
    quad: tuple[tuple[float, float], ...] | None

    def to_json(self) -> dict[str, Any]:
        """The object of `passkoll mrz parse --json`, and what only a photo has (API.md section 4)."""
        return self.document.to_json() | {
            "engine": self.engine,
            "certain": self.certain,
            "confidence": [list(line) for line in self.confidence],
            "weak": [list(place) for place in self.weak],
            "quad": None if self.quad is None else [list(corner) for corner in self.quad],
        }


@dataclass(frozen=True, slots=True, repr=False)
class PhotoExamination:
    """What came of photos of one document: a reading or advice, never both missing in silence.

    `page`: the photo that was read, or the first one, as a small JPEG; `crop`: the cut of the zone in it, as a JPEG,
    where a zone was read. Either is None where it could not be made.
    """

    reading: PhotoReading | None
    advice: tuple[PhotoAdvice, ...] = ()
    fault: ImageFault | None = None
    page: bytes | None = None
    crop: bytes | None = None


def judge_photo(examination: PhotoExamination) -> CaptureStatus:
    """Only a reading without any doubt goes on by itself; a wrong reading is worse than none (SECURITY.md 1.3)."""
    reading = examination.reading
    if reading is None:
        return CaptureStatus.UNREADABLE
    settled = reading.certain and not reading.weak and reading.document.valid
    return CaptureStatus.ACCEPTED if settled else CaptureStatus.CONFIRM
