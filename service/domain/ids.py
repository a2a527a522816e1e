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


def person_id(random: bytes) -> str:
    """`pe_` and 26 characters of base32."""
    return "pe_" + _base32(random)


def sign_in_id(random: bytes) -> str:
    """`si_` and 26 characters of base32."""
    return "si_" + _base32(random)


def session_id(random: bytes) -> str:
    """`ss_` and 26 characters of base32: a name for a session, and no key to it."""
    return "ss_" + _base32(random)


def device_id(random: bytes) -> str:
    """`de_` and 26 characters of base32."""
    return "de_" + _base32(random)


def pairing_id(random: bytes) -> str:
    """`pa_` and 26 characters of base32."""
    return "pa_" + _base32(random)


def client_id(random: bytes) -> str:
    """`cl_` and 26 characters of base32."""
    return "cl_" + _base32(random)


def live_session_id(random: bytes) -> str:
    """`ls_` and 26 characters of base32."""
    return "ls_" + _base32(random)


def image_id(random: bytes) -> str:
    """`im_` and 26 characters of base32."""
    return "im_" + _base32(random)


def hand_over_id(random: bytes) -> str:
    """`ho_` and 26 characters of base32."""
    return "ho_" + _base32(random)


def order_id(random: bytes) -> str:
    """`or_` and 26 characters of base32."""
    return "or_" + _base32(random)


def result_id(random: bytes) -> str:
    """A version 4 UUID (RFC 9562 §5.4), for `jti` and `txn`."""
    return str(uuid.UUID(bytes=random, version=4))


def _base32(random: bytes) -> str:
    if len(random) != ID_BYTES:
        raise ValueError(f"an id is made of {ID_BYTES} random bytes")
    return base64.b32encode(random).decode().rstrip("=")
