"""CryptographicMessageSyntax2004 (RFC 5652 §12.1), the part that SignedData needs.

Certificates and issuer names are ANY: they are other people's signed bytes, and a decoder and an encoder between them
and the reader would change what was signed.
"""

from __future__ import annotations

from pyasn1.type import namedtype, namedval, tag, univ

from mrtd.asn1.x509 import AlgorithmIdentifier


def _context(number: int, *, constructed: bool) -> tag.Tag:
    tag_format = tag.tagFormatConstructed if constructed else tag.tagFormatSimple
    return tag.Tag(tag.tagClassContext, tag_format, number)


class CMSVersion(univ.Integer):
    """CMSVersion ::= INTEGER { v0(0), v1(1), v2(2), v3(3), v4(4), v5(5) }."""

    namedValues = namedval.NamedValues(("v0", 0), ("v1", 1), ("v2", 2), ("v3", 3), ("v4", 4), ("v5", 5))


class DigestAlgorithmIdentifiers(univ.SetOf):
    """DigestAlgorithmIdentifiers ::= SET OF DigestAlgorithmIdentifier."""

    componentType = AlgorithmIdentifier()


class EncapsulatedContentInfo(univ.Sequence):
    """EncapsulatedContentInfo ::= SEQUENCE { eContentType, eContent [0] EXPLICIT OCTET STRING OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("eContentType", univ.ObjectIdentifier()),
        namedtype.OptionalNamedType(
            "eContent", univ.OctetString().subtype(explicitTag=_context(0, constructed=True))
        ),
    )


class CertificateSet(univ.SetOf):
    """CertificateSet ::= SET OF CertificateChoices."""

    componentType = univ.Any()


class RevocationInfoChoices(univ.SetOf):
    """RevocationInfoChoices ::= SET OF RevocationInfoChoice."""

    componentType = univ.Any()


class IssuerAndSerialNumber(univ.Sequence):
    """IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber CertificateSerialNumber }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("issuer", univ.Any()),
        namedtype.NamedType("serialNumber", univ.Integer()),
    )


class SignerIdentifier(univ.Choice):
    """SignerIdentifier ::= CHOICE { issuerAndSerialNumber, subjectKeyIdentifier [0] SubjectKeyIdentifier }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("issuerAndSerialNumber", IssuerAndSerialNumber()),
        namedtype.NamedType(
            "subjectKeyIdentifier", univ.OctetString().subtype(implicitTag=_context(0, constructed=False))
        ),
    )


class AttributeValues(univ.SetOf):
    """attrValues SET OF AttributeValue."""

    componentType = univ.Any()


class Attribute(univ.Sequence):
    """Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("attrType", univ.ObjectIdentifier()),
        namedtype.NamedType("attrValues", AttributeValues()),
    )


class SignedAttributes(univ.SetOf):
    """SignedAttributes ::= SET SIZE (1..MAX) OF Attribute."""

    componentType = Attribute()


class UnsignedAttributes(univ.SetOf):
    """UnsignedAttributes ::= SET SIZE (1..MAX) OF Attribute."""

    componentType = Attribute()


class SignerInfo(univ.Sequence):
    """SignerInfo (RFC 5652 §5.3)."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("version", CMSVersion()),
        namedtype.NamedType("sid", SignerIdentifier()),
        namedtype.NamedType("digestAlgorithm", AlgorithmIdentifier()),
        namedtype.OptionalNamedType(
            "signedAttrs", SignedAttributes().subtype(implicitTag=_context(0, constructed=True))
        ),
        namedtype.NamedType("signatureAlgorithm", AlgorithmIdentifier()),
        namedtype.NamedType("signature", univ.OctetString()),
        namedtype.OptionalNamedType(
            "unsignedAttrs", UnsignedAttributes().subtype(implicitTag=_context(1, constructed=True))
        ),
    )


class SignerInfos(univ.SetOf):
    """SignerInfos ::= SET OF SignerInfo."""

    componentType = SignerInfo()


class SignedData(univ.Sequence):
    """SignedData (RFC 5652 §5.1)."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("version", CMSVersion()),
        namedtype.NamedType("digestAlgorithms", DigestAlgorithmIdentifiers()),
        namedtype.NamedType("encapContentInfo", EncapsulatedContentInfo()),
        namedtype.OptionalNamedType(
            "certificates", CertificateSet().subtype(implicitTag=_context(0, constructed=True))
        ),
        namedtype.OptionalNamedType(
            "crls", RevocationInfoChoices().subtype(implicitTag=_context(1, constructed=True))
        ),
        namedtype.NamedType("signerInfos", SignerInfos()),
    )


class ContentInfo(univ.Sequence):
    """ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT ANY }, the open type resolved to SignedData."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("contentType", univ.ObjectIdentifier()),
        namedtype.NamedType("content", SignedData().subtype(explicitTag=_context(0, constructed=True))),
    )
