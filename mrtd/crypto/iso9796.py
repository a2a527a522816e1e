"""Digital signature scheme 1 with message recovery (ISO/IEC 9796-2), as Active Authentication uses it with RSA.

The chip signs M = M1 || M2: M2 is the terminal's challenge, M1 a nonce of the chip that only the signature carries
(ICAO 9303-11 §6.1). The message representative fills the modulus exactly:

    6A || M1 || hash(M1 || M2) || trailer

A nonce of c - 4 bits, c being the capacity of the signature, makes the header 6A and leaves no room for anything
else: with k bits of modulus, hash length h and trailer length t, M1 has k - h - t - 8 bits. All values are public, so
plain modular exponentiation is enough.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mrtd.crypto.digests import DIGEST_SIZES, digest
from mrtd.crypto.keys import MIN_RSA_BITS, RsaPublicKey
from mrtd.errors import MalformedError, UnsupportedError

#: Header of a partially recovered message with a full nibble boundary (ISO/IEC 9796-2).
HEADER: Final = 0x6A
#: One octet: the hash is known by other means; ICAO 9303-11 §6.1 says SHA-1.
SHORT_TRAILER: Final = 0xBC
#: Two octets: hash identifier of ISO/IEC 10118-3, then CC.
LONG_TRAILER: Final = 0xCC
HASH_IDENTIFIERS: Final[Mapping[int, str]] = MappingProxyType(
    {0x38: "sha224", 0x34: "sha256", 0x36: "sha384", 0x35: "sha512"}
)


@dataclass(frozen=True, slots=True, repr=False)
class Representative:
    """A message representative taken apart: the recovered M1, and the hash over M1 || M2 with its name."""

    hash: str
    m1: bytes
    digest: bytes


def parse_representative(block: bytes) -> Representative:
    """Take a message representative apart, the whole block consumed (ISO/IEC 9796-2, ICAO 9303-11 §6.1).

    Args:
        block: as many octets as the modulus has.

    Raises:
        MalformedError: `bad_header`, `bad_trailer`, or `too_short` for the hash that the trailer names.
    """
    if len(block) < 2 or block[0] != HEADER:
        raise MalformedError("bad_header")
    if block[-1] == SHORT_TRAILER:
        name, trailer = "sha1", 1
    elif block[-1] == LONG_TRAILER and block[-2] in HASH_IDENTIFIERS:
        name, trailer = HASH_IDENTIFIERS[block[-2]], 2
    else:
        raise MalformedError("bad_trailer")
    start = len(block) - trailer - DIGEST_SIZES[name]
    if start < 2:
        raise MalformedError("too_short")
    return Representative(name, block[1:start], block[start : len(block) - trailer])


def check_key(key: RsaPublicKey) -> None:
    """Refuse a key that the scheme cannot use (ISO/IEC 9796-2).

    Raises:
        MalformedError: `key_too_short`: fewer than 1024 bits.
        UnsupportedError: `modulus_bits`: M1 of c - 4 bits would be no whole number of octets;
            `unsupported_algorithm`: a key for RSASSA-PSS alone.
    """
    if key.bits < MIN_RSA_BITS:
        raise MalformedError("key_too_short", detail=f"{key.bits} bits")
    if key.bits % 8:
        raise UnsupportedError("modulus_bits", detail=f"{key.bits} bits")
    if key.pss_only:
        raise UnsupportedError("unsupported_algorithm", detail="a key for RSASSA-PSS alone")


def verify(key: RsaPublicKey, m2: bytes, signature: bytes) -> str | None:
    """Verify a signature whose message is M1 (recovered) followed by `m2` (ISO/IEC 9796-2, ICAO 9303-11 §6.1).

    Returns:
        The name of the hash that the trailer names, `sha1` to `sha512`, or None if the signature is not good.

    Raises:
        MalformedError: as `check_key`.
        UnsupportedError: as `check_key`.
    """
    check_key(key)
    size = key.bits // 8
    value = int.from_bytes(signature)
    if len(signature) != size or not 0 < value < key.n:
        return None
    for block in _candidates(key, value, size):
        try:
            found = parse_representative(block)
        except MalformedError:
            continue
        if hmac.compare_digest(digest(found.hash, found.m1 + m2), found.digest):
            return found.hash
    return None


def _candidates(key: RsaPublicKey, signature: int, size: int) -> Iterator[bytes]:
    """J and n - J, since a signer may send the smaller of s and n - s (ISO/IEC 9796-2)."""
    opened = pow(signature, key.e, key.n)
    yield opened.to_bytes(size)
    yield (key.n - opened).to_bytes(size)
