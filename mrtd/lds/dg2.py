"""EF.DG2, the encoded face (ICAO 9303-10 §4.7.2).

75  7F61  02          number of biometric information templates
          7F60        one template each
              A1      biometric header template: 87 format owner, 88 format type ...
              5F2E    biometric data block, ISO/IEC 19794-5
              7F2E    the same, constructed: ISO/IEC 39794-5
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrtd import tlv
from mrtd.biometrics import iso19794_5, iso39794_5
from mrtd.biometrics.portrait import FaceImage
from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds.elementary_file import by_tag, count, reading, required, stored_object
from mrtd.lds.oddity import Oddity
from mrtd.tlv import Tlv

#: ICAO 9303-10 §4.7.2 allows 9; all of them together hold no more pictures than a person looks at.
MAX_TEMPLATES: Final = 9

_GROUP_TEMPLATE: Final = 0x7F61
_TEMPLATE: Final = 0x7F60
_PRIMITIVE_DATA_BLOCK: Final = 0x5F2E
_CONSTRUCTED_DATA_BLOCK: Final = 0x7F2E
_ISO_39794_DATA: Final = 0xA1


@dataclass(frozen=True, slots=True, repr=False)
class Dg2:
    """The pictures of the holder's face, in stored order, at least one."""

    faces: tuple[FaceImage, ...]
    oddities: frozenset[Oddity] = frozenset()
    trailing: int = 0

    def __repr__(self) -> str:
        return f"Dg2({len(self.faces)} faces)"


@reading(ElementaryFile.DG2)
def parse(data: bytes) -> Dg2:
    """Read EF.DG2 (ICAO 9303-10 §4.7.2). Nothing is decoded; a broken picture is a fact (`FaceImage.complete`).

    Raises:
        MalformedError: not this structure, or no face.
        LimitExceededError: too many templates or faces.
        UnsupportedError: another record version, or ISO/IEC 39794-5 without a two-dimensional picture (`iso39794`).
    """
    stored = stored_object(data, ElementaryFile.DG2)
    group = required(by_tag(stored.tlv.children()), _GROUP_TEMPLATE).children()
    if not group:
        raise MalformedError("no_faces")
    stated = count(group[0], limit=MAX_TEMPLATES)
    templates = [item.expect(_TEMPLATE) for item in group[1 : MAX_TEMPLATES + 2]]
    if not templates or len(templates) > MAX_TEMPLATES:
        raise MalformedError("no_faces" if not templates else "too_many_templates")
    faces = tuple(face for template in templates for face in _faces(template))
    oddities = {oddity for face in faces for oddity in face.oddities}
    if stated != len(templates):
        oddities.add(Oddity.COUNT_DIFFERS)
    return Dg2(faces, frozenset(oddities), stored.trailing)


def _faces(template: Tlv) -> tuple[FaceImage, ...]:
    objects = by_tag(template.children())
    if _PRIMITIVE_DATA_BLOCK in objects:
        return iso19794_5.parse(objects[_PRIMITIVE_DATA_BLOCK].value)
    block = required(objects, _CONSTRUCTED_DATA_BLOCK)
    if block.value.startswith(b"FAC\0"):
        # Some issuers store the old record under the constructed tag.
        return iso19794_5.parse(block.value)
    inner = tlv.read_all(block.data, block.content, block.content_end, depth=block.depth + 1)
    return iso39794_5.parse(required(by_tag(required(by_tag(inner), _ISO_39794_DATA).children()), 0x65))
