"""PKIX1Explicit88 (RFC 5280 Appendix A.1), as far as the certificates and CRLs of ICAO 9303-12 need it.

Tags are explicit, but for the two unique identifiers of a certificate, which nobody uses.
"""

from __future__ import annotations

from pyasn1.type import namedtype, namedval, tag, univ, useful


def _implicit(number: int) -> tag.Tag:
    return tag.Tag(tag.tagClassContext, tag.tagFormatSimple, number)


def _explicit(number: int) -> tag.Tag:
    return tag.Tag(tag.tagClassContext, tag.tagFormatConstructed, number)


class AlgorithmIdentifier(univ.Sequence):
    """AlgorithmIdentifier ::= SEQUENCE { algorithm, parameters ANY DEFINED BY algorithm OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("algorithm", univ.ObjectIdentifier()),
        namedtype.OptionalNamedType("parameters", univ.Any()),
    )


class AttributeTypeAndValue(univ.Sequence):
    """AttributeTypeAndValue ::= SEQUENCE { type, value ANY DEFINED BY type }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("type", univ.ObjectIdentifier()),
        namedtype.NamedType("value", univ.Any()),
    )


class RelativeDistinguishedName(univ.SetOf):
    """RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue."""

    componentType = AttributeTypeAndValue()


class RDNSequence(univ.SequenceOf):
    """RDNSequence ::= SEQUENCE OF RelativeDistinguishedName."""

    componentType = RelativeDistinguishedName()


class Name(univ.Choice):
    """Name ::= CHOICE { rdnSequence RDNSequence }."""

    componentType = namedtype.NamedTypes(namedtype.NamedType("rdnSequence", RDNSequence()))


class Time(univ.Choice):
    """Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("utcTime", useful.UTCTime()),
        namedtype.NamedType("generalTime", useful.GeneralizedTime()),
    )


class Validity(univ.Sequence):
    """Validity ::= SEQUENCE { notBefore Time, notAfter Time }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("notBefore", Time()),
        namedtype.NamedType("notAfter", Time()),
    )


class SubjectPublicKeyInfo(univ.Sequence):
    """SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("algorithm", AlgorithmIdentifier()),
        namedtype.NamedType("subjectPublicKey", univ.BitString()),
    )


class Extension(univ.Sequence):
    """Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("extnID", univ.ObjectIdentifier()),
        namedtype.DefaultedNamedType("critical", univ.Boolean(False)),
        namedtype.NamedType("extnValue", univ.OctetString()),
    )


class Extensions(univ.SequenceOf):
    """Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension."""

    componentType = Extension()


class Version(univ.Integer):
    """Version ::= INTEGER { v1(0), v2(1), v3(2) }."""

    namedValues = namedval.NamedValues(("v1", 0), ("v2", 1), ("v3", 2))


class TBSCertificate(univ.Sequence):
    """TBSCertificate (RFC 5280 §4.1)."""

    componentType = namedtype.NamedTypes(
        namedtype.DefaultedNamedType("version", Version(0).subtype(explicitTag=_explicit(0))),
        namedtype.NamedType("serialNumber", univ.Integer()),
        namedtype.NamedType("signature", AlgorithmIdentifier()),
        namedtype.NamedType("issuer", Name()),
        namedtype.NamedType("validity", Validity()),
        namedtype.NamedType("subject", Name()),
        namedtype.NamedType("subjectPublicKeyInfo", SubjectPublicKeyInfo()),
        namedtype.OptionalNamedType("issuerUniqueID", univ.BitString().subtype(implicitTag=_implicit(1))),
        namedtype.OptionalNamedType("subjectUniqueID", univ.BitString().subtype(implicitTag=_implicit(2))),
        namedtype.OptionalNamedType("extensions", Extensions().subtype(explicitTag=_explicit(3))),
    )


class Certificate(univ.Sequence):
    """Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("tbsCertificate", TBSCertificate()),
        namedtype.NamedType("signatureAlgorithm", AlgorithmIdentifier()),
        namedtype.NamedType("signature", univ.BitString()),
    )


class RevokedCertificate(univ.Sequence):
    """The members of TBSCertList.revokedCertificates (RFC 5280 §5.1)."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("userCertificate", univ.Integer()),
        namedtype.NamedType("revocationDate", Time()),
        namedtype.OptionalNamedType("crlEntryExtensions", Extensions()),
    )


class RevokedCertificates(univ.SequenceOf):
    """revokedCertificates SEQUENCE OF SEQUENCE."""

    componentType = RevokedCertificate()


class TBSCertList(univ.Sequence):
    """TBSCertList (RFC 5280 §5.1)."""

    componentType = namedtype.NamedTypes(
        namedtype.OptionalNamedType("version", Version()),
        namedtype.NamedType("signature", AlgorithmIdentifier()),
        namedtype.NamedType("issuer", Name()),
        namedtype.NamedType("thisUpdate", Time()),
        namedtype.OptionalNamedType("nextUpdate", Time()),
        namedtype.OptionalNamedType("revokedCertificates", RevokedCertificates()),
        namedtype.OptionalNamedType("crlExtensions", Extensions().subtype(explicitTag=_explicit(0))),
    )


class CertificateList(univ.Sequence):
    """CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signature BIT STRING }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("tbsCertList", TBSCertList()),
        namedtype.NamedType("signatureAlgorithm", AlgorithmIdentifier()),
        namedtype.NamedType("signature", univ.BitString()),
    )
