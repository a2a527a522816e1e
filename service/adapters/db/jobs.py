"""Jobs as rows, leased on both databases by the same statements.

A lease is taken in a transaction that may write: on SQLite nobody else has one (`BEGIN IMMEDIATE`), on PostgreSQL
`FOR UPDATE SKIP LOCKED` passes by what another is taking.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.db.job_tables import WAITING, jobs
from service.domain.jobs import (
    CLOCK_TOLERANCE,
    LAST_DELAY,
    LEASES,
    LONGEST_LEASE,
    SOON,
    DeadJob,
    Job,
    JobKind,
    LeasedJob,
)

_ROW: Final = jobs.c
_FREE: Final = {"lease_owner": None, "lease_until": None}


@dataclass(slots=True)
class JobRows:
    """Answers `service.domain.repositories.Jobs`. `enqueued`: whether this transaction made something to do."""

    connection: Connection
    enqueued: bool = field(default=False, init=False)

    def enqueue(self, job: Job) -> None:
        self.enqueued = True
        values = {
            "kind": job.kind,
            "subject": job.subject,
            "key": job.key,
            "data": dict(job.data),
            "wanted_at": job.due_at,
            "due_at": job.due_at,
            "attempts": 0,
        }
        if job.key is None:
            self.connection.execute(insert(jobs).values(values))
            return
        new = (sqlite if self.connection.dialect.name == "sqlite" else postgresql).insert(jobs).values(values)
        # Both times, so that what is asked for now is not given up for what was asked for long ago.
        earlier = {
            name: case((new.excluded[name] < _ROW[name], new.excluded[name]), else_=_ROW[name])
            for name in ("wanted_at", "due_at")
        }
        self.connection.execute(
            new.on_conflict_do_update(index_elements=["kind", "key"], index_where=WAITING, set_=earlier)
        )

    def is_due(self, kinds: Collection[JobKind], now: datetime) -> bool:
        return bool(self.connection.execute(select(exists().where(_due(kinds, now)))).scalar_one())

    def lease(self, kinds: Collection[JobKind], owner: str, now: datetime) -> LeasedJob | None:
        query = (
            select(jobs)
            .where(_due(kinds, now))
            .order_by(_ROW.due_at, _ROW.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        kind = JobKind(row.kind)
        leased = LeasedJob(
            id=row.id,
            kind=kind,
            subject=row.subject,
            key=row.key,
            data=row.data,
            wanted_at=row.wanted_at,
            attempt=row.attempts + 1,
            owner=owner,
            until=now + LEASES[kind],
        )
        self.connection.execute(
            update(jobs)
            .where(_ROW.id == row.id)
            .values(attempts=leased.attempt, lease_owner=owner, lease_until=leased.until)
        )
        return leased

    def finish(self, job: LeasedJob) -> bool:
        return self.connection.execute(delete(jobs).where(_held(job))).rowcount == 1

    def retry(self, job: LeasedJob, due_at: datetime, problem: str) -> bool:
        if job.key is not None and self._another_waits(job.kind, job.key):
            return self.finish(job)
        return self._leave(job, due_at=due_at, problem=problem)

    def bury(self, job: LeasedJob, at: datetime, problem: str) -> bool:
        return self._leave(job, dead_at=at, problem=problem)

    def postpone(self, kind: JobKind, subject: str, until: datetime) -> None:
        self.connection.execute(
            update(jobs)
            .where(WAITING, _ROW.kind == kind, _ROW.subject == subject, _ROW.due_at < until)
            .values(due_at=until)
        )

    def forget(self, kind: JobKind, subject: str) -> None:
        self.connection.execute(delete(jobs).where(_ROW.kind == kind, _ROW.subject == subject))

    def dead(self, kinds: Collection[JobKind]) -> Sequence[DeadJob]:
        query = (
            select(jobs)
            .where(_ROW.dead_at.is_not(None), _ROW.kind.in_(sorted(kinds)))
            .order_by(_ROW.dead_at, _ROW.id)
        )
        return [
            DeadJob(
                id=row.id,
                kind=JobKind(row.kind),
                subject=row.subject,
                data=row.data,
                wanted_at=row.wanted_at,
                attempts=row.attempts,
                problem=row.problem,
                at=row.dead_at,
            )
            for row in self.connection.execute(query)
        ]

    def revive(self, job: DeadJob, now: datetime) -> None:
        self.enqueued = True
        key = self.connection.execute(select(_ROW.key).where(_ROW.id == job.id)).scalar_one_or_none()
        if key is not None and self._another_waits(job.kind, key):
            self.connection.execute(delete(jobs).where(_ROW.id == job.id))
            return
        values = {"wanted_at": now, "due_at": now, "attempts": 0, "problem": None, "dead_at": None}
        self.connection.execute(update(jobs).where(_ROW.id == job.id, _ROW.dead_at.is_not(None)).values(values))

    def kinds(self) -> frozenset[str]:
        query = select(_ROW.kind).where(_ROW.dead_at.is_(None)).distinct()
        return frozenset(self.connection.execute(query).scalars())

    def _another_waits(self, kind: JobKind, key: str) -> bool:
        return bool(
            self.connection.execute(select(exists().where(WAITING, _ROW.kind == kind, _ROW.key == key))).scalar_one()
        )

    def _leave(self, job: LeasedJob, **values: datetime | str) -> bool:
        statement = update(jobs).where(_held(job)).values(**_FREE, **values)
        return self.connection.execute(statement).rowcount == 1


def _due(kinds: Collection[JobKind], now: datetime) -> ColumnElement[bool]:
    """What may be leased: due, alive, and held by nobody any more.

    A lease that ends later than any that is given now was given before the clock was set back. It counts as run out,
    or the job of a killed worker would wait until the clock has caught up; and so does the time of one of `SOON`.
    """
    late = now + LAST_DELAY + CLOCK_TOLERANCE
    due = or_(_ROW.due_at <= now, and_(_ROW.kind.in_(sorted(SOON)), _ROW.due_at > late))
    beyond = now + LONGEST_LEASE + CLOCK_TOLERANCE
    free = or_(_ROW.lease_until.is_(None), _ROW.lease_until <= now, _ROW.lease_until > beyond)
    return and_(_ROW.kind.in_(sorted(kinds)), _ROW.dead_at.is_(None), due, free)


def _held(job: LeasedJob) -> ColumnElement[bool]:
    """The row, unless the lease ran out and somebody took it."""
    return and_(_ROW.id == job.id, _ROW.lease_owner == job.owner, _ROW.attempts == job.attempt)
