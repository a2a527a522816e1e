"""Names of things, from 128 random bits: they say nothing and cannot be guessed."""

from __future__ import annotations

import base64
import uuid
from typing import Final

#: Enough that nobody finds another's case by trying.
ID_BYTES: Final = 16


def verification_id(random: bytes) -> str:
    """`vs_` and 26 characters of base32."""
    return "vs_" + _base32(random)


def challenge_id(random: bytes) -> str:
    """`ch_` and 26 characters of base32."""
    return "ch_" + _base32(random)


def result_id(random: bytes) -> str:
    """A version 4 UUID (RFC 9562 §5.4), for `jti` and `txn`."""
    return str(uuid.UUID(bytes=random, version=4))


def _base32(random: bytes) -> str:
    if len(random) != ID_BYTES:
        raise ValueError(f"an id is made of {ID_BYTES} random bytes")
    return base64.b32encode(random).decode().rstrip("=")
