"""CscaMasterList (ICAO 9303-12 §9.2), the content of a master list's SignedData."""

from __future__ import annotations

from pyasn1.type import namedtype, namedval, univ


class CscaMasterListVersion(univ.Integer):
    """CscaMasterListVersion ::= INTEGER { v0(0) }."""

    namedValues = namedval.NamedValues(("v0", 0))


class Certificates(univ.SetOf):
    """certList SET OF Certificate, as stored: ten real ones cannot be decoded by strict readers."""

    componentType = univ.Any()


class CscaMasterList(univ.Sequence):
    """CscaMasterList ::= SEQUENCE { version CscaMasterListVersion, certList SET OF Certificate }."""

    componentType = namedtype.NamedTypes(
        namedtype.NamedType("version", CscaMasterListVersion()),
        namedtype.NamedType("certList", Certificates()),
    )
