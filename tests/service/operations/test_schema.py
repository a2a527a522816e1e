"""The schema over time: checked, upgraded once, and served by two neighbouring versions at once."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from starlette.testclient import TestClient

from service import wiring
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.adapters.db.schema import OLDEST_SOFTWARE
from service.app import application
from service.domain.condition import SchemaState
from service.domain.errors import ConfigurationError
from service.settings import Settings
from tests.service import two_persons
from tests.service.counter import Counter
from tests.service.operations.conftest import COMMAND, Passkoll, environment


def step_back(database: SqlDatabase) -> str:
    """As the version before left it; the revision."""
    with database.engine.begin() as connection:
        database._config.attributes["connection"] = connection
        command.downgrade(database._config, "-1")
    return str(database.revision())


def newer(database: SqlDatabase, serves: str) -> None:
    """As the next version leaves it: something is added, and a promise is given."""
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE verifications ADD COLUMN of_the_next_version VARCHAR(10)"))
        connection.execute(text("CREATE TABLE next_version (id INTEGER PRIMARY KEY)"))
        connection.execute(text("UPDATE alembic_version SET version_num = 'next'"))
        connection.execute(text("UPDATE schema_promise SET revision = 'next', oldest = :oldest"), {"oldest": serves})


def test_a_replica_goes_on_while_the_next_version_upgrades(services, counter: Counter, settings, document, clock):
    database = services.database
    case = counter.checked(document)
    newer(database, serves=str(database.head))
    assert database.schema().state is SchemaState.AHEAD
    assert counter.client.get("/v1/health/ready").status_code == 200
    assert counter.review(case, 0).status_code == 201
    assert counter.review(case, 1).json()["state"] == "approved"
    again = two_persons.wire(settings, clock=clock)
    with TestClient(application(again)) as client:
        Counter(client, again.identity.tokens).checked(document)


@pytest.mark.parametrize("promise", ["next", "another"])
def test_it_stops_where_nothing_is_promised(services, counter: Counter, settings, promise: str) -> None:
    newer(services.database, serves=promise)
    assert services.database.schema().state is SchemaState.UNKNOWN
    assert counter.client.get("/v1/health/ready").status_code == 503
    with pytest.raises(ConfigurationError, match="does not know"):
        two_persons.wire(settings)
    with pytest.raises(ConfigurationError, match="newer than this software"):
        wiring.upgrade_database(settings)


def test_a_promise_for_another_revision_counts_for_nothing(services) -> None:
    newer(services.database, serves=str(services.database.head))
    with services.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'after'"))
    assert services.database.schema().state is SchemaState.UNKNOWN


def test_the_oldest_software_is_one_of_ours(services) -> None:
    assert services.database._migrations._knows(OLDEST_SOFTWARE)


def test_an_old_schema_is_named_with_the_command(services, settings) -> None:
    before = step_back(services.database)
    with pytest.raises(ConfigurationError, match=f"schema {before}, .*passkoll db upgrade"):
        two_persons.wire(settings)
    assert wiring.schema_of(settings).state is SchemaState.OLD
    assert wiring.upgrade_database(settings).revision == before
    assert wiring.schema_of(settings).state is SchemaState.CURRENT
    assert wiring.upgrade_database(settings).state is SchemaState.CURRENT


def test_upgrades_at_once(settings: Settings, tmp_path: Path) -> None:
    """Three processes begin together on an old schema: all end well, and it is whole."""
    url = settings.database_url or f"sqlite:///{settings.data_dir / 'passkoll.sqlite3'}"
    database = SqlDatabase(open_engine(url))
    step_back(database)
    changes = {"PASSKOLL_DATA_DIR": str(settings.data_dir)}
    if settings.database_url:
        changes["PASSKOLL_DATABASE_URL"] = settings.database_url
    upgrades = [
        subprocess.Popen(
            [*COMMAND, "db", "upgrade"], env=environment(**changes), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(3)
    ]
    ended = [(process.communicate(timeout=120)[0].decode(), process.returncode) for process in upgrades]
    assert [code for _, code in ended] == [0, 0, 0], ended
    assert database.schema().state is SchemaState.CURRENT
    database.engine.dispose()


def test_check_makes_nothing(passkoll: Passkoll, tmp_path: Path) -> None:
    found = passkoll("db", "check", "--data", "data", "--json")
    assert (found.returncode, json.loads(found.stdout)["state"]) == (1, "empty")
    assert list(tmp_path.iterdir()) == []


def test_what_check_says(passkoll: Passkoll, tmp_path: Path) -> None:
    assert passkoll("db", "upgrade", "--data", "data").returncode == 0
    assert passkoll("db", "check", "--data", "data").returncode == 0
    with sqlite3.connect(tmp_path / "data" / "passkoll.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0008'")
    old = passkoll("db", "check", "--data", "data")
    assert (old.returncode, "passkoll db upgrade" in old.stdout) == (1, True)
    serve = passkoll("serve", "--data", "data", "--port", "0")
    assert (serve.returncode, "passkoll db upgrade" in serve.stderr) == (2, True)
    away = passkoll("db", "check", PASSKOLL_DATABASE_URL="postgresql+psycopg://nobody:secret@127.0.0.1:1/none")
    assert (away.returncode, "secret" in away.stderr + away.stdout) == (3, False)
