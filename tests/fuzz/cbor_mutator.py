"""Changes of one member of a CBOR item (RFC 8949), for readers of dumps, holdings and store files."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

import cbor2

#: Values of every type that CBOR has, at the edges: what a reader expects least.
_STRANGERS: Final = (
    None,
    True,
    -1,
    2**63,
    2**64,
    1.5,
    float("inf"),
    float("nan"),
    "",
    b"",
    [],
    {},
    [None] * 9,
    {"": None},
    {1: 2},
    cbor2.undefined,
    cbor2.CBORSimpleValue(99),
    cbor2.CBORTag(0, "2026-11-24T12:00:00Z"),
    cbor2.CBORTag(1, 1e308),
    cbor2.CBORTag(4, [99_999_999, 1]),
    cbor2.CBORTag(35, "(a*)*b"),
    cbor2.CBORTag(258, [1, 1]),
    cbor2.CBORTag(6_000, None),
)


def mutated_cbor(data: bytes, random: Random, mutate_bytes: Callable[[bytes], bytes]) -> bytes | None:
    """`data` with one member exchanged, doubled or gone; None if it is no CBOR map.

    Args:
        data: one item.
        random: chooses the place and the change.
        mutate_bytes: what to do with a byte string.
    """
    if not data or data[0] >> 5 != 5:
        return None
    try:
        tree = cbor2.loads(data, max_depth=16)
        places = _places(tree)
        if not places:
            return None
        holder, key = random.choice(places)
        _change(holder, key, random, mutate_bytes)
        return cbor2.dumps(tree)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError):
        return None  # an earlier stranger among the members


def _places(tree: object) -> list[tuple[Any, Any]]:
    """Every (map or array, key or index) below `tree`."""
    found: list[tuple[Any, Any]] = []
    stack = [tree]
    while stack:
        item = stack.pop()
        keys = list(item) if isinstance(item, dict) else list(range(len(item))) if isinstance(item, list) else []
        found += [(item, key) for key in keys]
        stack += [item[key] for key in keys]
    return found


def _change(holder: Any, key: Any, random: Random, mutate_bytes: Callable[[bytes], bytes]) -> None:
    value = holder[key]
    match random.choice(("own", "own", "own", "stranger", "drop", "double")):
        case "own" if isinstance(value, bytes):
            holder[key] = mutated_cbor(value, random, mutate_bytes) or mutate_bytes(value)
        case "own" if isinstance(value, str):
            holder[key] = mutate_bytes(value.encode()).decode("utf-8", "replace")
        case "own" if isinstance(value, int):
            holder[key] = random.choice((-value, value + 1, value << 40, not value))
        case "drop":
            del holder[key]
        case "double" if isinstance(holder, list):
            holder[key:key] = [value] * random.choice((1, 30))
        case "double":
            holder[f"{key}x"] = value
        case _:
            holder[key] = random.choice(_STRANGERS)
