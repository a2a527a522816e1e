"""A face as a chip holds it, whatever the record format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mrtd.biometrics.image import inspect_image
from mrtd.lds.oddity import Oddity


class RecordFormat(StrEnum):
    """The biometric data interchange formats of EF.DG2 (ICAO 9303-10 §4.7.2)."""

    ISO_19794_5 = "iso19794-5"
    ISO_39794_5 = "iso39794-5"


@dataclass(frozen=True, slots=True, repr=False)
class FaceImage:
    """One picture of a face.

    `data` is the picture exactly as stored, `padding` of its last bytes lie behind the end of the image. `media_type`
    is told by the bytes (`image/jpeg`, `image/jp2`, or None for anything else), `width` and `height` (pixels) by the
    picture, or by the record where the picture says nothing. `complete`: see `inspect_image`. `face_image_type` and
    `image_data_type` are the record's codes (ISO/IEC 19794-5 §5.7), None in the other format.
    """

    data: bytes
    media_type: str | None
    width: int
    height: int
    complete: bool
    padding: int
    record_format: RecordFormat
    face_image_type: int | None = None
    image_data_type: int | None = None
    oddities: frozenset[Oddity] = frozenset()

    def __repr__(self) -> str:
        return f"FaceImage({self.media_type}, {self.width}x{self.height}, {len(self.data)} bytes)"


def face_image(
    data: bytes,
    record_format: RecordFormat,
    *,
    width: int = 0,
    height: int = 0,
    face_image_type: int | None = None,
    image_data_type: int | None = None,
    media_type: str | None = None,
    oddities: frozenset[Oddity] = frozenset(),
) -> FaceImage:
    """A face from a record's picture.

    `width`, `height` and `media_type` are what the record says, 0 and None if it says nothing.
    """
    info = inspect_image(data)
    found = set(oddities)
    if info.trailing:
        found.add(Oddity.PADDED_IMAGE)
    if media_type is not None and info.media_type != media_type:
        found.add(Oddity.IMAGE_TYPE_DIFFERS)
    stated, actual = (width, height), (info.width, info.height)
    if all(stated) and all(actual) and stated != actual:
        found.add(Oddity.IMAGE_SIZE_DIFFERS)
    return FaceImage(
        data=data,
        media_type=info.media_type,
        width=info.width or width,
        height=info.height or height,
        complete=info.complete,
        padding=info.trailing,
        record_format=record_format,
        face_image_type=face_image_type,
        image_data_type=image_data_type,
        oddities=frozenset(found),
    )
