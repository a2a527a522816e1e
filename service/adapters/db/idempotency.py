"""Requests with a key, and what was answered to them, as rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.db import tables
from service.domain.errors import ProblemCode, ServiceError
from service.domain.idempotency import LEASE, KeyedRequest, Remembered, Reservation
from service.domain.retention import RetentionClass
from service.domain.vault import Place, Vault

_TABLE: Final = tables.remembered_answers


@dataclass(frozen=True, slots=True)
class AnswerRows:
    """Answers `service.domain.repositories.Answers`."""

    connection: Connection
    vault: Vault

    def of(self, request: KeyedRequest) -> Remembered | None:
        query = select(_TABLE).where(_TABLE.c.digest == request.digest)
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        known = replace(request, body_sha256=row.body_sha256)
        return Remembered(known, row.attempt, row.at, self._answer(row), row.verification_id)

    def reserve(self, reservation: Reservation, at: datetime) -> None:
        request = reservation.request
        values = {"body_sha256": request.body_sha256, "attempt": reservation.attempt, "at": at}
        if reservation.attempt == 1:
            try:
                self.connection.execute(insert(_TABLE).values(digest=request.digest, **values))
            except IntegrityError:
                raise _in_progress() from None
            return
        statement = (
            update(_TABLE)
            .where(_TABLE.c.digest == request.digest, _TABLE.c.attempt == reservation.attempt - 1)
            .values(**values, verification_id=None, answer=None)
        )
        if self.connection.execute(statement).rowcount != 1:
            raise _in_progress()

    def remember(self, reservation: Reservation, verification_id: str, answer: bytes) -> None:
        sealed = self.vault.seal(_place(verification_id, reservation.request.digest), answer)
        statement = update(_TABLE).where(*_held(reservation)).values(verification_id=verification_id, answer=sealed)
        if self.connection.execute(statement).rowcount != 1:
            raise ServiceError(ProblemCode.CONFLICT)

    def release(self, reservation: Reservation) -> None:
        self.connection.execute(delete(_TABLE).where(*_held(reservation)))

    def forget_before(self, moment: datetime) -> None:
        self.connection.execute(delete(_TABLE).where(_TABLE.c.at <= moment))

    def _answer(self, row: Row[Any]) -> bytes | None:
        return None if row.answer is None else self.vault.open(_place(row.verification_id, row.digest), row.answer)


def _held(reservation: Reservation) -> tuple[Any, ...]:
    """The row, while this attempt works on it."""
    return (
        _TABLE.c.digest == reservation.request.digest,
        _TABLE.c.attempt == reservation.attempt,
        _TABLE.c.answer.is_(None),
    )


def _place(verification_id: str, digest: str) -> Place:
    return Place(verification_id, RetentionClass.HOLDER, _TABLE.name, "answer", digest)


def _in_progress() -> ServiceError:
    return ServiceError(ProblemCode.IN_PROGRESS, retry_after_s=int(LEASE.total_seconds()))
