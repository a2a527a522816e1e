"""PKIX1Implicit88 (RFC 5280 Appendix A.2) and what ICAO 9303-12 §7.1.1 adds: the extensions of certificates and CRLs.

Tags are implicit, but where a CHOICE stands under them.
"""

from __future__ import annotations

from pyasn1.type import char, namedtype, namedval, tag, univ, useful

from mrtd.asn1.x509 import Name


def _implicit(number: int) -> tag.Tag:
    return tag.Tag(tag.tagClassContext, tag.tagFormatSimple, number)


def _constructed(number: int) -> tag.Tag:
    return tag.Tag(tag.tagClassContext, tag.tagFormatConstructed, number)


class GeneralName(univ.Choice):
    """GeneralName (RFC 5280 §4.2.1.6); directoryName is explicit because Name is a CHOICE."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("rfc822Name", char.IA5String().subtype(implicitTag=_implicit(1))),
        namedtype.NamedType("dNSName", char.IA5String().subtype(implicitTag=_implicit(2))),
        namedtype.NamedType("directoryName", Name().subtype(explicitTag=_constructed(4))),
        namedtype.NamedType("uniformResourceIdentifier", char.IA5String().subtype(implicitTag=_implicit(6))),
    )


class GeneralNames(univ.SequenceOf):
    """GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName."""

    componentType = GeneralName()


class AuthorityKeyIdentifier(univ.Sequence):
    """AuthorityKeyIdentifier ::= SEQUENCE { [0] KeyIdentifier, [1] GeneralNames, [2] serial }, all OPTIONAL."""

    componentType = namedtype.NamedTypes(
        namedtype.OptionalNamedType("keyIdentifier", univ.OctetString().subtype(implicitTag=_implicit(0))),
        namedtype.OptionalNamedType("authorityCertIssuer", GeneralNames().subtype(implicitTag=_constructed(1))),
        namedtype.OptionalNamedType("authorityCertSerialNumber", univ.Integer().subtype(implicitTag=_implicit(2))),
    )


class SubjectKeyIdentifier(univ.OctetString):
    """SubjectKeyIdentifier ::= KeyIdentifier."""


class KeyUsage(univ.BitString):
    """KeyUsage ::= BIT STRING (RFC 5280 §4.2.1.3)."""

    namedValues = namedval.NamedValues(
        ("digitalSignature", 0),
        ("nonRepudiation", 1),
        ("keyEncipherment", 2),
        ("dataEncipherment", 3),
        ("keyAgreement", 4),
        ("keyCertSign", 5),
        ("cRLSign", 6),
        ("encipherOnly", 7),
        ("decipherOnly", 8),
    )


class PrivateKeyUsagePeriod(univ.Sequence):
    """PrivateKeyUsagePeriod ::= SEQUENCE { notBefore [0], notAfter [1] GeneralizedTime }, both OPTIONAL."""

    componentType = namedtype.NamedTypes(
        namedtype.OptionalNamedType("notBefore", useful.GeneralizedTime().subtype(implicitTag=_implicit(0))),
        namedtype.OptionalNamedType("notAfter", useful.GeneralizedTime().subtype(implicitTag=_implicit(1))),
    )


class BasicConstraints(univ.Sequence):
    """BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.DefaultedNamedType("cA", univ.Boolean(False)),
        namedtype.OptionalNamedType("pathLenConstraint", univ.Integer()),
    )


class ExtKeyUsageSyntax(univ.SequenceOf):
    """ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId."""

    componentType = univ.ObjectIdentifier()


class DistributionPointName(univ.Choice):
    """DistributionPointName ::= CHOICE { fullName [0] GeneralNames, ... } (RFC 5280 §4.2.1.13)."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("fullName", GeneralNames().subtype(implicitTag=_constructed(0))),
    )


class DistributionPoint(univ.Sequence):
    """DistributionPoint ::= SEQUENCE { distributionPoint [0], ... }; the tag is explicit: a CHOICE."""

    componentType = namedtype.NamedTypes(
        namedtype.OptionalNamedType(
            "distributionPoint", DistributionPointName().subtype(explicitTag=_constructed(0))
        ),
    )


class CRLDistributionPoints(univ.SequenceOf):
    """CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint."""

    componentType = DistributionPoint()


# --- ICAO 9303-12 §7.1.1.6


class DocumentType(char.PrintableString):
    """DocumentType ::= PrintableString (SIZE (1..2)), as in the MRZ; one letter stands for all that begin with it."""


class DocumentTypes(univ.SetOf):
    """docTypeList SET OF DocumentType."""

    componentType = DocumentType()


class DocumentTypeListSyntax(univ.Sequence):
    """DocumentTypeListSyntax ::= SEQUENCE { version DocumentTypeListVersion, docTypeList SET OF DocumentType }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("version", univ.Integer(namedValues=namedval.NamedValues(("v0", 0)))),
        namedtype.NamedType("docTypeList", DocumentTypes()),
    )
