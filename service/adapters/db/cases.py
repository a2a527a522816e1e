"""Verifications, the lines captured for them, their challenges, and the audit, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Row, insert, select, update

from service.adapters.db import tables
from service.domain.audit import AuditEntry
from service.domain.challenge import Challenge
from service.domain.errors import ProblemCode, ServiceError
from service.domain.mrz_capture import CaptureSource, MrzCapture
from service.domain.verification import Kind, NextStep, State, Verification

_FIELDS: Final = (
    "id",
    "kind",
    "order_reference",
    "state",
    "next_step",
    "created_by",
    "created_at",
    "changed_at",
    "reason",
    "mrz_attempts",
    "version",
)


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


def _values(verification: Verification) -> dict[str, object]:
    return {name: getattr(verification, name) for name in _FIELDS}


def _verification(row: Row[tuple[object, ...]]) -> Verification:
    values = dict(row._mapping)
    return Verification(
        **{
            **values,
            "kind": Kind(values["kind"]),
            "state": State(values["state"]),
            "next_step": NextStep(values["next_step"]),
        }
    )


@dataclass(frozen=True, slots=True)
class CaptureRows:
    """Answers `service.domain.repositories.Captures`."""

    connection: Connection

    def add(self, verification_id: str, capture: MrzCapture) -> None:
        self.connection.execute(
            insert(tables.mrz_captures).values(
                verification_id=verification_id,
                lines=list(capture.lines),
                source=capture.source,
                photo=capture.photo,
                at=capture.at,
            )
        )

    def of(self, verification_id: str) -> Sequence[MrzCapture]:
        table = tables.mrz_captures
        query = select(table).where(table.c.verification_id == verification_id).order_by(table.c.id)
        return [
            MrzCapture(tuple(row.lines), CaptureSource(row.source), row.photo, row.at)
            for row in self.connection.execute(query)
        ]


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


@dataclass(frozen=True, slots=True)
class AuditRows:
    """Answers `service.domain.repositories.Audit`."""

    connection: Connection

    def write(self, entry: AuditEntry) -> None:
        self.connection.execute(
            insert(tables.audit_entries).values(
                verification_id=entry.verification_id,
                at=entry.at,
                actor=entry.actor,
                action=entry.action,
                details=dict(entry.details),
            )
        )
