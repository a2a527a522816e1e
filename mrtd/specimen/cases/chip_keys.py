"""Cases of the keys that DG15 and DG14 hold, and what DG14 declares (ICAO 9303-11 §6.1, §6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from mrtd.asn1 import oids
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import chip_protocols, forged_keys
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, ChipAnswers, Finding, Importance, Specimen, Verdicts
from mrtd.specimen.cases.chapter import (
    Chapter,
    absent,
    failed,
    not_applicable,
    not_performed,
    passed,
    undecided,
)
from mrtd.specimen.cases.chip_dumps import EC_PROFILE
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    CLONE,
    GOOD,
    UNPROVEN,
    everywhere,
)
from mrtd.specimen.encoding import tlv
from mrtd.specimen.issuer import IssuingProfile
from mrtd.specimen.scheme import EcKeySpec, RsaKeySpec
from mrtd.specimen.signing_key import SigningKey, load

_CHAPTER: Final = Chapter(__name__)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _keys()
    yield from _declarations()
    yield from _chip_authentication()


def _keys() -> Iterator[Case]:
    nothing_to_verify = (
        not_performed("aa.algorithm_declared", "EF.DG14", R.EARLIER_STEP),
        not_performed("aa.signature", "AA", R.EARLIER_STEP),
        absent("pa.algorithms", "AA"),
    )
    bad: tuple[tuple[str, str, Callable[[], bytes], R], ...] = (
        ("not-a-key", "DG15 holds an empty structure", lambda: tlv(0x30, b""), R.BAD_KEY),
        ("point-off-curve", "The point of the key does not lie on its curve", _off_curve, R.BAD_KEY),
        ("rsa-768", "An RSA key of 768 bits", lambda: load("chip", RsaKeySpec(768)).spki(), R.BAD_KEY),
    )
    for name, title, spki, reason in bad:
        yield _CHAPTER.case(
            f"dg15-{name}",
            f"{title}; the state signed it like that",
            std.AA_CURVES,
            _with_dg15(spki),
            failed("aa.key", "EF.DG15", reason),
            nothing_to_verify,
            verdicts=everywhere(CLONE),
            reason=reason,
            importance=Importance.CRITICAL,
        )
    unknown: tuple[tuple[str, str, Callable[[], bytes], R], ...] = (
        (
            "changed-generator",
            "The key of DG15 spells out its curve with another generator",
            lambda: _other_generator("chip"),
            R.UNKNOWN_CURVE,
        ),
        (
            "diffie-hellman",
            "The key of DG15 is one that signs nothing",
            lambda: chip_protocols.diffie_hellman_spki("chip"),
            R.UNSUPPORTED_ALGORITHM,
        ),
    )
    for name, title, spki, reason in unknown:
        yield _CHAPTER.case(
            f"dg15-{name}",
            f"{title}; the state signed it like that",
            std.AA_CURVES,
            _with_dg15(spki),
            undecided("aa.key", "EF.DG15", reason),
            nothing_to_verify,
            verdicts=everywhere(UNPROVEN),
            reason=reason,
            importance=Importance.CRITICAL,
        )
    yield _CHAPTER.case(
        "dg15-unreadable",
        "DG15 holds two keys, where one belongs; the state signed it like that",
        std.AA_KEY,
        _with_group(15, tlv(0x6F, tlv(0x30, b""), tlv(0x30, b""))),
        failed("lds.parse", "EF.DG15", R.MALFORMED),
        not_performed("aa.key", "EF.DG15", R.EARLIER_STEP),
        nothing_to_verify,
        verdicts=everywhere(UNPROVEN),
        reason=R.MALFORMED,
    )


def _declarations() -> Iterator[Case]:
    silent = replace(bench.PASSPORT, active_authentication_info=False)
    undeclared = passed("aa.algorithm_declared", "EF.DG14", R.ALGORITHM_UNDECLARED)
    yield _CHAPTER.case(
        "ec-undeclared",
        "No DG14 declares the hash; it is found to be SHA-256",
        std.AA_ECDSA,
        lambda: bench.specimen(bench.passport(silent)),
        undeclared,
        importance=Importance.MEDIUM,
        features=("ec",),
    )
    yield _CHAPTER.case(
        "ec-undeclared-sha1",
        "No DG14 declares the hash; it is found to be SHA-1",
        std.AA_ECDSA,
        lambda: bench.specimen(
            bench.passport(silent), chip=ChipAnswers("chip", EC_PROFILE.name, behaviour="sha1-instead")
        ),
        undeclared,
        passed("pa.algorithms", "AA", R.WEAK_ALGORITHM),
        verdicts=everywhere(ATTENTION),
        importance=Importance.MEDIUM,
        features=("ec", "sha1"),
    )
    twice = (
        chip_protocols.active_authentication_info("0.4.0.127.0.7.1.1.4.1.3"),
        chip_protocols.active_authentication_info("0.4.0.127.0.7.1.1.4.1.5"),
    )
    for name, title, infos in (
        ("ec-declared-twice", "DG14 declares two hashes, and not the same", twice),
        (
            "ec-declared-unknown",
            "DG14 declares an algorithm that nobody knows",
            (chip_protocols.active_authentication_info("0.4.0.127.0.7.1.1.4.1.99"),),
        ),
    ):
        yield _CHAPTER.case(
            name,
            title,
            std.AA_ECDSA,
            _issued(replace(silent, security_infos=infos)),
            undecided("aa.algorithm_declared", "EF.DG14", R.ALGORITHM_UNDECLARED),
            not_performed("aa.signature", "AA", R.EARLIER_STEP),
            verdicts=everywhere(UNPROVEN),
            reason=R.ALGORITHM_UNDECLARED,
            features=("ec",),
        )


def _chip_authentication() -> Iterator[Case]:
    other_id = chip_protocols.chip_authentication_public_key(_static().spki(), key_id=7)
    keys: tuple[tuple[str, str, Callable[[], tuple[bytes, ...]], Finding, Verdicts, R | None], ...] = (
        (
            "dg14-rsa-key",
            "A key of Chip Authentication that agrees on nothing",
            lambda: chip_protocols.chip_authentication_infos(load("chip", RsaKeySpec(2048)).spki()),
            failed("ca.key", "EF.DG14", R.BAD_KEY),
            everywhere(CLONE),
            R.BAD_KEY,
        ),
        (
            "dg14-point-off-curve",
            "The point of the key does not lie on its curve",
            lambda: chip_protocols.chip_authentication_infos(_off_curve()),
            failed("ca.key", "EF.DG14", R.BAD_KEY),
            everywhere(CLONE),
            R.BAD_KEY,
        ),
        (
            "dg14-changed-generator",
            "The key spells out its curve with another generator",
            lambda: chip_protocols.chip_authentication_infos(_other_generator("chip-authentication")),
            undecided("ca.key", "EF.DG14", R.UNKNOWN_CURVE),
            everywhere(GOOD),
            None,
        ),
        (
            "dg14-diffie-hellman",
            "A key in a prime field of RFC 5114",
            lambda: (
                chip_protocols.chip_authentication_info(chip_protocols.CA_DH_AES_128),
                chip_protocols.chip_authentication_public_key(
                    chip_protocols.diffie_hellman_spki("chip-authentication"), oids.PK_DH
                ),
            ),
            passed("ca.key", "EF.DG14"),
            everywhere(GOOD),
            None,
        ),
        (
            "dg14-unknown-prime-field",
            "A key in a prime field of no standard, which could hide an easy group",
            lambda: (
                chip_protocols.chip_authentication_info(chip_protocols.CA_DH_AES_128),
                chip_protocols.chip_authentication_public_key(
                    chip_protocols.diffie_hellman_spki("chip-authentication", shift=2), oids.PK_DH
                ),
            ),
            undecided("ca.key", "EF.DG14", R.UNSUPPORTED_ALGORITHM),
            everywhere(GOOD),
            None,
        ),
        (
            "dg14-no-matching-info",
            "The key and the protocol have different numbers",
            lambda: (chip_protocols.chip_authentication_info(key_id=1), other_id),
            undecided("ca.key", "EF.DG14", R.NO_MATCHING_INFO),
            everywhere(GOOD),
            None,
        ),
    )
    for name, title, infos, finding, verdicts, reason in keys:
        yield _CHAPTER.case(
            name,
            f"{title}; Active Authentication answers well",
            std.CHIP_AUTHENTICATION_KEY,
            _with_made_infos(infos),
            _chip_authentication_offered(finding),
            verdicts=verdicts,
            reason=reason,
            importance=Importance.HIGH,
        )
    yield _CHAPTER.case(
        "dg14-key-without-info",
        "A key of Chip Authentication without its protocol: 3DES is meant",
        std.CHIP_AUTHENTICATION_KEY,
        _with_infos((chip_protocols.chip_authentication_public_key(_static().spki()),)),
        _chip_authentication_offered(passed("ca.key", "EF.DG14")),
        passed("pa.algorithms", "CA"),
        importance=Importance.MEDIUM,
    )


# --- recipes


def _issued(profile: IssuingProfile) -> Callable[[], Specimen]:
    return lambda: bench.specimen(bench.passport(profile))


def _with_group(number: int, data: bytes) -> Callable[[], Specimen]:
    return _issued(replace(bench.PASSPORT, groups=(*bench.PASSPORT.groups, (number, data))))


def _with_dg15(spki: Callable[[], bytes]) -> Callable[[], Specimen]:
    def make() -> Specimen:
        return _with_group(15, tlv(0x6F, spki()))()

    return make


def _with_infos(infos: tuple[bytes, ...]) -> Callable[[], Specimen]:
    return _issued(replace(bench.PASSPORT, security_infos=infos))


def _with_made_infos(infos: Callable[[], tuple[bytes, ...]]) -> Callable[[], Specimen]:
    def make() -> Specimen:
        return _with_infos(infos())()

    return make


def _chip_authentication_offered(key: Finding) -> tuple[Finding, ...]:
    return (
        key,
        not_performed("ca.secure_messaging", "CA", R.NOT_PERFORMED),
        not_performed("ca.rebind", "CA", R.NOT_PERFORMED),
        not_applicable("ca.claimed", "CA", R.NOT_SENT),
    )


def _static() -> SigningKey:
    return load("chip-authentication", EcKeySpec("brainpoolp256r1"))


def _off_curve() -> bytes:
    """The last bit of y changed."""
    spki = load("chip", EcKeySpec("brainpoolp256r1")).spki()
    return spki[:-1] + bytes([spki[-1] ^ 1])


def _other_generator(role: str) -> bytes:
    key = load(role, EcKeySpec("brainpoolp256r1"))
    return key.spki(parameters=forged_keys.generator_parameters(key, scalar=2))
