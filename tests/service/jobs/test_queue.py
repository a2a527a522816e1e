"""The table of jobs on both databases: nothing is lost, nothing is done by two at once, nothing waits twice."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from service.adapters.db.database import SqlDatabase
from service.adapters.db.job_tables import jobs
from service.domain.jobs import CLOCK_TOLERANCE, LAST_DELAY, LEASES, LONGEST_LEASE, SOON, Job, JobKind, LeasedJob
from tests.service.conftest import NOW

KINDS = frozenset(JobKind)


def enqueue(database: SqlDatabase, *wanted: Job) -> None:
    with database.changing() as work:
        for job in wanted:
            work.jobs.enqueue(job)


def lease(database: SqlDatabase, now=NOW, owner: str = "a", kinds=KINDS) -> LeasedJob | None:
    with database.changing() as work:
        found = work.jobs.is_due(kinds, now)
        leased = work.jobs.lease(kinds, owner, now)
        assert found is (leased is not None)
        return leased


def count(database: SqlDatabase) -> int:
    with database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(jobs)).scalar_one()


def expire(subject: str = "vs_1", due_at=NOW, key: str | None = None) -> Job:
    return Job(JobKind.EXPIRE, subject, due_at, key)


def test_a_job_is_as_durable_as_its_change(database: SqlDatabase) -> None:
    with contextlib.suppress(ZeroDivisionError), database.changing() as work:
        work.jobs.enqueue(expire())
        raise ZeroDivisionError
    assert lease(database) is None
    assert database.bell.rung == 0
    enqueue(database, expire())
    assert database.bell.rung == 1
    assert lease(database) is not None


def test_what_was_asked_for_is_what_is_done(database: SqlDatabase) -> None:
    enqueue(database, Job(JobKind.DELIVER, "we_1", NOW, None, {"event": "ev_1", "count": 3, "none": None}))
    leased = lease(database, NOW + timedelta(seconds=7), "worker-x")
    assert leased is not None
    assert (leased.kind, leased.subject, leased.key, dict(leased.data)) == (
        JobKind.DELIVER,
        "we_1",
        None,
        {"event": "ev_1", "count": 3, "none": None},
    )
    assert (leased.wanted_at, leased.attempt, leased.owner) == (NOW, 1, "worker-x")
    assert leased.until == NOW + timedelta(seconds=7) + LEASES[JobKind.DELIVER]


def test_not_before_its_time_and_the_oldest_first(database: SqlDatabase) -> None:
    later, sooner = NOW + timedelta(seconds=10), NOW + timedelta(seconds=5)
    enqueue(database, expire("vs_later", later), expire("vs_sooner", sooner))
    assert lease(database, sooner - timedelta(seconds=1)) is None
    assert lease(database, sooner).subject == "vs_sooner"
    assert lease(database, sooner) is None
    assert lease(database, later).subject == "vs_later"


def test_a_worker_takes_its_own_kinds_alone(database: SqlDatabase) -> None:
    enqueue(database, expire())
    assert lease(database, kinds={JobKind.DELIVER}) is None
    assert lease(database, kinds=frozenset()) is None
    assert lease(database, kinds={JobKind.EXPIRE}) is not None


def test_of_one_key_one_waits_at_the_earlier_time(database: SqlDatabase) -> None:
    at = [NOW + timedelta(seconds=s) for s in (60, 30, 90)]
    for due_at in at:
        enqueue(database, expire(due_at=due_at, key="vs_1"))
    enqueue(
        database, Job(JobKind.REJUDGE, "vs_1", at[2], "vs_1"), expire("vs_2", at[2], "vs_2"), expire(due_at=at[2])
    )
    assert count(database) == 4
    assert lease(database, at[0] - timedelta(seconds=31)) is None
    first = lease(database, at[1])
    assert first is not None
    assert first.wanted_at == at[1]


def test_what_is_being_done_waits_no_more(database: SqlDatabase) -> None:
    """It may have looked already: what changed since needs another look."""
    enqueue(database, expire(key="vs_1"))
    running = lease(database)
    enqueue(database, expire(key="vs_1"))
    assert count(database) == 2
    with database.changing() as work:
        assert work.jobs.retry(running, NOW + timedelta(hours=1), "code")
    assert count(database) == 1, "one that failed does not wait beside one of the same key"
    assert lease(database) is not None


def test_a_lease_that_ran_out_is_anothers(database: SqlDatabase) -> None:
    enqueue(database, expire())
    first = lease(database, NOW, "a")
    assert lease(database, first.until - timedelta(seconds=1), "b") is None
    second = lease(database, first.until, "b")
    assert (second.id, second.attempt, second.owner) == (first.id, 2, "b")
    with database.changing() as work:
        assert not work.jobs.finish(first)
        assert not work.jobs.retry(first, NOW, "code")
        assert not work.jobs.bury(first, NOW, "code")
        assert work.jobs.finish(second)
    assert count(database) == 0


def test_one_worker_that_comes_late_to_its_own_old_lease(database: SqlDatabase) -> None:
    enqueue(database, expire())
    first = lease(database, NOW, "a")
    second = lease(database, first.until, "a")
    with database.changing() as work:
        assert not work.jobs.finish(first)
        assert work.jobs.finish(second)


def test_a_clock_that_was_set_back_keeps_no_job(database: SqlDatabase) -> None:
    """A lease that ends later than any given now is from a time that is not any more."""
    enqueue(database, expire())
    ahead = NOW + timedelta(hours=5)
    leased = lease(database, ahead)
    beyond = leased.until - LONGEST_LEASE - CLOCK_TOLERANCE
    assert lease(database, beyond, "b") is None, "so much may the clocks of two machines differ"
    assert lease(database, beyond - timedelta(seconds=1), "b") is not None


@pytest.mark.parametrize("kind", sorted(SOON))
def test_a_clock_that_was_set_back_keeps_no_portal_waiting(database: SqlDatabase, kind: JobKind) -> None:
    """What is due later than any delay from now was enqueued while the clock was ahead."""
    due = NOW + timedelta(hours=25)
    enqueue(database, Job(kind, "we_1", due))
    nearly = due - LAST_DELAY - CLOCK_TOLERANCE
    assert lease(database, nearly) is None, "a delay as long as any"
    assert lease(database, nearly - timedelta(seconds=1)) is not None


@pytest.mark.parametrize("kind", sorted(set(JobKind) - SOON))
def test_what_waits_for_days_is_not_done_before_its_time(database: SqlDatabase, kind: JobKind) -> None:
    enqueue(database, Job(kind, "vs_1", NOW + timedelta(hours=72)))
    assert lease(database, NOW) is None


def test_dead_letters_rest_and_come_back_as_new(database: SqlDatabase) -> None:
    enqueue(database, Job(JobKind.DELIVER, "we_1", NOW, data={"event": "ev_1"}))
    leased = lease(database)
    with database.changing() as work:
        assert work.jobs.bury(leased, NOW, "http_500")
    much_later = NOW + timedelta(days=30)
    assert lease(database, much_later) is None
    with database.changing() as work:
        assert work.jobs.dead({JobKind.EXPIRE}) == []
        (letter,) = work.jobs.dead(KINDS)
        assert (letter.subject, letter.data["event"], letter.problem, letter.at) == ("we_1", "ev_1", "http_500", NOW)
        work.jobs.revive(letter, much_later)
    again = lease(database, much_later)
    assert (again.attempt, again.wanted_at) == (1, much_later)


def test_a_dead_letter_does_not_wait_beside_its_like(database: SqlDatabase) -> None:
    enqueue(database, expire(key="vs_1"))
    with database.changing() as work:
        work.jobs.bury(work.jobs.lease(KINDS, "a", NOW), NOW, "code")
    enqueue(database, expire(key="vs_1"))
    with database.changing() as work:
        (letter,) = work.jobs.dead(KINDS)
        work.jobs.revive(letter, NOW)
    assert count(database) == 1


def test_postponed_and_forgotten(database: SqlDatabase) -> None:
    until = NOW + timedelta(seconds=30)
    enqueue(database, expire("vs_1"), expire("vs_1", until + timedelta(hours=1)), expire("vs_2"))
    with database.changing() as work:
        work.jobs.postpone(JobKind.EXPIRE, "vs_1", until)
    assert lease(database).subject == "vs_2"
    assert lease(database) is None
    assert lease(database, until).subject == "vs_1"
    assert lease(database, until) is None, "what was to come later comes later"
    with database.changing() as work:
        work.jobs.forget(JobKind.EXPIRE, "vs_1")
    assert count(database) == 1


def test_no_two_workers_have_one_job(database: SqlDatabase) -> None:
    """Eight threads, sixty jobs: each is leased exactly once."""
    enqueue(database, *(expire(f"vs_{n}") for n in range(60)))
    taken: list[str] = []

    def work(owner: str) -> None:
        while (leased := lease_only(owner)) is not None:
            taken.append(leased.subject)

    def lease_only(owner: str) -> LeasedJob | None:
        with database.changing() as changing:
            return changing.jobs.lease(KINDS, owner, NOW)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(f"vs_{n}" for n in range(60))


def test_one_key_from_many_sides_waits_once(database: SqlDatabase) -> None:
    start = threading.Barrier(6)

    def work(n: int) -> None:
        start.wait()
        enqueue(database, expire(due_at=NOW + timedelta(seconds=n), key="vs_1"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 1
    assert lease(database).wanted_at == NOW


def test_a_job_that_is_being_leased_does_not_stop_others(database: SqlDatabase) -> None:
    """PostgreSQL passes by what another takes (SKIP LOCKED); SQLite has one writer at a time anyway."""
    if database.engine.dialect.name == "sqlite":
        return
    enqueue(database, expire("vs_1"), expire("vs_2"))
    with database.changing() as work:
        assert work.jobs.lease(KINDS, "a", NOW).subject == "vs_1"
        assert lease(database, owner="b").subject == "vs_2"
