"""EF.DG7, the displayed signature or usual mark (ICAO 9303-10 §4.7.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrtd.biometrics.image import ImageInfo, inspect_image
from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds.elementary_file import count, reading, stored_object
from mrtd.lds.oddity import Oddity

#: ICAO 9303-10 §4.7.7: 1 to 9 instances.
MAX_IMAGES: Final = 9
_DISPLAYED_IMAGE: Final = 0x5F43


@dataclass(frozen=True, slots=True, repr=False)
class DisplayedImage:
    """A picture exactly as stored, and what its structure says."""

    data: bytes
    info: ImageInfo

    def __repr__(self) -> str:
        return f"DisplayedImage({self.info.media_type}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Dg7:
    """The signatures or marks, in stored order, at least one."""

    images: tuple[DisplayedImage, ...]
    oddities: frozenset[Oddity] = frozenset()
    trailing: int = 0


@reading(ElementaryFile.DG7)
def parse(data: bytes) -> Dg7:
    """Read EF.DG7 (ICAO 9303-10 §4.7.7).

    Raises:
        MalformedError: not a counter and as many or other pictures, none, or more than `MAX_IMAGES`.
        LimitExceededError: a bound of `mrtd.tlv`.
    """
    stored = stored_object(data, ElementaryFile.DG7)
    objects = stored.tlv.children()
    if len(objects) < 2 or len(objects) > MAX_IMAGES + 1:
        raise MalformedError("bad_count", detail=f"{len(objects)} objects")
    stated = count(objects[0], limit=MAX_IMAGES)
    values = [item.expect(_DISPLAYED_IMAGE).value for item in objects[1:]]
    images = tuple(DisplayedImage(value, inspect_image(value)) for value in values)
    oddities = {Oddity.PADDED_IMAGE for image in images if image.info.trailing}
    if any(image.info.media_type is None for image in images):
        oddities.add(Oddity.NOT_AN_IMAGE)
    if stated != len(images):
        oddities.add(Oddity.COUNT_DIFFERS)
    return Dg7(images, frozenset(oddities), stored.trailing)
