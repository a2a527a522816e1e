"""Certificates and CRLs of the specimen state: a template is data, then built, signed, wrapped (RFC 5280 §4, §5).

To break one on purpose, replace a member of the template, or the algorithm or signature that is wrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pyasn1.type import univ

from mrtd import tlv as reader
from mrtd.asn1 import extensions as asn1_extensions
from mrtd.asn1 import oids, x509
from mrtd.pki.oids import SPECIMEN_MARK
from mrtd.specimen.encoding import NULL, decoded, der, distinguished_name, generalized, signature_algorithm, time, tlv
from mrtd.specimen.scheme import SignatureScheme
from mrtd.specimen.signing_key import SigningKey

#: The two-letter code of certificates and the three-letter one of the MRZ (ICAO 9303-3 §5).
COUNTRY: Final = "UT"
ISSUING_STATE: Final = "UTO"
#: Where a CRL would lie; names under .invalid never resolve (RFC 6761 §6.4).
CRL_URL: Final = "http://csca.specimen.invalid/UTO.crl"

_V3: Final = 2
_CRL_V2: Final = 1


@dataclass(frozen=True, slots=True)
class CertificateExtension:
    """One extension; `value` is the DER inside extnValue."""

    oid: str
    value: bytes
    critical: bool = False


@dataclass(frozen=True, slots=True)
class CertificateTemplate:
    """Everything that a TBSCertificate says (RFC 5280 §4.1); names and keys are DER, times aware.

    `declared_algorithm` is an AlgorithmIdentifier in DER to state instead of the one of `scheme`.
    """

    serial: int
    scheme: SignatureScheme
    issuer: bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    spki: bytes
    extensions: tuple[CertificateExtension, ...]
    version: int = _V3
    declared_algorithm: bytes | None = None

    def algorithm(self) -> bytes:
        """The AlgorithmIdentifier that the certificate states."""
        return self.declared_algorithm or der(signature_algorithm(self.scheme))

    def without(self, oid: str) -> CertificateTemplate:
        """The template without an extension."""
        return replace(self, extensions=tuple(entry for entry in self.extensions if entry.oid != oid))

    def with_extension(self, extension: CertificateExtension) -> CertificateTemplate:
        """The template with an extension instead of any other of the same identifier."""
        return replace(self, extensions=(*self.without(extension.oid).extensions, extension))


@dataclass(frozen=True, slots=True)
class CrlTemplate:
    """Everything that a TBSCertList says (RFC 5280 §5.1).

    `revoked` holds serials and times; every entry gets the `entry_extensions`. ICAO 9303-12 §7.1.4 asks for
    `next_update`; None leaves it out.
    """

    scheme: SignatureScheme
    issuer: bytes
    this_update: datetime
    next_update: datetime | None
    revoked: tuple[tuple[int, datetime], ...]
    extensions: tuple[CertificateExtension, ...]
    entry_extensions: tuple[CertificateExtension, ...] = ()

    def with_extension(self, extension: CertificateExtension) -> CrlTemplate:
        """The template with an extension instead of any other of the same identifier."""
        others = (entry for entry in self.extensions if entry.oid != extension.oid)
        return replace(self, extensions=(*others, extension))


def build_certificate(template: CertificateTemplate) -> bytes:
    """The DER encoding of the TBSCertificate, what is signed (RFC 5280 §4.1.2)."""
    tbs = x509.TBSCertificate()
    tbs["version"] = template.version
    tbs["serialNumber"] = template.serial
    tbs["signature"] = decoded(template.algorithm(), x509.AlgorithmIdentifier())
    tbs["issuer"] = decoded(template.issuer, x509.Name())
    tbs["validity"]["notBefore"] = time(template.not_before)
    tbs["validity"]["notAfter"] = time(template.not_after)
    tbs["subject"] = decoded(template.subject, x509.Name())
    tbs["subjectPublicKeyInfo"] = decoded(template.spki, x509.SubjectPublicKeyInfo())
    if template.extensions:
        _fill(tbs["extensions"], template.extensions)
    return der(tbs)


def wrap_certificate(tbs: bytes, scheme: SignatureScheme, signature: bytes) -> bytes:
    """The DER encoding of the Certificate around a TBSCertificate and its signature (RFC 5280 §4.1.1)."""
    certificate = x509.Certificate()
    certificate["tbsCertificate"] = decoded(tbs, x509.TBSCertificate())
    certificate["signatureAlgorithm"] = signature_algorithm(scheme)
    certificate["signature"] = univ.BitString.fromOctetString(signature)
    return der(certificate)


def issue_certificate(template: CertificateTemplate, issuer_key: SigningKey) -> bytes:
    """Build, sign, wrap."""
    tbs = build_certificate(template)
    certificate = wrap_certificate(tbs, template.scheme, issuer_key.sign(template.scheme, tbs))
    return (
        certificate
        if template.declared_algorithm is None
        else with_outer_algorithm(certificate, template.algorithm())
    )


def build_crl(template: CrlTemplate) -> bytes:
    """The DER encoding of the TBSCertList (RFC 5280 §5.1.2)."""
    tbs = x509.TBSCertList()
    tbs["version"] = _CRL_V2
    tbs["signature"] = signature_algorithm(template.scheme)
    tbs["issuer"] = decoded(template.issuer, x509.Name())
    tbs["thisUpdate"] = time(template.this_update)
    if template.next_update is not None:
        tbs["nextUpdate"] = time(template.next_update)
    for place, (serial, moment) in enumerate(template.revoked):
        tbs["revokedCertificates"][place]["userCertificate"] = serial
        tbs["revokedCertificates"][place]["revocationDate"] = time(moment)
        if template.entry_extensions:
            _fill(tbs["revokedCertificates"][place]["crlEntryExtensions"], template.entry_extensions)
    _fill(tbs["crlExtensions"], template.extensions)
    return der(tbs)


def wrap_crl(tbs: bytes, scheme: SignatureScheme, signature: bytes) -> bytes:
    """The DER encoding of the CertificateList around a TBSCertList and its signature (RFC 5280 §5.1.1)."""
    crl = x509.CertificateList()
    crl["tbsCertList"] = decoded(tbs, x509.TBSCertList())
    crl["signatureAlgorithm"] = signature_algorithm(scheme)
    crl["signature"] = univ.BitString.fromOctetString(signature)
    return der(crl)


def issue_crl(template: CrlTemplate, issuer_key: SigningKey) -> bytes:
    """Build, sign, wrap."""
    tbs = build_crl(template)
    return wrap_crl(tbs, template.scheme, issuer_key.sign(template.scheme, tbs))


def resigned(
    certificate: bytes, scheme: SignatureScheme, issuer_key: SigningKey, edit: Callable[[bytes], bytes]
) -> bytes:
    """A certificate whose TBSCertificate is edited as octets, beyond what DER can say, and signed again."""
    tbs, algorithm, _ = (item.raw for item in reader.read(certificate).children())
    edited = edit(tbs)
    return tlv(0x30, edited, algorithm, tlv(0x03, b"\x00" + issuer_key.sign(scheme, edited)))


def with_outer_algorithm(certificate: bytes, algorithm: bytes) -> bytes:
    """A certificate that outside its signed part states another AlgorithmIdentifier (RFC 5280 §4.1.1.2)."""
    tbs, _, signature = (item.raw for item in reader.read(certificate).children())
    return tlv(0x30, tbs, algorithm, signature)


def signed_part(certificate: bytes) -> bytes:
    """The TBSCertificate as it stands in a certificate."""
    return reader.read(certificate).children()[0].raw


def signature_of(certificate: bytes) -> bytes:
    """The signature value of a certificate, or of a CRL."""
    return reader.read(certificate).children()[2].value[1:]


def with_signature(certificate: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    """A certificate with another signature value; `edit` gets the old one."""
    tbs, algorithm, signature = reader.read(certificate).children()
    return tlv(0x30, tbs.raw, algorithm.raw, tlv(0x03, b"\x00" + edit(signature.value[1:])))


def name_attributes(common_name: str, *, country: str | None = COUNTRY) -> tuple[tuple[str, str], ...]:
    """What the distinguished name of a part of the specimen state says (ICAO 9303-12 §7.1.1.1)."""
    stated = () if country is None else ((oids.COUNTRY_NAME, country),)
    return (*stated, (oids.ORGANIZATION_NAME, "Utopia SPECIMEN"), (oids.COMMON_NAME, common_name))


def name(common_name: str, *, country: str | None = COUNTRY) -> bytes:
    """The same in DER; `country` None leaves countryName out."""
    return distinguished_name(name_attributes(common_name, country=country))


# --- extensions (ICAO 9303-12 §7.1, table 6; RFC 5280 §4.2)


def specimen_mark() -> CertificateExtension:
    """The critical extension of every certificate of this state: other software refuses it, ours knows it."""
    return CertificateExtension(SPECIMEN_MARK, NULL, critical=True)


def authority_key_identifier(identifier: bytes) -> CertificateExtension:
    """The key of the issuer, keyIdentifier alone."""
    value = asn1_extensions.AuthorityKeyIdentifier()
    value["keyIdentifier"] = identifier
    return CertificateExtension(oids.AUTHORITY_KEY_IDENTIFIER, der(value))


def subject_key_identifier(identifier: bytes) -> CertificateExtension:
    """The key of the subject."""
    return CertificateExtension(oids.SUBJECT_KEY_IDENTIFIER, der(asn1_extensions.SubjectKeyIdentifier(identifier)))


def key_usage(*usages: str) -> CertificateExtension:
    """What the key may do, by the names of RFC 5280 §4.2.1.3; critical."""
    return CertificateExtension(oids.KEY_USAGE, der(asn1_extensions.KeyUsage(",".join(usages))), critical=True)


def basic_constraints() -> CertificateExtension:
    """A CA with no CA below it (ICAO 9303-12 §7.1); critical."""
    value = asn1_extensions.BasicConstraints()
    value["cA"] = True
    value["pathLenConstraint"] = 0
    return CertificateExtension(oids.BASIC_CONSTRAINTS, der(value), critical=True)


def private_key_usage_period(not_before: datetime, not_after: datetime) -> CertificateExtension:
    """When the private key may sign (RFC 3280 §4.2.1.4, to which ICAO 9303-12 §7.1 holds on)."""
    value = asn1_extensions.PrivateKeyUsagePeriod()
    value["notBefore"] = generalized(not_before)
    value["notAfter"] = generalized(not_after)
    return CertificateExtension(oids.PRIVATE_KEY_USAGE_PERIOD, der(value))


def document_types(*types: str) -> CertificateExtension:
    """The document types that a DSC may sign (ICAO 9303-12 §7.1.1.6)."""
    value = asn1_extensions.DocumentTypeListSyntax()
    value["version"] = "v0"
    value["docTypeList"].extend(types)
    return CertificateExtension(oids.DOCUMENT_TYPE_LIST, der(value))


def alternative_names(state: str = ISSUING_STATE) -> tuple[CertificateExtension, CertificateExtension]:
    """Subject and issuer: a way to ask, and the code of the MRZ as localityName (ICAO 9303-12 §7.1.1.2)."""
    names = asn1_extensions.GeneralNames()
    names[0]["rfc822Name"] = "csca@specimen.invalid"
    locality = decoded(distinguished_name(((oids.LOCALITY_NAME, state),)), x509.Name())
    names[1]["directoryName"]["rdnSequence"] = locality["rdnSequence"]
    value = der(names)
    return CertificateExtension(oids.SUBJECT_ALT_NAME, value), CertificateExtension(oids.ISSUER_ALT_NAME, value)


def crl_distribution_points(url: str = CRL_URL) -> CertificateExtension:
    """Where the CRL lies (ICAO 9303-12 §7.1.1.4)."""
    points = asn1_extensions.CRLDistributionPoints()
    points[0]["distributionPoint"]["fullName"][0]["uniformResourceIdentifier"] = url
    return CertificateExtension(oids.CRL_DISTRIBUTION_POINTS, der(points))


def crl_number(number: int) -> CertificateExtension:
    """The number of a CRL (RFC 5280 §5.2.3)."""
    return CertificateExtension(oids.CRL_NUMBER, der(univ.Integer(number)))


def _fill(target: x509.Extensions, extensions: Iterable[CertificateExtension]) -> None:
    for place, extension in enumerate(extensions):
        target[place]["extnID"] = extension.oid
        target[place]["critical"] = extension.critical
        target[place]["extnValue"] = extension.value
