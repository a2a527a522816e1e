"""The printed MRZ as it reached the service, and what that means for the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from service.domain.errors import ProblemCode, ServiceError
from service.domain.verification import NextStep, State, Verification

#: A person at a counter gives up long before; a script must not go on for ever.
MAX_MRZ_ATTEMPTS: Final = 20


class CaptureSource(StrEnum):
    """How the lines came: read by the app, typed by a person, or confirmed by one against the printed page."""

    APP_OCR = "app_ocr"
    TYPED = "typed"
    CONFIRMED = "confirmed"


class CaptureStatus(StrEnum):
    """What became of the lines."""

    ACCEPTED = "accepted"
    CONFIRM = "confirm"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, repr=False)
class MrzCapture:
    """Lines that were accepted. `photo` counts the photos so far, at least 1 (CHECKS.md rule 1)."""

    lines: tuple[str, ...]
    source: CaptureSource
    photo: int
    at: datetime


def photo_number(captures: Iterable[MrzCapture], source: CaptureSource) -> int:
    """The number of the photo that a new capture rests on."""
    photos = sum(capture.source is CaptureSource.APP_OCR for capture in captures)
    return max(1, photos + (source is CaptureSource.APP_OCR))


def judge_lines(readable: bool, check_digits_hold: bool, source: CaptureSource) -> CaptureStatus:
    """A doubtful reading is confirmed by a person before the chip is compared with it (USERS.md)."""
    if not readable:
        return CaptureStatus.UNREADABLE
    # typed is not yet confirmed: a slip of the finger breaks a check digit, and must not refuse a genuine passport
    settled = check_digits_hold or source is CaptureSource.CONFIRMED
    return CaptureStatus.ACCEPTED if settled else CaptureStatus.CONFIRM


def after_capture(verification: Verification, status: CaptureStatus, at: datetime) -> Verification:
    """The case after lines came, before any chip is compared with them."""
    verification.require(State.CREATED, State.MRZ_CAPTURED)
    if status is CaptureStatus.UNREADABLE:
        return verification.stay(NextStep.TAKE_PHOTO, at)
    if status is CaptureStatus.CONFIRM:
        return verification.stay(NextStep.CONFIRM_MRZ, at)
    if verification.state is State.CREATED:
        return verification.move(State.MRZ_CAPTURED, NextStep.SEND_DUMP, at)
    return verification.stay(NextStep.SEND_DUMP, at)


def require_attempts_left(verification: Verification) -> None:
    """Refuse more lines than a counter ever needs."""
    if verification.mrz_attempts >= MAX_MRZ_ATTEMPTS:
        raise ServiceError(ProblemCode.ATTEMPT_LIMIT, state=verification.state.value)
