"""What people recorded of a verification beside their reviews, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from service.adapters.db import tables
from service.adapters.db.sealed import SealedColumns
from service.domain.errors import ProblemCode, ServiceError
from service.domain.notice import Notice
from service.domain.retention import RetentionClass
from service.domain.revocation import Revocation, RevocationReason
from service.domain.status_lookup import DocumentStatus, RegisteredDocument, StatusAnswer, StatusSource
from service.domain.vault import ErasedError, Vault


@dataclass(frozen=True, slots=True)
class NoticeRows:
    """Answers `service.domain.repositories.Notices`."""

    connection: Connection

    def add(self, verification_id: str, notice: Notice) -> None:
        statement = insert(tables.notices).values(verification_id=verification_id, **asdict(notice))
        self.connection.execute(statement)

    def of(self, verification_id: str) -> Sequence[Notice]:
        table = tables.notices
        query = select(table).where(table.c.verification_id == verification_id).order_by(table.c.id)
        return [
            Notice(row.version, row.language, row.given_at, row.recorded_at) for row in self.connection.execute(query)
        ]


@dataclass(frozen=True, slots=True)
class StatusRows:
    """Answers `service.domain.repositories.StatusAnswers`."""

    connection: Connection

    def add(self, verification_id: str, answer: StatusAnswer) -> None:
        statement = insert(tables.status_lookups).values(verification_id=verification_id, **asdict(answer))
        self.connection.execute(statement)

    def of(self, verification_id: str) -> StatusAnswer | None:
        return next(reversed(self.history(verification_id)), None)

    def history(self, verification_id: str) -> Sequence[StatusAnswer]:
        table = tables.status_lookups
        query = select(table).where(table.c.verification_id == verification_id).order_by(table.c.id)
        return [
            StatusAnswer(
                StatusSource(row.source), RegisteredDocument(row.document), DocumentStatus(row.status), row.at
            )
            for row in self.connection.execute(query)
        ]


_REVOCATIONS: Final = SealedColumns(tables.revocations, RetentionClass.HOLDER)


@dataclass(frozen=True, slots=True)
class RevocationRows:
    """Answers `service.domain.repositories.Revocations`."""

    connection: Connection
    vault: Vault

    def add(self, verification_id: str, revocation: Revocation) -> None:
        values = asdict(revocation)
        note = values.pop("note")
        sealed = {"note": None if note is None else note.encode()}
        _REVOCATIONS.insert(self.connection, self.vault, verification_id, values, sealed)

    def confirm(self, verification_id: str, revocation: Revocation) -> None:
        table = tables.revocations
        statement = (
            update(table)
            .where(
                table.c.verification_id == verification_id,
                table.c.requested_at == revocation.requested_at,
                table.c.requested_by == revocation.requested_by,
                table.c.confirmed_at.is_(None),
            )
            .values(confirmed_by=revocation.confirmed_by, confirmed_at=revocation.confirmed_at)
        )
        if self.connection.execute(statement).rowcount != 1:
            raise ServiceError(ProblemCode.CONFLICT)

    def of(self, verification_id: str) -> Revocation | None:
        table = tables.revocations
        query = select(table).where(table.c.verification_id == verification_id).order_by(table.c.id.desc()).limit(1)
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        return Revocation(
            RevocationReason(row.reason),
            self._note(row),
            row.requested_by,
            row.requested_at,
            row.confirmed_by,
            row.confirmed_at,
        )

    def _note(self, row: Row[Any]) -> str | None:
        if row.note is None:
            return None
        try:
            return _REVOCATIONS.open(self.vault, row, "note").decode()
        except ErasedError:
            return None
