"""Figures that the operator of the service watches: counts, and nothing personal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: A worker looks every few seconds: what was due this long ago has nobody who does it.
OVERDUE: Final = timedelta(minutes=5)
#: A database that cannot write acknowledges nothing. The larger of the two counts.
LOW_DISK_SHARE: Final = 0.05
LOW_DISK_BYTES: Final = 1024**3


@dataclass(frozen=True, slots=True)
class JobFigures:
    """The jobs of one kind.

    Attributes:
        kind: of which software knows how to do it, or its name where none here does.
        waiting: how many wait, for their time or for a worker.
        running: how many are leased now.
        overdue: how many were due `OVERDUE` ago and are held by nobody.
        dead: how many were given up.
    """

    kind: str
    waiting: int
    running: int
    overdue: int
    dead: int


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """The file system that holds the data folder; octets."""

    free: int
    total: int

    @property
    def nearly_full(self) -> bool:
        """Whether somebody should make room before writing stops."""
        return self.free < min(max(self.total * LOW_DISK_SHARE, LOW_DISK_BYTES), self.total / 2)


class SchemaState(StrEnum):
    """What the schema of a database is to this software."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    #: Newer, and made so that this software may serve on it.
    AHEAD = "ahead"
    #: Newer, and not made for this software, or not of this software at all.
    UNKNOWN = "unknown"

    @property
    def serves(self) -> bool:
        """Whether this software may serve on it."""
        return self in (SchemaState.CURRENT, SchemaState.AHEAD)


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of a database, and the revision that this software makes."""

    state: SchemaState
    revision: str | None
    head: str | None


def overdue_since(now: datetime) -> datetime:
    """What was due before this is overdue."""
    return now - OVERDUE
