"""Results as they were handed over, and the marks that find the verifications of a person, as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.db import tables
from service.adapters.db.print_tables import handed_results, subject_marks
from service.domain.result import HandedResult
from service.domain.retention import RetentionClass
from service.domain.subjects import SubjectMark
from service.domain.vault import ErasedError, Place, Vault


@dataclass(frozen=True, slots=True)
class HandedResultRows:
    """Answers `service.domain.repositories.HandedResults`."""

    connection: Connection
    vault: Vault

    def keep(self, verification_id: str, handed: HandedResult) -> None:
        values = {
            "token": self.vault.seal(_place(verification_id), handed.token.encode()),
            "handed_at": handed.handed_at,
            "expires_at": handed.expires_at,
        }
        # one statement: two who fetch at the same time do not meet
        new = (postgresql if self.connection.dialect.name == "postgresql" else sqlite).insert(handed_results)
        row = new.values(verification_id=verification_id, **values)
        self.connection.execute(row.on_conflict_do_update(index_elements=["verification_id"], set_=values))

    def of(self, verification_id: str) -> HandedResult | None:
        query = select(handed_results).where(handed_results.c.verification_id == verification_id)
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        try:
            token = self.vault.open(_place(verification_id), row.token).decode()
        except ErasedError:
            return None
        return HandedResult(token, row.handed_at, row.expires_at)


def _place(verification_id: str) -> Place:
    return Place(verification_id, RetentionClass.EVIDENCE, handed_results.name, "token", verification_id)


_MARK = subject_marks.c


@dataclass(frozen=True, slots=True)
class SubjectMarkRows:
    """Answers `service.domain.repositories.SubjectMarks`."""

    connection: Connection

    def add(self, verification_id: str, marks: Collection[SubjectMark]) -> None:
        for mark in marks:
            values = {"verification_id": verification_id, "digest": mark.digest, "year": mark.year}
            new = (postgresql if self.connection.dialect.name == "postgresql" else sqlite).insert(subject_marks)
            self.connection.execute(new.values(values).on_conflict_do_nothing())

    def of(self, marks: Collection[SubjectMark]) -> Sequence[str]:
        if not marks:
            return []
        found = select(_MARK.verification_id).where(
            or_(*(and_(_MARK.year == mark.year, _MARK.digest == mark.digest) for mark in marks))
        )
        case = tables.verifications.c
        query = select(case.id).where(case.id.in_(found)).order_by(case.created_at, case.id)
        return list(self.connection.execute(query).scalars())

    def kept(self, verification_id: str) -> Collection[SubjectMark]:
        query = select(_MARK.year, _MARK.digest).where(_MARK.verification_id == verification_id)
        return [SubjectMark(row.year, row.digest) for row in self.connection.execute(query)]

    def forget(self, verification_id: str) -> None:
        self.connection.execute(delete(subject_marks).where(_MARK.verification_id == verification_id))

    def years(self) -> frozenset[int]:
        return frozenset(self.connection.execute(select(_MARK.year).distinct()).scalars())
