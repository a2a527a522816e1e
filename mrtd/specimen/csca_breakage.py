"""CSCA certificates that depart from the profile, one reason each (ICAO 9303-12 §7.1)."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids
from mrtd.specimen import certificate_extensions as rare
from mrtd.specimen import certificates
from mrtd.specimen.certificate_breakage import Edit, adding, csca, dsc, lengthened, twice, without, without_country
from mrtd.specimen.certificate_profiles import CSCA_NAME
from mrtd.specimen.encoding import algorithm, der, distinguished_name, signature_algorithm
from mrtd.specimen.forged_keys import generator_parameters
from mrtd.specimen.issuer import Edits
from mrtd.specimen.recipe import Finding, Presentation, Recipe, Setting, issued, passed, undecided
from mrtd.specimen.scheme import SignatureScheme

_TOO_LONG_SERIAL: Final = 1 << 167
_UNKNOWN_ALGORITHM: Final = der(algorithm("1.2.840.10045.4.3.99"))


def csca_not_der_length(setting: Setting) -> Presentation:
    """A CSCA whose signed part has a length of one octet more than needed, signed as it stands."""
    key = setting.issuer().csca_key

    def edit(certificate: bytes) -> bytes:
        return certificates.resigned(certificate, setting.algorithms.csca_scheme, key, lengthened)

    return issued(Edits(csca_certificate=edit))(setting)


def csca_with_generator(setting: Setting) -> Presentation:
    """A CSCA whose point is genuine and whose generator is the forger's; trusting it must not help him."""
    genuine = setting.issuer()
    spki = genuine.csca_key.spki(parameters=generator_parameters(genuine.csca_key, 1))
    return csca(lambda template: replace(template, spki=spki))(setting)


def outer_algorithm_of_csca(setting: Setting) -> Presentation:
    """A CSCA that outside its signed part states SHA-1."""
    stated = der(signature_algorithm(SignatureScheme(setting.algorithms.csca_scheme.kind, "sha1")))
    return issued(Edits(csca_certificate=lambda der_: certificates.with_outer_algorithm(der_, stated)))(setting)


def _csca_deviates(name: str, title: str, edit: Edit, reason: str, *more: Finding) -> Recipe:
    return Recipe(f"csca_{name}", title, csca(edit), (passed("pa.csca.profile", "CSCA", reason), *more))


def _renamed(country: str | None) -> Edit:
    """The CSCA under another country, in subject and issuer."""
    name = certificates.name(CSCA_NAME, country=country)
    return lambda template: replace(template, subject=name, issuer=name)


_CSCA_PROFILE: Final = (
    _csca_deviates("version_1", "X.509 version 1", lambda template: replace(template, version=0), "version_not_3"),
    _csca_deviates(
        "serial_zero", "serial number 0", lambda template: replace(template, serial=0), "serial_not_positive",
    ),
    _csca_deviates(
        "serial_too_long", "serial number of 21 octets",
        lambda template: replace(template, serial=_TOO_LONG_SERIAL), "serial_too_long",
    ),
    _csca_deviates("country_lower_case", "country in small letters", _renamed("ut"), "country_not_upper_case"),
    _csca_deviates("country_malformed", "country of three letters", _renamed("UTO"), "country_malformed"),
    _csca_deviates(
        "country_differs", "an issuer of a neighbour state",
        lambda template: replace(template, issuer=certificates.name(CSCA_NAME, country="XX")),
        "country_subject_issuer",
    ),
    _csca_deviates(
        "authority_key_malformed", "authorityKeyIdentifier that cannot be read",
        adding(rare.malformed(oids.AUTHORITY_KEY_IDENTIFIER)), "extension_malformed",
    ),
    _csca_deviates(
        "extension_twice", "subjectKeyIdentifier twice", twice(oids.SUBJECT_KEY_IDENTIFIER), "extension_duplicate",
    ),
    Recipe("csca_outer_algorithm", "another algorithm outside the signed part", outer_algorithm_of_csca,
           (passed("pa.csca.profile", "CSCA", "algorithm_inner_outer"),)),
    Recipe("csca_not_der_length", "a length that DER forbids", csca_not_der_length,
           (passed("pa.csca.profile", "CSCA", "not_der"),)),
    Recipe("csca_changed_generator", "an anchor over another generator (CVE-2020-0601)", csca_with_generator,
           (undecided("pa.path", "DSC", "unknown_curve"),)),
    Recipe("dsc_signed_by_unknown_algorithm", "a DSC signed in a way that nobody knows",
           dsc(lambda template: replace(template, declared_algorithm=_UNKNOWN_ALGORITHM)),
           (undecided("pa.path", "DSC", "unsupported_algorithm"),)),
    _csca_deviates("path_length_1", "a CSCA with CAs below it", adding(rare.certificate_authority(1)), "path_length"),
    _csca_deviates(
        "path_length_missing", "a CSCA that states no path length", adding(rare.certificate_authority(None)),
        "path_length",
    ),
    _csca_deviates(
        "no_basic_constraints", "a CSCA without basicConstraints",
        without(oids.BASIC_CONSTRAINTS), "basic_constraints",
    ),
    _csca_deviates(
        "basic_constraints_not_critical", "basicConstraints that are not critical",
        adding(rare.certificate_authority(0, critical=False)), "basic_constraints",
    ),
    _csca_deviates(
        "signs_no_crl", "a CSCA that may not sign CRLs", adding(certificates.key_usage("keyCertSign")), "key_usage",
        undecided("pa.dsc.revocation", "DSC", "no_crl"),
    ),
    _csca_deviates(
        "no_key_identifier", "no subjectKeyIdentifier",
        without(oids.SUBJECT_KEY_IDENTIFIER), "subject_key_identifier",
    ),
    _csca_deviates(
        "no_usage_period", "no privateKeyUsagePeriod",
        without(oids.PRIVATE_KEY_USAGE_PERIOD), "private_key_usage_period",
    ),
    Recipe(
        "csca_may_not_issue", "a CSCA whose keyUsage lacks keyCertSign",
        csca(adding(certificates.key_usage("cRLSign"))),
        (undecided("pa.path", "DSC", "no_csca"),),
    ),
    Recipe(
        "no_country_at_all", "neither certificate names a country",
        issued(
            Edits(
                csca=lambda template: replace(
                    template.without(oids.SUBJECT_ALT_NAME),
                    subject=distinguished_name(certificates.name_attributes(CSCA_NAME, country=None)),
                    issuer=distinguished_name(certificates.name_attributes(CSCA_NAME, country=None)),
                ),
                dsc=without_country,
            )
        ),
        (
            undecided("cross.country_dsc", "DSC", "unmapped"),
            undecided("cross.country_csca", "CSCA", "unmapped"),
            passed("pa.csca.profile", "CSCA", "country_missing"),
        ),
    ),
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in _CSCA_PROFILE})
