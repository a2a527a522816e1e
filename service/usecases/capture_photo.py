"""Read the printed MRZ from photos of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.identity import Principal
from service.domain.mrz_capture import CaptureSource, require_attempts_left
from service.domain.photo import PhotoExamination, judge_photo
from service.domain.ports import MrzReader, Randomness
from service.domain.verification import State
from service.usecases.capture_mrz import Captured, CaptureMrz
from service.usecases.judging import stockholm_day
from service.usecases.keeping_pictures import KeepPictures
from service.usecases.recording import touched


@dataclass(frozen=True, slots=True, repr=False)
class PhotoCaptured:
    """What was read, and what became of it."""

    captured: Captured
    examination: PhotoExamination


@dataclass(frozen=True, slots=True)
class CapturePhoto:
    """`POST /v1/verifications/{id}/mrz-image`. The photos are forgotten; a small picture of the page is kept."""

    reader: MrzReader
    capture: CaptureMrz
    randomness: Randomness

    def __call__(self, who: Principal, verification_id: str, images: Sequence[bytes]) -> PhotoCaptured:
        """Read photos of one page, and take the lines if nothing about them is in doubt.

        Args:
            who: who holds the camera.
            verification_id: the case.
            images: 1 to `MAX_IMAGES` pictures of the same page.

        Raises:
            ServiceError: as for lines; `too_many_requests` and `not_ready` of the reader, which cost no attempt.
        """
        now = touched(self.capture.database, self.capture.clock, who, verification_id)
        with self.capture.database.reading() as work:
            verification = work.verifications.get(verification_id)
        # Asked before and after: nobody waits for a photo that cannot count, and no transaction waits for a photo.
        verification.require(State.CREATED, State.MRZ_CAPTURED)
        require_attempts_left(verification)
        examination = self.reader.examine(images, stockholm_day(now))
        document = None if examination.reading is None else examination.reading.document
        status = judge_photo(examination)
        keep = KeepPictures(self.randomness, examination)
        captured = self.capture.take(who, verification_id, status, document, CaptureSource.OCR, now, keep)
        return PhotoCaptured(captured, examination)
