"""The audit trail as rows: written at the end of a transaction, under the lock of the head."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from mrtd.inspection.report import canonical_json
from mrtd.version import VERSION
from service.adapters.db.audit_tables import audit_actors, audit_checkpoints, audit_head, audit_trail
from service.domain.audit import AuditActor, AuditEntry, Details
from service.domain.audit_chain import (
    SALT_BYTES,
    START,
    ChainedEntry,
    Head,
    StoredRow,
    chained,
    pseudonym,
    read_row,
)
from service.domain.audit_checkpoint import KeptCheckpoint
from service.domain.errors import ProblemCode, ServiceError

#: The id of the only row of `audit_head`.
THE_HEAD: Final = 1
#: Rows that are fetched at once when the whole trail is read.
_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class AuditRows:
    """Answers `service.domain.repositories.Audit`."""

    connection: Connection
    #: What every entry of this process holds beside its own details.
    beside: Details = field(default_factory=dict)
    _waiting: list[AuditEntry] = field(default_factory=list)

    def write(self, entry: AuditEntry) -> None:
        self._waiting.append(replace(entry, details={**entry.details, **self.beside}) if self.beside else entry)

    def finish(self) -> None:
        """Write what waits. The last thing in a transaction: everybody else who writes waits from here to its end.

        Raises:
            ServiceError: `not_ready`: the head is not what entries left behind, so nothing may be acknowledged.
        """
        if not self._waiting:
            return
        head = before = self._locked_head()
        organisations: dict[str, Head] = {}
        rows: list[dict[str, Any]] = []
        for waiting in self._waiting:
            name = waiting.organisation
            actor = self._actor(name, waiting.actor)
            after = organisations.get(name) or self._organisation_head(name)
            entry = chained(waiting, actor, VERSION, head, after)
            head, organisations[name] = entry.head, entry.organisation_head
            rows.append(_values(entry))
        self.connection.execute(insert(audit_trail), rows)
        moved = (
            update(audit_head)
            .where(audit_head.c.id == THE_HEAD, audit_head.c.digest == before.digest)
            .values(number=head.number, digest=head.digest)
        )
        if self.connection.execute(moved).rowcount != 1:
            raise ServiceError(ProblemCode.NOT_READY)
        self._waiting.clear()

    def head(self) -> Head:
        row = self.connection.execute(select(audit_head.c.number, audit_head.c.digest)).one_or_none()
        if row is None:
            raise ServiceError(ProblemCode.NOT_READY)
        return Head(row.number, row.digest)

    def rows(self, after: int = 0, until: int | None = None) -> Iterator[StoredRow]:
        query = select(audit_trail).order_by(audit_trail.c.number)
        # Without an entry to begin behind it begins with what is there, whatever number that has.
        if after:
            query = query.where(audit_trail.c.number > after)
        if until is not None:
            query = query.where(audit_trail.c.number <= until)
        for row in self.connection.execute(query.execution_options(yield_per=_BATCH)):
            yield row._asdict()

    def of(self, verification_id: str) -> Sequence[ChainedEntry]:
        query = select(audit_trail).where(audit_trail.c.verification_id == verification_id)
        rows = self.connection.execute(query.order_by(audit_trail.c.number))
        entries = [read_row(row._asdict()) for row in rows]
        if None in entries:
            raise ServiceError(ProblemCode.NOT_READY)
        return [entry for entry in entries if entry is not None]

    def actors(self) -> Iterator[AuditActor]:
        for row in self.connection.execute(select(audit_actors)):
            first = select(audit_trail.c.number).where(audit_trail.c.actor == row.actor)
            number = self.connection.execute(first.order_by(audit_trail.c.number).limit(1)).scalar_one_or_none()
            proven = pseudonym(bytes(row.salt), row.organisation, row.person) == row.actor
            yield AuditActor(row.actor, row.person, number, proven)

    def person(self, actor: str) -> str | None:
        query = select(audit_actors.c.person).where(audit_actors.c.actor == actor)
        return self.connection.execute(query).scalar_one_or_none()

    def add_checkpoint(self, head: Head, token: str) -> None:
        try:
            with self.connection.begin_nested():
                self.connection.execute(
                    insert(audit_checkpoints).values(number=head.number, digest=head.digest, token=token)
                )
        except IntegrityError:
            # Another process was first, and says the same: the anchor holds one for each number.
            return

    def checkpoints(self, since: int = 0) -> Sequence[KeptCheckpoint]:
        table = audit_checkpoints
        query = select(table.c.number, table.c.token).where(table.c.number >= since).order_by(table.c.number)
        return [KeptCheckpoint(row.number, row.token) for row in self.connection.execute(query)]

    def last_checkpoint(self) -> Head:
        table = audit_checkpoints
        query = select(table.c.number, table.c.digest).order_by(table.c.number.desc()).limit(1)
        row = self.connection.execute(query).one_or_none()
        return START if row is None else Head(row.number, row.digest)

    def _locked_head(self) -> Head:
        """The last entry, and the right to follow it: SQLite's writers are alone from the beginning."""
        query = select(audit_head.c.number, audit_head.c.digest).where(audit_head.c.id == THE_HEAD)
        row = self.connection.execute(query.with_for_update()).one_or_none()
        if row is None:
            raise ServiceError(ProblemCode.NOT_READY)
        return Head(row.number, row.digest)

    def _organisation_head(self, organisation: str) -> Head:
        table = audit_trail
        query = (
            select(table.c.organisation_number, table.c.digest)
            .where(table.c.organisation == organisation)
            .order_by(table.c.organisation_number.desc())
            .limit(1)
        )
        row = self.connection.execute(query).one_or_none()
        return START if row is None else Head(row.organisation_number, row.digest)

    def _actor(self, organisation: str, person: str) -> str:
        """The pseudonym of a person, made at their first entry; under the lock, so that each has one."""
        table = audit_actors
        query = select(table.c.actor).where(table.c.organisation == organisation, table.c.person == person)
        known: str | None = self.connection.execute(query).scalar_one_or_none()
        if known is not None:
            return known
        salt = secrets.token_bytes(SALT_BYTES)
        actor = pseudonym(salt, organisation, person)
        self.connection.execute(
            insert(table).values(actor=actor, organisation=organisation, person=person, salt=salt)
        )
        return actor


def _values(entry: ChainedEntry) -> dict[str, Any]:
    members = {name: getattr(entry, name) for name in ChainedEntry.__slots__}
    return {**members, "details": canonical_json(dict(entry.details)).decode()}
