"""Bounded BER-TLV reader (ITU-T X.690 §8.1; ISO/IEC 7816-4 for the data objects of an EF).

One reader for every structure that reaches us: elementary files, CMS, certificates, lists. It keeps slices of the
original bytes, because hashes and signatures are computed over what was stored, never over a re-encoding, and it
names each leniency (`Leniency`) instead of hiding it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrtd.errors import LimitExceededError, MalformedError

#: Nesting of the deepest real structure (a master list inside CMS) is 12; hostile input nests without end.
MAX_DEPTH: Final = 32
#: Nested indefinite lengths, each of which is scanned for its end. Real BER-coded documents nest 6.
MAX_INDEFINITE_DEPTH: Final = 10
#: Elements among the children of one node. The largest real master list has fewer than 600 certificates.
MAX_CHILDREN: Final = 20_000
#: Four length octets already describe 4 GiB; more is an attack or an error.
MAX_LENGTH_OCTETS: Final = 4
#: Tags of ICAO files fit two octets, ISO 7816 data objects three.
MAX_TAG_OCTETS: Final = 4

CONSTRUCTED: Final = 0x20
SEQUENCE: Final = 0x30
SET: Final = 0x31
BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06


class Leniency(StrEnum):
    """How an encoding departs from DER (ITU-T X.690 §10)."""

    INDEFINITE_LENGTH = "indefinite_length"
    NON_MINIMAL_LENGTH = "non_minimal_length"
    CONSTRUCTED_STRING = "constructed_string"


@dataclass(frozen=True, slots=True, repr=False)
class Tlv:
    """One data object inside `data`.

    `tag` holds the tag octets as written, as one integer (`0x7F61`, `0x30`). `start`, `content`, `content_end` and
    `end` are offsets into `data`; with indefinite length `end` lies behind the end-of-contents octets.
    """

    data: bytes
    tag: int
    start: int
    content: int
    content_end: int
    end: int
    depth: int
    indefinite: bool
    minimal_length: bool

    @property
    def raw(self) -> bytes:
        """The whole object as stored, header included."""
        return self.data[self.start : self.end]

    @property
    def value(self) -> bytes:
        """The content octets as stored."""
        return self.data[self.content : self.content_end]

    @property
    def constructed(self) -> bool:
        """Whether the tag says that the content is made of further objects (X.690 §8.1.2.5)."""
        tag = self.tag
        while tag > 0xFF:
            tag >>= 8
        return bool(tag & CONSTRUCTED)

    def children(self) -> list[Tlv]:
        """The objects inside, whole; the content must be filled exactly.

        Raises:
            MalformedError: the content is not a sequence of objects, or the tag is primitive.
            LimitExceededError: too deep, too many.
        """
        if not self.constructed:
            raise MalformedError("not_constructed")
        return read_all(self.data, self.content, self.content_end, depth=self.depth + 1)

    def expect(self, tag: int, code: str = "unexpected_tag") -> Tlv:
        """Return self if the tag is `tag`.

        Raises:
            MalformedError: another tag.
        """
        if self.tag != tag:
            raise MalformedError(code, detail=f"expected {tag:X}, found {self.tag:X}")
        return self

    def __repr__(self) -> str:
        return f"Tlv(tag={self.tag:X}, length={self.content_end - self.content})"


def read(data: bytes, offset: int = 0, end: int | None = None, *, depth: int = 0) -> Tlv:
    """Read the object that starts at `offset` and ends at or before `end` (ITU-T X.690 §8.1).

    Raises:
        MalformedError: `truncated`, `bad_tag`, `bad_length`.
        LimitExceededError: `too_deep`, `tag_too_long`, `length_too_long`.
    """
    limit = len(data) if end is None else end
    if depth > MAX_DEPTH:
        raise LimitExceededError("too_deep")
    tag, position = _read_tag(data, offset, limit)
    if position >= limit:
        raise MalformedError("truncated")
    first = data[position]
    position += 1
    if first == 0x80:
        return _read_indefinite(data, offset, tag, position, limit, depth)
    minimal = True
    length = first
    if first > 0x80:
        octets = first & 0x7F
        if octets > MAX_LENGTH_OCTETS:
            raise LimitExceededError("length_too_long")
        if position + octets > limit:
            raise MalformedError("truncated")
        length = int.from_bytes(data[position : position + octets])
        minimal = length > 0x7F and length >> (8 * (octets - 1)) != 0
        position += octets
    if position + length > limit:
        raise MalformedError("truncated")
    stop = position + length
    return Tlv(data, tag, offset, position, stop, stop, depth, indefinite=False, minimal_length=minimal)


def declared_length(header: bytes) -> int:
    """Octets of the object that begins with `header`, tag and length included, though the rest is not here.

    Raises:
        MalformedError: `truncated`, `bad_tag`; `bad_length`: no definite length, so the end cannot be known.
        LimitExceededError: `tag_too_long`, `length_too_long`.
    """
    _, position = _read_tag(header, 0, len(header))
    if position >= len(header):
        raise MalformedError("truncated")
    first = header[position]
    if first < 0x80:
        return position + 1 + first
    octets = first & 0x7F
    if octets == 0:
        raise MalformedError("bad_length", detail="indefinite")
    if octets > MAX_LENGTH_OCTETS:
        raise LimitExceededError("length_too_long")
    stop = position + 1 + octets
    if stop > len(header):
        raise MalformedError("truncated")
    return stop + int.from_bytes(header[position + 1 : stop])


def read_all(data: bytes, offset: int = 0, end: int | None = None, *, depth: int = 0) -> list[Tlv]:
    """Read the objects that fill `data[offset:end]` exactly.

    Raises:
        MalformedError: as `read`.
        LimitExceededError: as `read`, and `too_many`.
    """
    limit = len(data) if end is None else end
    found: list[Tlv] = []
    while offset < limit:
        if len(found) >= MAX_CHILDREN:
            raise LimitExceededError("too_many")
        item = read(data, offset, limit, depth=depth)
        found.append(item)
        offset = item.end
    return found


def read_only(data: bytes, tag: int | None = None) -> Tlv:
    """Read the one object that fills `data` exactly.

    Raises:
        MalformedError: as `read`, `trailing_bytes`, `unexpected_tag`.
    """
    item = read(data)
    if item.end != len(data):
        raise MalformedError("trailing_bytes")
    return item if tag is None else item.expect(tag)


def walk(root: Tlv) -> Iterator[Tlv]:
    """`root` and every object below it, depth first.

    Raises:
        MalformedError: as `Tlv.children`.
    """
    stack = [root]
    while stack:
        item = stack.pop()
        yield item
        if item.constructed:
            stack.extend(reversed(item.children()))


def primitive_values(item: Tlv, tag: int, *, limit: int) -> Iterator[bytes]:
    """The values of the objects inside, all of one primitive tag of one octet, one at a time.

    For sets far larger than `MAX_CHILDREN` (a real deviation list names 169,422 documents): no `Tlv` is made for an
    object whose length fits one octet.

    Args:
        item: the object around them.
        tag: their tag octet.
        limit: the largest number accepted.

    Raises:
        MalformedError: as `read`, `not_constructed`, and `unexpected_tag`.
        LimitExceededError: `too_many`.
    """
    if not item.constructed:
        raise MalformedError("not_constructed")
    data, position, end = item.data, item.content, item.content_end
    seen = 0
    while position < end:
        if seen >= limit:
            raise LimitExceededError("too_many")
        seen += 1
        if data[position] != tag:
            raise MalformedError("unexpected_tag", detail=f"expected {tag:X}, found {data[position]:X}")
        start = position + 2
        if start <= end and data[start - 1] < 0x80:
            position = start + data[start - 1]
            if position > end:
                raise MalformedError("truncated")
        else:
            child = read(data, position, end, depth=item.depth + 1)
            start, position = child.content, child.end
        yield data[start:position]


def leniencies(root: Tlv) -> frozenset[Leniency]:
    """The departures from DER lengths and string forms in the whole tree (ITU-T X.690 §10.1, §10.2)."""
    found: set[Leniency] = set()
    for item in walk(root):
        if item.indefinite:
            found.add(Leniency.INDEFINITE_LENGTH)
        elif not item.minimal_length:
            found.add(Leniency.NON_MINIMAL_LENGTH)
        if item.tag in (OCTET_STRING | CONSTRUCTED, BIT_STRING | CONSTRUCTED):
            found.add(Leniency.CONSTRUCTED_STRING)
    return frozenset(found)


def octets(item: Tlv) -> bytes:
    """The value of an OCTET STRING, primitive or in segments (ITU-T X.690 §8.7).

    Raises:
        MalformedError: another type, or segments of another type.
    """
    if item.tag == OCTET_STRING:
        return item.value
    if item.tag != OCTET_STRING | CONSTRUCTED:
        raise MalformedError("unexpected_tag", detail=f"expected an OCTET STRING, found {item.tag:X}")
    return b"".join(octets(segment) for segment in item.children())


def integer(item: Tlv, *, max_octets: int = 1024) -> int:
    """The value of an INTEGER, bounded before any arithmetic (ITU-T X.690 §8.3).

    Raises:
        MalformedError: another type, or empty.
        LimitExceededError: longer than `max_octets`.
    """
    value = item.expect(INTEGER).value
    if not value:
        raise MalformedError("empty_integer")
    if len(value) > max_octets:
        raise LimitExceededError("integer_too_long")
    return int.from_bytes(value, signed=True)


def oid(item: Tlv) -> str:
    """The value of an OBJECT IDENTIFIER in dotted form (ITU-T X.690 §8.19).

    Raises:
        MalformedError: another type, empty, cut off, or a padded subidentifier.
        LimitExceededError: longer than any identifier in use.
    """
    return decode_oid(item.expect(OBJECT_IDENTIFIER).value)


def decode_oid(value: bytes) -> str:
    """The dotted form of the content octets of an OBJECT IDENTIFIER; errors as `oid`."""
    if not value or value[-1] & 0x80:
        raise MalformedError("bad_oid")
    if len(value) > 64:
        raise LimitExceededError("oid_too_long")
    arcs: list[int] = []
    number = 0
    fresh = True
    for octet in value:
        if fresh and octet == 0x80:
            raise MalformedError("bad_oid")
        number = number << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            arcs.append(number)
            number = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def encode_oid(dotted: str) -> bytes:
    """The content octets of an object identifier (X.690 §8.19), written by us: `dotted` is one that was read."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    octets = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        octets += bytes(reversed(groups))
    return bytes(octets)


def _read_tag(data: bytes, offset: int, limit: int) -> tuple[int, int]:
    if offset >= limit:
        raise MalformedError("truncated")
    first = data[offset]
    position = offset + 1
    if first & 0x1F != 0x1F:
        return first, position
    tag = first
    while True:
        if position >= limit:
            raise MalformedError("truncated")
        if position - offset >= MAX_TAG_OCTETS:
            raise LimitExceededError("tag_too_long")
        octet = data[position]
        if position == offset + 1 and octet == 0x80:
            raise MalformedError("bad_tag")
        tag = tag << 8 | octet
        position += 1
        if not octet & 0x80:
            return tag, position


def _read_indefinite(data: bytes, start: int, tag: int, content: int, limit: int, depth: int) -> Tlv:
    """Find the end-of-contents octets in one pass with an explicit stack (X.690 §8.1.5).

    Recursing per level would read the innermost object once per enclosing level.
    """
    first = data[start]
    if not first & CONSTRUCTED:
        raise MalformedError("bad_length", detail="indefinite length of a primitive object")
    open_levels = 1
    position = content
    seen = 0
    while True:
        seen += 1
        if seen > MAX_CHILDREN:
            raise LimitExceededError("too_many")
        if data[position : position + 2] == b"\x00\x00" and position + 2 <= limit:
            open_levels -= 1
            position += 2
            if open_levels == 0:
                return Tlv(
                    data,
                    tag,
                    start,
                    content,
                    position - 2,
                    position,
                    depth,
                    indefinite=True,
                    minimal_length=True,
                )
            continue
        _, after_tag = _read_tag(data, position, limit)
        if after_tag >= limit:
            raise MalformedError("truncated")
        if data[after_tag] == 0x80:
            if not data[position] & CONSTRUCTED:
                raise MalformedError("bad_length", detail="indefinite length of a primitive object")
            open_levels += 1
            if open_levels > MAX_INDEFINITE_DEPTH or depth + open_levels > MAX_DEPTH:
                raise LimitExceededError("too_deep")
            position = after_tag + 1
        else:
            position = read(data, position, limit, depth=depth).end
