"""The facial record of ISO/IEC 19794-5:2005 as EF.DG2 holds it.

Facial Record Header      14  "FAC" 0, "010" 0, length of record (4), number of faces (2)
for each face
  Facial Information      20  length of face (4), number of feature points (2), ... (14)
  Feature Point            8  each
  Image Information       12  face image type, image data type, width (2), height (2), ... (6)
  Image Data
"""

from __future__ import annotations

import struct
from typing import Final

from mrtd.biometrics.image import JPEG, JPEG_2000
from mrtd.biometrics.portrait import FaceImage, RecordFormat, face_image
from mrtd.errors import LimitExceededError, MalformedError, UnsupportedError
from mrtd.lds.oddity import Oddity

#: A passport holds one face; a few more may stand there, hundreds are an attack.
MAX_FACES: Final = 8

_MAGIC: Final = b"FAC\0"
_VERSION: Final = b"010\0"
_RECORD_HEADER: Final = struct.Struct(">4s4sIH")
_FACIAL_INFORMATION: Final = struct.Struct(">IH14x")
_FEATURE_POINT_SIZE: Final = 8
_IMAGE_INFORMATION: Final = struct.Struct(">BBHH6x")
#: Image data type (ISO/IEC 19794-5 §5.7).
_MEDIA_TYPES: Final = {0: JPEG, 1: JPEG_2000}


def parse(record: bytes) -> tuple[FaceImage, ...]:
    """Read a facial record (ISO/IEC 19794-5:2005 §5).

    Lengths that do not agree with the data block are tolerated while the block says where the picture ends, and
    named in `FaceImage.oddities`.

    Raises:
        MalformedError: no facial record, cut off, or without a face.
        LimitExceededError: more than `MAX_FACES` faces.
        UnsupportedError: another version.
    """
    if len(record) < _RECORD_HEADER.size or not record.startswith(_MAGIC):
        raise MalformedError("not_a_facial_record")
    _, version, length, faces = _RECORD_HEADER.unpack_from(record)
    if version != _VERSION:
        raise UnsupportedError("facial_record_version")
    if faces == 0:
        raise MalformedError("no_faces")
    if faces > MAX_FACES:
        raise LimitExceededError("too_many_faces", detail=f"{faces}")
    odd = frozenset({Oddity.RECORD_LENGTH_DIFFERS}) if length != len(record) else frozenset[Oddity]()
    found: list[FaceImage] = []
    position = _RECORD_HEADER.size
    for number in range(faces):
        face, position = _face(record, position, last=number == faces - 1, oddities=odd)
        found.append(face)
    return tuple(found)


def _face(record: bytes, start: int, *, last: bool, oddities: frozenset[Oddity]) -> tuple[FaceImage, int]:
    """One face and the offset behind it. The last face may end with the block, whatever its length says."""
    if start + _FACIAL_INFORMATION.size > len(record):
        raise MalformedError("truncated")
    length, points = _FACIAL_INFORMATION.unpack_from(record, start)
    information = start + _FACIAL_INFORMATION.size + points * _FEATURE_POINT_SIZE
    image = information + _IMAGE_INFORMATION.size
    end = start + length
    if image > len(record):
        raise MalformedError("truncated")
    if end > len(record) or end < image:
        if not last:
            raise MalformedError("bad_length", detail="a face that ends outside its record")
        end, oddities = len(record), oddities | {Oddity.RECORD_LENGTH_DIFFERS}
    face_image_type, image_data_type, width, height = _IMAGE_INFORMATION.unpack_from(record, information)
    face = face_image(
        record[image:end],
        RecordFormat.ISO_19794_5,
        width=width,
        height=height,
        face_image_type=face_image_type,
        image_data_type=image_data_type,
        media_type=_MEDIA_TYPES.get(image_data_type),
        oddities=oddities,
    )
    return face, end
