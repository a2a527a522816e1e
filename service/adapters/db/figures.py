"""Counts over the tables, for those who watch the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, func, or_, select

from service.adapters.db.job_tables import jobs
from service.domain.condition import JobFigures, overdue_since

_ROW: Final = jobs.c


@dataclass(frozen=True, slots=True)
class FigureRows:
    """Answers `service.domain.repositories.Figures`."""

    connection: Connection

    def jobs(self, now: datetime) -> Sequence[JobFigures]:
        alive = _ROW.dead_at.is_(None)
        held = and_(alive, _ROW.lease_until > now)
        late = overdue_since(now)
        left = and_(alive, _ROW.due_at < late, or_(_ROW.lease_until.is_(None), _ROW.lease_until < late))
        query = select(
            _ROW.kind,
            _count(and_(alive, _ROW.lease_owner.is_(None))),
            _count(held),
            _count(left),
            _count(_ROW.dead_at.is_not(None)),
        )
        rows = self.connection.execute(query.group_by(_ROW.kind).order_by(_ROW.kind))
        return [JobFigures(*row) for row in rows]

    def clock(self) -> datetime:
        found: datetime = self.connection.execute(select(func.now())).scalar_one()
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0), type_=Integer)
