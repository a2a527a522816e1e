"""The printed MRZ as it reached the service, and what that means for the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from service.domain.errors import ProblemCode, ServiceError
from service.domain.lifecycle import Course, Happening
from service.domain.verification import NextStep, State, Verification

#: A person at a counter gives up long before; a script must not go on for ever.
MAX_MRZ_ATTEMPTS: Final = 20


class CaptureSource(StrEnum):
    """How the lines came: read here from a photo, read by the app, typed by a person, or confirmed by one.

    Nobody outside can say `ocr`: it is for what this service read itself.
    """

    OCR = "ocr"
    APP_OCR = "app_ocr"
    TYPED = "typed"
    CONFIRMED = "confirmed"


#: A machine read a photo; a person did not look yet.
_PHOTOS: Final = frozenset({CaptureSource.OCR, CaptureSource.APP_OCR})


class CaptureStatus(StrEnum):
    """What became of the lines."""

    ACCEPTED = "accepted"
    CONFIRM = "confirm"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, repr=False)
class MrzCapture:
    """Lines that were accepted. `photo` counts the photos so far, at least 1 (CHECKS.md rule 1).

    `can`: the card access number, where the document has one and somebody typed it.
    """

    lines: tuple[str, ...]
    source: CaptureSource
    photo: int
    at: datetime
    can: str | None = None

    @property
    def weak_characters(self) -> int | None:
        """How many characters the reader of photos was unsure of: none, or the lines would not be here.

        None where this service read no photo.
        """
        return 0 if self.source is CaptureSource.OCR else None


def photo_number(captures: Iterable[MrzCapture], source: CaptureSource) -> int:
    """The number of the photo that a new capture rests on; photos read together count as one."""
    photos = sum(capture.source in _PHOTOS for capture in captures)
    return max(1, photos + (source in _PHOTOS))


def judge_lines(readable: bool, check_digits_hold: bool, source: CaptureSource) -> CaptureStatus:
    """A doubtful reading is confirmed by a person before the chip is compared with it (USERS.md)."""
    if not readable:
        return CaptureStatus.UNREADABLE
    # typed is not yet confirmed: a slip of the finger breaks a check digit, and must not refuse a genuine passport
    settled = check_digits_hold or source is CaptureSource.CONFIRMED
    return CaptureStatus.ACCEPTED if settled else CaptureStatus.CONFIRM


def after_capture(state: State, status: CaptureStatus) -> Course:
    """Where the case goes when lines came, before any chip is compared with them."""
    match status:
        case CaptureStatus.UNREADABLE:
            return Course(Happening.MRZ_TAKEN, NextStep.TAKE_PHOTO)
        case CaptureStatus.CONFIRM:
            return Course(Happening.MRZ_TAKEN, NextStep.CONFIRM_MRZ)
        case CaptureStatus.ACCEPTED:
            first = state is State.CREATED
            return Course(Happening.MRZ_ACCEPTED if first else Happening.MRZ_TAKEN, NextStep.READ_CHIP_LIVE)


def require_attempts_left(verification: Verification) -> None:
    """Refuse more lines than a counter ever needs."""
    if verification.mrz_attempts >= MAX_MRZ_ATTEMPTS:
        raise ServiceError(ProblemCode.ATTEMPT_LIMIT, state=verification.state.value)
