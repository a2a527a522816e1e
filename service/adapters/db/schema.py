"""The schema over time: where a database stands, and how it is brought to this software's revision.

Replicas of two neighbouring versions serve at once while an upgrade goes on. So a migration adds, and takes away only
what the version before does not use any more; then `OLDEST_SOFTWARE` moves on, and the software before it stops.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, select, text

from service.adapters.db.upgrade_tables import schema_promise
from service.domain.condition import SchemaState

#: The revision of the oldest software that may serve on the schema of this software.
OLDEST_SOFTWARE: Final = "0009"
#: The lock of an upgrade on PostgreSQL; any number that nobody else takes. On SQLite every writer has the only lock.
_UPGRADE_LOCK: Final = 0x5041_5353
#: The id of the only row of `schema_promise`.
_THE_PROMISE: Final = 1


class Migrations:
    """The migrations of this software."""

    def __init__(self) -> None:
        self.config: Final = Config()
        folder = resources.files("service.adapters.db") / "migrations"
        self.config.set_main_option("script_location", str(folder).replace("%", "%%"))
        self._scripts: Final = ScriptDirectory.from_config(self.config)

    @property
    def head(self) -> str | None:
        """The revision that this software makes."""
        return self._scripts.get_current_head()

    def state(self, connection: Connection) -> SchemaState:
        """Where the database of `connection` stands."""
        revision = revision_of(connection)
        if revision is None:
            return SchemaState.EMPTY if not inspect(connection).get_table_names() else SchemaState.UNKNOWN
        if revision == self.head:
            return SchemaState.CURRENT
        if self._knows(revision):
            return SchemaState.OLD
        if not inspect(connection).has_table(schema_promise.name):
            return SchemaState.UNKNOWN
        promise = select(schema_promise.c.oldest).where(schema_promise.c.revision == revision)
        oldest = connection.execute(promise).scalar_one_or_none()
        return SchemaState.AHEAD if oldest is not None and self._knows(oldest) else SchemaState.UNKNOWN

    def upgrade(self, connection: Connection) -> None:
        """Bring the schema to `head`, in the transaction of `connection`; nothing where another was faster."""
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
        self.config.attributes["connection"] = connection
        command.upgrade(self.config, "head")
        promise = {"id": _THE_PROMISE, "revision": self.head, "oldest": OLDEST_SOFTWARE}
        connection.execute(schema_promise.delete())
        connection.execute(schema_promise.insert().values(promise))

    def _knows(self, revision: str) -> bool:
        try:
            return self._scripts.get_revision(revision) is not None
        except CommandError:
            return False


def revision_of(connection: Connection) -> str | None:
    """The revision of the schema; None in an empty database."""
    return MigrationContext.configure(connection).get_current_revision()
