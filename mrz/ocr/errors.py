"""Errors of the photo reader. None of them ever holds a picture, a part of one, or text that was read."""

from __future__ import annotations

from enum import StrEnum

from mrz.errors import MrzError


class ImageReason(StrEnum):
    """Why a photo is not looked at."""

    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    TOO_SMALL = "too_small"


class ImageError(MrzError):
    """The octets are no photo that this package looks at."""

    def __init__(self, reason: ImageReason) -> None:
        self.reason = reason
        super().__init__(f"no usable photo: {reason.value}")
