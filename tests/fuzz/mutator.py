"""Changes that get past the outer object: one element of a DER tree is changed and the lengths around it put right.

Byte-wise mutation of DER ends at the first length. Where DER stands in base64 (PEM, LDIF, JSON) or in CBOR, it is
changed in there.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final

from mrtd import tlv
from mrtd.errors import MrtdError
from mrtd.tlv import Tlv
from tests.fuzz.cbor_mutator import mutated_cbor
from tests.mrtd.lds.build import der

#: Octets changed without regard to structure: at most `size` of them come back.
MutateBytes = Callable[[bytes, int], bytes]

#: How much an element may grow in one step.
_GROWTH: Final = 64
#: A certificate has 150 elements; of a long list the first ones are enough.
_PLACES: Final = 1_000
#: Keys, extensions and the content of signed data are structures in strings.
_STRINGS: Final = (tlv.OCTET_STRING, tlv.BIT_STRING)
_TAGS: Final = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31, 0x80, 0xA0, 0xA1, 0xA3)
_ENCODED: Final = re.compile(
    rb"::\s?([A-Za-z0-9+/=]{8,}(?:\r?\n [A-Za-z0-9+/=]+)*)"  # a value of an LDIF, folded
    rb"|-----\r?\n([A-Za-z0-9+/=\r\n]{8,})-----"  # the body of a PEM block
    rb'|"([A-Za-z0-9+/]{8,}={0,2})"'  # a member of a JSON body
)


def mutated(data: bytes, max_size: int, seed: int, mutate_bytes: MutateBytes) -> bytes:
    """`data` with a change of the kind that `seed` chooses, never longer than `max_size`."""
    random = Random(seed)  # noqa: S311 (reproducible on purpose)
    if random.random() < 0.2:  # the outer frame as well
        return mutate_bytes(data, max_size)
    changed = (
        mutated_cbor(data, random, lambda value: _octets(value, random, mutate_bytes))
        or _inside_base64(data, random, mutate_bytes)
        or _inside_der(data, random, mutate_bytes)
    )
    return changed if changed is not None and len(changed) <= max_size else mutate_bytes(data, max_size)


def _octets(value: bytes, random: Random, mutate_bytes: MutateBytes) -> bytes:
    return _inside_der(value, random, mutate_bytes) or mutate_bytes(value, len(value) + _GROWTH)


def _inside_base64(data: bytes, random: Random, mutate_bytes: MutateBytes) -> bytes | None:
    places = list(_ENCODED.finditer(data))
    if not places:
        return None
    match = random.choice(places)
    try:
        inner = base64.b64decode(b"".join(match[match.lastindex or 0].split()), validate=True)
    except binascii.Error:
        return None
    changed = _inside_der(inner, random, mutate_bytes)
    if changed is None:
        return None
    start, end = match.span(match.lastindex or 0)
    return data[:start] + base64.b64encode(changed) + data[end:]


def _inside_der(data: bytes, random: Random, mutate_bytes: MutateBytes) -> bytes | None:
    places = _places(data)
    if len(places) < 2:
        return None
    place = random.choice(places[1:])
    item, parent = place.item, place.parent
    try:
        if parent is not None and random.random() < 0.3:
            return _put_back(data, parent, _siblings(parent.item, item, random))
        return _put_back(data, place, mutate_bytes(item.value, len(item.value) + _GROWTH))
    except MrtdError:
        return None


@dataclass(frozen=True, slots=True)
class _Place:
    """An element of a tree; `shift` is where its buffer begins in the value of `parent`, if it has its own."""

    item: Tlv
    parent: _Place | None
    shift: int | None


@lru_cache(maxsize=256)
def _places(data: bytes) -> tuple[_Place, ...]:
    """The elements of a tree from the outside in, the structures in its strings among them."""
    found: list[_Place] = []
    try:
        found.append(_Place(tlv.read(data), None, None))
    except MrtdError:
        return ()
    for place in found:
        if len(found) > _PLACES:
            break
        item = place.item
        try:
            if item.constructed:
                found += [_Place(child, place, None) for child in item.children()]
            elif item.tag in _STRINGS:
                shift = 1 if item.tag == tlv.BIT_STRING else 0
                inner = tlv.read_only(item.value[shift:])
                found += [_Place(inner, place, shift)] if inner.constructed or inner.tag in _STRINGS else []
        except MrtdError:
            continue
    return tuple(found)


def _put_back(data: bytes, place: _Place, value: bytes) -> bytes:
    """`data` with another value at a place, and the lengths around it put right."""
    changed = der(place.item.tag, value)
    while place.parent is not None:
        item, outer = place.item, place.parent.item
        start = item.start - outer.content if place.shift is None else place.shift
        end = start + item.end - item.start
        changed = der(outer.tag, outer.value[:start] + changed + outer.value[end:])
        place = place.parent
    return changed + data[place.item.end :]


def _siblings(parent: Tlv, chosen: Tlv, random: Random) -> bytes:
    """The content of `parent` with `chosen` doubled, gone, moved, of another tag, or in another encoding."""
    items = [child.raw for child in parent.children()]
    place = next(number for number, child in enumerate(parent.children()) if child.start == chosen.start)
    match random.choice(("double", "drop", "move", "tag", "long", "endless", "replace")):
        case "double":
            items[place:place] = [chosen.raw] * random.choice((1, 1, 1, 40))
        case "drop":
            del items[place]
        case "move":
            items.insert(random.randrange(len(items)), items.pop(place))
        case "tag":
            items[place] = der(random.choice(_TAGS), chosen.value)
        case "long":
            items[place] = chosen.data[chosen.start : chosen.start + 1] + _long(len(chosen.value)) + chosen.value
        case "endless":
            items[place] = bytes([chosen.tag & 0xFF | tlv.CONSTRUCTED, 0x80]) + chosen.value + b"\0\0"
        case _:
            items[place] = random.choice(items)
    return b"".join(items)


def _long(length: int) -> bytes:
    """Four length octets where fewer would do."""
    return b"\x84" + length.to_bytes(4)
