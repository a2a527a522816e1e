"""The port `Database` over an engine, and the migrations that make its schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import OperationalError

from mrtd.pki.realm import Realm
from service.adapters.db import tables
from service.adapters.db.cases import AuditRows, CaptureRows, ChallengeRows, VerificationRows
from service.adapters.db.engine import for_reading, for_writing
from service.adapters.db.findings import EvidenceRows, JudgementRows, ResultRows, ReviewRows
from service.adapters.db.trust import EvidenceTrail, TrustRows
from service.domain.errors import ConfigurationError


class SqlWork:
    """Answers `service.domain.repositories.Work`: all repositories over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.verifications = VerificationRows(connection)
        self.captures = CaptureRows(connection)
        self.challenges = ChallengeRows(connection)
        self.evidence = EvidenceRows(connection)
        self.judgements = JudgementRows(connection)
        self.reviews = ReviewRows(connection)
        self.results = ResultRows(connection)
        self.audit = AuditRows(connection)
        self.trust = TrustRows(connection)
        self.evidence_trail = EvidenceTrail(connection)


@dataclass(frozen=True)
class SqlDatabase:
    """Answers `service.domain.repositories.Database`."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[SqlWork]:
        with for_reading(self.engine).connect() as connection:
            yield SqlWork(connection)

    @contextmanager
    def changing(self) -> Iterator[SqlWork]:
        with for_writing(self.engine).begin() as connection:
            yield SqlWork(connection)

    def ready(self) -> bool:
        try:
            return self.revision() == self.head
        except OperationalError:
            return False

    def revision(self) -> str | None:
        """The revision of the schema; None in an empty database."""
        with for_reading(self.engine).connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def is_empty(self) -> bool:
        """Whether the database holds no table at all."""
        return not inspect(self.engine).get_table_names()

    def upgrade(self) -> None:
        """Bring the schema to this software's revision."""
        with for_writing(self.engine).begin() as connection:
            config = self._config
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def claim_realm(self, realm: Realm) -> Realm:
        """The realm that this database belongs to; the first who asks decides (SECURITY.md 4.5)."""
        table = tables.installation
        with for_writing(self.engine).begin() as connection:
            claimed = connection.execute(select(table.c.realm)).scalar_one_or_none()
            if claimed is None:
                connection.execute(insert(table).values(id=1, realm=realm))
            try:
                return Realm(claimed or realm)
            except ValueError:
                raise ConfigurationError("the database names no realm: it was changed by hand") from None

    @cached_property
    def _config(self) -> Config:
        config = Config()
        folder = resources.files("service.adapters.db") / "migrations"
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        return config

    @cached_property
    def head(self) -> str | None:
        """The revision that this software needs."""
        return ScriptDirectory.from_config(self._config).get_current_head()
