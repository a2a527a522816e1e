"""Deviations: which documents a state says depart from the standard, and how (ICAO 9303-12 §10.2, 9303-3 §7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final

from mrtd import tlv
from mrtd.crypto.digests import digest
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.names import Name
from mrtd.pki.profile import allows_document
from mrtd.tlv import Tlv
from mrz import codes

#: The string type of document numbers (ICAO 9303-12 §10.2).
PRINTABLE_STRING: Final = 0x13

#: What stands in no document number of a machine readable zone; a zone has fillers there (ICAO 9303-3 §4.3).
_NOT_IN_A_NUMBER: Final = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))

#: Identifier -> name of a type of deviation, without `id-Deviation-` (ICAO 9303-12 §10.2, 9303-3 §7.3.5).
DEVIATION_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"{oids.DEVIATION_LIST}.{arcs}": name
        for arcs, name in (
            ("1", "CertOrKey"),
            ("1.1", "CertOrKey-DSSignature"),
            ("1.2", "CertOrKey-DSEncoding"),
            ("1.3", "CertOrKey-CSCAEncoding"),
            ("1.4", "CertOrKey-AAKeyCompromised"),
            ("2", "LDS"),
            ("2.1", "LDS-DGMalformed"),
            ("2.2", "LDS-DGHashWrong"),
            ("2.3", "LDS-SODSignatureWrong"),
            ("2.4", "LDS-COMInconsistent"),
            ("3", "MRZ"),
            ("3.1", "MRZ-WrongData"),
            ("3.2", "MRZ-WrongCheckDigit"),
            ("4", "Chip"),
            ("5", "NationalUse"),
        )
    }
)


@dataclass(frozen=True, slots=True)
class DeviationDescription:
    """What deviates: the identifier of the type, and words for people, if there are any (ICAO 9303-12 §10.2)."""

    type: str
    text: str | None

    @property
    def name(self) -> str:
        """The name that the standard gives the type, else the identifier."""
        return DEVIATION_NAMES.get(self.type, self.type)


@dataclass(frozen=True, slots=True, repr=False)
class SignerReference:
    """The document signer that a deviation names, in one of three ways (ICAO 9303-12 §10.2); the others are None.

    `digest_hash` is the hash function of `digest` as in `DIGEST_SIZES`, None if it is not known here.
    """

    issuer: Name | None = None
    serial: int | None = None
    key_identifier: bytes | None = None
    digest: bytes | None = None
    digest_hash: str | None = None


# no slots: the lazy property keeps its value in the instance
@dataclass(frozen=True, repr=False)
class DocumentNumbers:
    """The numbers of a deviation as stored; `len` counts them."""

    stored: Tlv
    count: int

    def __len__(self) -> int:
        return self.count

    def __contains__(self, number: str) -> bool:
        """Whether a number stands in the set. Fillers, blanks, signs and letter case do not count."""
        return _canonical(number.encode("ascii", "replace")) in self._numbers

    @cached_property
    def _numbers(self) -> frozenset[bytes]:
        values = tlv.primitive_values(self.stored, PRINTABLE_STRING, limit=self.count)
        return frozenset(_canonical(value) for value in values)

    def __repr__(self) -> str:
        return f"DocumentNumbers({self.count})"


@dataclass(frozen=True, slots=True, repr=False)
class Deviation:
    """What deviates, and in which documents (ICAO 9303-12 §10.2).

    Each member that is not None narrows the documents; with none of them it is every document of the state.
    `document_type` is without fillers; `issued` holds the first and last moment of issue.
    """

    document_type: str | None
    signer: SignerReference | None
    issued: tuple[datetime, datetime] | None
    document_numbers: DocumentNumbers | None
    descriptions: tuple[DeviationDescription, ...]

    def __repr__(self) -> str:
        return f"Deviation(descriptions={len(self.descriptions)})"


@dataclass(frozen=True, slots=True, repr=False)
class DocumentFacts:
    """What is known of the document at hand.

    `states` are the countries that sign for its issuing state (`mrz.codes.alpha2`), empty if no table knows it. Code
    and number are those of DG1. `dsc` is the document signer, None if it was not found; `issued_on` the date of
    issue, None if nothing signed says it.
    """

    states: frozenset[str]
    document_code: str
    document_number: str
    dsc: Certificate | None
    issued_on: date | None

    def __repr__(self) -> str:
        return f"DocumentFacts(states={sorted(self.states)})"


def may_speak(state: str | None, document: DocumentFacts) -> bool:
    """Whether a list of this state may speak of a document: a state speaks of its own (SECURITY.md 4.2).

    The state must be the one of DG1 and, where the document signer is known and names a country, the signer's too.
    """
    if state is None or state not in document.states:
        return False
    if document.dsc is None:
        return True
    countries = (document.dsc.subject.country, document.dsc.issuer.country)
    named = {two_letters(country) for country in countries if country is not None}
    return not named or state in named


def speaks_of(deviation: Deviation, document: DocumentFacts) -> bool:
    """Whether a deviation of the document's own state means this document (ICAO 9303-3 §7.3.6).

    Every member that the deviation gives must agree. One that cannot be evaluated (the document signer was not found,
    nothing signed says when the document was issued, a hash function is not known) counts as agreeing: more attention
    is the safe side, and a deviation accepts nothing.
    """
    return (
        _type_agrees(deviation.document_type, document.document_code)
        and (deviation.signer is None or document.dsc is None or _names(deviation.signer, document.dsc))
        and _date_agrees(deviation.issued, document.issued_on)
        and _number_agrees(deviation.document_numbers, document.document_number)
    )


def two_letters(country: str) -> str:
    """A country of a certificate, two letters by the standard and three in some real ones, as two if it is known."""
    known = codes.alpha2(country) if len(country) == 3 else ()
    return known[0] if len(known) == 1 else country


def _canonical(number: bytes) -> bytes:
    """A document number for comparison: its letters, upper-cased, and digits."""
    return number.upper().translate(None, _NOT_IN_A_NUMBER)


def _type_agrees(document_type: str | None, document_code: str) -> bool:
    """Codes as in a DocumentTypeList: `P` means every passport, `PD` that kind alone."""
    return document_type is None or not document_code or allows_document((document_type,), document_code)


def _names(signer: SignerReference, dsc: Certificate) -> bool:
    """Whether the reference means this certificate; names are compared as RFC 5280 §7.1 asks."""
    if signer.issuer is not None:
        return dsc.serial == signer.serial and dsc.issuer.same_as(signer.issuer)
    if signer.key_identifier is not None:
        return dsc.key_identifier in (None, signer.key_identifier)
    return signer.digest_hash is None or digest(signer.digest_hash, dsc.raw) == signer.digest


def _date_agrees(issued: tuple[datetime, datetime] | None, issued_on: date | None) -> bool:
    """Whether the day lies in the period. A day has no time zone: one more counts at both ends."""
    if issued is None or issued_on is None:
        return True
    first, last = (moment.date().toordinal() for moment in issued)
    return first - 1 <= issued_on.toordinal() <= last + 1


def _number_agrees(numbers: DocumentNumbers | None, document_number: str) -> bool:
    return numbers is None or not document_number.strip("<") or document_number in numbers
