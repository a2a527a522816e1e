"""PostgreSQL databases for tests: one emptied after each test, made anew only where a test changed its schema.

Emptying a database takes about 13 ms, making and dropping one some 200 ms on an idle server, more on a busy one.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine

SERVER: Final = os.environ.get("PASSKOLL_TEST_POSTGRES")

#: Every row of the catalogue that says what the schema is, with the transaction that wrote it: any change shows.
_SCHEMA: Final = """
WITH relations AS (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT 'pg_class', oid::text, xmin::text FROM pg_class WHERE oid IN (TABLE relations)
UNION ALL SELECT 'pg_attribute', attrelid || '.' || attnum, xmin::text FROM pg_attribute
  WHERE attrelid IN (TABLE relations)
UNION ALL SELECT 'pg_attrdef', oid::text, xmin::text FROM pg_attrdef WHERE adrelid IN (TABLE relations)
UNION ALL SELECT 'pg_constraint', oid::text, xmin::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'pg_trigger', oid::text, xmin::text FROM pg_trigger WHERE tgrelid IN (TABLE relations)
UNION ALL SELECT 'pg_proc', oid::text, xmin::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'pg_namespace', oid::text, xmin::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2
"""
#: Nobody else is connected, and everything is as the migrations left it. Triggers that keep the audit trail as it
#: was written do not fire for a replica.
_EMPTY: Final = """
SET lock_timeout = '5s';
SET session_replication_role = replica;
DO $$
DECLARE
  name text;
  used boolean;
BEGIN
  PERFORM pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (TABLE public.%I)', name) INTO used;
    IF used THEN
      EXECUTE format('DELETE FROM public.%I', name);
    END IF;
  END LOOP;
  PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
    WHERE relnamespace = 'public'::regnamespace;
END
$$;
"""
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


def server() -> URL:
    """The server that these tests may make databases on."""
    if SERVER is None:
        pytest.fail("set PASSKOLL_TEST_POSTGRES=postgresql+psycopg://USER@HOST:PORT/postgres")
    return make_url(SERVER)


def connect(url: URL) -> psycopg.Connection:
    """A connection that commits each statement."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


class TestDatabase:
    """A database with the schema and no cases, handed to one test after another."""

    __test__ = False

    def __init__(self) -> None:
        self._url: URL | None = None
        self._schema: list[tuple[str, str, str]] = []
        #: what the migrations wrote, by table
        self._rows: dict[str, list[tuple[object, ...]]] = {}

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Its URL, while the block runs; what is left in it afterwards is gone."""
        url = self._url or self._make()
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            self._clean(url)

    def drop(self) -> None:
        """Leave nothing on the server."""
        if self._url is None:
            return
        name = sql.Identifier(str(self._url.database))
        with connect(server()) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        self._url = None

    def _make(self) -> URL:
        name = f"passkoll_test_{uuid.uuid4().hex}"
        with connect(server()) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._url = server().set(database=name)
        database = SqlDatabase(open_engine(self._url))
        database.upgrade()
        database.engine.dispose()
        with connect(self._url) as connection:
            self._rows = {
                table: connection.execute(sql.SQL("TABLE {}").format(sql.Identifier(table))).fetchall()
                for (table,) in connection.execute(_TABLES).fetchall()
            }
            self._schema = connection.execute(_SCHEMA).fetchall()
        return self._url

    def _write_again(self, connection: psycopg.Connection) -> None:
        for table, rows in self._rows.items():
            for row in rows:
                values = sql.SQL(", ").join(sql.Placeholder() * len(row))
                insert = sql.SQL("INSERT INTO {} VALUES ({})").format(sql.Identifier(table), values)
                connection.execute(insert, row)

    def _clean(self, url: URL) -> None:
        try:
            with connect(url) as connection:
                if connection.execute(_SCHEMA).fetchall() == self._schema:
                    connection.execute(_EMPTY)
                    self._write_again(connection)
                    return
        except psycopg.Error:
            pass  # locked, dropped or out of reach: a new one is made
        self.drop()
