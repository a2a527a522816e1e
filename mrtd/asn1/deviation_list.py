"""DeviationList (ICAO 9303-12 §10.2), the content of a deviation list's SignedData; implicit tags."""

from __future__ import annotations

from pyasn1.type import char, namedtype, namedval, tag, univ, useful

from mrtd.asn1.cms import IssuerAndSerialNumber
from mrtd.asn1.x509 import AlgorithmIdentifier


def _context(number: int, *, constructed: bool) -> tag.Tag:
    tag_format = tag.tagFormatConstructed if constructed else tag.tagFormatSimple
    return tag.Tag(tag.tagClassContext, tag_format, number)


class DeviationListVersion(univ.Integer):
    """DeviationListVersion ::= INTEGER { v0(0) }."""

    namedValues = namedval.NamedValues(("v0", 0))


class DocumentSignerIdentifier(univ.Choice):
    """DocumentSignerIdentifier ::= CHOICE { [1] IssuerAndSerialNumber, [2] SubjectKeyIdentifier, [3] Digest }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType(
            "issuerAndSerialNumber",
            IssuerAndSerialNumber().subtype(implicitTag=_context(1, constructed=True)),
        ),
        namedtype.NamedType(
            "subjectKeyIdentifier", univ.OctetString().subtype(implicitTag=_context(2, constructed=False))
        ),
        namedtype.NamedType(
            "certificateDigest", univ.OctetString().subtype(implicitTag=_context(3, constructed=False))
        ),
    )


class IssuancePeriod(univ.Sequence):
    """IssuancePeriod ::= SEQUENCE { firstIssued GeneralizedTime, lastIssued GeneralizedTime }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("firstIssued", useful.GeneralizedTime()),
        namedtype.NamedType("lastIssued", useful.GeneralizedTime()),
    )


class DocumentNumbers(univ.SetOf):
    """documentNumbers [5] SET OF PrintableString."""

    componentType = char.PrintableString()


class DeviationDocuments(univ.Sequence):
    """DeviationDocuments: the documents that a deviation speaks of; every member is OPTIONAL."""

    componentType = namedtype.NamedTypes(
        namedtype.OptionalNamedType(
            "documentType", char.PrintableString().subtype(implicitTag=_context(0, constructed=False))
        ),
        namedtype.OptionalNamedType("dscIdentifier", DocumentSignerIdentifier()),
        namedtype.OptionalNamedType(
            "issuingDate", IssuancePeriod().subtype(implicitTag=_context(4, constructed=True))
        ),
        namedtype.OptionalNamedType(
            "documentNumbers", DocumentNumbers().subtype(implicitTag=_context(5, constructed=True))
        ),
    )


class DeviationDescription(univ.Sequence):
    """DeviationDescription: what deviates; `[n] ANY` is explicit, as for every open type."""

    componentType = namedtype.NamedTypes(
        namedtype.OptionalNamedType("description", char.PrintableString()),
        namedtype.NamedType("deviationType", univ.ObjectIdentifier()),
        namedtype.OptionalNamedType("parameters", univ.Any().subtype(explicitTag=_context(0, constructed=True))),
        namedtype.OptionalNamedType("nationalUse", univ.Any().subtype(explicitTag=_context(1, constructed=True))),
    )


class DeviationDescriptions(univ.SetOf):
    """descriptions SET OF DeviationDescription."""

    componentType = DeviationDescription()


class Deviation(univ.Sequence):
    """Deviation ::= SEQUENCE { documents DeviationDocuments, descriptions SET OF DeviationDescription }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("documents", DeviationDocuments()),
        namedtype.NamedType("descriptions", DeviationDescriptions()),
    )


class Deviations(univ.SetOf):
    """deviations SET OF Deviation."""

    componentType = Deviation()


class DeviationList(univ.Sequence):
    """DeviationList ::= SEQUENCE { version, digestAlgorithm OPTIONAL, deviations SET OF Deviation }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("version", DeviationListVersion()),
        namedtype.OptionalNamedType("digestAlgorithm", AlgorithmIdentifier()),
        namedtype.NamedType("deviations", Deviations()),
    )
