"""Clones, Chip Authentication keys, PACE and EF.CardSecurity (ICAO 9303-11 §6.2, §9.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids
from mrtd.evidence import ElementaryFile
from mrtd.specimen import breakage, chip_protocols
from mrtd.specimen.active_authentication_recipes import declaring
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.encoding import tlv
from mrtd.specimen.forged_keys import generator_parameters
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import Edits, IssuingProfile
from mrtd.specimen.recipe import (
    Make,
    Presentation,
    Recipe,
    Setting,
    changed,
    failed,
    issued,
    not_applicable,
    not_performed,
    passed,
    undecided,
)
from mrtd.specimen.scheme import EcKeySpec, RsaKeySpec
from mrtd.specimen.signing_key import load

_RSA_CHIP: Final = ALL_PROFILES["aa-rsa2048-sha256"]
_BAD: Final = failed("aa.signature", "AA", "bad_signature")
_STATIC: Final = load("chip-authentication", EcKeySpec("brainpoolp256r1"))
_OTHER_STATIC: Final = load("chip-authentication-2", EcKeySpec("brainpoolp256r1"))


def _clone(setting: Setting) -> Presentation:
    issuer = setting.issuer()
    return Presentation(SpecimenChip(breakage.clone(issuer.issue(MARTA), setting.algorithms)), issuer.trust())


def _injected_dg15(setting: Setting) -> Presentation:
    issuer = setting.issuer()
    plain = issuer.issue(MARTA, IssuingProfile(active_authentication=False))
    return Presentation(SpecimenChip(breakage.injected_dg15(plain, setting.algorithms)), issuer.trust())


def _replaced_dg15(setting: Setting) -> Presentation:
    """A clone with a DG15 of its own key, which EF.SOD does not vouch for."""
    issuer = setting.issuer()
    document = issuer.issue(MARTA)
    return Presentation(SpecimenChip(breakage.injected_dg15(document, setting.algorithms)), issuer.trust())


def _claiming(word: str, make: Make) -> Make:
    """The sender says how the chip was reached."""
    return lambda setting: replace(make(setting), claimed={"access.protocol": word})


_CLONES: Final = (
    Recipe("clone", "the files of a document on another chip", _clone, (_BAD,)),
    Recipe("clone_rsa", "the files of a document on another chip, RSA", _clone, (_BAD,), _RSA_CHIP),
    Recipe("stripped_dg15", "a clone that hides DG15", changed(lambda document, _: breakage.stripped_dg15(document)),
           (not_performed("aa.key", "EF.DG15", "not_sent"), not_performed("pa.dg_hash", "EF.DG15", "not_sent"))),
    Recipe("stripped_dg14", "a clone that hides DG14",
           changed(lambda document, _: document.without_file(ElementaryFile.DG14),
                   profile=IssuingProfile(chip_authentication=True)),
           (not_performed("ca.key", "EF.DG14", "not_sent"),
            undecided("aa.algorithm_declared", "EF.DG14", "algorithm_undeclared"))),
    Recipe("injected_dg15", "a clone that brings its own DG15", _injected_dg15,
           (failed("pa.dg_unlisted", "EF.DG15", "not_in_sod"), not_performed("aa.signature", "AA", "pa_not_passed"))),
    Recipe("replaced_dg15", "a clone with a DG15 of its own key", _replaced_dg15,
           (failed("pa.dg_hash", "EF.DG15", "mismatch"),)),
    Recipe("no_active_authentication", "a chip without the protocol",
           issued(profile=IssuingProfile(active_authentication=False)),
           tuple(not_applicable(check, subject, "not_supported") for check, subject in (
               ("aa.key", "EF.DG15"), ("aa.algorithm_declared", "EF.DG14"), ("aa.signature", "AA"),
               ("aa.challenge_bound", "AA"), ("ca.key", "EF.DG14"), ("ca.secure_messaging", "CA"),
               ("ca.rebind", "CA"), ("ca.claimed", "CA")))),
    Recipe("answer_not_sent", "a chip that could answer, and nothing was sent",
           changed(lambda document, _: replace(document, active_authentication_key=None)),
           (not_performed("aa.signature", "AA", "not_sent"), passed("aa.key", "EF.DG15"),
            not_performed("aa.challenge_bound", "AA", "not_sent"))),
)  # fmt: skip


def _ca(*infos: bytes) -> Make:
    return declaring(infos, own=True)


_INFO: Final = chip_protocols.chip_authentication_info
_KEY: Final = chip_protocols.chip_authentication_public_key

_CHIP_AUTHENTICATION: Final = (
    Recipe("ca_ecdh", "Chip Authentication on brainpoolP256r1",
           issued(profile=IssuingProfile(chip_authentication=True)),
           (passed("ca.key", "EF.DG14"), not_performed("ca.secure_messaging", "CA", "not_performed"),
            not_performed("ca.rebind", "CA", "not_performed"), not_applicable("ca.claimed", "CA", "not_sent"))),
    Recipe("ca_key_id", "two keys by their numbers",
           _ca(_INFO(key_id=1), _KEY(_STATIC.spki(), key_id=1), _INFO(chip_protocols.CA_ECDH_AES_256, 2),
               _KEY(_OTHER_STATIC.spki(), key_id=2)),
           (passed("ca.key", "EF.DG14"),)),
    Recipe("ca_info_missing", "a key without ChipAuthenticationInfo: 3DES", _ca(_KEY(_STATIC.spki())),
           (passed("ca.key", "EF.DG14"),)),
    Recipe("ca_3des", "3DES", _ca(_INFO(chip_protocols.CA_ECDH_3DES), _KEY(_STATIC.spki())),
           (passed("ca.key", "EF.DG14"),)),
    Recipe("ca_other_key_id", "a key whose number no ChipAuthenticationInfo has",
           _ca(_INFO(key_id=1), _KEY(_STATIC.spki(), key_id=2)),
           (undecided("ca.key", "EF.DG14", "no_matching_info"),)),
    Recipe("ca_same_key_id", "two keys of one number", _ca(_INFO(), _KEY(_STATIC.spki()), _KEY(_OTHER_STATIC.spki())),
           (undecided("ca.key", "EF.DG14", "no_matching_info"),)),
    Recipe("ca_dh", "Chip Authentication by Diffie-Hellman",
           _ca(_INFO(chip_protocols.CA_DH_AES_128),
               _KEY(chip_protocols.diffie_hellman_spki("chip-authentication"), oids.PK_DH)),
           (passed("ca.key", "EF.DG14"),)),
    Recipe("ca_key_generator", "another generator (CVE-2020-0601)",
           _ca(_INFO(), _KEY(_STATIC.spki(parameters=generator_parameters(_STATIC, 1)))),
           (undecided("ca.key", "EF.DG14", "unknown_curve"),)),
    Recipe("ca_key_off_the_curve", "a point off its curve",
           _ca(_INFO(), _KEY(_STATIC.spki()[:-1] + bytes([_STATIC.spki()[-1] ^ 1]))),
           (failed("ca.key", "EF.DG14", "bad_key"),)),
    Recipe("ca_rsa_key", "an RSA key, which agrees on nothing",
           _ca(_INFO(), _KEY(load("chip", RsaKeySpec(2048)).spki())), (failed("ca.key", "EF.DG14", "bad_key"),)),
)  # fmt: skip


def _other_parameters(files: Mapping[ElementaryFile, bytes]) -> Mapping[ElementaryFile, bytes]:
    """Another number of PACE domain parameters in EF.CardSecurity."""
    stated = chip_protocols.pace_info()
    other = chip_protocols.pace_info(parameter_id=chip_protocols.PARAMETER_BRAINPOOL_P256R1 + 1)
    tampered = files[ElementaryFile.CARD_SECURITY].replace(stated, other)
    return {**files, ElementaryFile.CARD_SECURITY: tampered}


_PACE: Final = IssuingProfile(pace=True, card_security=True)
_OTHER_ACCESS: Final = chip_protocols.card_access((chip_protocols.pace_info(chip_protocols.PACE_ECDH_IM_AES_128),))

_ACCESS: Final = (
    Recipe("pace", "PACE in EF.CardAccess and DG14", issued(profile=IssuingProfile(pace=True)),
           (passed("access.card_access_signed", "EF.CardAccess"),)),
    Recipe("card_security", "EF.CardSecurity, signed", issued(profile=_PACE),
           (passed("pa.sod.signature", "EF.CardSecurity"), passed("pa.sod.content_type", "EF.CardSecurity"))),
    Recipe("card_security_tampered", "EF.CardSecurity changed afterwards",
           issued(Edits(files=_other_parameters), profile=_PACE),
           (failed("pa.sod.message_digest", "EF.CardSecurity", "mismatch"),)),
    Recipe("card_access_differs", "an EF.CardAccess that nobody signed",
           issued(Edits(files=lambda files: {**files, ElementaryFile.CARD_ACCESS: _OTHER_ACCESS}),
                  profile=IssuingProfile(pace=True)),
           (failed("access.card_access_signed", "EF.CardAccess", "differs"),)),
    Recipe("card_access_without_dg14", "an EF.CardAccess, and no DG14 that could vouch for it",
           issued(profile=IssuingProfile(pace=True, groups=((14, None),))),
           (not_performed("access.card_access_signed", "EF.CardAccess", "earlier_step"),)),
    Recipe("card_access_not_sent", "PACE in DG14, and no EF.CardAccess",
           changed(lambda document, _: document.without_file(ElementaryFile.CARD_ACCESS),
                   profile=IssuingProfile(pace=True)),
           (not_applicable("access.card_access_signed", "EF.CardAccess", "not_read"),)),
    Recipe("bac_despite_pace", "BAC with a chip that offers PACE",
           _claiming("BAC", issued(profile=IssuingProfile(pace=True))),
           (failed("access.pace_downgrade", "chip", "bac_despite_pace"),
            undecided("access.protocol", "chip", "claimed"))),
    Recipe("pace_claimed", "the sender says PACE", _claiming("PACE-GM", issued(profile=IssuingProfile(pace=True))),
           (undecided("access.protocol", "chip", "claimed"),)),
    Recipe("terminal_authentication", "a chip that guards fingers",
           declaring((chip_protocols.terminal_authentication_info(),), own=True), (passed("lds.parse", "EF.DG14"),)),
    Recipe("unknown_protocol", "a protocol that nobody knows in DG14",
           declaring((tlv(0x30, bytes.fromhex("06032A0304"), bytes.fromhex("020101")),), own=True),
           (passed("lds.parse", "EF.DG14"),)),
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in (*_CLONES, *_CHIP_AUTHENTICATION, *_ACCESS)})
