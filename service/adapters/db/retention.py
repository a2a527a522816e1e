"""What organisations decided about retention, and what is frozen, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from service.adapters.db import tables
from service.adapters.db.retention_tables import freezes, issued_claims, retention_terms
from service.adapters.db.sealed import from_octets, to_octets
from service.domain.freeze import Freeze, FreezeReason, ThawReason
from service.domain.retention import RetentionClass, RetentionRule, Schedule, Term
from service.domain.vault import ErasedError, Place, Vault
from service.domain.verification import State

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ScheduleRows:
    """Answers `service.domain.repositories.Schedules`."""

    connection: Connection

    def of(self, organisation: str) -> Schedule:
        return Schedule.of(self.history(organisation))

    def history(self, organisation: str) -> Sequence[Term]:
        query = (
            select(retention_terms)
            .where(retention_terms.c.organisation == organisation)
            .order_by(retention_terms.c.id)
        )
        return [
            Term(RetentionRule(row.rule), row.hours * _HOUR, row.decision, row.decided_on, row.set_by, row.set_at)
            for row in self.connection.execute(query)
        ]

    def add(self, organisation: str, term: Term) -> None:
        values = asdict(term)
        hours = values.pop("period") // _HOUR
        self.connection.execute(insert(retention_terms).values(organisation=organisation, hours=hours, **values))

    def organisations(self) -> Sequence[str]:
        query = select(tables.verifications.c.organisation).distinct()
        return sorted(self.connection.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class FreezeRows:
    """Answers `service.domain.repositories.Freezes`."""

    connection: Connection

    def hold(self, verification_id: str) -> None:
        table = tables.verifications
        # on SQLite whoever may write is alone
        self.connection.execute(select(table.c.id).where(table.c.id == verification_id).with_for_update())

    def of(self, verification_id: str) -> Sequence[Freeze]:
        query = select(freezes).where(freezes.c.verification_id == verification_id).order_by(freezes.c.id)
        return [_freeze(row) for row in self.connection.execute(query)]

    def save(self, verification_id: str, freeze: Freeze) -> None:
        values = asdict(freeze)
        same = (freezes.c.verification_id == verification_id, freezes.c.thawed_at.is_(None))
        if self.connection.execute(update(freezes).where(*same).values(values)).rowcount == 0:
            self.connection.execute(insert(freezes).values(verification_id=verification_id, **values))

    def frozen(self) -> Sequence[str]:
        by_people = select(freezes.c.verification_id).where(freezes.c.thawed_at.is_(None))
        table = tables.verifications
        by_state = select(table.c.id).where(
            table.c.state == State.SUSPECTED_FRAUD, table.c.id.not_in(select(freezes.c.verification_id))
        )
        return sorted(self.connection.execute(by_people.union(by_state)).scalars())


def _freeze(row: Row[Any]) -> Freeze:
    return Freeze(
        FreezeReason(row.reason),
        row.by,
        row.at,
        None if row.thaw_reason is None else ThawReason(row.thaw_reason),
        row.thaw_asked_by,
        row.thaw_asked_at,
        row.thawed_by,
        row.thawed_at,
    )


@dataclass(frozen=True, slots=True)
class IssuedClaimsRows:
    """Answers `service.domain.repositories.IssuedClaims`."""

    connection: Connection
    vault: Vault

    def add(self, verification_id: str, claims: dict[str, Any]) -> None:
        sealed = self.vault.seal(_place(verification_id), to_octets(claims))
        self.connection.execute(insert(issued_claims).values(verification_id=verification_id, claims=sealed))

    def of(self, verification_id: str) -> dict[str, Any] | None:
        query = select(issued_claims.c.claims).where(issued_claims.c.verification_id == verification_id)
        sealed = self.connection.execute(query).scalar_one_or_none()
        if sealed is None:
            return None
        try:
            claims: dict[str, Any] = from_octets(self.vault.open(_place(verification_id), sealed))
        except ErasedError:
            return None
        return claims


def _place(verification_id: str) -> Place:
    return Place(verification_id, RetentionClass.EVIDENCE, issued_claims.name, "claims", verification_id)
