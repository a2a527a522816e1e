"""Mark a verification by the documents that it holds data of, so that the person is found again (GDPR Article 15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import mrz
from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence, ElementaryFile
from mrtd.lds import dg1
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.subjects import Subject, SubjectKeys, SubjectMark
from service.usecases.judging import stockholm_day


@dataclass(frozen=True, slots=True)
class MarkSubjects:
    """What is done with all lines that are taken and every chip that is read. What names no document leaves no mark.

    Outside of a transaction, since keys may live in a slow device.
    """

    keys: SubjectKeys

    def of_lines(self, reading: mrz.MrzDocument, at: datetime) -> Sequence[SubjectMark]:
        """The mark of printed lines."""
        return self._marks(subject_of(reading), at)

    def of_chip(self, evidence: ChipEvidence, at: datetime) -> Sequence[SubjectMark]:
        """The mark of EF.DG1, which may be another document's than the lines that were given."""
        return self._marks(subject_of_chip(evidence, at), at)

    def _marks(self, subject: Subject | None, at: datetime) -> Sequence[SubjectMark]:
        return () if subject is None else (self.keys.mark(subject, at),)


@dataclass(frozen=True, slots=True)
class ForgetSubjectKeys:
    """Done every night: the key of a year goes when no mark of that year is left."""

    database: Database
    clock: Clock
    keys: SubjectKeys

    def __call__(self) -> int:
        """How many keys were destroyed."""
        with self.database.reading() as work:
            in_use = work.subject_marks.years()
        return self.keys.forget(in_use, self.clock.now())


def subject_of(reading: mrz.MrzDocument) -> Subject | None:
    """Whom lines of a zone are about."""
    return Subject.of(reading.fields.issuing_state, reading.fields.document_number)


def subject_of_chip(evidence: ChipEvidence, at: datetime) -> Subject | None:
    """Whom EF.DG1 is about; None where it is not there or cannot be read."""
    data = evidence.files.get(ElementaryFile.DG1)
    try:
        return None if data is None else subject_of(dg1.parse(data, today=stockholm_day(at)).document)
    except MrtdError:
        return None
