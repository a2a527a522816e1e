"""Pictures that are kept for the reviewers, and what they may be used for (RULES.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

#: Octets of one picture that is kept; a crop for a screen is far below.
MAX_KEPT_IMAGE_BYTES: Final = 1024 * 1024


class ImageKind(StrEnum):
    """What a picture shows."""

    #: The crop of the page that was read: shown beside the portrait of the chip.
    MRZ_PHOTO = "mrz_photo"


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
