"""Keys, parameters and signature values (RFC 8017 Appendix A, RFC 4055 §3.1, RFC 3279 §2.2.3 and §2.3.5)."""

from __future__ import annotations

from pyasn1.type import namedtype, namedval, tag, univ

from mrtd.asn1.x509 import AlgorithmIdentifier


def _explicit(number: int) -> tag.Tag:
    return tag.Tag(tag.tagClassContext, tag.tagFormatConstructed, number)


class RSAPublicKey(univ.Sequence):
    """RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("modulus", univ.Integer()),
        namedtype.NamedType("publicExponent", univ.Integer()),
    )


class DigestInfo(univ.Sequence):
    """DigestInfo ::= SEQUENCE { digestAlgorithm DigestAlgorithm, digest OCTET STRING }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("digestAlgorithm", AlgorithmIdentifier()),
        namedtype.NamedType("digest", univ.OctetString()),
    )


class RSASSAPSSParams(univ.Sequence):
    """RSASSA-PSS-params; the defaults (SHA-1, MGF1 with SHA-1, 20, 1) are written as absent."""

    componentType = namedtype.NamedTypes(
        namedtype.OptionalNamedType("hashAlgorithm", AlgorithmIdentifier().subtype(explicitTag=_explicit(0))),
        namedtype.OptionalNamedType("maskGenAlgorithm", AlgorithmIdentifier().subtype(explicitTag=_explicit(1))),
        namedtype.DefaultedNamedType("saltLength", univ.Integer(20).subtype(explicitTag=_explicit(2))),
        namedtype.DefaultedNamedType("trailerField", univ.Integer(1).subtype(explicitTag=_explicit(3))),
    )


class FieldID(univ.Sequence):
    """FieldID ::= SEQUENCE { fieldType, parameters ANY DEFINED BY fieldType }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("fieldType", univ.ObjectIdentifier()),
        namedtype.NamedType("parameters", univ.Any()),
    )


class Curve(univ.Sequence):
    """Curve ::= SEQUENCE { a FieldElement, b FieldElement, seed BIT STRING OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("a", univ.OctetString()),
        namedtype.NamedType("b", univ.OctetString()),
        namedtype.OptionalNamedType("seed", univ.BitString()),
    )


class ECParameters(univ.Sequence):
    """ECParameters, the explicit form (ICAO 9303-12 §4.1.6 asks for it)."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("version", univ.Integer(namedValues=namedval.NamedValues(("ecpVer1", 1)))),
        namedtype.NamedType("fieldID", FieldID()),
        namedtype.NamedType("curve", Curve()),
        namedtype.NamedType("base", univ.OctetString()),
        namedtype.NamedType("order", univ.Integer()),
        namedtype.OptionalNamedType("cofactor", univ.Integer()),
    )


class ECDSASigValue(univ.Sequence):
    """Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("r", univ.Integer()),
        namedtype.NamedType("s", univ.Integer()),
    )


class DomainParameters(univ.Sequence):
    """DomainParameters of dhpublicnumber (RFC 3279 §2.3.3): SEQUENCE { p, g, q, j OPTIONAL, ... }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("p", univ.Integer()),
        namedtype.NamedType("g", univ.Integer()),
        namedtype.NamedType("q", univ.Integer()),
        namedtype.OptionalNamedType("j", univ.Integer()),
    )
