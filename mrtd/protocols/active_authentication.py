"""Active Authentication: the chip signs a challenge with a key that it never gives away (ICAO 9303-11 §6.1).

The public key stands in EF.DG15, so it counts only where Passive Authentication vouches for that file. RSA signs by
ISO/IEC 9796-2 scheme 1; ECDSA signs in plain form (r || s), its hash declared in EF.DG14. Nothing here judges whose
challenge was signed: that is `mrtd.inspection.chip_authenticity`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.crypto import iso9796, signatures
from mrtd.crypto.algorithms import ECDSA_PLAIN_HASHES, Scheme, SignatureAlgorithm
from mrtd.crypto.keys import EcPublicKey, PublicKey, RsaPublicKey

#: RND.IFD (ICAO 9303-11 §6.1).
CHALLENGE_SIZE: Final = 8

#: Hash functions by the signature algorithm of ActiveAuthenticationInfo (ICAO 9303-11 §9.2.4): the plain forms of
#: BSI TR-03111 that it asks for, and the X9.62 identifiers that some chips hold instead.
DECLARED_HASHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **ECDSA_PLAIN_HASHES,
        "1.2.840.10045.4.1": "sha1",
        "1.2.840.10045.4.3.1": "sha224",
        "1.2.840.10045.4.3.2": "sha256",
        "1.2.840.10045.4.3.3": "sha384",
        "1.2.840.10045.4.3.4": "sha512",
    }
)

_FALLBACK: Final = ("sha256", "sha384", "sha512", "sha224", "sha1")
_BY_CURVE_BITS: Final = MappingProxyType({224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512", 521: "sha512"})
_PLAIN_OIDS: Final = MappingProxyType({name: oid for oid, name in ECDSA_PLAIN_HASHES.items()})


class AaScheme(StrEnum):
    """How the chip signs."""

    ISO_9796_2 = "iso_9796_2"
    ECDSA = "ecdsa"


class AaRemark(StrEnum):
    """What was unusual about a good signature."""

    DER_ENCODED = "der_encoded"


@dataclass(frozen=True, slots=True)
class AaResult:
    """How the verification of a response ended.

    `hash` is the function that the signature was found to use (`sha1` to `sha512`), None if it did not verify.
    """

    verified: bool
    scheme: AaScheme
    hash: str | None = None
    remark: AaRemark | None = None


def check_key(key: PublicKey) -> None:
    """Whether `key` can serve Active Authentication; points and curves were judged when it was read.

    Raises:
        MalformedError, UnsupportedError: as `iso9796.check_key`.
    """
    if isinstance(key, RsaPublicKey):
        iso9796.check_key(key)


def verify(key: PublicKey, challenge: bytes, response: bytes, *, declared_hash: str | None) -> AaResult:
    """Verify the response of INTERNAL AUTHENTICATE (ICAO 9303-11 §6.1).

    Args:
        key: from EF.DG15.
        challenge: RND.IFD, the message that must have been signed; 8 octets, no other length verifies.
        response: the chip's signature.
        declared_hash: the hash that EF.DG14 declares for ECDSA; then no other is tried. None: every one is tried in a
            fixed order. RSA names its hash in the signature itself.

    Raises:
        MalformedError: the key is unfit.
        UnsupportedError: the signature cannot be decided.
    """
    scheme = AaScheme.ISO_9796_2 if isinstance(key, RsaPublicKey) else AaScheme.ECDSA
    if len(challenge) != CHALLENGE_SIZE:
        return AaResult(False, scheme)
    if isinstance(key, RsaPublicKey):
        found = iso9796.verify(key, challenge, response)
        return AaResult(found is not None, scheme, found)
    return _verify_ecdsa(key, challenge, response, declared_hash)


def hash_order(curve_bits: int) -> tuple[str, ...]:
    """The order in which undeclared hashes are tried: by the curve's size, then the commonest (SECURITY.md 5.7)."""
    first = _BY_CURVE_BITS.get(curve_bits)
    return _FALLBACK if first is None else (first, *(name for name in _FALLBACK if name != first))


def _verify_ecdsa(key: EcPublicKey, challenge: bytes, response: bytes, declared: str | None) -> AaResult:
    names = hash_order(key.curve.bits) if declared is None else (declared,)
    for name in names:
        if _ecdsa(key, name, challenge, response, raw=True):
            return AaResult(True, AaScheme.ECDSA, name)
    for name in names:
        if _ecdsa(key, name, challenge, response, raw=False):
            return AaResult(True, AaScheme.ECDSA, name, AaRemark.DER_ENCODED)
    return AaResult(False, AaScheme.ECDSA)


def _ecdsa(key: EcPublicKey, name: str, challenge: bytes, response: bytes, *, raw: bool) -> bool:
    algorithm = SignatureAlgorithm(Scheme.ECDSA, name, None, None, _PLAIN_OIDS[name])
    return signatures.verify(key, algorithm, challenge, response, raw_ecdsa=raw)
