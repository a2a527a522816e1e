"""What is due for erasure, and what was erased, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, exists, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.db import tables
from service.adapters.db.retention_tables import freezes, purge_records, purge_runs
from service.adapters.db.vault_tables import data_keys
from service.domain.purge import PurgeRecord
from service.domain.retention import ENDED, UNDECIDED, RetentionClass, RetentionRule, Schedule
from service.domain.vault import Epoch
from service.domain.verification import State

_CASE: Final = tables.verifications.c


@dataclass(frozen=True, slots=True)
class PurgeRows:
    """Answers `service.domain.repositories.Purges`."""

    connection: Connection

    def candidates(
        self, organisation: str, schedule: Schedule, now: datetime, after: str, limit: int
    ) -> Sequence[str]:
        def over(rule: RetentionRule) -> ColumnElement[bool]:
            return _CASE.created_at <= schedule.opened_by(rule, now)

        ended, approved = _CASE.state.in_(sorted(ENDED)), _CASE.result_until.is_not(None)
        due = or_(
            and_(ended, approved, over(RetentionRule.EVIDENCE)),
            and_(ended, ~approved, over(RetentionRule.FAILED)),
            and_(ended, over(RetentionRule.HOLDER), _living(RetentionClass.HOLDER)),
            and_(
                or_(_CASE.state.not_in(sorted(UNDECIDED)), over(RetentionRule.PORTRAIT)),
                _living(RetentionClass.PORTRAIT),
            ),
        )
        query = (
            select(_CASE.id)
            .where(_CASE.organisation == organisation, _CASE.id > after, due, ~_frozen())
            .order_by(_CASE.id)
            .limit(limit)
        )
        return self.connection.execute(query).scalars().all()

    def keys(self, verification_id: str) -> Mapping[RetentionClass, Epoch]:
        query = select(data_keys.c.retention, data_keys.c.epoch).where(
            data_keys.c.verification_id == verification_id, data_keys.c.wrapped.is_not(None)
        )
        found = [Epoch(RetentionClass(row.retention), row.epoch) for row in self.connection.execute(query)]
        return {epoch.retention: epoch for epoch in found}

    def count(self, record: PurgeRecord) -> None:
        insert_or_add = postgresql.insert if self.connection.dialect.name == "postgresql" else sqlite.insert
        new = insert_or_add(purge_records).values(asdict(record))
        table = purge_records
        self.connection.execute(
            new.on_conflict_do_update(
                index_elements=list(table.primary_key), set_={"count": table.c.count + new.excluded["count"]}
            )
        )

    def records(self) -> Sequence[PurgeRecord]:
        query = select(purge_records).order_by(*purge_records.primary_key.columns)
        return [
            PurgeRecord(
                **{**row._mapping, "retention": RetentionClass(row.retention), "rule": RetentionRule(row.rule)}
            )
            for row in self.connection.execute(query)
        ]

    def last_run(self) -> datetime | None:
        return self.connection.execute(select(purge_runs.c.at)).scalar_one_or_none()

    def ran(self, at: datetime) -> None:
        self.connection.execute(delete(purge_runs))
        self.connection.execute(insert(purge_runs).values(id=1, at=at))


def _living(retention: RetentionClass) -> ColumnElement[bool]:
    return exists().where(
        data_keys.c.verification_id == _CASE.id,
        data_keys.c.retention == retention,
        data_keys.c.wrapped.is_not(None),
    )


def _frozen() -> ColumnElement[bool]:
    """As `service.domain.freeze.standing` says, which has the last word."""
    any_freeze = exists().where(freezes.c.verification_id == _CASE.id)
    by_people = exists().where(freezes.c.verification_id == _CASE.id, freezes.c.thawed_at.is_(None))
    return or_(by_people, and_(_CASE.state == State.SUSPECTED_FRAUD, ~any_freeze))


def settle(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, which still holds rows as they were before an erasure.

    PostgreSQL does so by itself (autovacuum), and not at once: the destroyed epoch is what ends it there.
    """
    if engine.dialect.name == "sqlite":
        # not inside a transaction, which every connection of the engine begins
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
