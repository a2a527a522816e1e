"""The picture in a face image data block of ISO/IEC 39794-5:2019, which newer passports hold instead of 19794-5.

    FaceImageDataBlock ::= [APPLICATION 5] SEQUENCE {
        versionBlock             [0] VersionBlock,
        representationBlocks     [1] SEQUENCE OF RepresentationBlock, ... }
    RepresentationBlock ::= SEQUENCE {
        representationId         [0] INTEGER,
        imageRepresentation      [1] CHOICE { base [0] CHOICE { imageRepresentation2DBlock [0] SEQUENCE {
            representationData2D [0] OCTET STRING,
            imageInformation2DBlock [1] ... } ... } ... }, ... }

Only the way to the two-dimensional picture is read; landmarks, quality and capture data are left alone.
"""

from __future__ import annotations

from typing import Final

from mrtd.biometrics.portrait import FaceImage, RecordFormat, face_image
from mrtd.errors import LimitExceededError, MalformedError, UnsupportedError
from mrtd.tlv import SEQUENCE, Tlv

#: As for ISO/IEC 19794-5.
MAX_FACES: Final = 8

_FACE_IMAGE_DATA_BLOCK: Final = 0x65
_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_PRIMITIVE_0: Final = 0x80


def parse(block: Tlv) -> tuple[FaceImage, ...]:
    """Read the pictures of a face image data block (ISO/IEC 39794-5:2019).

    Raises:
        MalformedError: no such block.
        LimitExceededError: more than `MAX_FACES` representations.
        UnsupportedError: `iso39794`, a representation without a two-dimensional picture.
    """
    members = block.expect(_FACE_IMAGE_DATA_BLOCK).children()
    representations = [item for member in members if member.tag == _CONTEXT_1 for item in member.children()]
    if not representations:
        raise MalformedError("no_faces")
    if len(representations) > MAX_FACES:
        raise LimitExceededError("too_many_faces", detail=f"{len(representations)}")
    return tuple(face_image(_picture(representation), RecordFormat.ISO_39794_5) for representation in representations)


def _picture(representation: Tlv) -> bytes:
    """imageRepresentation / base / imageRepresentation2DBlock / representationData2D."""
    item = representation.expect(SEQUENCE)
    for tag in (_CONTEXT_1, _CONTEXT_0, _CONTEXT_0, _PRIMITIVE_0):
        inner = [child for child in item.children() if child.tag == tag]
        if len(inner) != 1:
            raise UnsupportedError("iso39794", detail="no two-dimensional picture")
        item = inner[0]
    return item.value
