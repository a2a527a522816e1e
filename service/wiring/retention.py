"""What is kept how long, and what erases it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from service.adapters.backup_opening import open_purge_log
from service.adapters.db.database import SqlDatabase
from service.adapters.db.retention_purges import settle
from service.domain.errors import ConfigurationError
from service.domain.ports import Clock
from service.settings import Settings
from service.usecases.destroy_epochs import DestroyEpochs
from service.usecases.freeze_case import FreezeCase
from service.usecases.purge_due import PurgeDue
from service.usecases.retention_schedule import RetentionSchedule
from service.usecases.sweep_blobs import SweepBlobs
from service.wiring.databases import clock_of, opened, require_database


@dataclass(frozen=True)
class RetentionAdministration:
    """The use cases of those who answer for what is kept; no route leads here."""

    schedule: RetentionSchedule
    purge: PurgeDue
    freezing: FreezeCase


@contextmanager
def administer_retention(settings: Settings, *, clock: Clock | None = None) -> Iterator[RetentionAdministration]:
    """Retention of a service with these settings.

    Raises:
        ConfigurationError: the database or the keys cannot be used, or there is no database.
    """
    clock = clock or clock_of(settings)
    require_database(settings)
    with opened(settings, clock) as database:
        yield RetentionAdministration(
            RetentionSchedule(database, clock, timedelta(hours=settings.review_hours)),
            purging(settings, database, clock),
            FreezeCase(database, clock),
        )


def purging(settings: Settings, database: SqlDatabase, clock: Clock) -> PurgeDue:
    """What erases all that is due.

    Raises:
        ConfigurationError: the database was opened without its keys, or the log of erasures cannot be used.
    """
    safe = database.safe
    if safe is None:
        raise ConfigurationError("nothing can be erased without the keys")
    return PurgeDue(
        database,
        clock,
        open_purge_log(settings, safe.randomness),
        DestroyEpochs(database, safe.epochs, clock),
        SweepBlobs(database, safe.blobs),
        safe.epochs.is_destroyed,
        lambda: settle(database.engine),
    )
