"""What all elementary files share: tags, the outer object, and errors that name the file (ICAO 9303-10 §4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mrtd import tlv
from mrtd.errors import DuplicateError, MalformedError, MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.tlv import Tlv

#: The outer tag of each file of the eMRTD application (ICAO 9303-10 §4.6, §4.7).
TAGS: Final = MappingProxyType(
    {
        ElementaryFile.COM: 0x60,
        ElementaryFile.SOD: 0x77,
        ElementaryFile.DG1: 0x61,
        ElementaryFile.DG2: 0x75,
        ElementaryFile.DG3: 0x63,
        ElementaryFile.DG4: 0x76,
        ElementaryFile.DG5: 0x65,
        ElementaryFile.DG6: 0x66,
        ElementaryFile.DG7: 0x67,
        ElementaryFile.DG8: 0x68,
        ElementaryFile.DG9: 0x69,
        ElementaryFile.DG10: 0x6A,
        ElementaryFile.DG11: 0x6B,
        ElementaryFile.DG12: 0x6C,
        ElementaryFile.DG13: 0x6D,
        ElementaryFile.DG14: 0x6E,
        ElementaryFile.DG15: 0x6F,
        ElementaryFile.DG16: 0x70,
    }
)
_FILES: Final = MappingProxyType({tag: file for file, tag in TAGS.items()})

#: EF.CardAccess is a bare SET, EF.CardSecurity and an EF.SOD without tag 77 a bare ContentInfo.
_OUTER: Final = MappingProxyType(
    {
        **{file: (tag,) for file, tag in TAGS.items()},
        ElementaryFile.SOD: (0x77, tlv.SEQUENCE),
        ElementaryFile.CARD_ACCESS: (tlv.SET,),
        ElementaryFile.CARD_SECURITY: (tlv.SEQUENCE,),
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class StoredObject:
    """The one data object that an elementary file is, and how many bytes follow it.

    A dump often holds the file in its allocated size. `raw` is the slice that is parsed **and** hashed; the
    `trailing` bytes are excluded from both and reported (SECURITY.md 2.5).
    """

    tlv: Tlv
    trailing: int

    @property
    def raw(self) -> bytes:
        """The object as stored, header included."""
        return self.tlv.raw

    def __repr__(self) -> str:
        return f"StoredObject(tag={self.tlv.tag:X}, trailing={self.trailing})"


def stored_object(data: bytes, file: ElementaryFile) -> StoredObject:
    """The object that `data` begins with, under a tag of `file` (ICAO 9303-10 §4.6, §4.7).

    EF.ATR/INFO and EF.DIR hold several objects without a common one; they have no stored object.

    Raises:
        MalformedError: no object, or under the tag of another file.
        LimitExceededError: a bound of `mrtd.tlv`.
    """
    with reading(file):
        found = tlv.read(data)
        if found.tag not in _OUTER.get(file, ()):
            raise MalformedError("unexpected_tag", detail=f"found {found.tag:X}")
        return StoredObject(found, len(data) - found.end)


def recognise(data: bytes) -> ElementaryFile | None:
    """The file of the eMRTD application that the outer tag names; None for every other content."""
    try:
        return _FILES.get(tlv.read(data).tag)
    except MrtdError:
        return None


@contextmanager
def reading(file: ElementaryFile | str) -> Iterator[None]:
    """Let every error that is raised inside name the file."""
    try:
        yield
    except MrtdError as error:
        if error.where:
            raise
        raise type(error)(error.code, str(file), error.detail) from error


def by_tag(objects: Iterable[Tlv]) -> dict[int, Tlv]:
    """The objects under their tags; which of two equal tags counts is not ours to choose.

    Raises:
        DuplicateError: a tag that occurs twice.
    """
    found: dict[int, Tlv] = {}
    for item in objects:
        if item.tag in found:
            raise DuplicateError("duplicate_tag", detail=f"tag {item.tag:X}")
        found[item.tag] = item
    return found


def required(objects: dict[int, Tlv], tag: int) -> Tlv:
    """The object under `tag`.

    Raises:
        MalformedError: `missing_object`.
    """
    if tag not in objects:
        raise MalformedError("missing_object", detail=f"tag {tag:X}")
    return objects[tag]


def count(item: Tlv, *, limit: int) -> int:
    """The number in a counter object (tag 02), one or more octets, never negative.

    Raises:
        MalformedError: empty, or longer than two octets, or more than `limit`.
    """
    value = item.expect(tlv.INTEGER).value
    if not 1 <= len(value) <= 2 or int.from_bytes(value) > limit:
        raise MalformedError("bad_count", detail=f"{len(value)} octets, at most {limit} instances are read")
    return int.from_bytes(value)
