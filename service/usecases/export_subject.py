"""Everything that is kept of a person, for that person (GDPR Article 15): an archive with a text in two languages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from service.domain.audit import Action, AuditEntry, Details
from service.domain.ports import Catalogue, Clock, PortraitConverter
from service.domain.repositories import Database, Work
from service.domain.subjects import ExtractReason, Subject, SubjectError, SubjectKeys, SubjectMark, SubjectProblem
from service.usecases.audit_beside import as_json, as_time
from service.usecases.subject_case import ShowSubjectCase, SubjectCase
from service.usecases.subject_text import LANGUAGES, extract_text

SCHEMA: Final = "passkoll/subject-extract/1"
EXTRACT: Final = "extract.json"


@dataclass(frozen=True, slots=True, repr=False)
class SubjectExtract:
    """The archive, and what may be said of it without naming anybody."""

    archive: bytes
    cases: tuple[str, ...]
    files: int
    pictures: int
    #: Cases of suspected fraud: somebody else may have held the document, so look at them before anything is handed
    #: over (OSL, GDPR Article 15.4).
    suspected_fraud: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportSubject:
    """`passkoll subject export`.

    That somebody looked is in the trail of each case before anything is handed over, and also where nothing was
    found. `organisation` is the controller: what others keep in the same database is theirs to answer for.
    """

    database: Database
    clock: Clock
    keys: SubjectKeys
    catalogue: Catalogue
    converter: PortraitConverter
    organisation: str

    def __call__(self, who: str, subject: Subject, reason: ExtractReason) -> SubjectExtract:
        """The extract of whoever holds the document.

        Raises:
            SubjectError: `nothing_kept`.
            ServiceError: `not_ready`, `record_unreadable`: what is kept cannot be read now.
        """
        now = self.clock.now()
        marks = self.keys.marks(subject)
        with self.database.changing() as work:
            cases = self._cases(work, marks)
            details: Details = {"reason": reason.value, "cases": len(cases)}
            for verification_id in cases or (None,):
                entry = AuditEntry(now, who, self.organisation, Action.SUBJECT_EXPORTED, verification_id, details)
                work.audit.write(entry)
        if not cases:
            raise SubjectError(SubjectProblem.NOTHING_KEPT)
        show = ShowSubjectCase(self.converter)
        with self.database.reading() as work:
            shown = [show(work, verification_id, subject, marks) for verification_id in cases]
        return self._extract(subject, reason, now, shown)

    def _cases(self, work: Work, marks: Sequence[SubjectMark]) -> Sequence[str]:
        found = work.subject_marks.of(marks)
        return [one for one in found if work.verifications.get(one).organisation == self.organisation]

    def _extract(
        self, subject: Subject, reason: ExtractReason, now: datetime, shown: Sequence[SubjectCase]
    ) -> SubjectExtract:
        said = {
            "schema": SCHEMA,
            "organisation": self.organisation,
            "made_at": as_time(now),
            "reason": reason.value,
            "document": {"issuing_state": subject.issuing_state, "document_number": subject.document_number},
            "cases": [case.said for case in shown],
        }
        files = {name: data for case in shown for name, data in case.files.items()}
        texts = {
            f"extract.{language}.txt": extract_text(language, self.catalogue.texts(language), said).encode()
            for language in LANGUAGES
        }
        archive = zipped({EXTRACT: as_json(said), **texts, **files}, now)
        return SubjectExtract(
            archive=archive,
            cases=tuple(str(case.said["id"]) for case in shown),
            files=len(files),
            pictures=sum(name.endswith(".jpg") for name in files),
            suspected_fraud=tuple(str(case.said["id"]) for case in shown if case.said["state"] == "suspected_fraud"),
        )


def zipped(files: Mapping[str, bytes], now: datetime) -> bytes:
    """An archive for its owner alone; the same files and time are the same octets."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            member = zipfile.ZipInfo(name, now.astimezone(UTC).timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o100600 << 16
            archive.writestr(member, data)
    return buffer.getvalue()
