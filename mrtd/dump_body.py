"""The two structured forms of a dump, JSON and CBOR, as one tree of plain values.

Both readers refuse what could be read in two ways: keys given twice, numbers with fractions, tags, endless lengths.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Final, NoReturn

import cbor2

from mrtd.errors import DuplicateError, LimitExceededError, MalformedError

#: The deepest body that has a meaning is `{"active_authentication": {"response": ...}}`.
MAX_BODY_DEPTH: Final = 8
#: Items of all arrays and maps together: a dump has fewer than a hundred.
MAX_BODY_ITEMS: Final = 4096

_CBOR_ARRAY: Final = 4
_CBOR_MAP: Final = 5
_CBOR_TAG: Final = 6
_CBOR_SIMPLE: Final = 7
_CBOR_STRINGS: Final = (2, 3)
#: false, true, null; the other simple values and the three floating-point forms mean nothing here.
_CBOR_SIMPLE_VALUES: Final = (20, 21, 22)
_WHITE_SPACE: Final = re.compile(r"[ \t\r\n]+")


def read_json(data: bytes) -> dict[str, object]:
    """Read a JSON object (RFC 8259), in UTF-8.

    Raises:
        MalformedError: no JSON, no object, or a number with a fraction.
        DuplicateError: a key twice in one object.
        LimitExceededError: too deep.
    """
    try:
        tree = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except RecursionError:
        raise LimitExceededError("too_deep", "dump") from None
    except ValueError:
        raise MalformedError("bad_json", "dump") from None
    return _object(tree)


def read_cbor(data: bytes) -> dict[str, object]:
    """Read a CBOR map (RFC 8949) of definite lengths, with text keys, without tags and floating-point numbers.

    Raises:
        MalformedError: no such CBOR, or bytes behind it.
        DuplicateError: a key twice in one map.
        LimitExceededError: too deep, too many items.
    """
    pairs = _count_pairs(data)
    try:
        tree = cbor2.loads(data, max_depth=MAX_BODY_DEPTH + 1, allow_indefinite=False, strict_hashable_types=True)
    except cbor2.CBORDecodeError:
        raise MalformedError("bad_cbor", "dump") from None
    if sum(len(item) for item in _maps(tree)) != pairs:
        raise DuplicateError("duplicate_key", "dump")
    return _object(tree)


def octets(value: object, where: str) -> bytes:
    """The bytes of a member: a byte string, or text in base64 or base64url, with or without padding (RFC 4648).

    Raises:
        MalformedError: neither.
    """
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise MalformedError("not_bytes", where)
    text = _WHITE_SPACE.sub("", value).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("not_base64", where) from None


def member(tree: dict[str, object], key: str) -> dict[str, object] | None:
    """The object under `key`, or None if it is absent or null.

    Raises:
        MalformedError: something else.
    """
    value = tree.get(key)
    return None if value is None else _object(value)


def _object(tree: object) -> dict[str, object]:
    if not isinstance(tree, dict) or not all(isinstance(key, str) for key in tree):
        raise MalformedError("not_an_object", "dump")
    return tree


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DuplicateError("duplicate_key", "dump")
    return found


def _refuse_number(_text: str) -> NoReturn:
    raise MalformedError("bad_number", "dump")


def _maps(tree: object) -> Iterator[dict[object, object]]:
    """Every map in a tree whose depth `cbor2` bounded and that, without tags, shares nothing."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _maps(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _maps(value)


def _count_pairs(data: bytes) -> int:
    """Walk the heads of all items (RFC 8949 §3) before anything is built, and count the pairs of all maps."""
    position = pairs = seen = 0
    open_items = [1]
    while open_items:
        if open_items[-1] == 0:
            open_items.pop()
            continue
        open_items[-1] -= 1
        major, argument, position = _cbor_head(data, position)
        if major in _CBOR_STRINGS:
            position += argument
            if position > len(data):
                raise MalformedError("bad_cbor", "dump")
        elif major in (_CBOR_ARRAY, _CBOR_MAP):
            pairs += argument if major == _CBOR_MAP else 0
            items = argument * 2 if major == _CBOR_MAP else argument
            seen += items
            if seen > MAX_BODY_ITEMS:
                raise LimitExceededError("too_many_items", "dump")
            if len(open_items) > MAX_BODY_DEPTH:
                raise LimitExceededError("too_deep", "dump")
            open_items.append(items)
    if position != len(data):
        raise MalformedError("trailing_bytes", "dump")
    return pairs


def _cbor_head(data: bytes, position: int) -> tuple[int, int, int]:
    """Major type, argument and the place behind the head of one item (RFC 8949 §3)."""
    if position >= len(data):
        raise MalformedError("bad_cbor", "dump")
    major, argument = data[position] >> 5, data[position] & 0x1F
    if major == _CBOR_TAG or (major == _CBOR_SIMPLE and argument not in _CBOR_SIMPLE_VALUES) or argument > 27:
        raise MalformedError("unexpected_cbor", "dump", f"initial byte {data[position]:02X}")
    position += 1
    if argument >= 24 and major != _CBOR_SIMPLE:
        length = 1 << (argument - 24)
        if position + length > len(data):
            raise MalformedError("bad_cbor", "dump")
        argument = int.from_bytes(data[position : position + length])
        position += length
    return major, argument, position
