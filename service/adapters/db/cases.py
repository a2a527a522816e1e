"""Verifications, the lines captured for them, and their challenges, as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Row, insert, select, update

from service.adapters.db import tables
from service.adapters.db.sealed import SealedColumns, from_octets, to_octets
from service.domain.challenge import Challenge
from service.domain.errors import ProblemCode, ServiceError
from service.domain.mrz_capture import CaptureSource, MrzCapture
from service.domain.retention import RetentionClass
from service.domain.vault import ErasedError, Vault
from service.domain.verification import Kind, NextStep, State, Verification

_FIELDS: Final = tuple(field.name for field in fields(Verification))
#: Ids that one question names; SQLite takes 32,766 parameters, PostgreSQL 65,535.
_IDS_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class VerificationRows:
    """Answers `service.domain.repositories.Verifications`."""

    connection: Connection

    def add(self, verification: Verification) -> None:
        self.connection.execute(insert(tables.verifications).values(_values(verification)))

    def get(self, verification_id: str) -> Verification:
        query = select(tables.verifications).where(tables.verifications.c.id == verification_id)
        row = self.connection.execute(query).one_or_none()
        if row is None:
            raise ServiceError(ProblemCode.NOT_FOUND)
        return _verification(row)

    def save(self, verification: Verification) -> Verification:
        # Optimistic: works alike on both databases, and holds no lock while a chip is judged.
        saved = replace(verification, version=verification.version + 1)
        table = tables.verifications
        statement = (
            update(table)
            .where(table.c.id == verification.id, table.c.version == verification.version)
            .values(_values(saved))
        )
        if self.connection.execute(statement).rowcount != 1:
            raise ServiceError(ProblemCode.CONFLICT)
        return saved

    def for_order(self, organisation: str, order_reference: str) -> Sequence[Verification]:
        table = tables.verifications
        query = (
            select(table)
            .where(table.c.organisation == organisation, table.c.order_reference == order_reference)
            .order_by(table.c.created_at, table.c.id)
        )
        return [_verification(row) for row in self.connection.execute(query)]

    def of_order(self, order_id: str) -> Sequence[Verification]:
        table = tables.verifications
        query = select(table).where(table.c.order_id == order_id).order_by(table.c.created_at, table.c.id)
        return [_verification(row) for row in self.connection.execute(query)]

    def opened_by(self, organisation: str, person: str, limit: int) -> Sequence[Verification]:
        table = tables.verifications
        query = (
            select(table)
            .where(table.c.organisation == organisation, table.c.created_by == person, table.c.protected.is_(False))
            .order_by(table.c.created_at.desc(), table.c.id)
            .limit(limit)
        )
        return [_verification(row) for row in self.connection.execute(query)]

    def protected_among(self, ids: Collection[str]) -> Collection[str]:
        table, wanted = tables.verifications, sorted(ids)
        found: set[str] = set()
        for first in range(0, len(wanted), _IDS_AT_ONCE):
            some = table.c.id.in_(wanted[first : first + _IDS_AT_ONCE])
            found |= set(self.connection.execute(select(table.c.id).where(some, table.c.protected)).scalars())
        return found


def _values(verification: Verification) -> dict[str, object]:
    return {name: getattr(verification, name) for name in _FIELDS}


def _verification(row: Row[tuple[object, ...]]) -> Verification:
    values = dict(row._mapping)
    ended_in = values["ended_in"]
    return Verification(
        **{
            **values,
            "kind": Kind(values["kind"]),
            "state": State(values["state"]),
            "next_step": NextStep(values["next_step"]),
            "ended_in": None if ended_in is None else State(ended_in),
        }
    )


_CAPTURES: Final = SealedColumns(tables.mrz_captures, RetentionClass.HOLDER)


@dataclass(frozen=True, slots=True)
class CaptureRows:
    """Answers `service.domain.repositories.Captures`."""

    connection: Connection
    vault: Vault

    def add(self, verification_id: str, capture: MrzCapture) -> None:
        values = {"source": capture.source, "photo": capture.photo, "at": capture.at}
        can = None if capture.can is None else capture.can.encode()
        sealed = {"lines": to_octets(list(capture.lines)), "can": can}
        _CAPTURES.insert(self.connection, self.vault, verification_id, values, sealed)

    def of(self, verification_id: str) -> Sequence[MrzCapture]:
        table = tables.mrz_captures
        query = select(table).where(table.c.verification_id == verification_id).order_by(table.c.id)
        try:
            return [self._capture(row) for row in self.connection.execute(query)]
        except ErasedError:
            return []

    def _capture(self, row: Row[tuple[object, ...]]) -> MrzCapture:
        lines = from_octets(_CAPTURES.open(self.vault, row, "lines"))
        can = None if row.can is None else _CAPTURES.open(self.vault, row, "can").decode()
        return MrzCapture(tuple(lines), CaptureSource(row.source), row.photo, row.at, can)


@dataclass(frozen=True, slots=True)
class ChallengeRows:
    """Answers `service.domain.repositories.Challenges`."""

    connection: Connection

    def add(self, verification_id: str, challenge: Challenge) -> None:
        self.connection.execute(
            insert(tables.challenges).values(
                id=challenge.id,
                verification_id=verification_id,
                value=challenge.value,
                issued_at=challenge.issued_at,
                answered_at=challenge.answered_at,
            )
        )

    def of(self, verification_id: str) -> Sequence[Challenge]:
        table = tables.challenges
        query = (
            select(table).where(table.c.verification_id == verification_id).order_by(table.c.issued_at, table.c.id)
        )
        return [
            Challenge(row.id, row.value, row.issued_at, row.answered_at) for row in self.connection.execute(query)
        ]

    def mark_answered(self, challenge: Challenge, at: datetime) -> None:
        table = tables.challenges
        statement = (
            update(table).where(table.c.id == challenge.id, table.c.answered_at.is_(None)).values(answered_at=at)
        )
        if self.connection.execute(statement).rowcount != 1:
            raise ServiceError(ProblemCode.CHALLENGE_USED)
