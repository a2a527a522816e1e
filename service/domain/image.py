"""Pictures that are kept for the reviewers, and what they may be used for (RULES.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

#: Octets of one picture that is kept; a page of `PICTURE_LONG_EDGE` has 200 to 400 KiB.
MAX_KEPT_IMAGE_BYTES: Final = 1024 * 1024
#: Octets of the cut of the zone, which an answer carries too; it has about 30 KiB.
MAX_CROP_BYTES: Final = 128 * 1024
#: Pixels of the longer side of a picture that is kept: what a phone sends anyway, and enough to read the print.
PICTURE_LONG_EDGE: Final = 1_600
#: Of all pictures that are kept.
PICTURE_TYPE: Final = "image/jpeg"


class ImageKind(StrEnum):
    """What a picture shows."""

    #: The photo of the page, smaller: compared with the passport in hand (SECURITY.md 7.4).
    PAGE = "page"
    #: The cut of the machine readable zone that was read: compared with its lines.
    MRZ_CROP = "mrz_crop"


class ImagePurpose(StrEnum):
    """What a picture may be used for. Another purpose needs a notice that covers it, and a member here."""

    VERIFICATION_ONLY = "verification_only"


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """A picture that is kept, without the picture. `notice_version`: the notice that the person was given, if any."""

    id: str
    verification_id: str
    kind: ImageKind
    purpose: ImagePurpose
    organisation: str
    notice_version: str | None
    media_type: str
    at: datetime
