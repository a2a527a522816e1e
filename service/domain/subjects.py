"""Finding every verification of a person by a document of theirs (GDPR Article 15).

A verification is marked by keyed hashes of issuing state and document number. The keys serve nothing else, one for
each year; a mark lives exactly as long as its verification, and the key of a year as long as a mark of that year.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from mrtd.inspection.report import canonical_json
from service.domain.holder import three_letter_state

#: Three letters of ICAO 9303-3 §5, or the one that is shorter; a number of the zone, TD1's long ones included.
_STATE: Final = re.compile(r"[A-Z]{1,3}")
_NUMBER: Final = re.compile(r"[A-Z0-9]{1,22}")
#: What people write between the characters of a number, and what a zone fills up with.
_BETWEEN: Final = re.compile(r"[\s<-]")


class ExtractReason(StrEnum):
    """Why somebody makes an extract; a closed list, since a text would name the person."""

    #: GDPR Article 15.
    ACCESS_REQUEST = "access_request"
    #: GDPR Articles 16 to 18 and 21: what is to be corrected, erased or restricted is looked for first.
    OTHER_RIGHT = "other_right"
    LEGAL_CLAIM = "legal_claim"
    SUPERVISION = "supervision"


class SubjectProblem(StrEnum):
    """Why no extract was made."""

    BAD_DOCUMENT = "bad_document"
    #: No verification that is kept knows the document.
    NOTHING_KEPT = "nothing_kept"


class SubjectError(Exception):
    """An extract cannot be made; `code` says why."""

    def __init__(self, code: SubjectProblem) -> None:
        self.code = code
        super().__init__(code.value)


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """A person, named by a document: personal data."""

    issuing_state: str
    document_number: str

    @classmethod
    def of(cls, issuing_state: str, document_number: str) -> Subject | None:
        """As the zone of the document names it; None where that is no state or no number."""
        state = three_letter_state(issuing_state.upper().replace("<", "").strip())
        number = _BETWEEN.sub("", document_number).upper()
        return cls(state, number) if _STATE.fullmatch(state) and _NUMBER.fullmatch(number) else None

    @classmethod
    def written(cls, text: str) -> Subject:
        """What a person writes: `UTO:UT1234567`.

        Raises:
            SubjectError: `bad_document`.
        """
        state, _, number = text.partition(":")
        subject = cls.of(state, number)
        if subject is None:
            raise SubjectError(SubjectProblem.BAD_DOCUMENT)
        return subject

    @property
    def octets(self) -> bytes:
        """What is hashed: no two different subjects have the same octets."""
        return canonical_json(["subject", self.issuing_state, self.document_number])


@dataclass(frozen=True, slots=True)
class SubjectMark:
    """HMAC-SHA256 of a subject, hexadecimal, under the key of `year`."""

    year: int
    digest: str


class SubjectKeys(Protocol):
    """Holds the keys of marks."""

    def mark(self, subject: Subject, at: datetime) -> SubjectMark:
        """The mark of a verification that is kept now."""
        ...

    def marks(self, subject: Subject) -> Sequence[SubjectMark]:
        """The marks that a verification of any year may have."""
        ...

    def forget(self, in_use: Collection[int], at: datetime) -> int:
        """Destroy the keys of years that are over and that no mark is left of; how many."""
        ...
