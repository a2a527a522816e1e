"""Real files, changed: bytes that get past the outer tag and break something further in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mrtd import tlv
from mrtd.errors import MrtdError
from tests.mrtd.lds.build import der

#: ENGINEERING.md "Tests": at least this share of the examples must pass the outer object.
MINIMAL_SHARE = 0.3


def edited(data: bytes, draw: st.DrawFn) -> bytes:
    """`data` with one to four edits."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(changed) - 1)))
        match draw(st.sampled_from(("set", "copy", "insert", "delete", "repeat", "cut"))):
            case "set" if changed:
                changed[place] = draw(st.integers(0, 255))
            case "copy" if changed:
                changed[place] = changed[draw(st.integers(0, len(changed) - 1))]
            case "insert":
                changed[place:place] = draw(st.binary(min_size=1, max_size=8))
            case "delete":
                del changed[place : place + draw(st.integers(1, 32))]
            case "repeat":
                changed[place:place] = changed[place : place + draw(st.integers(1, 64))]
            case "cut":
                del changed[place:]
    return bytes(changed)


@st.composite
def mutated(draw: st.DrawFn, files: Sequence[bytes]) -> bytes:
    """One of `files`, edited as a whole or inside its outer object, whose length is then put right."""
    original = draw(st.sampled_from(files))
    if draw(st.integers(0, 3)) == 0:
        return edited(original, draw)
    outer = tlv.read(original)
    return der(outer.tag, edited(outer.value, draw)) + original[outer.end :]


def only_typed_errors(parse: Callable[[bytes], object], files: Sequence[bytes], budget: Callable) -> None:
    """`parse` answers or raises an `MrtdError` for every mutation, and enough mutations get past the outer object."""
    places: set[str] = set()
    seen = {"all": 0, "outer": 0, "answered": 0}

    @budget
    @given(mutated(files))
    def run(data: bytes) -> None:
        seen["all"] += 1
        with contextlib.suppress(MrtdError):
            tlv.read(data)
            seen["outer"] += 1
        try:
            repr(parse(data))
            seen["answered"] += 1
        except MrtdError as error:
            places.add(error.where)

    run()
    assert "" not in places
    assert seen["outer"] >= MINIMAL_SHARE * seen["all"]
    assert 0 < seen["answered"] < seen["all"]


def real_files(folder: Path, *patterns: str) -> list[bytes]:
    """The contents of the files of `folder` that match, in the order of their names; at least one a pattern."""
    found: list[bytes] = []
    for pattern in patterns:
        paths = sorted(folder.glob(pattern))
        assert paths, pattern
        found += [path.read_bytes() for path in paths]
    return found
