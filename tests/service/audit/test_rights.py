"""On PostgreSQL the service's own role adds to the trail, and neither changes nor deletes it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError

from mrtd.pki.realm import Realm
from service import wiring
from service.adapters.db.audit_tables import audit_trail
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.domain.errors import ConfigurationError
from service.settings import Settings
from tests.service import two_persons
from tests.service.audit.trail import all_rows, execute, write
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.postgres import SERVER, connect, server

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(SERVER is None, reason="needs PASSKOLL_TEST_POSTGRES; test_databases.py says so loudly"),
]


@pytest.fixture
def settings(tmp_path, trust) -> Iterator[Settings]:
    """A service and its database, in which the owner and the service are two roles."""
    name = f"passkoll_test_{uuid.uuid4().hex}"
    owner, service = f"{name}_owner", f"{name}_service"
    with connect(server()) as connection:
        for role in (owner, service):
            connection.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'x'".encode())
        connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"'.encode())

    def url(role: str) -> str:
        return server().set(database=name, username=role, password="x").render_as_string(hide_password=False)

    yield Settings(
        data_dir=tmp_path / "data", trust=(trust,), database_url=url(service), database_owner_url=url(owner)
    )
    with connect(server()) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        for role in (owner, service):
            connection.execute(f'DROP ROLE "{role}"'.encode())


@pytest.fixture
def upgraded(settings: Settings) -> Settings:
    """As `passkoll db upgrade` leaves it."""
    wiring.upgrade_database(settings)
    return settings


@pytest.fixture
def database(upgraded: Settings) -> Iterator[SqlDatabase]:
    """Opened as the service opens it."""
    opened = wiring.open_database(upgraded)
    yield opened
    opened.engine.dispose()


def test_a_whole_life_needs_no_more_rights(database: SqlDatabase, upgraded: Settings, document, clock) -> None:
    from starlette.testclient import TestClient

    from service.app import application

    wired = two_persons.wire(upgraded, clock=clock)
    with TestClient(application(wired)) as client:
        counter = Counter(client, wired.identity.tokens)
        case = counter.approved(document, "order-1")
        assert counter.get(f"{case}/result").status_code == 200
    with wiring.administer_audit(upgraded, clock=ManualClock()) as audit:
        verified = audit.verify()
    assert (verified.breaks, verified.covered) == ((), verified.entries)
    assert verified.entries >= 7


FORBIDDEN = [
    "UPDATE audit_trail SET action = 'cancelled'",
    "DELETE FROM audit_trail",
    "TRUNCATE audit_trail",
    "DROP TABLE audit_trail",
    "DROP TRIGGER audit_trail_changes ON audit_trail",
    "ALTER TABLE audit_trail DISABLE TRIGGER ALL",
    "ALTER TABLE audit_trail OWNER TO CURRENT_USER",
    "CREATE TRIGGER t BEFORE INSERT ON audit_trail EXECUTE FUNCTION audit_is_append_only()",
    "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "SET session_replication_role = replica",
    "UPDATE audit_checkpoints SET token = ''",
    "DELETE FROM audit_checkpoints",
    "UPDATE audit_actors SET person = 'bo'",
    "DELETE FROM audit_actors",
    "DELETE FROM audit_head",
    "UPDATE alembic_version SET version_num = '0001'",
]


def test_the_service_may_not(database: SqlDatabase) -> None:
    write(database, 1)
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError) as refused:
            execute(database.engine, statement)
        assert refused.value.orig.sqlstate == "42501", (statement, refused.value.orig)
    assert len(all_rows(database)) == 1


def test_the_owner_is_refused_by_triggers(database: SqlDatabase, upgraded: Settings) -> None:
    """Until it drops them: then checkpoints find it (test_checkpoints.py)."""
    write(database, 1)
    owner = open_engine(upgraded.database_owner_url)
    with pytest.raises(DBAPIError, match="append-only"), owner.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_trail")
    with owner.connect() as connection:
        assert len(connection.execute(select(audit_trail.c.number)).all()) == 1
    owner.dispose()


def test_an_upgrade_gives_rights_anew(database: SqlDatabase, upgraded: Settings) -> None:
    """A right that somebody gave by hand is gone after the next upgrade."""
    owner = open_engine(upgraded.database_owner_url)
    role = make_url(upgraded.database_url).username
    with owner.begin() as connection:
        connection.exec_driver_sql(f'GRANT UPDATE, TRUNCATE ON audit_trail TO "{role}"')
    assert database.may_change_audit()
    wiring.upgrade_database(upgraded)
    assert not database.may_change_audit()
    owner.dispose()


def test_a_database_that_nobody_upgraded_is_not_made_by_the_service(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        wiring.open_database(settings)


def test_production_refuses_a_role_that_may_change_the_trail(upgraded: Settings) -> None:
    production = upgraded.model_copy(update={"realm": Realm.PRODUCTION})
    wiring.open_database(production).engine.dispose()
    owner = open_engine(upgraded.database_owner_url)
    role = make_url(upgraded.database_url).username
    for right in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER"):
        execute(owner, f'GRANT {right} ON audit_checkpoints TO "{role}"')
        with pytest.raises(ConfigurationError, match="may change the audit trail"):
            wiring.open_database(production)
        execute(owner, f'REVOKE {right} ON audit_checkpoints FROM "{role}"')
    wiring.open_database(production).engine.dispose()
    owner.dispose()


def test_production_refuses_the_owner(upgraded: Settings) -> None:
    as_owner = {"realm": Realm.PRODUCTION, "database_url": upgraded.database_owner_url}
    with pytest.raises(ConfigurationError, match="may change the audit trail"):
        wiring.open_database(upgraded.model_copy(update=as_owner))


def test_a_member_of_the_owner_is_an_owner(upgraded: Settings) -> None:
    owner, role = (make_url(url).username for url in (upgraded.database_owner_url, upgraded.database_url))
    with connect(server()) as connection:
        connection.execute(f'GRANT "{owner}" TO "{role}"'.encode())
    database = SqlDatabase(open_engine(upgraded.database_url))
    assert database.may_change_audit()
    database.engine.dispose()


def test_an_owner_needs_a_service(settings: Settings) -> None:
    for url in (None, "postgresql+psycopg:///passkoll"):
        with pytest.raises(ConfigurationError, match="needs PASSKOLL_DATABASE_URL"):
            wiring.upgrade_database(settings.model_copy(update={"database_url": url}))


def test_a_role_with_an_odd_name_is_quoted(upgraded: Settings) -> None:
    odd = 'x"; DROP TABLE audit_trail; --'
    owner = SqlDatabase(open_engine(upgraded.database_owner_url))
    with pytest.raises(DBAPIError, match="does not exist"):
        owner.upgrade(odd)
    with owner.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_trail")).scalar_one() == 0
    owner.engine.dispose()
