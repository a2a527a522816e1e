"""What callers used up of their limits, as rows that all replicas share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, case, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.db.limit_tables import rate_limits

_ROW: Final = rate_limits.c
#: Rows whose window is over that one look removes; each removal is short.
_SWEPT: Final = 200


@dataclass(frozen=True, slots=True)
class CounterRows:
    """Counters by key, each until its window ends."""

    connection: Connection

    def add(self, key: str, amount: int, now: datetime, until: datetime) -> int:
        """Add in one statement, so that no two requests read the same; a window that is over begins anew."""
        dialect = self.connection.dialect.name
        if dialect == "postgresql":
            # What is counted needs to survive nothing: no request waits for a disk.
            self.connection.execute(text("SET LOCAL synchronous_commit TO OFF"))
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        over = _ROW.until <= now
        statement = (
            insert(rate_limits)
            .values(key=key, hits=amount, until=until)
            .on_conflict_do_update(
                index_elements=[_ROW.key],
                set_={
                    "hits": case((over, amount), else_=_ROW.hits + amount),
                    "until": case((over, until), else_=_ROW.until),
                },
            )
            .returning(_ROW.hits)
        )
        hits: int = self.connection.execute(statement).scalar_one()
        return hits

    def of(self, key: str, now: datetime) -> tuple[int, datetime] | None:
        """What was counted in the window that is open now, and when that ends."""
        query = select(_ROW.hits, _ROW.until).where(_ROW.key == key, _ROW.until > now)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else (row.hits, row.until)

    def remove(self, key: str) -> None:
        self.connection.execute(delete(rate_limits).where(_ROW.key == key))

    def sweep(self, now: datetime) -> int:
        """Remove some whose window is over; rows that somebody counts on at this moment are left to a later look."""
        old = select(_ROW.key).where(_ROW.until <= now).limit(_SWEPT).with_for_update(skip_locked=True)
        return self.connection.execute(delete(rate_limits).where(_ROW.key.in_(old))).rowcount

    def clear(self) -> int:
        return self.connection.execute(delete(rate_limits)).rowcount
