"""Master key, signing keys and the keys of traces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.adapters.db.database import SqlDatabase
from service.adapters.signing_opening import open_signer
from service.adapters.trace_keys import (
    YearlySubjectKeys,
    YearlyTraceKeys,
    open_limit_keys,
    open_subject_keys,
    open_trace_keys,
)
from service.adapters.yearly_keys import YearlyKeys
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
    # all that the master key wraps: what is missing here is lost with the old version
    wrapped = (
        epochs,
        trace_keys(settings, database),
        subject_keys(settings, database),
        limit_keys(settings, database),
    )
    rotate = RotateKeys(keys, wrapped, database, clock, settings.organisation)
    return KeyAdministration(ShowKeys(keys, epochs), rotate)


def trace_keys(settings: Settings, database: SqlDatabase) -> YearlyTraceKeys:
    """The keys that documents are known again with.

    Raises:
        ConfigurationError: the database was opened without its keys.
    """
    if database.safe is None:
        raise ConfigurationError("traces cannot be made without the keys")
    return open_trace_keys(settings, database.safe)


def subject_keys(settings: Settings, database: SqlDatabase) -> YearlySubjectKeys:
    """The keys that the verifications of a person are found with.

    Raises:
        ConfigurationError: the database was opened without its keys.
    """
    if database.safe is None:
        raise ConfigurationError("nobody is found without the keys")
    return open_subject_keys(settings, database.safe)


def limit_keys(settings: Settings, database: SqlDatabase) -> YearlyKeys:
    """The keys of the digests that callers are counted by.

    Raises:
        ConfigurationError: the database was opened without its keys.
    """
    if database.safe is None:
        raise ConfigurationError("nobody is counted without the keys")
    return open_limit_keys(settings, database.safe)
