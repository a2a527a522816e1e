"""Times and strengths: documents signed at the wrong time, and by too weak keys (ICAO 9303-12 §4.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from mrtd.specimen import certificates
from mrtd.specimen.algorithm_profiles import mixed, on_curve
from mrtd.specimen.certificate_breakage import Edit, adding, csca, dsc
from mrtd.specimen.issuer import Edits, IssuingProfile
from mrtd.specimen.recipe import (
    AT,
    Make,
    Presentation,
    Recipe,
    Setting,
    failed,
    issued,
    passed,
)
from mrtd.specimen.scheme import EcKeySpec, RsaKeySpec, SchemeKind, SignatureScheme

_DAY: Final = timedelta(days=1)


def signed_outside(*, days: int) -> Make:
    """A document that was issued so many days away from today."""

    def make(setting: Setting) -> Presentation:
        day = (setting.now + days * _DAY).date()
        return issued(profile=IssuingProfile(date_of_issue=day))(setting)

    return make


def _validity(start: timedelta, end: timedelta) -> Edit:
    """notBefore and notAfter by their distance from the time of the recipes."""
    return lambda template: replace(template, not_before=AT + start, not_after=AT + end)


def _usage_period(start: timedelta, end: timedelta) -> Edit:
    return adding(certificates.private_key_usage_period(AT + start, AT + end))


_TIMES: Final = (
    Recipe(
        "dsc_expired", "a DSC that ended yesterday", dsc(_validity(-400 * _DAY, -1 * _DAY)),
        (
            failed("pa.dsc.validity_now", "DSC", "expired"),
            failed("pa.dsc.validity_at_signing", "DSC", "outside"),
        ),
    ),
    Recipe(
        "dsc_not_yet_valid", "a DSC that begins tomorrow", dsc(_validity(_DAY, 4000 * _DAY)),
        (
            failed("pa.dsc.validity_now", "DSC", "not_yet_valid"),
            failed("pa.dsc.validity_at_signing", "DSC", "outside"),
        ),
    ),
    Recipe(
        "dsc_expired_since_signing", "a good document of two months ago, whose DSC has ended since",
        issued(
            Edits(dsc=_validity(-75 * _DAY, -1 * _DAY)),
            profile=IssuingProfile(date_of_issue=(AT - 60 * _DAY).date()),
        ),
        (failed("pa.dsc.validity_now", "DSC", "expired"), passed("pa.dsc.validity_at_signing", "DSC")),
    ),
    Recipe(
        "signed_before_the_dsc", "a document older than its DSC", signed_outside(days=-200),
        (
            failed("pa.dsc.validity_at_signing", "DSC", "outside"),
            failed("pa.dsc.usage_period", "DSC", "outside"),
        ),
    ),
    Recipe(
        "signed_after_the_key", "signed when the key might no longer sign",
        dsc(_usage_period(-75 * _DAY, -2 * _DAY)),
        (failed("pa.dsc.usage_period", "DSC", "outside"), passed("pa.dsc.validity_at_signing", "DSC")),
    ),
    Recipe(
        "csca_expired", "a CSCA that ended yesterday", csca(_validity(-700 * _DAY, -1 * _DAY)),
        (
            failed("pa.csca.validity_now", "CSCA", "expired"),
            failed("pa.csca.validity_at_signing", "CSCA", "outside"),
        ),
    ),
    Recipe(
        "csca_not_yet_valid", "a CSCA that begins tomorrow", csca(_validity(_DAY, 6000 * _DAY)),
        (failed("pa.csca.validity_now", "CSCA", "not_yet_valid"),),
    ),
)  # fmt: skip

_WEAK_RSA: Final = (RsaKeySpec(1024), SignatureScheme(SchemeKind.RSA_PKCS1, "sha256"))
_STRONG_EC: Final = (EcKeySpec("brainpoolp256r1"), SignatureScheme(SchemeKind.ECDSA, "sha256"))
_SHA1_EC: Final = (EcKeySpec("brainpoolp256r1"), SignatureScheme(SchemeKind.ECDSA, "sha1"))

_STRENGTH: Final = (
    Recipe(
        "weak_dsc_key", "a DSC of 1024 bits", issued(), (passed("pa.algorithms", "DSC", "weak_algorithm"),),
        mixed("weak-dsc", _STRONG_EC, _WEAK_RSA),
    ),
    Recipe(
        "weak_curve", "everything on a curve of 192 bits", issued(),
        (passed("pa.algorithms", "CSCA", "weak_algorithm"),), on_curve("brainpoolp192r1"),
    ),
    Recipe(
        "sha1_in_security_object", "EF.SOD signed with SHA-1", issued(),
        (passed("pa.algorithms", "SOD", "weak_algorithm"),), mixed("sha1-sod", _STRONG_EC, _SHA1_EC, digest="sha256"),
    ),
    Recipe(
        "sha1_in_certificates", "certificates signed with SHA-1", issued(),
        (passed("pa.algorithms", "DSC", "weak_algorithm"), passed("pa.algorithms", "CSCA", "weak_algorithm")),
        mixed("sha1-certificates", _SHA1_EC, _STRONG_EC),
    ),
    Recipe(
        "sha1_data_groups", "data groups hashed with SHA-1", issued(),
        (passed("pa.algorithms", "DG hash", "weak_algorithm"),),
        mixed("sha1-groups", _STRONG_EC, _STRONG_EC, digest="sha1"),
    ),
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in (*_TIMES, *_STRENGTH)})
