"""SQLite or PostgreSQL, set up so that what was acknowledged survives a crash (ENGINEERING.md "Data and jobs")."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

#: WAL: readers and one writer at once. FULL: a commit is on the disk. secure_delete: erased is overwritten.
SQLITE_PRAGMAS: Final = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": "10000",
    "secure_delete": "ON",
    "trusted_schema": "OFF",
}
_BEGIN: Final = "passkoll_begin"


def open_engine(url: str | URL) -> Engine:
    """An engine for `sqlite:///PATH` or `postgresql+psycopg://...`; SQLite's folder is made."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # hide_parameters: values are personal data, and exceptions end in logs.
        return create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    if parsed.database not in (None, "", ":memory:"):
        _for_the_owner_alone(Path(str(parsed.database)))
    engine = create_engine(parsed, hide_parameters=True)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _for_the_owner_alone(file: Path) -> None:
    """The file, readable by nobody else: it holds data groups and portraits. SQLite gives its WAL the same mode."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.chmod(0o600)


def for_reading(engine: Engine) -> Engine:
    """The same engine whose transactions see one state of the database from beginning to end."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_BEGIN: "DEFERRED"})
    return engine.execution_options(isolation_level="REPEATABLE READ")


def for_writing(engine: Engine) -> Engine:
    """The same engine whose transactions may write; on SQLite they take the lock at once or wait for it."""
    return engine.execution_options(**{_BEGIN: "IMMEDIATE"})


def _configure_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` says which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, value in SQLITE_PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    kind = connection.get_execution_options().get(_BEGIN, "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {kind}")
