"""Looks at the machine, the keys and the database of an installation, and makes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from mrtd.pki.realm import Realm
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import SQLITE_PRAGMAS, for_reading
from service.domain.condition import Schema, SchemaState
from service.domain.diagnosis import Finding, bad, good, warning
from service.domain.errors import ConfigurationError, ServiceError
from service.domain.ports import Clock
from service.exposure import is_loopback
from service.settings import KeyProviderName, Settings, SignerName
from service.usecases.judge_condition import audit_tail, judged
from service.usecases.show_condition import Condition

#: Deadlines are minutes; machines that keep time agree within a second.
CLOCK_DIFFERENCE: Final = timedelta(seconds=5)
_OTHERS: Final = 0o077
#: How SQLite shows what `SQLITE_PRAGMAS` set.
_SHOWN: Final = {"WAL": "wal", "FULL": "2", "ON": "1", "OFF": "0"}
_PRAGMAS_THAT_LAST: Final = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
#: The register of public keys, which anybody may read.
_PUBLIC: Final = ".jwks.json"
_INIT: Final = "passkoll init"


@dataclass(frozen=True)
class Diagnosis:
    """One installation, by its settings.

    Args:
        settings: of the service.
        clock: of this machine.
        schema: where the database stands.
        open_database: the database with its keys.
        open_signer: sees that the signing keys open.
        condition: what is watched of a database that is open.
    """

    settings: Settings
    clock: Clock
    schema: Callable[[], Schema]
    open_database: Callable[[], SqlDatabase]
    open_signer: Callable[[], object]
    condition: Callable[[SqlDatabase], Condition]

    def __call__(self) -> Iterator[Finding]:
        """Every finding. What rests on something that is not there is left out."""
        yield from self._network()
        if not self.settings.data_dir.is_dir():
            yield bad("data_folder", f"{self.settings.data_dir} is not there", _INIT)
            return
        yield _mode("data_folder", [self.settings.data_dir], "700")
        keys = self._keys()
        yield from keys
        schema = self._schema()
        yield schema
        # Opening would make keys, and a database, where there are none.
        if any(finding.grade.value == "bad" for finding in (*keys, schema)):
            return
        yield from self._opened()

    def _network(self) -> Iterator[Finding]:
        if self.settings.specimen_clock is not None:
            yield warning("clock", "the clock is set by PASSKOLL_SPECIMEN_CLOCK", "unset it; for specimens only")
        if is_loopback(self.settings.host):
            yield good("network", "only this machine reaches the service: a reverse proxy here speaks TLS for it")
        else:
            yield warning(
                "network",
                f"the service speaks plain HTTP on {self.settings.host}",
                "let a reverse proxy that speaks TLS be the only one to reach it (docs/operating.md)",
            )
        if self.settings.metrics_port is not None and not is_loopback(self.settings.metrics_host):
            yield warning(
                "metrics",
                f"the metrics are shown on {self.settings.metrics_host} to everybody who reaches it",
                "let the firewall admit Prometheus alone",
            )

    def _keys(self) -> list[Finding]:
        folder = self.settings.data_dir / "keys"
        missing = [
            what
            for what, is_file, there in (
                ("master key", self.settings.key_provider is KeyProviderName.FILE, (folder / "master.json").exists()),
                ("signing key", self.settings.signer is SignerName.FILE, any(folder.glob("signing-*"))),
            )
            if is_file and not there
        ]
        if missing:
            return [bad("keys", f"no {' and no '.join(missing)} in {folder}", f"{_INIT}, or bring the backup back")]
        private = [path for path in sorted(folder.glob("**/*")) if path.is_file() and path.suffix != ".lock"]
        return [_mode("keys", [path for path in private if not path.name.endswith(_PUBLIC)], "600")]

    def _schema(self) -> Finding:
        try:
            found = self.schema()
        except ConfigurationError as error:
            return bad("database", str(error), "start the database, or mend PASSKOLL_DATABASE_URL")
        match found.state:
            case SchemaState.EMPTY:
                return bad("database", "there is no schema yet", _INIT)
            case SchemaState.OLD:
                return bad(
                    "database",
                    f"schema {found.revision}, and this software needs {found.head}",
                    "make a backup, then passkoll db upgrade",
                )
            case SchemaState.UNKNOWN:
                return bad("database", f"schema {found.revision} is of newer software", "install that software")
            case SchemaState.AHEAD:
                return warning(
                    "database", f"schema {found.revision} is newer, and serves this software", "upgrade this one too"
                )
            case SchemaState.CURRENT:
                return good("database", f"schema {found.revision}")

    def _opened(self) -> Iterator[Finding]:
        try:
            database = self.open_database()
            self.open_signer()
        except ConfigurationError as error:
            yield bad("start", str(error), "the service does not start like this")
            return
        try:
            yield good("realm", self.settings.realm.value)
            yield from self._database(database)
            yield from judged(self.condition(database))
            yield audit_tail(database)
        except (ServiceError, SQLAlchemyError) as error:
            yield bad("database", f"it stopped answering ({type(error).__name__})", "look into its log")
        finally:
            database.engine.dispose()

    def _database(self, database: SqlDatabase) -> Iterator[Finding]:
        if database.engine.dialect.name == "sqlite":
            yield _pragmas(database)
            name = str(database.engine.url.database)
            yield _mode("database_file", [path for path in map(Path, (name, f"{name}-wal")) if path.exists()], "600")
        else:
            yield self._rights(database)
            yield self._clocks(database)

    def _rights(self, database: SqlDatabase) -> Finding:
        if not database.may_change_audit():
            return good("database_rights", "the service's role cannot change the audit trail")
        grade = bad if self.settings.realm is Realm.PRODUCTION else warning
        return grade(
            "database_rights",
            "the service's role may change the audit trail",
            "let another role own the schema: PASSKOLL_DATABASE_OWNER_URL (docs/audit.md)",
        )

    def _clocks(self, database: SqlDatabase) -> Finding:
        with database.reading() as work:
            there = work.figures.clock()
        difference = abs(there - self.clock.now())
        # the service's clock has whole seconds
        if difference > CLOCK_DIFFERENCE + timedelta(seconds=1):
            return warning(
                "database_clock",
                f"it differs from this machine's by {difference.total_seconds():.0f} s",
                "let both take their time from NTP: deadlines are judged by this machine's",
            )
        return good("database_clock", "it agrees with this machine's")


def _pragmas(database: SqlDatabase) -> Finding:
    with for_reading(database.engine).connect() as connection:
        shown = {name: str(connection.execute(text(f"PRAGMA {name}")).scalar_one()) for name in _PRAGMAS_THAT_LAST}
    wrong = [name for name, value in shown.items() if value != _SHOWN[SQLITE_PRAGMAS[name]]]
    if wrong:
        return bad(
            "database_safety",
            f"SQLite does not keep {', '.join(wrong)}",
            "put the data folder on a local file system: what was acknowledged may be lost here",
        )
    return good("database_safety", "WAL, every commit is on the disk, erased is overwritten")


def _mode(name: str, paths: list[Path], wanted: str) -> Finding:
    open_to_others = [path for path in paths if path.stat().st_mode & _OTHERS]
    if open_to_others:
        return bad(name, f"others may read {open_to_others[0]}", f"chmod {wanted} {open_to_others[0]}")
    return good(name, "readable by their owner alone")
