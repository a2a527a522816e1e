"""Active Authentication: answers, declarations and keys, good and bad (ICAO 9303-11 §6.1, §9.2.4; ISO/IEC 9796-2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids
from mrtd.specimen import chip_protocols, data_groups
from mrtd.specimen.algorithm_profiles import ALL_PROFILES, with_chip
from mrtd.specimen.chip import BEHAVIOURS, Behaviour, SpecimenChip
from mrtd.specimen.elliptic_curves import DomainParameters, domain_parameters, named_parameters
from mrtd.specimen.encoding import tlv
from mrtd.specimen.forged_keys import generator_parameters
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile
from mrtd.specimen.recipe import (
    Finding,
    Make,
    Presentation,
    Recipe,
    Setting,
    failed,
    issued,
    not_performed,
    passed,
    undecided,
)
from mrtd.specimen.scheme import AlgorithmProfile, EcKeySpec
from mrtd.specimen.signing_key import load

_RSA_CHIP: Final = ALL_PROFILES["aa-rsa2048-sha256"]
_EC_CHIP: Final = ALL_PROFILES["aa-secp256r1-sha256"]
#: An AlgorithmIdentifier that DG14 may not state for Active Authentication.
_UNKNOWN_ALGORITHM: Final = "1.2.840.10045.4.3.99"


def answering(behaviour: Behaviour, *, complement: bool = False) -> Make:
    """A genuine document whose chip answers the challenge in its own way."""

    def make(setting: Setting) -> Presentation:
        issuer = setting.issuer()
        chip = SpecimenChip(issuer.issue(MARTA), complement=complement, behaviour=behaviour)
        return Presentation(chip, issuer.trust())

    return make


def with_key(spki: Callable[[Setting], bytes]) -> Make:
    """A DG15 of another key, which the state signs."""

    def make(setting: Setting) -> Presentation:
        return issued(profile=IssuingProfile(groups=((15, data_groups.dg15(spki(setting))),)))(setting)

    return make


def _spelt(parameters: Callable[[DomainParameters], DomainParameters]) -> Make:
    """DG15 with a good point over parameters that are spelt out wrong."""

    def spki(setting: Setting) -> bytes:
        spec = setting.algorithms.active_authentication_key
        curve = spec.curve if isinstance(spec, EcKeySpec) else ""
        return load("chip", spec).spki(parameters=parameters(domain_parameters(curve)).encode())

    return with_key(spki)


def _generator(setting: Setting) -> bytes:
    key = load("chip", setting.algorithms.active_authentication_key)
    return key.spki(parameters=generator_parameters(key, 1))


def _off_the_curve(setting: Setting) -> bytes:
    """The last octet of the point is changed."""
    spki = load("chip", setting.algorithms.active_authentication_key).spki()
    return spki[:-1] + bytes([spki[-1] ^ 1])


def _compressed(setting: Setting) -> bytes:
    """The point in its compressed form (BSI TR-03111 §3.2.1)."""
    key = load("chip", setting.algorithms.active_authentication_key)
    point = key.public_bits()
    size = len(point) // 2
    shorter = bytes([2 + point[-1] % 2]) + point[1 : 1 + size]
    curve = key.spec.curve if isinstance(key.spec, EcKeySpec) else ""
    identifier = tlv(0x30, bytes.fromhex("06072A8648CE3D0201"), named_parameters(curve))
    return tlv(0x30, identifier, tlv(0x03, b"\x00" + shorter))


def declaring(infos: Iterable[bytes], *, own: bool = False) -> Make:
    """DG14 with these SecurityInfos; `own` keeps that of Active Authentication beside them."""
    profile = IssuingProfile(security_infos=tuple(infos), active_authentication_info=own)
    return issued(profile=profile)


def _answers(
    name: str, behaviour: str, result: Finding, algorithms: AlgorithmProfile, *, complement: bool = False
) -> Recipe:
    way = answering(BEHAVIOURS[behaviour], complement=complement)
    return Recipe(f"aa_{name}", f"the chip answers: {behaviour}", way, (result,), algorithms)


_GOOD: Final = passed("aa.signature", "AA")
_BAD: Final = failed("aa.signature", "AA", "bad_signature")
#: Behaviours that are bad for every key, for RSA alone, and for ECDSA alone.
_BAD_FOR_ALL: Final = (
    "zero-before", "last-octet-left-out", "leading-zero-left-out", "empty", "zeros", "ones", "one-bit-changed",
    "another-message", "reversed-challenge", "longer-message",
)  # fmt: skip
_BAD_FOR_RSA: Final = (
    "total-recovery-header", "padded-header", "trailer-of-ripemd-160", "trailer-33cc", "trailer-bc-over-sha256",
    "trailer-of-another-hash", "no-trailer",
)  # fmt: skip
_BAD_FOR_EC: Final = ("sha1-instead", "sha512-instead")


def _word(behaviour: str) -> str:
    return behaviour.replace("-", "_")


_SIGNATURES: Final = (
    *(
        Recipe(f"aa_{name.removeprefix('aa-').replace('-', '_')}", f"Active Authentication by {name}", issued(),
               (_GOOD, passed("aa.key", "EF.DG15")), profile)
        for name, profile in ALL_PROFILES.items()
        if name.startswith("aa-") and name != "aa-rsa768-sha1"
    ),
    _answers("rsa_complement", "as-declared", _GOOD, _RSA_CHIP, complement=True),
    _answers("rsa_leading_zero", "leading-zero", _GOOD, _RSA_CHIP),
    _answers("ec_leading_zero", "leading-zero", _GOOD, _EC_CHIP),
    _answers("ec_der_encoded", "der-encoded", passed("aa.signature", "AA", "der_encoded"), _EC_CHIP),
    *(_answers(f"rsa_{_word(name)}", name, _BAD, _RSA_CHIP) for name in (*_BAD_FOR_ALL, *_BAD_FOR_RSA)),
    *(_answers(f"ec_{_word(name)}", name, _BAD, _EC_CHIP) for name in (*_BAD_FOR_ALL, *_BAD_FOR_EC)),
    Recipe("aa_undeclared", "an undeclared hash, found to be SHA-256", declaring(()),
           (passed("aa.algorithm_declared", "EF.DG14", "algorithm_undeclared"), _GOOD), _EC_CHIP),
    Recipe("aa_undeclared_sha1", "an undeclared hash, found to be SHA-1", declaring(()),
           (passed("aa.algorithm_declared", "EF.DG14", "algorithm_undeclared"),
            passed("pa.algorithms", "AA", "weak_algorithm")),
           with_chip(EcKeySpec("secp256r1"), "sha1")),
    Recipe("aa_undeclared_sha256_on_384_bits", "an undeclared SHA-256 on a curve of 384 bits",
           declaring(()), (passed("aa.algorithm_declared", "EF.DG14", "algorithm_undeclared"), _GOOD),
           ALL_PROFILES["aa-secp384r1-sha256"]),
    Recipe("aa_declared_unknown", "a declared algorithm that nobody knows",
           declaring((chip_protocols.active_authentication_info(_UNKNOWN_ALGORITHM),)),
           (undecided("aa.algorithm_declared", "EF.DG14", "algorithm_undeclared"),
            not_performed("aa.signature", "AA", "earlier_step")), _EC_CHIP),
    Recipe("aa_declared_twice", "two declarations that differ",
           declaring((chip_protocols.active_authentication_info(oids.ECDSA_PLAIN_SHA1),), own=True),
           (undecided("aa.algorithm_declared", "EF.DG14", "algorithm_undeclared"),), _EC_CHIP),
    Recipe("aa_stronger_declared", "SHA-512 is declared, SHA-256 signs",
           declaring((chip_protocols.active_authentication_info(oids.ECDSA_PLAIN_SHA512),)), (_BAD,), _EC_CHIP),
    Recipe("aa_x962_declared", "an X9.62 identifier in place of the plain one",
           declaring((chip_protocols.active_authentication_info(oids.ECDSA_WITH_SHA256),)), (_GOOD,), _EC_CHIP),
)  # fmt: skip

_KEYS: Final = (
    Recipe("aa_key_of_768_bits", "a key of 768 bits", issued(), (failed("aa.key", "EF.DG15", "bad_key"),),
           ALL_PROFILES["aa-rsa768-sha1"]),
    Recipe("aa_key_off_the_curve", "a point off its curve", with_key(_off_the_curve),
           (failed("aa.key", "EF.DG15", "bad_key"),), _EC_CHIP),
    Recipe("aa_key_compressed", "a compressed point", with_key(_compressed),
           (failed("aa.key", "EF.DG15", "bad_key"),), _EC_CHIP),
    Recipe("aa_key_generator", "another generator (CVE-2020-0601)", with_key(_generator),
           (undecided("aa.key", "EF.DG15", "unknown_curve"),), _EC_CHIP),
    Recipe("aa_key_unknown_algorithm", "a key of an algorithm that ICAO 9303-11 §6.1 does not have (Ed25519)",
           with_key(lambda _: tlv(0x30, tlv(0x30, bytes.fromhex("06032B6570")), tlv(0x03, bytes(33)))),
           (undecided("aa.key", "EF.DG15", "unsupported_algorithm"),), _EC_CHIP),
    Recipe("aa_key_order", "another order of the group", _spelt(lambda known: replace(known, order=known.order - 2)),
           (undecided("aa.key", "EF.DG15", "unknown_curve"),), _EC_CHIP),
    Recipe("aa_key_cofactor", "another cofactor", _spelt(lambda known: replace(known, cofactor=2)),
           (undecided("aa.key", "EF.DG15", "unknown_curve"),), _EC_CHIP),
    Recipe("aa_key_without_cofactor", "no cofactor, which the standard allows",
           _spelt(lambda known: replace(known, cofactor=None)), (passed("aa.key", "EF.DG15"), _GOOD), _EC_CHIP),
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in (*_SIGNATURES, *_KEYS)})
