"""The chains that the specimen state uses: what real states do, and what they must not do."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.specimen.elliptic_curves import CURVE_NAMES, domain_parameters
from mrtd.specimen.scheme import (
    BRAINPOOL_P256R1,
    PROFILES,
    AlgorithmProfile,
    EcKeySpec,
    KeySpec,
    RsaKeySpec,
    SchemeKind,
    SignatureScheme,
)

_PKCS1, _PSS, _ECDSA = SchemeKind.RSA_PKCS1, SchemeKind.RSA_PSS, SchemeKind.ECDSA


def mixed(
    name: str,
    csca: tuple[KeySpec, SignatureScheme],
    dsc: tuple[KeySpec, SignatureScheme],
    *,
    digest: str | None = None,
    chip: tuple[KeySpec, str] | None = None,
) -> AlgorithmProfile:
    """A profile of any keys and schemes.

    Args:
        name: of the profile.
        csca: key of the CSCA, and how it signs certificates and CRLs.
        dsc: key of the DSC, and how it signs EF.SOD.
        digest: hash of the data groups; by default the hash of the DSC's scheme.
        chip: key of Active Authentication and its hash; by default brainpoolP256r1 with SHA-256.
    """
    chip_key, chip_hash = chip or (EcKeySpec("brainpoolp256r1"), "sha256")
    return AlgorithmProfile(
        name=name,
        csca_key=csca[0],
        csca_scheme=csca[1],
        dsc_key=dsc[0],
        sod_scheme=dsc[1],
        digest=digest or dsc[1].hash,
        active_authentication_key=chip_key,
        active_authentication_hash=chip_hash,
    )


def _rsa(bits: int, hash_name: str, kind: SchemeKind = _PKCS1, salt: int = 0) -> tuple[KeySpec, SignatureScheme]:
    return RsaKeySpec(bits), SignatureScheme(kind, hash_name, salt)


def _ec(curve: str, hash_name: str, *, explicit: bool = True) -> tuple[KeySpec, SignatureScheme]:
    return EcKeySpec(curve, explicit), SignatureScheme(_ECDSA, hash_name)


def hash_for(curve: str) -> str:
    """The hash that fits a curve: at most as long as the group order (BSI TR-03111 §4.1.3), SHA-224 at least."""
    bits = domain_parameters(curve).order.bit_length()
    return "sha512" if bits >= 512 else "sha384" if bits >= 384 else "sha256" if bits >= 256 else "sha224"


def on_curve(curve: str, *, explicit: bool = True) -> AlgorithmProfile:
    """Everything on one curve, parameters explicit or named (RFC 5480 §2.1.1.1)."""
    key = _ec(curve, hash_for(curve), explicit=explicit)
    name = f"all-{curve}" if explicit else f"all-{curve}-named"
    return mixed(name, key, key, chip=(key[0], hash_for(curve)))


def _with_hash(hash_name: str) -> AlgorithmProfile:
    key = _ec("secp256r1", hash_name)
    return mixed(f"secp256r1-{hash_name}", key, key, chip=(key[0], hash_name))


_MIXED: Final = (
    mixed("rsa-3072", _rsa(4096, "sha256"), _rsa(3072, "sha256"), chip=(RsaKeySpec(2048), "sha1")),
    mixed("rsa-4096", _rsa(6144, "sha512"), _rsa(4096, "sha512"), chip=(RsaKeySpec(2048), "sha512")),
    mixed(
        "rsa-2048-e3",
        (RsaKeySpec(2048, 3), SignatureScheme(_PKCS1, "sha256")),
        (RsaKeySpec(2048, 3), SignatureScheme(_PKCS1, "sha256")),
    ),
    mixed("rsa-1024", _rsa(2048, "sha1"), _rsa(1024, "sha1"), chip=(RsaKeySpec(1024), "sha1")),
    mixed("rsa-pss-salt-0", _rsa(3072, "sha256", _PSS, 0), _rsa(2048, "sha256", _PSS, 0)),
    mixed("rsa-pss-salt-20", _rsa(3072, "sha256", _PSS, 20), _rsa(2048, "sha256", _PSS, 20)),
    mixed("rsa-pss-salt-64", _rsa(3072, "sha256", _PSS, 64), _rsa(2048, "sha256", _PSS, 64)),
    mixed("rsa-pss-sha1", _rsa(3072, "sha1", _PSS, 20), _rsa(2048, "sha1", _PSS, 20)),
    mixed("rsa-pss-sha512", _rsa(4096, "sha512", _PSS, 64), _rsa(3072, "sha512", _PSS, 64)),
    mixed(
        "rsa-pss-only-keys",
        (RsaKeySpec(3072, pss_only=True), SignatureScheme(_PSS, "sha256", 32)),
        (RsaKeySpec(2048, pss_only=True), SignatureScheme(_PSS, "sha256", 32)),
    ),
    mixed(
        "rsa-sha384-no-null",
        (RsaKeySpec(3072), SignatureScheme(_PKCS1, "sha384", digest_info_null=False)),
        (RsaKeySpec(2048), SignatureScheme(_PKCS1, "sha384", digest_info_null=False)),
    ),
    mixed("rsa-over-ec", _rsa(4096, "sha256"), _ec("secp256r1", "sha256"), chip=(RsaKeySpec(2048), "sha384")),
    mixed(
        "ec-over-rsa", _ec("secp521r1", "sha512"), _rsa(2048, "sha256", _PSS, 32), chip=(RsaKeySpec(2048), "sha224")
    ),
    mixed("pss-over-pkcs1", _rsa(3072, "sha256", _PSS, 32), _rsa(2048, "sha256")),
    mixed("pkcs1-over-pss", _rsa(3072, "sha256"), _rsa(2048, "sha512", _PSS, 64)),
    mixed("brainpool-over-nist", _ec("brainpoolp512r1", "sha512"), _ec("secp384r1", "sha384"), digest="sha512"),
    mixed("sha1-groups", _ec("secp256r1", "sha256"), _ec("secp256r1", "sha256"), digest="sha1"),
)


def with_chip(key: KeySpec, hash_name: str) -> AlgorithmProfile:
    """The chain of `BRAINPOOL_P256R1` with another key of Active Authentication, named after it."""
    kind = key.curve if isinstance(key, EcKeySpec) else f"rsa{key.bits}"
    return replace(
        BRAINPOOL_P256R1,
        name=f"aa-{kind}-{hash_name}",
        active_authentication_key=key,
        active_authentication_hash=hash_name,
    )


_HASHES: Final = ("sha1", "sha224", "sha256", "sha384", "sha512")
_CHIPS: Final = (
    *(with_chip(RsaKeySpec(2048), name) for name in _HASHES),
    *(with_chip(RsaKeySpec(1024), name) for name in _HASHES),
    with_chip(RsaKeySpec(768), "sha1"),
    *(with_chip(EcKeySpec("secp256r1"), name) for name in _HASHES),
    with_chip(EcKeySpec("secp384r1"), "sha256"),
    with_chip(EcKeySpec("brainpoolp224r1"), "sha224"),
    with_chip(EcKeySpec("secp521r1"), "sha512"),
)

#: Every profile by name: the demo's, one a curve (explicit and named), one a hash, mixed chains, and kinds of chips.
ALL_PROFILES: Final = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            *PROFILES.values(),
            *_MIXED,
            *(_with_hash(name) for name in _HASHES),
            *_CHIPS,
            *(on_curve(curve) for curve in CURVE_NAMES),
            *(on_curve(curve, explicit=False) for curve in CURVE_NAMES),
        )
    }
)
