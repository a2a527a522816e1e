"""How the specimen state signs: key types, signature schemes, algorithm profiles. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids


class SchemeKind(StrEnum):
    """The signature schemes of ICAO 9303-12 §4.1.6."""

    RSA_PKCS1 = "rsa_pkcs1"
    RSA_PSS = "rsa_pss"
    ECDSA = "ecdsa"


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """A scheme with its hash (`sha256`).

    `salt_length` in octets is for RSA-PSS. `digest_info_null` is for PKCS #1 v1.5: RFC 8017 §9.2 wants the NULL in
    DigestInfo, some signers leave it out.
    """

    kind: SchemeKind
    hash: str
    salt_length: int = 0
    digest_info_null: bool = True


@dataclass(frozen=True, slots=True)
class RsaKeySpec:
    """An RSA key: size of the modulus in bits, and the public exponent; `pss_only` declares id-RSASSA-PSS."""

    bits: int
    exponent: int = 65537
    pss_only: bool = False


@dataclass(frozen=True, slots=True)
class EcKeySpec:
    """An EC key: the curve as python-ecdsa names it, in lower case; explicit parameters unless told otherwise.

    ICAO 9303-12 §4.1.6 asks for explicit parameters in certificates.
    """

    curve: str
    explicit_parameters: bool = True


KeySpec = RsaKeySpec | EcKeySpec


@dataclass(frozen=True, slots=True)
class AlgorithmProfile:
    """Which keys and schemes a chain, its security objects and its chips use.

    `digest` hashes the data groups; the content of EF.SOD is hashed by the hash of `sod_scheme`, because
    digestAlgorithm and signatureAlgorithm must agree (RFC 5652 §5.3). `active_authentication_hash` is declared in
    DG14 for ECDSA and stands in the trailer of ISO/IEC 9796-2 for RSA.
    """

    name: str
    csca_key: KeySpec
    csca_scheme: SignatureScheme
    dsc_key: KeySpec
    sod_scheme: SignatureScheme
    digest: str
    active_authentication_key: KeySpec
    active_authentication_hash: str


RSA_2048: Final = AlgorithmProfile(
    name="rsa-2048",
    csca_key=RsaKeySpec(3072),
    csca_scheme=SignatureScheme(SchemeKind.RSA_PKCS1, "sha256"),
    dsc_key=RsaKeySpec(2048),
    sod_scheme=SignatureScheme(SchemeKind.RSA_PKCS1, "sha256"),
    digest="sha256",
    active_authentication_key=RsaKeySpec(2048),
    active_authentication_hash="sha256",
)

RSA_2048_PSS: Final = AlgorithmProfile(
    name="rsa-2048-pss",
    csca_key=RsaKeySpec(3072),
    csca_scheme=SignatureScheme(SchemeKind.RSA_PSS, "sha256", 32),
    dsc_key=RsaKeySpec(2048),
    sod_scheme=SignatureScheme(SchemeKind.RSA_PSS, "sha256", 32),
    digest="sha256",
    active_authentication_key=RsaKeySpec(2048),
    active_authentication_hash="sha256",
)

BRAINPOOL_P256R1: Final = AlgorithmProfile(
    name="brainpoolp256r1",
    csca_key=EcKeySpec("brainpoolp384r1"),
    csca_scheme=SignatureScheme(SchemeKind.ECDSA, "sha384"),
    dsc_key=EcKeySpec("brainpoolp256r1"),
    sod_scheme=SignatureScheme(SchemeKind.ECDSA, "sha256"),
    digest="sha256",
    active_authentication_key=EcKeySpec("brainpoolp256r1"),
    active_authentication_hash="sha256",
)

#: The profiles by name.
PROFILES: Final = MappingProxyType({profile.name: profile for profile in (RSA_2048, RSA_2048_PSS, BRAINPOOL_P256R1)})

#: Digest algorithms by the names of hashlib (NIST CSOR); ICAO 9303-12 §4.1.6 knows neither of the last two.
DIGEST_OIDS: Final = MappingProxyType(
    {
        "sha1": oids.SHA1,
        "sha224": oids.SHA224,
        "sha256": oids.SHA256,
        "sha384": oids.SHA384,
        "sha512": oids.SHA512,
        "md5": oids.MD5,
        "sha3_256": oids.SHA3_256,
    }
)

_SIGNATURE_OIDS: Final = MappingProxyType(
    {
        (SchemeKind.RSA_PKCS1, "sha1"): oids.SHA1_WITH_RSA,
        (SchemeKind.RSA_PKCS1, "sha224"): oids.SHA224_WITH_RSA,
        (SchemeKind.RSA_PKCS1, "sha256"): oids.SHA256_WITH_RSA,
        (SchemeKind.RSA_PKCS1, "sha384"): oids.SHA384_WITH_RSA,
        (SchemeKind.RSA_PKCS1, "sha512"): oids.SHA512_WITH_RSA,
        (SchemeKind.ECDSA, "sha1"): oids.ECDSA_WITH_SHA1,
        (SchemeKind.ECDSA, "sha224"): oids.ECDSA_WITH_SHA224,
        (SchemeKind.ECDSA, "sha256"): oids.ECDSA_WITH_SHA256,
        (SchemeKind.ECDSA, "sha384"): oids.ECDSA_WITH_SHA384,
        (SchemeKind.ECDSA, "sha512"): oids.ECDSA_WITH_SHA512,
    }
)

#: ecdsa-plain-SHAxxx, what DG14 declares for Active Authentication (BSI TR-03111 §5.2.1.1).
PLAIN_ECDSA_OIDS: Final = MappingProxyType(
    {
        "sha1": oids.ECDSA_PLAIN_SHA1,
        "sha224": oids.ECDSA_PLAIN_SHA224,
        "sha256": oids.ECDSA_PLAIN_SHA256,
        "sha384": oids.ECDSA_PLAIN_SHA384,
        "sha512": oids.ECDSA_PLAIN_SHA512,
    }
)


def signature_oid(scheme: SignatureScheme) -> str:
    """The identifier of a scheme; for RSA-PSS the hash stands in its parameters (RFC 4055 §3)."""
    return oids.RSASSA_PSS if scheme.kind is SchemeKind.RSA_PSS else _SIGNATURE_OIDS[scheme.kind, scheme.hash]
