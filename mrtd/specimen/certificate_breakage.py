"""Document signers that depart from the profile, one reason each (ICAO 9303-12 §7.1; SECURITY.md 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids
from mrtd.specimen import certificate_extensions as rare
from mrtd.specimen import certificates
from mrtd.specimen.algorithm_profiles import on_curve
from mrtd.specimen.certificate_profiles import DSC_NAME
from mrtd.specimen.certificates import CertificateExtension, CertificateTemplate
from mrtd.specimen.encoding import algorithm, der, signature_algorithm
from mrtd.specimen.issuer import Edits
from mrtd.specimen.recipe import (
    Finding,
    Make,
    Presentation,
    Recipe,
    Setting,
    failed,
    issued,
    passed,
    undecided,
)
from mrtd.specimen.scheme import SignatureScheme

Edit = Callable[[CertificateTemplate], CertificateTemplate]

_TOO_LONG_SERIAL: Final = 1 << 167
_UNKNOWN_ALGORITHM: Final = der(algorithm("1.2.840.10045.4.3.99"))


def dsc(edit: Edit) -> Make:
    """The state issues by a DSC that is edited before the CSCA signs it."""
    return issued(Edits(dsc=edit))


def csca(edit: Edit) -> Make:
    """The CSCA's own certificate is edited before it signs itself."""
    return issued(Edits(csca=edit))


def adding(*extensions: CertificateExtension) -> Edit:
    """Extensions instead of others of the same identifiers."""

    def edit(template: CertificateTemplate) -> CertificateTemplate:
        for extension in extensions:
            template = template.with_extension(extension)
        return template

    return edit


def twice(oid: str) -> Edit:
    """An extension that stands there twice."""

    def edit(template: CertificateTemplate) -> CertificateTemplate:
        doubled = tuple(entry for entry in template.extensions if entry.oid == oid)
        return replace(template, extensions=(*template.extensions, *doubled))

    return edit


def without(oid: str) -> Edit:
    """The certificate without an extension."""
    return lambda template: template.without(oid)


def without_country(template: CertificateTemplate) -> CertificateTemplate:
    """No countryName in the subject, and no code of the MRZ in the alternative names."""
    subject = certificates.name(DSC_NAME, country=None)
    return replace(template.without(oids.SUBJECT_ALT_NAME), subject=subject)


def not_der(setting: Setting) -> Presentation:
    """A DSC whose booleans are 01 instead of FF (ITU-T X.690 §11.1), signed as it stands."""
    genuine = setting.issuer()

    def edit(certificate: bytes) -> bytes:
        return certificates.resigned(
            certificate,
            setting.algorithms.csca_scheme,
            genuine.csca_key,
            lambda tbs: tbs.replace(b"\x01\x01\xff", b"\x01\x01\x01"),
        )

    return issued(Edits(dsc_certificate=edit))(setting)


def not_der_length(setting: Setting) -> Presentation:
    """A DSC whose signed part has a length of one octet more than needed (ITU-T X.690 §10.1), signed as it stands."""
    genuine = setting.issuer()

    def edit(certificate: bytes) -> bytes:
        return certificates.resigned(certificate, setting.algorithms.csca_scheme, genuine.csca_key, lengthened)

    return issued(Edits(dsc_certificate=edit))(setting)


def lengthened(tbs: bytes) -> bytes:
    """The signed part with a length of one octet more than needed (ITU-T X.690 §10.1)."""
    # 30 82 hh ll: the specimen state's certificates are longer than 255 octets
    return tbs[:1] + b"\x83\x00" + tbs[2:]


def outer_algorithm(setting: Setting) -> Presentation:
    """A DSC that outside its signed part states SHA-1 (RFC 5280 §4.1.1.2)."""
    stated = der(signature_algorithm(SignatureScheme(setting.algorithms.csca_scheme.kind, "sha1")))
    return issued(Edits(dsc_certificate=lambda der_: certificates.with_outer_algorithm(der_, stated)))(setting)


def _dsc_deviates(name: str, title: str, edit: Edit, reason: str, *more: Finding) -> Recipe:
    return Recipe(f"dsc_{name}", title, dsc(edit), (passed("pa.dsc.profile", "DSC", reason), *more))


def _unauthorised(name: str, title: str, edit: Edit, reason: str) -> Recipe:
    return Recipe(f"dsc_{name}", title, dsc(edit), (failed("pa.dsc.authorised", "DSC", reason),))


_AUTHORISED: Final = (
    _unauthorised("is_ca", "a DSC that is a CA", adding(certificates.basic_constraints()), "is_ca"),
    _unauthorised(
        "may_not_sign", "a DSC for key agreement", adding(certificates.key_usage("keyAgreement")), "key_usage",
    ),
    _unauthorised("no_key_usage", "a DSC without keyUsage", without(oids.KEY_USAGE), "key_usage"),
    _unauthorised(
        "extended_key_usage", "a DSC that may also sign lists",
        adding(rare.extended_key_usage(oids.CSCA_MASTER_LIST_SIGNING_KEY)), "extended_key_usage",
    ),
    _unauthorised(
        "unknown_critical", "a critical extension that nobody knows",
        adding(rare.unknown()), "unknown_critical_extension",
    ),
    _unauthorised(
        "identity_cards", "a DSC for identity cards", adding(certificates.document_types("ID")), "document_type",
    ),
    Recipe(
        "dsc_document_types_malformed", "document types that cannot be read",
        dsc(adding(rare.malformed(oids.DOCUMENT_TYPE_LIST))),
        (
            undecided("pa.dsc.authorised", "DSC", "extension_malformed"),
            passed("pa.dsc.profile", "DSC", "extension_malformed"),
        ),
    ),
)  # fmt: skip

_DSC_PROFILE: Final = (
    _dsc_deviates("version_1", "X.509 version 1", lambda template: replace(template, version=0), "version_not_3"),
    _dsc_deviates(
        "serial_zero", "serial number 0", lambda template: replace(template, serial=0), "serial_not_positive",
    ),
    _dsc_deviates(
        "serial_negative", "serial number -7", lambda template: replace(template, serial=-7), "serial_not_positive",
    ),
    _dsc_deviates(
        "serial_too_long", "serial number of 21 octets",
        lambda template: replace(template, serial=_TOO_LONG_SERIAL), "serial_too_long",
    ),
    _dsc_deviates("country_missing", "no country anywhere", without_country, "country_missing"),
    _dsc_deviates(
        "country_lower_case", "country in small letters",
        lambda template: replace(template, subject=certificates.name(DSC_NAME, country="ut")),
        "country_not_upper_case",
    ),
    _dsc_deviates(
        "country_malformed", "country of three letters",
        lambda template: replace(template, subject=certificates.name(DSC_NAME, country="UTO")),
        "country_malformed",
    ),
    _dsc_deviates(
        "country_differs", "subject of a neighbour state",
        lambda template: replace(template, subject=certificates.name(DSC_NAME, country="XX")),
        "country_subject_issuer", failed("cross.country_dsc", "DSC", "differs"),
    ),
    _dsc_deviates(
        "basic_constraints", "basicConstraints that say: no CA", adding(rare.not_a_ca()), "basic_constraints",
    ),
    _dsc_deviates(
        "key_usage_not_critical", "keyUsage that is not critical",
        adding(rare.key_usage_not_critical("digitalSignature")), "key_usage",
    ),
    _dsc_deviates(
        "key_usage_more", "keyUsage with more than digitalSignature",
        adding(certificates.key_usage("digitalSignature", "nonRepudiation")), "key_usage",
    ),
    _dsc_deviates(
        "no_authority_key", "no authorityKeyIdentifier",
        without(oids.AUTHORITY_KEY_IDENTIFIER), "authority_key_identifier",
    ),
    _dsc_deviates(
        "no_usage_period", "no privateKeyUsagePeriod", without(oids.PRIVATE_KEY_USAGE_PERIOD),
        "private_key_usage_period",
    ),
    _dsc_deviates("no_document_types", "no DocumentTypeList", without(oids.DOCUMENT_TYPE_LIST), "document_type_list"),
    _dsc_deviates(
        "document_types_short", "DocumentTypeList without version and SET",
        adding(rare.document_types_without_version("P")), "document_type_list",
    ),
    _dsc_deviates(
        "authority_key_malformed", "authorityKeyIdentifier that cannot be read",
        adding(rare.malformed(oids.AUTHORITY_KEY_IDENTIFIER)), "extension_malformed",
    ),
    _dsc_deviates(
        "extension_twice", "subjectKeyIdentifier twice", twice(oids.SUBJECT_KEY_IDENTIFIER), "extension_duplicate",
    ),
    Recipe("dsc_not_der", "a boolean that DER forbids", not_der, ()),
    Recipe(
        "dsc_not_der_length", "a length that DER forbids",
        not_der_length, (passed("pa.dsc.profile", "DSC", "not_der"),),
    ),
    Recipe(
        "dsc_outer_algorithm", "another algorithm outside the signed part", outer_algorithm,
        (
            passed("pa.dsc.profile", "DSC", "algorithm_inner_outer"),
            failed("pa.path", "DSC", "bad_issuer_signature"),
        ),
    ),
    Recipe(
        "named_curve", "curves by name where parameters belong", issued(),
        (passed("pa.dsc.profile", "DSC", "named_curve"), passed("pa.csca.profile", "CSCA", "named_curve")),
        on_curve("secp256r1", explicit=False),
    ),
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in (*_AUTHORISED, *_DSC_PROFILE)})
