"""Extensions beside those of every passport's chain: those of list signers and CRLs, and faulty ones."""

from __future__ import annotations

from typing import Final

from pyasn1.type import char, univ

from mrtd.asn1 import extensions, oids
from mrtd.specimen.certificates import CertificateExtension
from mrtd.specimen.encoding import NULL, der, tlv

#: A UUID of its own under 2.25 (ITU-T X.667): an extension that nobody knows.
UNKNOWN_EXTENSION: Final = "2.25.162189327346810437518421470217932170881"


def extended_key_usage(*purposes: str, critical: bool = True) -> CertificateExtension:
    """What else the key is for; critical for list signers (ICAO 9303-12 §7.1, table 6)."""
    value = extensions.ExtKeyUsageSyntax()
    value.extend(purposes)
    return CertificateExtension(oids.EXTENDED_KEY_USAGE, der(value), critical=critical)


def unknown(*, critical: bool = True) -> CertificateExtension:
    """An extension that no verifier knows."""
    return CertificateExtension(UNKNOWN_EXTENSION, NULL, critical=critical)


def malformed(oid: str, *, critical: bool = False) -> CertificateExtension:
    """An extension of a known identifier whose value ends too early."""
    return CertificateExtension(oid, bytes.fromhex("3010"), critical=critical)


def not_a_ca() -> CertificateExtension:
    """basicConstraints that say cA FALSE, where ICAO 9303-12 §7.1 forbids the extension; critical."""
    return CertificateExtension(oids.BASIC_CONSTRAINTS, der(extensions.BasicConstraints()), critical=True)


def certificate_authority(path_length: int | None, *, critical: bool = True) -> CertificateExtension:
    """basicConstraints of a CA with another path length than the 0 of ICAO 9303-12 §7.1."""
    value = extensions.BasicConstraints()
    value["cA"] = True
    if path_length is not None:
        value["pathLenConstraint"] = path_length
    return CertificateExtension(oids.BASIC_CONSTRAINTS, der(value), critical=critical)


def key_usage_not_critical(*usages: str) -> CertificateExtension:
    """keyUsage that software may ignore."""
    return CertificateExtension(oids.KEY_USAGE, der(extensions.KeyUsage(",".join(usages))))


def document_types_without_version(*types: str) -> CertificateExtension:
    """A DocumentTypeList as some states write it: the codes straight in the SEQUENCE (ICAO 9303-12 §7.1.1.6)."""
    codes = b"".join(der(char.PrintableString(code)) for code in types)
    return CertificateExtension(oids.DOCUMENT_TYPE_LIST, tlv(0x30, codes))


def name_change() -> CertificateExtension:
    """NameChange, of a CSCA that took another name (ICAO 9303-12 §7.1.1.5)."""
    return CertificateExtension(oids.NAME_CHANGE, NULL)


# --- extensions of CRLs (RFC 5280 §5.2, §5.3)


def crl_reason(code: int) -> CertificateExtension:
    """Why a certificate was revoked (RFC 5280 §5.3.1); 1 is keyCompromise, 2 is cACompromise."""
    return CertificateExtension(oids.CRL_REASON, bytes([0x0A, 1, code]))


def delta_crl(base: int) -> CertificateExtension:
    """deltaCRLIndicator (RFC 5280 §5.2.4): the list holds only what is new since number `base`; critical."""
    return CertificateExtension(oids.DELTA_CRL_INDICATOR, der(univ.Integer(base)), critical=True)


def indirect_crl() -> CertificateExtension:
    """issuingDistributionPoint with indirectCRL (RFC 5280 §5.2.5): entries may be of other issuers; critical."""
    return CertificateExtension(oids.ISSUING_DISTRIBUTION_POINT, tlv(0x30, tlv(0x84, b"\xff")), critical=True)


def entry_issuer(name: bytes) -> CertificateExtension:
    """certificateIssuer (RFC 5280 §5.3.3): an entry speaks of another issuer's certificate; critical."""
    return CertificateExtension(oids.CERTIFICATE_ISSUER, tlv(0x30, tlv(0xA4, name)), critical=True)
