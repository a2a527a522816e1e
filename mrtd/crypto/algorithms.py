"""Signature algorithms by AlgorithmIdentifier (RFC 5280 §4.1.1.2, RFC 4055, RFC 5758; ICAO 9303-12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.crypto.digests import hash_name
from mrtd.crypto.keys import RSA_ENCRYPTION, RSASSA_PSS
from mrtd.errors import MalformedError, UnsupportedError
from mrtd.tlv import NULL, SEQUENCE, Tlv, integer, oid

MGF1: Final = "1.2.840.113549.1.1.8"
#: Defaults of RSASSA-PSS-params (RFC 4055 §3.1).
PSS_DEFAULT_HASH: Final = "sha1"
PSS_DEFAULT_SALT: Final = 20
PSS_TRAILER: Final = 1
#: The longest salt that an 8192-bit key can carry is shorter than this many octets.
MAX_SALT: Final = 1024


class Scheme(StrEnum):
    """How a hash becomes a signature."""

    RSA_PKCS1 = "rsa_pkcs1"
    RSA_PSS = "rsa_pss"
    ECDSA = "ecdsa"


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm with all that a verification needs.

    `salt_length` (octets) and `mgf_hash` belong to RSASSA-PSS. `hash_from_digest_algorithm` says that the identifier
    was bare `rsaEncryption` and the hash came from the SignerInfo's digestAlgorithm.
    """

    scheme: Scheme
    hash: str
    salt_length: int | None
    mgf_hash: str | None
    oid: str
    hash_from_digest_algorithm: bool = False


_FIXED: Final[Mapping[str, tuple[Scheme, str]]] = MappingProxyType(
    {
        "1.2.840.113549.1.1.5": (Scheme.RSA_PKCS1, "sha1"),
        "1.2.840.113549.1.1.14": (Scheme.RSA_PKCS1, "sha224"),
        "1.2.840.113549.1.1.11": (Scheme.RSA_PKCS1, "sha256"),
        "1.2.840.113549.1.1.12": (Scheme.RSA_PKCS1, "sha384"),
        "1.2.840.113549.1.1.13": (Scheme.RSA_PKCS1, "sha512"),
        "1.2.840.10045.4.1": (Scheme.ECDSA, "sha1"),
        "1.2.840.10045.4.3.1": (Scheme.ECDSA, "sha224"),
        "1.2.840.10045.4.3.2": (Scheme.ECDSA, "sha256"),
        "1.2.840.10045.4.3.3": (Scheme.ECDSA, "sha384"),
        "1.2.840.10045.4.3.4": (Scheme.ECDSA, "sha512"),
    }
)

#: ecdsa-plain-signatures (BSI TR-03111 §5.2.1.1): r||s. Declared by chips for Active Authentication, never allowed
#: in certificates and security objects.
ECDSA_PLAIN_HASHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0.4.0.127.0.7.1.1.4.1.1": "sha1",
        "0.4.0.127.0.7.1.1.4.1.2": "sha224",
        "0.4.0.127.0.7.1.1.4.1.3": "sha256",
        "0.4.0.127.0.7.1.1.4.1.4": "sha384",
        "0.4.0.127.0.7.1.1.4.1.5": "sha512",
    }
)


def parse_signature_algorithm(identifier: Tlv, *, digest_algorithm: str | None = None) -> SignatureAlgorithm:
    """The algorithm that an AlgorithmIdentifier names (RFC 5280 §4.1.1.2).

    Args:
        identifier: the AlgorithmIdentifier as stored.
        digest_algorithm: object identifier of the SignerInfo's digestAlgorithm; bare `rsaEncryption` takes its hash
            from there (RFC 3370 §3.2).

    Raises:
        MalformedError: the structure is broken, or parameters stand where none belong.
        UnsupportedError: `unsupported_algorithm`.
    """
    items = identifier.expect(SEQUENCE).children()
    if not 1 <= len(items) <= 2:
        raise MalformedError("bad_algorithm")
    algorithm = oid(items[0])
    parameters = items[1] if len(items) == 2 else None
    if algorithm == RSASSA_PSS:
        return _pss(parameters)
    if parameters is not None and (parameters.tag != NULL or parameters.value):
        raise MalformedError("bad_algorithm", detail="unexpected parameters")
    if algorithm == RSA_ENCRYPTION:
        if digest_algorithm is None:
            raise UnsupportedError("unsupported_algorithm", detail="rsaEncryption without a digestAlgorithm")
        hash_ = hash_name(digest_algorithm)
        return SignatureAlgorithm(Scheme.RSA_PKCS1, hash_, None, None, algorithm, hash_from_digest_algorithm=True)
    if algorithm not in _FIXED:
        raise UnsupportedError("unsupported_algorithm", detail=f"signature {algorithm}")
    scheme, hash_ = _FIXED[algorithm]
    return SignatureAlgorithm(scheme, hash_, None, None, algorithm)


def parse_digest_algorithm(identifier: Tlv) -> str:
    """The object identifier in a digest AlgorithmIdentifier; parameters absent or NULL (RFC 5754 §2).

    Raises:
        MalformedError: the structure is broken, or other parameters.
    """
    items = identifier.expect(SEQUENCE).children()
    if not 1 <= len(items) <= 2 or (len(items) == 2 and (items[1].tag != NULL or items[1].value)):
        raise MalformedError("bad_algorithm")
    return oid(items[0])


def _pss(parameters: Tlv | None) -> SignatureAlgorithm:
    """RSASSA-PSS-params in full (RFC 4055 §3.1): each field explicit or at its default, in order, once."""
    if parameters is None:
        raise UnsupportedError("unsupported_algorithm", detail="RSASSA-PSS without parameters")
    hash_, mgf_hash, salt, trailer = PSS_DEFAULT_HASH, PSS_DEFAULT_HASH, PSS_DEFAULT_SALT, PSS_TRAILER
    last_tag = 0
    for item in parameters.expect(SEQUENCE).children():
        inner = item.children() if item.constructed else []
        if item.tag <= last_tag or len(inner) != 1:
            raise MalformedError("bad_algorithm", detail="RSASSA-PSS parameters")
        last_tag = item.tag
        if item.tag == 0xA0:
            hash_ = hash_name(parse_digest_algorithm(inner[0]))
        elif item.tag == 0xA1:
            mgf_hash = _mgf_hash(inner[0])
        elif item.tag == 0xA2:
            salt = integer(inner[0], max_octets=4)
        elif item.tag == 0xA3:
            trailer = integer(inner[0], max_octets=4)
        else:
            raise MalformedError("bad_algorithm", detail="RSASSA-PSS parameters")
    if trailer != PSS_TRAILER or not 0 <= salt <= MAX_SALT or mgf_hash != hash_:
        raise UnsupportedError("unsupported_algorithm", detail="RSASSA-PSS parameters")
    return SignatureAlgorithm(Scheme.RSA_PSS, hash_, salt, mgf_hash, RSASSA_PSS)


def _mgf_hash(identifier: Tlv) -> str:
    items = identifier.expect(SEQUENCE).children()
    if len(items) != 2 or oid(items[0]) != MGF1:
        raise UnsupportedError("unsupported_algorithm", detail="mask generation function")
    return hash_name(parse_digest_algorithm(items[1]))
