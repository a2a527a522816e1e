"""Keep what people look at beside the lines: the page and the cut of its zone, the newest that was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.ids import ID_BYTES, image_id
from service.domain.image import PICTURE_TYPE, ImageKind, ImagePurpose, ImageRecord
from service.domain.photo import PhotoExamination
from service.domain.ports import Randomness
from service.domain.repositories import Work
from service.domain.verification import Verification


@dataclass(frozen=True, slots=True, repr=False)
class KeepPictures:
    """Inside the transaction that takes the lines: there are never pictures of a photo that did not count.

    They are sealed as the class of portraits, with the purpose and the notice that the person was given (RULES.md
    section 5), and go with it.
    """

    randomness: Randomness
    examination: PhotoExamination

    def __call__(self, work: Work, verification: Verification, now: datetime) -> None:
        """Let a new photo take the place of the old one."""
        kept = work.images.of(verification.id)
        if self.examination.reading is None and (self.examination.page is None or _was_read(kept)):
            # a photo of the table never takes the place of the page that the lines in force were read from
            return
        for record in kept:
            work.images.remove(record)
        notices = work.notices.of(verification.id)
        for kind, content in self._made():
            work.images.add(
                ImageRecord(
                    id=image_id(self.randomness.octets(ID_BYTES)),
                    verification_id=verification.id,
                    kind=kind,
                    purpose=ImagePurpose.VERIFICATION_ONLY,
                    organisation=verification.organisation,
                    notice_version=notices[-1].version if notices else None,
                    media_type=PICTURE_TYPE,
                    at=now,
                ),
                content,
            )

    def _made(self) -> list[tuple[ImageKind, bytes]]:
        made = ((ImageKind.PAGE, self.examination.page), (ImageKind.MRZ_CROP, self.examination.crop))
        return [(kind, content) for kind, content in made if content is not None]


def _was_read(kept: Sequence[ImageRecord]) -> bool:
    return any(record.kind is ImageKind.MRZ_CROP for record in kept)
