"""The database of an installation: opened, made, brought to this schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from mrtd.pki.realm import Realm
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.adapters.machine import shell_account
from service.adapters.signing_opening import open_signer
from service.adapters.system import SpecimenClock, SystemClock, SystemRandomness
from service.adapters.vault.opening import open_safe
from service.domain.condition import Schema, SchemaState
from service.domain.errors import ConfigurationError
from service.domain.ports import Clock, Randomness
from service.settings import Settings


def clock_of(settings: Settings) -> Clock:
    """The clock of these settings.

    Raises:
        ConfigurationError: it is set in the production realm.
    """
    if settings.specimen_clock is None:
        return SystemClock()
    return SpecimenClock(settings.specimen_clock, settings.realm)


def open_database(
    settings: Settings, clock: Clock | None = None, randomness: Randomness | None = None
) -> SqlDatabase:
    """The database, with its schema made if it is empty, and with the keys of what is sealed in it.

    Raises:
        ConfigurationError: the schema is of other software, or the keys cannot be used.
    """
    database = open_unsealed_database(settings)
    return with_keys(database, settings, clock or clock_of(settings), randomness or SystemRandomness())


@contextmanager
def opened(settings: Settings, clock: Clock | None = None) -> Iterator[SqlDatabase]:
    """`open_database` for as long as a command runs; the same errors."""
    database = at_the_shell(open_database(settings, clock))
    try:
        yield database
    finally:
        database.engine.dispose()


def at_the_shell(database: SqlDatabase) -> SqlDatabase:
    """The same database for a command: each of its audit entries says from which accounts of the machine it came."""
    return replace(database, beside=shell_account())


def with_keys(database: SqlDatabase, settings: Settings, clock: Clock, randomness: Randomness) -> SqlDatabase:
    """The same database with the keys of what is sealed in it; the folders of the keys are made.

    Raises:
        ConfigurationError: the keys cannot be used, or are missing though something is sealed with them.
    """
    with database.reading() as work:
        holds_sealed = bool(work.vault.in_use())
    # Each by itself: a mode counts for the last folder alone, and everybody could read the others.
    for folder in (settings.data_dir, settings.data_dir / "keys"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return replace(database, safe=open_safe(settings, clock, randomness, holds_sealed=holds_sealed))


def open_unsealed_database(settings: Settings) -> SqlDatabase:
    """The database without keys, for those who have nothing to do with what a verification holds.

    Raises:
        ConfigurationError: the schema is of other software.
    """
    try:
        database = SqlDatabase(open_engine(database_url(settings)))
        if database.is_empty():
            database.upgrade()
        _require_schema(database.schema())
        realm = database.claim_realm(settings.realm)
        audit_is_open = database.may_change_audit()
    except (SQLAlchemyError, OSError, ImportError) as error:
        # named by its class: the message of a driver can hold the address with its password
        raise ConfigurationError(f"the database cannot be opened ({type(error).__name__})") from error
    if realm is not settings.realm:
        raise ConfigurationError(f"the database belongs to the realm {realm}; another realm needs an empty database")
    if audit_is_open and realm is Realm.PRODUCTION:
        raise ConfigurationError(
            "the service's role may change the audit trail; let another role own the schema (docs/audit.md)"
        )
    return database


def _require_schema(found: Schema) -> None:
    if found.state is SchemaState.OLD:
        raise ConfigurationError(
            f"the database has schema {found.revision}, this software needs {found.head}: make a backup, then run "
            "`passkoll db upgrade`"
        )
    if not found.state.serves:
        raise ConfigurationError(
            f"the database has schema {found.revision}, which this software ({found.head}) does not know: run the "
            "version that made it, or a newer one"
        )


def require_database(settings: Settings) -> None:
    """Refuse where there is no database yet; opening would make an empty one.

    Raises:
        ConfigurationError: there is none, or it cannot be opened.
    """
    try:
        database = SqlDatabase(open_engine(database_url(settings)))
        empty = database.is_empty()
        database.engine.dispose()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise ConfigurationError(f"the database cannot be opened ({type(error).__name__})") from error
    if empty:
        raise ConfigurationError("there is no database here: start the service first, or name its folder by --data")


def initialise(settings: Settings) -> Schema:
    """Make the schema and the keys that a first start needs; what is there already is kept.

    Raises:
        ConfigurationError: one of them cannot be made or used.
    """
    if settings.database_owner_url is not None:
        upgrade_database(settings)
    clock = clock_of(settings)
    with opened(settings, clock) as database:
        open_signer(settings, clock)
        return database.schema()


def schema_of(settings: Settings) -> Schema:
    """Where the database of these settings stands; nothing is made where there is none.

    Raises:
        ConfigurationError: it cannot be opened.
    """
    url = make_url(database_url(settings))
    database = SqlDatabase(open_engine("sqlite://" if _is_missing(url) else url))
    try:
        return database.schema()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise ConfigurationError(f"the database cannot be opened ({type(error).__name__})") from error
    finally:
        database.engine.dispose()


def upgrade_database(settings: Settings) -> Schema:
    """Bring the schema to this software's revision, as its owner, and give the service's role its rights.

    Returns:
        What it was before.

    Raises:
        ConfigurationError: the database cannot be used or is of newer software, or an owner is named and the
            service's role is not.
    """
    role = None
    if settings.database_owner_url is not None:
        role = make_url(settings.database_url or "").username if settings.database_url else None
        if role is None:
            raise ConfigurationError("PASSKOLL_DATABASE_OWNER_URL needs PASSKOLL_DATABASE_URL with a user name in it")
    try:
        database = SqlDatabase(open_engine(settings.database_owner_url or database_url(settings)))
        before = database.schema()
        if before.state in (SchemaState.AHEAD, SchemaState.UNKNOWN):
            raise ConfigurationError(
                f"the database has schema {before.revision}, which is newer than this software ({before.head})"
            )
        database.upgrade(role)
        database.engine.dispose()
    except (SQLAlchemyError, OSError, ImportError) as error:
        # named by its class, as in `open_database`
        raise ConfigurationError(f"the database cannot be upgraded ({type(error).__name__})") from error
    return before


def _is_missing(url: URL) -> bool:
    """Whether this is a file of SQLite that is not there; opening would make it."""
    return url.get_backend_name() == "sqlite" and bool(url.database) and not Path(str(url.database)).exists()


def database_url(settings: Settings) -> str | URL:
    """Where the database is: as the settings say, or the file of SQLite in the data folder."""
    return settings.database_url or URL.create(
        "sqlite", database=str(settings.data_dir.resolve() / "passkoll.sqlite3")
    )
