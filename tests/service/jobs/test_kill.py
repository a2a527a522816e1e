"""Processes that are killed, or told to end, in the middle of a job: nothing is lost, nothing is half."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service import wiring
from service.adapters.db.job_tables import jobs
from service.domain.events import Event, EventType
from service.domain.jobs import LEASES, Job, JobKind
from service.run import running
from service.settings import Settings
from service.worker import THREAD_NAME
from tests.service.jobs.conftest import ACTOR, Portal

ROOT = Path(__file__).resolve().parents[3]
PASSKOLL = (sys.executable, "-X", "faulthandler", "-c", "from service.cli import main; main()")
SERVE = (sys.executable, "-X", "faulthandler", "-m", "tests.service.two_persons", "serve")
HALF = (sys.executable, "-m", "tests.service.jobs.half")


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    """What makes another process use the same database and keys."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PASSKOLL_")}
    return {
        **kept,
        "PASSKOLL_DATA_DIR": str(settings.data_dir),
        "PASSKOLL_TRUST": str(settings.trust[0]),
        "PASSKOLL_LOG_LEVEL": "error",
        **({} if settings.database_url is None else {"PASSKOLL_DATABASE_URL": settings.database_url}),
        **changes,
    }


@contextmanager
def process(command, settings: Settings, ready: str, **changes: str) -> Iterator[subprocess.Popen[str]]:
    """A process that said `ready`; killed at the end whatever happens. `said` are its lines until then."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(settings, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            started.said = [""]
            while not started.said[-1].startswith(ready):
                line = started.stdout.readline()
                assert line, started.stderr.read()
                started.said.append(line.rstrip("\n"))
            yield started
        finally:
            started.kill()


def status_of(ending: subprocess.Popen[str]) -> int:
    """How it ended; if it does not, where each of its threads stands."""
    try:
        return ending.wait(30)
    except subprocess.TimeoutExpired:
        ending.send_signal(signal.SIGABRT)
        pytest.fail(ending.stderr.read())


def after_the_lease() -> str:
    """A time at which what was leased now is free again."""
    return (datetime.now(UTC) + max(LEASES.values()) + timedelta(seconds=5)).isoformat()


@pytest.fixture
def rows(settings: Settings):
    """The jobs that lie there; what happens in this test goes through the same database."""
    database = wiring.open_database(settings)

    def read():
        with database.engine.connect() as connection:
            return connection.execute(select(jobs).order_by(jobs.c.id)).all()

    yield read
    database.engine.dispose()


@pytest.fixture
def happen(settings: Settings, portal: Portal):
    """`happen("vs_1")`: something that a portal is told of; the id of the event."""
    database = wiring.open_database(settings)
    with wiring.administer_webhooks(settings) as webhooks:
        webhooks.add(ACTOR, portal.url, ())

    def emit(subject: str) -> str:
        now = datetime.now(UTC).replace(microsecond=0)
        with database.changing() as work:
            return work.events.emit(Event(EventType.RESULT_CONSUMED, subject, settings.organisation, now)).id

    yield emit
    database.engine.dispose()


def test_a_delivery_whose_worker_was_killed_is_made_again(settings: Settings, portal: Portal, rows, happen) -> None:
    event = happen("vs_1")
    portal.gate.clear()
    with process([*PASSKOLL, "worker"], settings, "working") as worker:
        first = portal.wait_for_one()
        worker.kill()
        worker.wait()
    portal.gate.set()
    (row,) = [row for row in rows() if row.kind == "deliver"]
    assert (row.attempts, row.dead_at, row.data) == (1, None, {"event": event})
    with process([*PASSKOLL, "worker"], settings, "working", PASSKOLL_SPECIMEN_CLOCK=after_the_lease()) as worker:
        second = portal.wait_for_one()
        worker.send_signal(signal.SIGTERM)
        assert status_of(worker) == 0
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == event
    assert first.body == second.body
    assert [row for row in rows() if row.kind == "deliver"] == []


def test_a_change_that_was_cut_off_is_not_there_and_is_made_whole(settings: Settings, rows) -> None:
    database = wiring.open_database(settings)
    with database.changing() as work:
        work.jobs.enqueue(Job(JobKind.EXPIRE, "vs_1", datetime.now(UTC)))
    with process([*HALF, "hang"], settings, "in the middle") as worker:
        worker.kill()
        worker.wait()
    with database.reading() as work:
        assert work.events.of("vs_1") == []
    (row,) = rows()
    assert (row.subject, row.lease_owner) == ("vs_1", "worker-hang")
    with process([*HALF, "go"], settings, "attempt 2: None", PASSKOLL_SPECIMEN_CLOCK=after_the_lease()) as worker:
        assert status_of(worker) == 0
    assert rows() == []
    with database.reading() as work:
        assert len(work.events.of("vs_1")) == 1
    database.engine.dispose()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_end_ends_its_job_and_begins_none(
    settings: Settings, portal: Portal, rows, happen, stop: signal.Signals
) -> None:
    happen("vs_1")
    later = happen("vs_2")
    portal.gate.clear()
    with process([*PASSKOLL, "worker"], settings, "working") as worker:
        portal.wait_for_one()
        worker.send_signal(stop)
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0.5)
        # whoever loses patience changes nothing
        worker.send_signal(stop)
        portal.gate.set()
        assert status_of(worker) == 0
    assert len(portal.seen) == 1
    assert [row.data["event"] for row in rows() if row.kind == "deliver"] == [later]


def test_a_service_delivers_too_and_ends_what_it_does(settings: Settings, portal: Portal, rows, happen) -> None:
    """`serve` has a worker in it. Told to end, it answers the request that it has, and ends the delivery."""
    portal.gate.clear()
    body = b'{"kind":"reserve_card_no_pnr"}'
    with process([*SERVE, "--port", "0"], settings, "listening on ") as service:
        happen("vs_1")
        portal.wait_for_one()
        host, _, port = service.said[-1].rpartition("/")[2].partition(":")
        (token, *_) = re.findall(r": ([0-9a-f]{64})$", "\n".join(service.said), re.MULTILINE)
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            head = f"POST /v1/verifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            head += f"Idempotency-Key: one\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:5])
            # Another connection is answered, so the first one is in the hands of the service before its end begins.
            with socket.create_connection((host, int(port)), timeout=30) as other:
                other.sendall(b"GET /v1/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert other.recv(65536).startswith(b"HTTP/1.1 200")
            service.send_signal(signal.SIGTERM)
            connection.settimeout(0.5)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(30)
            connection.sendall(body[5:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 201"), "answered, though the end has begun"
        portal.gate.set()
        assert status_of(service) in (0, -signal.SIGTERM)
    assert [row for row in rows() if row.kind == "deliver"] == []


@pytest.mark.parametrize(("place", "threads"), [("thread", 2), ("none", 0)])
def test_where_the_worker_is(tmp_path: Path, place: str, threads: int) -> None:
    def working() -> int:
        return sum(thread.name == THREAD_NAME for thread in threading.enumerate())

    before = working()
    with running(Settings(data_dir=tmp_path, port=0, worker=place)):
        assert working() - before == threads
    assert working() == before
