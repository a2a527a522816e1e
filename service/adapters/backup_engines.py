"""How each database is copied as of one moment, and how a copy takes the place of what is there.

A restore is done by one step: on SQLite a file gets its name, on PostgreSQL a transaction commits that says which
revision the schema has. Before that step the service finds no database that it would serve from.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, inspect, text

from service.adapters.backup_files import sync_folder
from service.adapters.db.engine import for_reading, for_writing, open_engine
from service.domain.backup import BackupError, BackupProblem

#: Behind the name of a SQLite file that is not the database yet.
_RESTORING: Final = ".restoring"
#: A server process ends a moment after its client has gone.
_LEAVING_S: Final = 3.0
_LOOK_AGAIN_S: Final = 0.1
#: As alembic makes it. Without a row in it no software knows the schema.
_VERSION_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS alembic_version"
    " (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
)


@dataclass(frozen=True, slots=True)
class SqliteEngine:
    """A file."""

    path: Path
    name: str = "sqlite"
    file: str = "database.sqlite3"

    @contextmanager
    def copied(self, to: Path) -> Iterator[Connection]:
        """Copy the database to `to`; a transaction that sees what the copy holds."""
        with closing(sqlite3.connect(self.path)) as connection:
            # whole and without what was deleted, while others read and write
            connection.execute("VACUUM INTO ?", (str(to),))
        to.chmod(0o600)
        engine = open_engine(URL.create("sqlite", database=str(to)))
        try:
            with for_reading(engine).connect() as transaction:
                yield transaction
        finally:
            # the last connection takes the write-ahead log of the copy away
            engine.dispose()

    def is_empty(self) -> bool:
        """Whether nothing would be replaced."""
        if not self.path.exists():
            return True
        with closing(sqlite3.connect(self.path)) as connection:
            return not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()

    def require_unused(self) -> None:
        """Refuse while a process has the database open."""
        if not self.path.exists():
            return
        with closing(sqlite3.connect(self.path, timeout=0)) as connection:
            try:
                # needs the file for itself alone; it also moves the write-ahead log into it, which would otherwise be
                # taken for the log of the file that comes into its place
                mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
            except sqlite3.OperationalError:
                mode = None
        if mode != ("delete",):
            raise BackupError(BackupProblem.SERVICE_RUNNING)

    def replace(self, copy: Path, finish: Callable[[Connection], None]) -> None:
        """Put a copy in the place of the database. `finish` works on it before anybody else can."""
        staged = self.path.with_name(self.path.name + _RESTORING)
        for leftover in (staged, *(Path(f"{staged}{suffix}") for suffix in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(copy, staged)
        staged.chmod(0o600)
        engine = open_engine(URL.create("sqlite", database=str(staged)))
        try:
            with for_writing(engine).begin() as connection:
                finish(connection)
        finally:
            engine.dispose()
        descriptor = os.open(staged, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(staged, self.path)
        sync_folder(self.path.parent)


@dataclass(frozen=True, slots=True, repr=False)
class PostgresEngine:
    """A database of a server, by the owner of its schema; `pg_dump` and `pg_restore` are those of the machine."""

    url: URL
    name: str = "postgresql"
    file: str = "database.pgdump"

    @contextmanager
    def copied(self, to: Path) -> Iterator[Connection]:
        """Dump the database to `to`; a transaction that sees what the dump holds."""
        engine = open_engine(self.url)
        try:
            with for_reading(engine).connect() as transaction:
                snapshot = transaction.execute(text("SELECT pg_export_snapshot()")).scalar_one()
                self._run(
                    "pg_dump",
                    "--format=custom",
                    "--no-owner",
                    "--no-privileges",
                    # a restore says by itself, and last of all, which schema it is
                    "--exclude-table=alembic_version",
                    f"--snapshot={snapshot}",
                    f"--file={to}",
                )
                to.chmod(0o600)
                yield transaction
        finally:
            engine.dispose()

    def is_empty(self) -> bool:
        """Whether nothing would be replaced; what an interrupted restore left does not count."""
        with self._connected() as connection:
            names = set(inspect(connection).get_table_names())
            if "alembic_version" not in names:
                return not names
            return connection.execute(text("SELECT 1 FROM alembic_version")).first() is None

    def require_unused(self) -> None:
        """Refuse while anybody else is connected."""
        deadline = time.monotonic() + _LEAVING_S
        while self._others():
            if time.monotonic() > deadline:
                raise BackupError(BackupProblem.SERVICE_RUNNING)
            time.sleep(_LOOK_AGAIN_S)

    def _others(self) -> bool:
        with self._connected() as connection:
            others = text(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend' LIMIT 1"
            )
            return connection.execute(others).first() is not None

    def replace(self, copy: Path, finish: Callable[[Connection], None]) -> None:
        """Put a dump in the place of what is there. `finish` works on it before the service accepts it."""
        with self._connected() as connection:
            connection.execute(text(_VERSION_TABLE))
            connection.execute(text("DELETE FROM alembic_version"))
            quote = connection.dialect.identifier_preparer.quote
            for name in set(inspect(connection).get_table_names()) - {"alembic_version"}:
                connection.execute(text(f"DROP TABLE {quote(name)} CASCADE"))
            connection.execute(text("DROP FUNCTION IF EXISTS audit_is_append_only() CASCADE"))
        self._run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(copy))
        with self._connected() as connection:
            finish(connection)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = open_engine(self.url)
        try:
            with for_writing(engine).begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def _run(self, tool: str, *options: str) -> None:
        # the password in the environment: arguments can be read by everybody on the machine
        address = self.url.set(drivername="postgresql", password=None).render_as_string()
        password = {} if self.url.password is None else {"PGPASSWORD": str(self.url.password)}
        try:
            subprocess.run(  # noqa: S603 our own words
                [tool, f"--dbname={address}", *options],
                env=os.environ | password,
                check=True,
                stdin=subprocess.DEVNULL,
                # its words can hold a part of a row
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except FileNotFoundError:
            raise BackupError(BackupProblem.TOOL_MISSING, tool) from None
        except subprocess.CalledProcessError:
            raise BackupError(BackupProblem.TOOL_FAILED, tool) from None


BackupEngine = SqliteEngine | PostgresEngine


def engine_at(url: URL) -> BackupEngine:
    """The engine of a database URL."""
    return SqliteEngine(Path(str(url.database))) if url.get_backend_name() == "sqlite" else PostgresEngine(url)
