"""SecurityInfos (ICAO 9303-11 §9.2; BSI TR-03110-3 §A.1): DG14, EF.CardAccess, EF.CardSecurity."""

from __future__ import annotations

from pyasn1.type import namedtype, univ

from mrtd.asn1.x509 import AlgorithmIdentifier, SubjectPublicKeyInfo


class SecurityInfo(univ.Sequence):
    """SecurityInfo ::= SEQUENCE { protocol, requiredData ANY, optionalData ANY OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("protocol", univ.ObjectIdentifier()),
        namedtype.NamedType("requiredData", univ.Any()),
        namedtype.OptionalNamedType("optionalData", univ.Any()),
    )


class SecurityInfos(univ.SetOf):
    """SecurityInfos ::= SET OF SecurityInfo."""

    componentType = SecurityInfo()


class ActiveAuthenticationInfo(univ.Sequence):
    """ActiveAuthenticationInfo ::= SEQUENCE { protocol, version INTEGER (1), signatureAlgorithm }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("protocol", univ.ObjectIdentifier()),
        namedtype.NamedType("version", univ.Integer()),
        namedtype.NamedType("signatureAlgorithm", univ.ObjectIdentifier()),
    )


class ChipAuthenticationInfo(univ.Sequence):
    """ChipAuthenticationInfo ::= SEQUENCE { protocol, version INTEGER (1), keyId INTEGER OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("protocol", univ.ObjectIdentifier()),
        namedtype.NamedType("version", univ.Integer()),
        namedtype.OptionalNamedType("keyId", univ.Integer()),
    )


class ChipAuthenticationPublicKeyInfo(univ.Sequence):
    """ChipAuthenticationPublicKeyInfo ::= SEQUENCE { protocol, chipAuthenticationPublicKey, keyId OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("protocol", univ.ObjectIdentifier()),
        namedtype.NamedType("chipAuthenticationPublicKey", SubjectPublicKeyInfo()),
        namedtype.OptionalNamedType("keyId", univ.Integer()),
    )


class PACEInfo(univ.Sequence):
    """PACEInfo ::= SEQUENCE { protocol, version INTEGER (2), parameterId INTEGER OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("protocol", univ.ObjectIdentifier()),
        namedtype.NamedType("version", univ.Integer()),
        namedtype.OptionalNamedType("parameterId", univ.Integer()),
    )


class PACEDomainParameterInfo(univ.Sequence):
    """PACEDomainParameterInfo ::= SEQUENCE { protocol, domainParameter, parameterId INTEGER OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("protocol", univ.ObjectIdentifier()),
        namedtype.NamedType("domainParameter", AlgorithmIdentifier()),
        namedtype.OptionalNamedType("parameterId", univ.Integer()),
    )


class FileID(univ.Sequence):
    """FileID ::= SEQUENCE { fid OCTET STRING (SIZE (2)), sfid OCTET STRING (SIZE (1)) OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("fid", univ.OctetString()),
        namedtype.OptionalNamedType("sfid", univ.OctetString()),
    )


class TerminalAuthenticationInfo(univ.Sequence):
    """TerminalAuthenticationInfo ::= SEQUENCE { protocol, version INTEGER, efCVCA FileID OPTIONAL }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("protocol", univ.ObjectIdentifier()),
        namedtype.NamedType("version", univ.Integer()),
        namedtype.OptionalNamedType("efCVCA", FileID()),
    )
