"""The structured changes get past the outer object, differ, and are the same for the same seed."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from random import Random

import cbor2
import pytest

from mrtd import tlv
from mrtd.errors import MrtdError
from tests.fuzz import seeds
from tests.fuzz.mutator import mutated
from tests.fuzz.promises import MAX_INPUT, answers
from tests.fuzz.targets import TARGETS

CHANGES = 300
#: ENGINEERING.md "Tests": at least this share of the examples must pass the outer object.
MINIMAL_SHARE = 0.3


class Flip:
    """Stands for libFuzzer's own mutation: one bit, the same ones in every run."""

    def __init__(self) -> None:
        self._random = Random(9303)  # noqa: S311 (reproducible on purpose)

    def __call__(self, data: bytes, size: int) -> bytes:
        changed = bytearray(data or b"\0")
        changed[self._random.randrange(len(changed))] ^= 1 << self._random.randrange(8)
        return bytes(changed[:size])


def changes(data: bytes, limit: int = MAX_INPUT) -> list[bytes]:
    flip = Flip()
    return [mutated(data, limit, seed, flip) for seed in range(CHANGES)]


@pytest.mark.parametrize("target", ["certificate", "crl", "master_list", "deviation_list", "security_object"])
def test_changes_of_a_structure(target: str) -> None:
    data = seeds.specimen(target)[0]
    made = changes(data)
    assert made == changes(data)
    assert len(set(made)) > CHANGES / 2
    outer = 0
    for changed in made:
        with suppress(MrtdError):
            outer += tlv.read(changed).end == len(changed)
    assert outer >= MINIMAL_SHARE * CHANGES
    answered = sum(answers(TARGETS[target], changed) for changed in made)
    assert 0 < answered < CHANGES


def test_changes_inside_base64() -> None:
    """PEM and LDIF stay PEM and LDIF around another certificate."""
    for data in seeds.specimen("source"):
        if data[:1] == b"\x30":
            continue
        made = changes(data)
        framed = [changed for changed in made if changed != data and _bodies(changed)]
        assert len(framed) >= MINIMAL_SHARE * CHANGES
        assert any(_bodies(changed) != _bodies(data) for changed in framed)


def _bodies(text: bytes) -> list[bytes]:
    """The DER in a PEM or LDIF, by rules of their own."""
    blocks = re.findall(rb"-----BEGIN [A-Z0-9 ]+-----\s([^-]+)-----END", text)
    values = re.findall(rb"^[A-Za-z;]+:: (.+)$", text.replace(b"\n ", b""), re.MULTILINE)
    found: list[bytes] = []
    for body in (*blocks, *values):
        with suppress(ValueError):
            found.append(base64.b64decode(b"".join(body.split()), validate=True))
    return found


@pytest.mark.parametrize("target", ["holdings", "store_file"])
def test_changes_of_cbor(target: str) -> None:
    """Most are one CBOR map again, and some of them are still what the reader knows."""
    data = seeds.specimen(target)[0]
    made = changes(data)
    maps = 0
    for changed in made:
        with suppress(cbor2.CBORDecodeError, ValueError):
            maps += isinstance(cbor2.loads(changed), dict)
    assert len(set(made)) > CHANGES / 2
    assert maps >= MINIMAL_SHARE * CHANGES
    assert 0 < sum(answers(TARGETS[target], changed) for changed in made) < CHANGES


def test_changes_are_bounded() -> None:
    assert all(len(changed) <= 64 for changed in changes(seeds.specimen("certificate")[0], 64))
    assert all(len(changed) == 1 for changed in changes(b""))
    assert b"plain text" not in changes(b"plain text")
