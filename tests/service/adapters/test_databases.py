"""What is acknowledged is kept, what is not allowed is not stored, and the schema is what migrations make."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from starlette.testclient import TestClient

from mrtd.evidence import ChipEvidence, ElementaryFile
from mrtd.pki.realm import Realm
from mrtd.specimen.chip import SpecimenChip
from service import wiring
from service.adapters.db import tables
from service.adapters.db.audit_tables import audit_actors, audit_trail
from service.adapters.db.engine import open_engine
from service.adapters.db.findings import JudgementRows, _verdict
from service.app import application
from service.domain.audit import Action
from service.domain.errors import ConfigurationError, ProblemCode, ServiceError
from service.domain.repositories import StoredEvidence
from service.domain.verification import State
from service.settings import Settings
from tests.budgets import light
from tests.service import two_persons
from tests.service.conftest import DATABASES, NOW
from tests.service.counter import Counter
from tests.service.findings import JUDGED, case, verdicts
from tests.service.postgres import SERVER


def test_both_databases_are_tested() -> None:
    """In CI without PostgreSQL everything fails; elsewhere this one test says what was left out."""
    if len(DATABASES) == 1:
        pytest.skip(
            "POSTGRESQL IS NOT TESTED: set PASSKOLL_TEST_POSTGRES=postgresql+psycopg://USER@HOST:PORT/postgres"
        )
    assert SERVER is not None
    assert len(DATABASES) == 2


def test_sqlite_is_set_up_for_durability(tmp_path) -> None:
    """ENGINEERING.md "Data and jobs"."""
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    engine = open_engine(f"sqlite:///{tmp_path / 'new' / 'data.sqlite3'}")
    for _ in range(2):
        with engine.connect() as connection:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in expected}
        assert found == expected
        engine.dispose()


def test_migrations_make_the_tables(services: wiring.Services) -> None:
    with services.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_every_migration_can_be_undone(services: wiring.Services) -> None:
    from alembic import command

    database = services.database
    with database.engine.begin() as connection:
        config = database._config
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert not database.ready()
    database.upgrade()
    assert database.ready()


def test_other_softwares_schema_is_refused(services: wiring.Services, settings: Settings) -> None:
    with services.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'future'"))
    assert not services.database.ready()
    with pytest.raises(ConfigurationError, match="future"):
        two_persons.wire(settings)


def test_a_database_belongs_to_one_realm(services: wiring.Services, settings: Settings) -> None:
    """SECURITY.md 4.5: switching realm needs an empty database."""
    assert services.database.claim_realm(Realm.SPECIMEN) is Realm.SPECIMEN
    with services.database.engine.begin() as connection:
        connection.execute(update(tables.installation).values(realm="production"))
    with pytest.raises(ConfigurationError, match="realm production"):
        two_persons.wire(settings)


def test_a_dead_database_is_not_ready(tmp_path) -> None:
    from service.adapters.db.database import SqlDatabase

    database = SqlDatabase(open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    assert database.ready() is False


def test_everything_survives_a_restart(settings: Settings, document, clock) -> None:
    """Each step is made by a process that knows nothing of the one before."""

    def step(do):
        wired = two_persons.wire(settings, clock=clock)
        with TestClient(application(wired)) as client:
            return do(Counter(client, wired.identity.tokens))

    case_path = step(lambda counter: counter.captured(document, "order-1"))
    challenge = step(lambda counter: counter.challenge(case_path))
    body = SpecimenChip(document).to_json_body(challenge)
    judged = step(lambda counter: counter.post(f"{case_path}/chip", body).json())
    assert judged["state"] == "checked"
    before = step(lambda counter: counter.get(case_path).json())
    assert before["report"] == judged["report"]
    step(lambda counter: counter.review(case_path, 0))
    assert step(lambda counter: counter.review(case_path, 1).json())["state"] == "approved"
    keys = step(lambda counter: counter.client.get("/.well-known/jwks.json").json())
    token = step(lambda counter: counter.get(f"{case_path}/result").text)
    from tests.service.api.test_results import verified

    _, claims = verified(token, keys)
    again = step(lambda counter: verified(counter.get(f"{case_path}/result").text, keys))[1]
    assert (again["jti"], again["txn"]) == (claims["jti"], claims["txn"])


def test_every_change_is_in_the_audit(counter: Counter, services: wiring.Services, document) -> None:
    from tests.service.api.test_results import payload_of

    case_path = counter.approved(document, "order-1")
    jti = payload_of(counter.get(f"{case_path}/result").text)["jti"]
    counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-1"})
    with services.database.engine.connect() as connection:
        people = select(audit_trail, audit_actors.c.person).join(
            audit_actors, audit_actors.c.actor == audit_trail.c.actor
        )
        entries = connection.execute(people.order_by(audit_trail.c.number)).all()
    assert [(entry.action, entry.person[-1]) for entry in entries] == [
        (Action.OPENED, "1"),
        (Action.MRZ_CAPTURED, "1"),
        (Action.CHALLENGE_ISSUED, "1"),
        (Action.CHIP_JUDGED, "1"),
        (Action.REVIEWED, "1"),
        (Action.REVIEWED, "2"),
        (Action.APPROVED, "m"),
        (Action.RESULT_ISSUED, "1"),
        (Action.RESULT_FETCHED, "1"),
        (Action.RESULT_CONSUMED, "1"),
    ]
    told = str([entry.details for entry in entries])
    fields = document.mrz_lines[1]
    assert all(secret not in told for secret in ("AAKERSTROEM", "UT0000001", fields))


def test_a_change_without_its_audit_entry_does_not_happen(counter: Counter, services, monkeypatch, document) -> None:
    from service.adapters.db.audit import AuditRows

    case_path = counter.captured(document)

    def broken(_self, _entry):
        raise OSError("no space left")

    monkeypatch.setattr(AuditRows, "write", broken)
    assert counter.post(f"{case_path}/cancel").status_code == 500
    monkeypatch.undo()
    assert counter.get(case_path).json()["state"] == "mrz_captured"


def test_a_failed_judgement_leaves_the_challenge_unused(counter: Counter, services, monkeypatch, document) -> None:
    """The mark and the evidence are one transaction: both or neither."""
    case_path = counter.captured(document)
    body = SpecimenChip(document).to_json_body(counter.challenge(case_path))

    def broken(*_arguments):
        raise OSError("no space left")

    monkeypatch.setattr(JudgementRows, "add", broken)
    assert counter.post(f"{case_path}/chip", body).status_code == 500
    monkeypatch.undo()
    with services.database.engine.connect() as connection:
        assert connection.execute(select(tables.challenges.c.answered_at)).scalar_one() is None
        assert connection.execute(select(tables.evidence.c.id)).all() == []
    assert counter.post(f"{case_path}/chip", body).json()["state"] == "checked"


FINGERS = {
    ElementaryFile.DG3: b"\x63\x00fingers",
    ElementaryFile.DG4: b"\x76\x00iris",
}


def test_fingers_and_irises_are_never_stored(counter: Counter, services, document) -> None:
    """CHECKS.md rule 4: hashed, reported, dropped."""
    case_path = counter.captured(document)
    with_fingers = replace(document, files={**document.files, **FINGERS})
    report = counter.read_chip(case_path, with_fingers)["report"]
    assert {"EF.DG3", "EF.DG4"} <= set(report["evidence"]["files"])
    with services.database.reading() as work:
        stored = work.evidence.latest(case_path.rpartition("/")[2])
    assert set(stored.evidence.files) == set(document.files)


def test_the_repository_drops_them_too(services, clock) -> None:
    """Whoever calls."""
    with services.database.changing() as work:
        work.verifications.add(case(State.MRZ_CAPTURED))
        work.evidence.add("vs_A", StoredEvidence(ChipEvidence(FINGERS), NOW, None))
    with services.database.reading() as work:
        assert dict(work.evidence.latest("vs_A").evidence.files) == {}


def test_optimistic_concurrency(services) -> None:
    with services.database.changing() as work:
        work.verifications.add(case(State.CREATED))
    with services.database.reading() as work:
        read = work.verifications.get("vs_A")
    assert read == case(State.CREATED)
    with services.database.changing() as work:
        saved = work.verifications.save(replace(read, state=State.CANCELLED))
    assert saved.version == read.version + 1
    with pytest.raises(ServiceError) as refused, services.database.changing() as work:
        work.verifications.save(replace(read, state=State.MRZ_CAPTURED))
    assert refused.value.code is ProblemCode.CONFLICT
    with services.database.reading() as work:
        assert work.verifications.get("vs_A") == saved


def test_a_second_review_of_a_person_is_refused_by_the_table(services) -> None:
    from tests.service.findings import review_by

    with services.database.changing() as work:
        work.verifications.add(case(State.CHECKED))
        work.reviews.add("vs_A", review_by("anna"))
    with pytest.raises(ServiceError) as refused, services.database.changing() as work:
        work.reviews.add("vs_A", review_by("anna"))
    assert refused.value.code is ProblemCode.SAME_REVIEWER


def test_rows_without_a_verification_are_refused(services) -> None:
    """Foreign keys hold on both databases."""
    with pytest.raises(IntegrityError) as refused, services.database.engine.begin() as connection:
        connection.execute(
            insert(tables.reviews).values(
                verification_id="vs_none",
                reviewer="secret-name",
                decision="approve",
                inspection={},
                face={},
                decision_hash="0" * 64,
                at=NOW,
            )
        )
    # Parameters are personal data: no exception shows them.
    assert "secret-name" not in str(refused.value)


def test_naive_times_are_refused(services) -> None:
    with pytest.raises(StatementError), services.database.changing() as work:
        work.verifications.add(replace(case(State.CREATED), created_at=NOW.replace(tzinfo=None)))


@light
@given(verdicts)
def test_verdicts_are_read_as_they_were_written(verdict) -> None:
    """The inverse of `Verdict.to_json`."""
    assert _verdict(verdict.to_json()) == verdict


def test_judgements_are_read_as_they_were_written(services) -> None:
    with services.database.changing() as work:
        work.verifications.add(case(State.MRZ_CAPTURED))
        work.judgements.add("vs_A", replace(JUDGED, reason="no_csca"))
        work.judgements.add("vs_A", JUDGED)
    with services.database.reading() as work:
        assert work.judgements.latest("vs_A") == JUDGED


def test_a_folder_that_is_made_is_the_owners_alone(tmp_path) -> None:
    open_engine(f"sqlite:///{tmp_path / 'made' / 'data.sqlite3'}").connect().close()
    assert os.stat(tmp_path / "made").st_mode & 0o077 == 0
