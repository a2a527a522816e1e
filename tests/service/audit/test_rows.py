"""The trail in both databases: one straight chain whoever writes, nothing changed in silence."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.adapters.db.database import SqlDatabase
from service.domain.audit import Action, AuditEntry, entry
from service.domain.audit_chain import Break, BreakKind
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.retention import RetentionClass
from service.domain.verification import State
from tests.service.audit.trail import all_rows, audit_entry, execute, forge, rewritten, unprotect, walked, write
from tests.service.conftest import DATABASES, NOW
from tests.service.findings import case


def test_entries_are_read_as_they_were_written(database: SqlDatabase) -> None:
    write(database, 4)
    with database.reading() as work:
        found = work.audit.of("vs_1")
        assert [(line.number, line.at, line.action, dict(line.details)) for line in found] == [
            (2, "2026-11-24T09:30:01Z", "opened", {"count": 1, "ok": True, "reason": None, "text": "å"})
        ]
        assert work.audit.person(found[0].actor) == "anna"
        assert "anna" not in str(all_rows(database))


def test_an_entry_of_a_person_and_of_no_case(database: SqlDatabase) -> None:
    who = Principal("bo", "Region B", frozenset({Caller.REVIEWER}))
    with database.changing() as work:
        work.audit.write(entry(who, NOW, Action.OPENED, None))
    (row,) = all_rows(database)
    assert (row["organisation"], row["verification_id"], row["details"]) == ("Region B", None, "{}")


def test_a_person_has_one_pseudonym_in_an_organisation(database: SqlDatabase) -> None:
    write(database, 3)
    write(database, 1, actor="bo")
    write(database, 1, organisation="Region B")
    actors = [row["actor"] for row in all_rows(database)]
    assert len(set(actors[:3])) == 1
    assert len(set(actors)) == 3


def test_two_who_write_at_once_never_fork_the_chain(database: SqlDatabase) -> None:
    """200 entries each, of two organisations, some of them several in one transaction."""
    failures: list[BaseException] = []

    def work_of(organisation: str) -> None:
        try:
            for number in range(0, 200, 2):
                with database.changing() as work:
                    work.audit.write(audit_entry(number, organisation=organisation, actor=organisation))
                    work.audit.write(audit_entry(number + 1, organisation=organisation, actor=organisation))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work_of, args=(name,)) for name in ("Region A", "Region B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = all_rows(database)
    with database.reading() as work:
        head = work.audit.head()
    assert walked(found, head) is None
    assert head.number == 400
    for organisation in ("Region A", "Region B"):
        own = [json.loads(row["details"])["count"] for row in found if row["organisation"] == organisation]
        assert own == list(range(200))


def test_two_first_entries_of_one_person_at_once(database: SqlDatabase) -> None:
    barrier = threading.Barrier(4)

    def first() -> None:
        barrier.wait()
        write(database, 1)

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({row["actor"] for row in all_rows(database)}) == 1
    assert len(all_rows(database)) == 4


@pytest.mark.postgres
@pytest.mark.parametrize("settings", DATABASES[1:], indirect=True)
def test_the_chain_is_locked_last(database: SqlDatabase) -> None:
    """Whatever a use case does after its entry, it does not hold the chain meanwhile. SQLite has one writer."""
    with database.changing() as slow:
        slow.audit.write(audit_entry(0))
        write(database, 1, organisation="Region B")
    assert [row["organisation"] for row in all_rows(database)] == ["Region B", "Region A"]


def test_an_entry_is_there_exactly_when_the_change_is(database: SqlDatabase) -> None:
    def open_and(do) -> None:
        with database.changing() as work:
            work.verifications.add(case(State.CREATED))
            work.audit.write(audit_entry(0))
            do(work)

    def fail(_work) -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        open_and(fail)
    assert all_rows(database) == []
    with pytest.raises(ServiceError):
        open_and(lambda work: work.audit.connection.execute(text("DELETE FROM audit_head")))
    with pytest.raises(ServiceError), database.reading() as work:
        work.verifications.get("vs_A")


def test_a_head_that_does_not_fit_acknowledges_nothing(database: SqlDatabase) -> None:
    write(database, 2)
    execute(database.engine, "DELETE FROM audit_head")
    for act in (lambda work: work.audit.write(audit_entry(2)), lambda work: work.audit.head()):
        with pytest.raises(ServiceError) as refused, database.changing() as work:
            act(work)
        assert refused.value.code is ProblemCode.NOT_READY


STATEMENTS = [
    "UPDATE audit_trail SET action = 'cancelled'",
    "DELETE FROM audit_trail",
    "UPDATE audit_checkpoints SET token = ''",
    "DELETE FROM audit_checkpoints",
    "UPDATE audit_actors SET person = 'bo'",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_refuses_changes(database: SqlDatabase, audit, statement: str) -> None:
    """Of its owner too; rights come on top (test_rights.py)."""
    write(database, 2)
    audit.make_checkpoint()
    with pytest.raises(DBAPIError, match="append-only"):
        execute(database.engine, statement)


def test_truncating_and_replacing_are_changes_too(database: SqlDatabase, audit) -> None:
    write(database, 2)
    audit.make_checkpoint()
    before = all_rows(database)
    tables = ("audit_trail", "audit_checkpoints", "audit_actors")
    if database.engine.dialect.name == "postgresql":
        statements = [f"TRUNCATE {table}" for table in tables]
        statements.append("SET session_replication_role = replica; DELETE FROM audit_trail")
    else:
        statements = [f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" for table in tables]  # noqa: S608
        statements.append(
            "INSERT OR REPLACE INTO audit_trail SELECT 9, previous, organisation, organisation_number,"
            " organisation_previous, at, actor, 'cancelled', verification_id, details, software, digest"
            " FROM audit_trail WHERE number = 1"
        )
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            execute(database.engine, statement)
    assert all_rows(database) == before


DAMAGES = {
    "change": (["UPDATE audit_trail SET action = 'cancelled' WHERE number = 3"], Break(3, BreakKind.CHANGED)),
    "person": (["UPDATE audit_trail SET actor = 'ac_X' WHERE number = 3"], Break(3, BreakKind.CHANGED)),
    "case": (["UPDATE audit_trail SET verification_id = NULL WHERE number = 3"], Break(3, BreakKind.CHANGED)),
    "remove": (["DELETE FROM audit_trail WHERE number = 3"], Break(3, BreakKind.MISSING)),
    "remove first": (["DELETE FROM audit_trail WHERE number = 1"], Break(1, BreakKind.MISSING)),
    "cut": (["DELETE FROM audit_trail WHERE number > 4"], Break(5, BreakKind.CUT_OFF)),
    "insert": (
        [
            "INSERT INTO audit_trail SELECT 0, previous, 'Region C', 1, organisation_previous, at, actor, action,"
            " verification_id, details, software, digest FROM audit_trail WHERE number = 1"
        ],
        Break(1, BreakKind.INSERTED),
    ),
    "swap": (
        [
            "UPDATE audit_trail SET number = 100 WHERE number = 2",
            "UPDATE audit_trail SET number = 2 WHERE number = 4",
            "UPDATE audit_trail SET number = 4 WHERE number = 100",
        ],
        Break(2, BreakKind.CHANGED),
    ),
    "rename": (["UPDATE audit_actors SET person = 'bo'"], Break(1, BreakKind.ACTOR_CHANGED)),
    "time": (["UPDATE audit_trail SET at = '2026-11-24T09:30:00Z' WHERE number = 4"], Break(4, BreakKind.CHANGED)),
    "details": (["UPDATE audit_trail SET details = 'x' WHERE number = 4"], Break(4, BreakKind.UNREADABLE)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_an_owner_of_the_database_changes_is_found(database: SqlDatabase, audit, damage: str) -> None:
    write(database, 6)
    unprotect(database.engine)
    statements, expected = DAMAGES[damage]
    execute(database.engine, *statements)
    assert audit.verify().breaks == (expected,)


def test_a_cut_that_moves_the_head_is_found_with_a_checkpoint(database: SqlDatabase, audit) -> None:
    """At the end of the trail nothing but a signature shows that there was more."""
    write(database, 6)
    audit.make_checkpoint()
    unprotect(database.engine)
    forge(database.engine, all_rows(database)[:4])
    assert audit.verify().breaks == (Break(5, BreakKind.CUT_OFF),)
    execute(database.engine, "DELETE FROM audit_checkpoints")
    assert audit.verify().breaks == ()
    assert audit.verify(audit.anchor).breaks == (Break(5, BreakKind.CUT_OFF),)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_row_is_damaged_in_silence(database: SqlDatabase, audit, data) -> None:
    """Any column of any row, any value: found, unless it is the value that was there."""
    if not all_rows(database):
        write(database, 5)
        unprotect(database.engine)
    whole = all_rows(database)
    column = data.draw(st.sampled_from([name for name in whole[0] if name not in ("number", "organisation_number")]))
    row = data.draw(st.sampled_from(whole))
    value = data.draw(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=30))
    damaged = [{**other, column: value} if other is row else other for other in whole]
    forge(database.engine, damaged)
    execute(database.engine, f"UPDATE audit_head SET digest = '{whole[-1]['digest']}'")  # noqa: S608
    found = audit.verify().breaks
    forge(database.engine, whole)
    assert (found == ()) == (damaged == whole)
    assert found == () or found[0].number in (row["number"], row["number"] + 1)


def test_a_name_can_be_erased_and_the_chain_stays_whole(database: SqlDatabase, audit) -> None:
    """Staff have rights too; an owner erases the row, and the entries stay."""
    write(database, 3)
    execute(database.engine, "DELETE FROM audit_actors")
    assert audit.verify().breaks == ()
    with database.reading() as work:
        assert work.audit.person(work.audit.of("vs_1")[0].actor) is None


def test_erasing_a_verification_leaves_the_trail_whole(database: SqlDatabase, audit) -> None:
    with database.changing() as work:
        work.verifications.add(case(State.CREATED))
        work.audit.write(replace(audit_entry(0), verification_id="vs_A"))
    with database.changing() as work:
        for retention in RetentionClass:
            work.vault.erase("vs_A", retention)
    execute(database.engine, "DELETE FROM data_keys", "DELETE FROM verifications")
    assert audit.verify().breaks == ()
    with database.reading() as work:
        assert [line.action for line in work.audit.of("vs_A")] == ["opened"]


def test_a_damaged_line_of_a_case_is_no_line(database: SqlDatabase) -> None:
    write(database, 2)
    unprotect(database.engine)
    execute(database.engine, "UPDATE audit_trail SET details = '[]' WHERE number = 2")
    with pytest.raises(ServiceError) as refused, database.reading() as work:
        work.audit.of("vs_1")
    assert refused.value.code is ProblemCode.NOT_READY


def test_a_trail_is_not_lost_by_going_back(database: SqlDatabase) -> None:
    write(database, 1)

    def back() -> None:
        with database.engine.begin() as connection:
            config = database._config
            config.attributes["connection"] = connection
            command.downgrade(config, "0005")

    with pytest.raises(RuntimeError, match="holds entries"):
        back()
    assert len(all_rows(database)) == 1


def test_rewriting_by_independent_code_gives_the_same_trail(database: SqlDatabase) -> None:
    for organisation in ("Region A", "Region B", "Region A"):
        write(database, 2, organisation=organisation)
    assert rewritten(all_rows(database)) == all_rows(database)


def test_an_audit_entry_without_details_of_a_kind_is_refused(database: SqlDatabase) -> None:
    with pytest.raises(ValueError, match="codes and counts"), database.changing() as work:
        work.audit.write(AuditEntry(NOW, "anna", "Region A", Action.OPENED, None, {"x": 1.5}))
    assert all_rows(database) == []
