"""Master key, signing keys and the keys of traces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.adapters.db.database import SqlDatabase
from service.adapters.signing_opening import open_signer
from service.adapters.trace_keys import YearlyTraceKeys, open_trace_keys
from service.domain.errors import ConfigurationError
from service.domain.ports import Clock
from service.settings import Settings
from service.usecases.manage_signing_keys import ManageSigningKeys
from service.usecases.rotate_keys import RotateKeys, ShowKeys
from service.wiring.databases import clock_of, opened


@contextmanager
def administer_signing_keys(settings: Settings, *, clock: Clock | None = None) -> Iterator[ManageSigningKeys]:
    """The keys that results of a service with these settings are signed with.

    Raises:
        ConfigurationError: the database or the keys cannot be used.
    """
    clock = clock or clock_of(settings)
    with opened(settings, clock) as database:
        yield ManageSigningKeys(open_signer(settings, clock), database, clock, settings.organisation)


@dataclass(frozen=True)
class KeyAdministration:
    """The use cases of those who look after the master key; no route leads here."""

    show: ShowKeys
    rotate: RotateKeys


@contextmanager
def administer_keys(settings: Settings, *, clock: Clock | None = None) -> Iterator[KeyAdministration]:
    """The master key and the epochs of a service with these settings.

    Raises:
        ConfigurationError: the database or the keys cannot be used.
    """
    clock = clock or clock_of(settings)
    with opened(settings, clock) as database:
        yield key_administration(settings, database, clock)


def key_administration(settings: Settings, database: SqlDatabase, clock: Clock) -> KeyAdministration:
    """The use cases over a database that is open.

    Raises:
        ConfigurationError: it was opened without its keys.
    """
    if database.safe is None:
        raise ConfigurationError("this database was opened without its keys")
    keys, epochs = database.safe.provider, database.safe.epochs
    return KeyAdministration(ShowKeys(keys, epochs), RotateKeys(keys, epochs, database, clock, settings.organisation))


def trace_keys(settings: Settings, database: SqlDatabase) -> YearlyTraceKeys:
    """The keys that documents are known again with.

    Raises:
        ConfigurationError: the database was opened without its keys.
    """
    if database.safe is None:
        raise ConfigurationError("traces cannot be made without the keys")
    return open_trace_keys(settings, database.safe)
