"""The keys of phones: P-256, and their names (RFC 7638)."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from mrtd.crypto.keys import EcPublicKey, PublicKey

P256: Final = "secp256r1"
THUMBPRINT_OCTETS: Final = 32
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_COORDINATE: Final = 32


def is_p256(key: PublicKey | None) -> bool:
    """Whether it is a key on P-256 whose curve is named (RFC 5480 §2.1.1)."""
    return isinstance(key, EcPublicKey) and key.curve.name == P256 and not key.explicit


def thumbprint(key: PublicKey | None) -> str | None:
    """The JWK thumbprint of a P-256 key (RFC 7638 §3, SHA-256, base64url); None for any other key."""
    if not isinstance(key, EcPublicKey) or not is_p256(key):
        return None
    x, y = (_base64url(value.to_bytes(_COORDINATE)) for value in (key.x, key.y))
    canonical = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return _base64url(hashlib.sha256(canonical.encode("ascii")).digest())


def thumbprint_octets(text: str) -> bytes:
    """The 32 octets of a thumbprint.

    Raises:
        ValueError: it is none.
    """
    octets = base64.urlsafe_b64decode(text + "=") if _THUMBPRINT.fullmatch(text) else b""
    if len(octets) != THUMBPRINT_OCTETS or _base64url(octets) != text:
        raise ValueError("no RFC 7638 thumbprint")
    return octets


def uncompressed_point(key: EcPublicKey) -> bytes:
    """The point as X9.62 writes it: 04, x, y."""
    return b"\x04" + key.x.to_bytes(_COORDINATE) + key.y.to_bytes(_COORDINATE)


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
