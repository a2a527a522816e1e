"""Requests of those whom data are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.adapters.catalogue import FileCatalogue
from service.adapters.portraits import PortraitProcess
from service.domain.ports import Clock
from service.settings import Settings
from service.usecases.export_subject import ExportSubject
from service.wiring.databases import clock_of, opened, require_database
from service.wiring.keys import subject_keys


@dataclass(frozen=True)
class SubjectAdministration:
    """The use cases of those who answer data subjects; no route leads here."""

    export: ExportSubject


@contextmanager
def administer_subjects(settings: Settings, *, clock: Clock | None = None) -> Iterator[SubjectAdministration]:
    """What a service with these settings keeps of people.

    Raises:
        ConfigurationError: the database or the keys cannot be used, or there is no database: nothing would be found.
    """
    clock = clock or clock_of(settings)
    require_database(settings)
    with opened(settings, clock) as database:
        keys = subject_keys(settings, database)
        converter = PortraitProcess()
        yield SubjectAdministration(
            ExportSubject(database, clock, keys, FileCatalogue(), converter, settings.organisation)
        )
