"""LDSSecurityObjectV1 (ICAO 9303-10 §4.6.2.3), the content that EF.SOD signs."""

from __future__ import annotations

from pyasn1.type import char, namedtype, namedval, univ

from mrtd.asn1.x509 import AlgorithmIdentifier


class LDSSecurityObjectVersion(univ.Integer):
    """LDSSecurityObjectVersion ::= INTEGER { v0(0), v1(1) }."""

    namedValues = namedval.NamedValues(("v0", 0), ("v1", 1))


class DataGroupNumber(univ.Integer):
    """DataGroupNumber ::= INTEGER { dataGroup1(1) .. dataGroup16(16) }."""

    namedValues = namedval.NamedValues(*((f"dataGroup{number}", number) for number in range(1, 17)))


class DataGroupHash(univ.Sequence):
    """DataGroupHash ::= SEQUENCE { dataGroupNumber, dataGroupHashValue OCTET STRING }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("dataGroupNumber", DataGroupNumber()),
        namedtype.NamedType("dataGroupHashValue", univ.OctetString()),
    )


class DataGroupHashValues(univ.SequenceOf):
    """dataGroupHashValues SEQUENCE SIZE (2..ub-DataGroups) OF DataGroupHash; ub-DataGroups is 16."""

    componentType = DataGroupHash()


class LDSVersionInfo(univ.Sequence):
    """LDSVersionInfo ::= SEQUENCE { ldsVersion PrintableString, unicodeVersion PrintableString }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("ldsVersion", char.PrintableString()),
        namedtype.NamedType("unicodeVersion", char.PrintableString()),
    )


class LDSSecurityObject(univ.Sequence):
    """LDSSecurityObject; ldsVersionInfo must be present in v1."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("version", LDSSecurityObjectVersion()),
        namedtype.NamedType("hashAlgorithm", AlgorithmIdentifier()),
        namedtype.NamedType("dataGroupHashValues", DataGroupHashValues()),
        namedtype.OptionalNamedType("ldsVersionInfo", LDSVersionInfo()),
    )
