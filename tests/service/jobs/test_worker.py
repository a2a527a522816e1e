"""Threads that do jobs: woken by what is enqueued, never ended by a job, and ended when they are told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from service import log, worker
from service.adapters.db.database import SqlDatabase
from service.adapters.db.job_tables import jobs
from service.domain.bell import Bell
from service.domain.errors import ConfigurationError
from service.domain.jobs import Job, JobKind, LeasedJob
from service.usecases.run_jobs import RunJobs
from service.worker import Worker
from tests.service.conftest import NOW, ManualClock
from tests.service.jobs.conftest import Runner

WAIT_S = 30


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that would look by itself only after the test has failed."""
    monkeypatch.setattr(worker, "POLL_S", 2 * WAIT_S)
    monkeypatch.setattr(worker, "PAUSE_S", 0.0)


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """What the log says."""
    stream = StringIO()
    log.configure("debug", stream)
    yield stream
    log.configure("critical")


class Gate:
    """A handler that waits until it may go on, and counts what it began and ended."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ended: list[str] = []
        self.open = threading.Event()
        self._began = threading.Semaphore(0)
        self._ended = threading.Semaphore(0)

    def __call__(self, job: LeasedJob) -> None:
        """Wait."""
        self.began.append(job.subject)
        self._began.release()
        assert self.open.wait(WAIT_S)
        self.ended.append(job.subject)
        self._ended.release()

    def wait_for_begin(self) -> None:
        """One more began."""
        assert self._began.acquire(timeout=WAIT_S)

    def wait_for_end(self) -> None:
        """One more ended."""
        assert self._ended.acquire(timeout=WAIT_S)


def enqueue(database: SqlDatabase, kind: JobKind, subject: str) -> None:
    with database.changing() as work:
        work.jobs.enqueue(Job(kind, subject, NOW))


def left(database: SqlDatabase) -> int:
    """How many of those that a test enqueued; every start has some of its own."""
    own = select(func.count()).where(jobs.c.kind.in_([JobKind.EXPIRE, JobKind.DELIVER]))
    with database.engine.connect() as connection:
        return connection.execute(own).scalar_one()


def test_what_is_enqueued_wakes_it(database: SqlDatabase, runner: Runner) -> None:
    gate = Gate()
    gate.open.set()
    working = Worker(runner({JobKind.EXPIRE: gate}), database.bell)
    working.start()
    for number in range(3):
        enqueue(database, JobKind.EXPIRE, f"vs_{number}")
        gate.wait_for_end()
    assert working.join()
    assert gate.ended == ["vs_0", "vs_1", "vs_2"]
    assert left(database) == 0


def test_it_looks_by_itself_for_what_others_enqueued(
    database: SqlDatabase, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_S", 0.02)
    gate = Gate()
    gate.open.set()
    working = Worker(runner({JobKind.EXPIRE: gate}), Bell())
    working.start()
    enqueue(database, JobKind.EXPIRE, "vs_1")
    gate.wait_for_end()
    assert working.join()


def test_a_portal_that_is_slow_holds_up_deliveries_alone(database: SqlDatabase, runner: Runner) -> None:
    slow, others = Gate(), Gate()
    others.open.set()
    working = Worker(runner({JobKind.DELIVER: slow, JobKind.EXPIRE: others}), database.bell)
    working.start()
    enqueue(database, JobKind.DELIVER, "we_1")
    slow.wait_for_begin()
    enqueue(database, JobKind.EXPIRE, "vs_1")
    others.wait_for_end()
    slow.open.set()
    assert working.join()


def test_stopped_it_ends_what_it_does_and_begins_nothing(database: SqlDatabase, runner: Runner) -> None:
    gate = Gate()
    working = Worker(runner({JobKind.EXPIRE: gate}), database.bell)
    working.start()
    enqueue(database, JobKind.EXPIRE, "vs_1")
    gate.wait_for_begin()
    working.stop()
    enqueue(database, JobKind.EXPIRE, "vs_2")
    gate.open.set()
    assert working.join(WAIT_S)
    assert gate.began == gate.ended == ["vs_1"]
    assert left(database) == 1
    assert working.join(), "ending twice is ending once"


def test_the_end_is_not_waited_for_for_ever(
    database: SqlDatabase, runner: Runner, clock: ManualClock, logged: StringIO
) -> None:
    gate = Gate()
    working = Worker(runner({JobKind.EXPIRE: gate}), database.bell)
    working.start()
    enqueue(database, JobKind.EXPIRE, "vs_1")
    gate.wait_for_begin()
    assert not working.join(0.05)
    assert "a job was not done in time" in logged.getvalue()
    assert left(database) == 1
    gate.open.set()
    assert working.join(WAIT_S)


def test_never_started_it_ends_at_once(database: SqlDatabase, runner: Runner) -> None:
    assert Worker(runner({}), database.bell).join(0)


def test_it_does_not_start_beside_what_it_cannot_do(database: SqlDatabase, runner: Runner) -> None:
    run = runner({})
    handlers = {kind: handler for kind, handler in run.handlers.items() if kind is not JobKind.PURGE}
    working = Worker(replace(run, handlers=handlers), database.bell)
    with pytest.raises(ConfigurationError, match="purge"):
        working.start()
    assert working.join(0)


def test_it_outlives_a_database_that_fails(
    database: SqlDatabase, runner: Runner, monkeypatch: pytest.MonkeyPatch, logged: StringIO
) -> None:
    gate = Gate()
    gate.open.set()
    failures = [OperationalError("SELECT secret", {}, OSError("words of a driver")) for _ in range(3)]
    real = RunJobs.__call__

    def failing(self: RunJobs, kinds) -> object:
        if failures:
            raise failures.pop()
        return real(self, kinds)

    monkeypatch.setattr(RunJobs, "__call__", failing)
    working = Worker(runner({JobKind.EXPIRE: gate}), database.bell)
    enqueue(database, JobKind.EXPIRE, "vs_1")
    working.start()
    gate.wait_for_end()
    assert working.join()
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["exception"] for line in lines if line["event"] == "jobs cannot be done"] == ["OperationalError"] * 3
    assert "words of a driver" not in logged.getvalue()


def test_what_a_handler_raises_is_logged_by_its_type(database: SqlDatabase, runner: Runner, logged: StringIO) -> None:
    done = threading.Event()

    def faulty(job: LeasedJob) -> None:
        if job.subject == "vs_2":
            done.set()
            return
        raise KeyError("ERIKSSON ANNA MARIA")

    working = Worker(runner({JobKind.EXPIRE: faulty}), database.bell)
    working.start()
    enqueue(database, JobKind.EXPIRE, "vs_1")
    enqueue(database, JobKind.EXPIRE, "vs_2")
    assert done.wait(WAIT_S), "the thread lives"
    assert working.join()
    (line,) = [json.loads(text) for text in logged.getvalue().splitlines() if "fault" in text]
    assert (line["event"], line["level"], line["exception"]) == ("a job failed by a fault", "error", "KeyError")
    assert "ERIKSSON" not in logged.getvalue()
