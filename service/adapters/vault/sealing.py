"""AES-256-GCM with a format byte: what every layer of keys is sealed with."""

from __future__ import annotations

from typing import Final

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.domain.ports import Randomness
from service.domain.vault import KEY_BYTES, UnreadableError

#: AES-256-GCM, 96-bit nonce in front, 128-bit tag behind (NIST SP 800-38D).
FORMAT: Final = b"\x01"
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


def context(*parts: str) -> bytes:
    """Parts as one octet string that no other parts give (RFC 8949 §4.2), for the associated data."""
    return cbor2.dumps(["passkoll", *parts], canonical=True)


def seal(key: bytes, plain: bytes, bound_to: bytes, randomness: Randomness) -> bytes:
    """`plain` under `key`, with a nonce of its own: random ones are safe for 2^32 messages of a key."""
    nonce = randomness.octets(NONCE_BYTES)
    return FORMAT + nonce + _cipher(key).encrypt(nonce, plain, FORMAT + bound_to)


def open_sealed(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """What was sealed.

    Raises:
        UnreadableError: another key, another context, another format, or a changed octet.
    """
    nonce, secret = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != FORMAT or len(secret) < TAG_BYTES:
        raise UnreadableError
    try:
        return _cipher(key).decrypt(nonce, secret, FORMAT + bound_to)
    except InvalidTag:
        raise UnreadableError from None


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise UnreadableError
    return AESGCM(key)
