"""Faces and other pictures: EF.DG2 after ISO/IEC 19794-5 and 39794-5, EF.DG7 (ICAO 9303-10 §4.7.2, §4.7.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from importlib import resources
from typing import Final

from mrtd.specimen.encoding import tlv

#: ISO/IEC 19794-5:2005 §5.4, §5.5: sizes of the facial record header, face information and image information.
_RECORD_HEADER: Final = 14
_FACE_INFORMATION: Final = 20
_FEATURE_POINT: Final = 8
_IMAGE_INFORMATION: Final = 12

_DG2: Final = 0x75
_DG7: Final = 0x67
#: Format types of the biometric header template (ICAO 9303-10 §4.7.2.1; IBIA register of ISO/IEC JTC 1/SC 37).
_ISO_19794_5: Final = bytes.fromhex("0008")
_ISO_39794_5: Final = bytes.fromhex("002A")


class ImageDataType(IntEnum):
    """Image data type (ISO/IEC 19794-5:2005 §5.7)."""

    JPEG = 0
    JPEG_2000 = 1


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A picture with what a record says of it; `padding` octets of zeros are stored behind it."""

    data: bytes
    width: int
    height: int
    data_type: ImageDataType = ImageDataType.JPEG
    feature_points: int = 0
    padding: int = 0

    @property
    def stored(self) -> bytes:
        """The picture as it lies in the record."""
        return self.data + bytes(self.padding)

    def __repr__(self) -> str:
        return f"Picture({self.width}x{self.height}, {len(self.data)} octets)"


def jpeg() -> Picture:
    """The portrait of nobody that the package carries, baseline JPEG."""
    return Picture(_resource("specimen.jpg"), 240, 320)


def jpeg_2000(*, grey: bool = False) -> Picture:
    """The same as JP2, in colour or in one component."""
    return Picture(_resource("specimen-grey.jp2" if grey else "specimen.jp2"), 240, 320, ImageDataType.JPEG_2000)


def codestream(picture: Picture) -> Picture:
    """The codestream of a JP2 file alone, without its boxes (ISO/IEC 15444-1 Annex A)."""
    start = picture.data.index(bytes.fromhex("FF4FFF51"))
    return Picture(picture.data[start:], picture.width, picture.height, picture.data_type)


def signature_mark() -> bytes:
    """The drawn line that stands for a signature."""
    return _resource("signature.jpg")


def dg2(*pictures: Picture, tag: int = 0x5F2E) -> bytes:
    """EF.DG2 with one biometric template: a facial record of ISO/IEC 19794-5 with these faces.

    Args:
        pictures: at least one; several lie in one record.
        tag: of the biometric data block: 5F2E, or 7F2E as some issuers write.
    """
    return encoded_faces((template(tlv(tag, facial_record(*pictures)), _ISO_19794_5),))


def dg2_of_templates(*pictures: Picture) -> bytes:
    """EF.DG2 with a biometric template for each face."""
    return encoded_faces([template(tlv(0x5F2E, facial_record(picture)), _ISO_19794_5) for picture in pictures])


def dg2_iso39794(*pictures: Picture) -> bytes:
    """EF.DG2 with a face image data block of ISO/IEC 39794-5:2019."""
    block = tlv(0x7F2E, tlv(0xA1, face_image_data_block(*pictures)))
    return encoded_faces((template(block, _ISO_39794_5),))


def encoded_faces(templates: Sequence[bytes], *, count: int | None = None) -> bytes:
    """EF.DG2 around biometric templates; `count` states another number of them."""
    stated = len(templates) if count is None else count
    return tlv(_DG2, tlv(0x7F61, tlv(0x02, bytes([stated])), *templates))


def template(data_block: bytes, format_type: bytes) -> bytes:
    """A biometric information template: header and data block (ICAO 9303-10 §4.7.2.1)."""
    header = tlv(
        0xA1,
        tlv(0x80, bytes.fromhex("0101")),  # header version (ISO/IEC 7816-11 as ICAO 9303-10 §4.7.2.1 uses it)
        tlv(0x81, b"\x02"),  # facial features
        tlv(0x82, b"\x00"),  # no subtype
        tlv(0x87, bytes.fromhex("0101")),  # format owner: ISO/IEC JTC 1/SC 37
        tlv(0x88, format_type),
    )
    return tlv(0x7F60, header, data_block)


def facial_record(*pictures: Picture) -> bytes:
    """A facial record, nothing said of the person (ISO/IEC 19794-5:2005 §5)."""
    faces = b"".join(_face(picture) for picture in pictures)
    length = _RECORD_HEADER + len(faces)
    return b"FAC\x00" + b"010\x00" + length.to_bytes(4) + len(pictures).to_bytes(2) + faces


def face_image_data_block(*pictures: Picture) -> bytes:
    """FaceImageDataBlock (ISO/IEC 39794-5:2019 Annex A), the mandatory members of each representation."""
    version = tlv(0xA0, tlv(0x80, b"\x03"), tlv(0x81, (2019).to_bytes(2)))
    representations = [_representation(number, picture) for number, picture in enumerate(pictures)]
    return tlv(0x65, version, tlv(0xA1, *representations))


def dg7(*images: bytes) -> bytes:
    """EF.DG7: displayed signatures or usual marks (ICAO 9303-10 §4.7.7)."""
    return tlv(_DG7, tlv(0x02, bytes([len(images)])), *(tlv(0x5F43, image) for image in images))


def _face(picture: Picture) -> bytes:
    points = b"".join(
        bytes([1, 0x1A]) + (100 + place).to_bytes(2) + (120).to_bytes(2) + bytes(2)
        for place in range(picture.feature_points)
    )
    length = _FACE_INFORMATION + picture.feature_points * _FEATURE_POINT + _IMAGE_INFORMATION + len(picture.stored)
    information = length.to_bytes(4) + picture.feature_points.to_bytes(2) + bytes(_FACE_INFORMATION - 6)
    # image type: full frontal; width, height; colour space: sRGB; source: unspecified
    image = (
        bytes([1, picture.data_type]) + picture.width.to_bytes(2) + picture.height.to_bytes(2) + b"\x01" + bytes(5)
    )
    return information + points + image + picture.stored


def _representation(number: int, picture: Picture) -> bytes:
    """representationId, then imageRepresentation / base / imageRepresentation2DBlock."""
    data_format = 2 if picture.data_type is ImageDataType.JPEG else 3  # imageDataFormat code: jpeg, jpeg2000Lossy
    information = tlv(0xA1, tlv(0xA0, tlv(0x80, bytes([data_format]))))
    two_dimensional = tlv(0xA0, tlv(0x80, picture.stored), information)
    return tlv(0x30, tlv(0x80, bytes([number])), tlv(0xA1, tlv(0xA0, two_dimensional)))


def _resource(name: str) -> bytes:
    return (resources.files("mrtd.specimen") / "portrait" / name).read_bytes()
