"""Public keys from SubjectPublicKeyInfo (RFC 5280 §4.1.2.7, RFC 8017 A.1.1, RFC 5480 §2).

A key is checked before it is used: sizes before any arithmetic, RSA exponent odd, point on the curve and not at
infinity, uncompressed (SECURITY.md 5.6).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ecdsa import ellipticcurve

from mrtd.crypto.ec_params import CURVES, UNCOMPRESSED, Curve, from_explicit, named
from mrtd.errors import LimitExceededError, MalformedError, UnsupportedError
from mrtd.tlv import BIT_STRING, NULL, OBJECT_IDENTIFIER, SEQUENCE, Tlv, integer, oid, read_only

RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
RSASSA_PSS: Final = "1.2.840.113549.1.1.10"
EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
#: id-ecDH (RFC 5480 §2.1.2): some chips name their Chip Authentication key so.
EC_DH: Final = "1.3.132.1.12"

#: Shorter moduli have been factored in public; no certificate of a state has ever had one.
MIN_RSA_BITS: Final = 1024
#: The largest real CSCA has 6144 bits; the time of a verification grows with the square.
MAX_RSA_BITS: Final = 8192
#: The largest real exponent has 17 bits; OpenSSL refuses more than 64 above 3072-bit moduli.
MAX_RSA_EXPONENT_BITS: Final = 64
#: An 8192-bit RSA key or a 521-bit point with explicit parameters takes a third of this.
MAX_SPKI: Final = 4096

_FIELDS: Final = {c.name: ellipticcurve.CurveFp(c.p, c.a, c.b, c.h) for c in CURVES}


@dataclass(frozen=True, slots=True)
class RsaPublicKey:
    """An RSA public key (RFC 8017 §3.1). With `pss_only` it may verify RSASSA-PSS alone (RFC 4055 §1.2)."""

    n: int
    e: int
    pss_only: bool = False

    @property
    def bits(self) -> int:
        """The length of the modulus in bits."""
        return self.n.bit_length()

    @property
    def name(self) -> str:
        """`rsa4096` and so on: for facts and statistics."""
        return f"rsa{self.bits}"


@dataclass(frozen=True, slots=True)
class EcPublicKey:
    """A point on a standard curve; `explicit` says that the parameters were spelled out."""

    curve: Curve
    x: int
    y: int
    explicit: bool

    @property
    def bits(self) -> int:
        """The length of the field in bits."""
        return self.curve.bits

    @property
    def name(self) -> str:
        """The name of the curve."""
        return self.curve.name


PublicKey = RsaPublicKey | EcPublicKey


def key_digest(key: PublicKey) -> bytes:
    """SHA-256 over the value of a key: one for all its encodings (named or explicit curve, padded integers)."""
    if isinstance(key, EcPublicKey):
        return hashlib.sha256(f"ec {key.curve.name} {key.x:x} {key.y:x}".encode()).digest()
    return hashlib.sha256(f"rsa {key.n:x} {key.e:x}".encode()).digest()


def parse_spki(der: bytes) -> PublicKey:
    """The key in a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).

    Raises:
        MalformedError: `bad_key` and the codes of the TLV reader.
        UnsupportedError: `unsupported_algorithm`, `unknown_curve`.
    """
    if len(der) > MAX_SPKI:
        raise LimitExceededError("bad_key", detail="SubjectPublicKeyInfo too long")
    return _parse_spki(der)


@lru_cache(maxsize=2048)
def _parse_spki(der: bytes) -> PublicKey:
    items = read_only(der, SEQUENCE).children()
    if len(items) != 2:
        raise MalformedError("bad_key")
    identifier = items[0].expect(SEQUENCE).children()
    if not 1 <= len(identifier) <= 2:
        raise MalformedError("bad_key")
    algorithm = oid(identifier[0])
    parameters = identifier[1] if len(identifier) == 2 else None
    bits = items[1].expect(BIT_STRING).value
    if not bits or bits[0] != 0:
        raise MalformedError("bad_key", detail="unused bits in the key")
    if algorithm in (RSA_ENCRYPTION, RSASSA_PSS):
        return _rsa(bits[1:], parameters, algorithm)
    if algorithm in (EC_PUBLIC_KEY, EC_DH):
        return _ec(bits[1:], parameters)
    raise UnsupportedError("unsupported_algorithm", detail=f"key {algorithm}")


def ec_point(curve: Curve, encoded: bytes) -> tuple[int, int]:
    """The coordinates of an uncompressed point (BSI TR-03111 §3.2.1), checked to lie on the curve.

    The point at infinity has no uncompressed encoding; all curves have cofactor 1, so any other point on the curve
    is in the right group.

    Raises:
        MalformedError: `bad_key`.
    """
    size = curve.octets
    if len(encoded) != 1 + 2 * size or encoded[0] != UNCOMPRESSED:
        raise MalformedError("bad_key", detail="point is not uncompressed")
    x, y = int.from_bytes(encoded[1 : 1 + size]), int.from_bytes(encoded[1 + size :])
    if x >= curve.p or y >= curve.p or not _FIELDS[curve.name].contains_point(x, y):
        raise MalformedError("bad_key", detail="point is not on the curve")
    return x, y


def _rsa(encoded: bytes, parameters: Tlv | None, algorithm: str) -> RsaPublicKey:
    pss_only = algorithm == RSASSA_PSS
    if pss_only and parameters is not None:
        raise UnsupportedError("unsupported_algorithm", detail="RSASSA-PSS key with parameters")
    if parameters is not None and parameters.tag != NULL:
        raise MalformedError("bad_key", detail="parameters of an RSA key")
    items = read_only(encoded, SEQUENCE).children()
    if len(items) != 2:
        raise MalformedError("bad_key")
    n = integer(items[0], max_octets=MAX_RSA_BITS // 8 + 1)
    e = integer(items[1], max_octets=MAX_RSA_EXPONENT_BITS // 8 + 1)
    if n.bit_length() > MAX_RSA_BITS or e.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise LimitExceededError("bad_key", detail="RSA key too long")
    if n < 0 or n.bit_length() < MIN_RSA_BITS or not n & 1:
        raise MalformedError("bad_key", detail="RSA modulus")
    if e < 3 or not e & 1:
        raise MalformedError("bad_key", detail="RSA exponent")
    return RsaPublicKey(n, e, pss_only)


def _ec(encoded: bytes, parameters: Tlv | None) -> EcPublicKey:
    if parameters is None:
        raise UnsupportedError("unknown_curve", detail="no parameters")
    if parameters.tag == OBJECT_IDENTIFIER:
        curve, explicit = named(oid(parameters)), False
    elif parameters.tag == SEQUENCE:
        curve, explicit = from_explicit(parameters), True
    else:
        raise UnsupportedError("unknown_curve", detail="implicit parameters")
    x, y = ec_point(curve, encoded)
    return EcPublicKey(curve, x, y, explicit)
