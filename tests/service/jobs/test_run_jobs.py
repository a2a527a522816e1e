"""How a job ends: done, tried again later, or a dead letter with a code."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import cbor2
import pytest
from sqlalchemy import insert, select

from mrtd.specimen.document import SpecimenDocument
from service import wiring
from service.adapters.db.database import SqlDatabase
from service.adapters.db.job_tables import jobs
from service.domain.audit import Action, AuditEntry
from service.domain.errors import ConfigurationError, ProblemCode, ServiceError
from service.domain.jobs import LAST_DELAY, LEASES, Job, JobFailedError, JobKind, LeasedJob
from service.usecases.run_jobs import RunJobs
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter
from tests.service.jobs.conftest import CountedRandomness, Runner

EXPIRE = {JobKind.EXPIRE}
DELIVER = {JobKind.DELIVER}
SECRET = "ERIKSSON ANNA MARIA"


class Handler:
    """Does what a test says, and remembers for which jobs."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.seen: list[LeasedJob] = []
        self._outcomes = list(outcomes)

    def __call__(self, job: LeasedJob) -> None:
        """Raise the next outcome, if there is one."""
        self.seen.append(job)
        outcome = self._outcomes.pop(0) if self._outcomes else None
        if outcome is not None:
            raise outcome


def enqueue(database: SqlDatabase, job: Job) -> None:
    with database.changing() as work:
        work.jobs.enqueue(job)


def rows(database: SqlDatabase):
    with database.engine.connect() as connection:
        return connection.execute(select(jobs).order_by(jobs.c.id)).all()


def test_done_is_gone(database: SqlDatabase, runner: Runner) -> None:
    enqueue(database, Job(JobKind.EXPIRE, "vs_1", NOW))
    handler = Handler()
    run = runner({JobKind.EXPIRE: handler})
    ended = run(EXPIRE)
    assert (ended.problem, ended.dead, ended.lost) == (None, False, False)
    assert run(EXPIRE) is None
    assert [job.subject for job in handler.seen] == ["vs_1"]
    assert rows(database) == []


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (JobFailedError("busy"), "busy"),
        (ServiceError(ProblemCode.CONFLICT), "conflict"),
        (RuntimeError(SECRET), "internal_error"),
    ],
)
def test_a_failure_is_a_code_and_comes_again_later(
    database: SqlDatabase, runner: Runner, clock: ManualClock, raised: Exception, code: str
) -> None:
    enqueue(database, Job(JobKind.EXPIRE, "vs_1", NOW))
    run = runner({JobKind.EXPIRE: Handler(raised)})
    ended = run(EXPIRE)
    assert (ended.problem, ended.dead) == (code, False)
    (row,) = rows(database)
    assert (row.problem, row.lease_owner, row.lease_until, row.attempts) == (code, None, None, 1)
    assert NOW + timedelta(seconds=5) <= row.due_at <= NOW + timedelta(seconds=10)
    assert SECRET not in str(row)
    assert SECRET not in repr(ended.job)
    assert run(EXPIRE) is None
    clock.advance(seconds=10)
    assert run(EXPIRE).problem is None
    assert rows(database) == []


def test_after_a_day_a_failure_is_the_last_one(database: SqlDatabase, runner: Runner, clock: ManualClock) -> None:
    enqueue(database, Job(JobKind.DELIVER, "we_1", NOW))
    run = runner({JobKind.DELIVER: Handler(*[JobFailedError("down")] * 1000)})
    times = []
    while True:
        ended = run(DELIVER)
        if ended is not None:
            times.append(clock.now() - NOW)
            if ended.dead:
                break
        clock.advance(minutes=5)
    assert times[-1] >= timedelta(hours=24)
    assert times[-2] < timedelta(hours=24)
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert max(pauses) <= LAST_DELAY + timedelta(minutes=5)
    assert 24 <= len(times) <= 70
    with database.reading() as work:
        (letter,) = work.jobs.dead(DELIVER)
    assert (letter.problem, letter.attempts, letter.at) == ("down", len(times), clock.now())
    clock.advance(days=30)
    assert run(DELIVER) is None


def test_a_worker_that_was_down_for_days_tries_once_at_least(
    database: SqlDatabase, runner: Runner, clock: ManualClock
) -> None:
    enqueue(database, Job(JobKind.DELIVER, "we_1", NOW))
    clock.advance(days=3)
    assert runner({JobKind.DELIVER: Handler()})(DELIVER).problem is None
    assert rows(database) == []


def test_pointless_is_dead_at_once(database: SqlDatabase, runner: Runner) -> None:
    enqueue(database, Job(JobKind.EXPIRE, "vs_1", NOW))
    assert runner({JobKind.EXPIRE: Handler(JobFailedError("gone", final=True))})(EXPIRE).dead


def test_what_a_worker_did_too_slowly_is_said_to_be_lost(
    database: SqlDatabase, runner: Runner, clock: ManualClock
) -> None:
    """Its job was done by another meanwhile; it neither ends that one's lease nor buries its job."""
    enqueue(database, Job(JobKind.EXPIRE, "vs_1", NOW))
    others: list[object] = []

    def slow(job: LeasedJob) -> None:
        clock.advance(seconds=LEASES[JobKind.EXPIRE].total_seconds())
        others.append(runner({JobKind.EXPIRE: Handler()}, owner="worker-b")(EXPIRE))
        raise JobFailedError("late", final=True)

    ended = runner({JobKind.EXPIRE: slow})(EXPIRE)
    assert ended.lost
    assert others[0].problem is None
    assert rows(database) == []


def test_what_recurs_comes_again_however_it_ended(database: SqlDatabase, runner: Runner, clock: ManualClock) -> None:
    handler = Handler(None, JobFailedError("down"))
    run = runner({JobKind.CHECKPOINT: handler, JobKind.PURGE: Handler()})
    run.prepare()
    run.prepare()
    due = {row.kind: row.due_at for row in rows(database)}
    assert due == {
        "checkpoint": NOW.replace(hour=10, minute=0, second=0),
        "purge": (NOW + timedelta(days=1)).replace(hour=2, minute=0, second=0),
        "rejudge": NOW,
        "rotate_keys": NOW,
    }
    assert len(rows(database)) == len(due), "a second start adds nothing"
    kinds = {JobKind.CHECKPOINT}
    clock.time = due["checkpoint"]
    assert run(kinds).problem is None
    assert run(kinds) is None
    clock.advance(hours=1)
    assert run(kinds).problem == "down"
    assert run(kinds) is None
    clock.advance(days=40)
    assert run(kinds).problem is None, "it is never given up"
    (row,) = [row for row in rows(database) if row.kind == "checkpoint"]
    assert row.due_at == clock.now() + timedelta(minutes=60 - clock.now().minute)


@pytest.mark.parametrize("kind", sorted(frozenset(JobKind) - {JobKind.DELIVER}))
def test_what_the_service_owes_to_itself_is_never_given_up(
    database: SqlDatabase, runner: Runner, clock: ManualClock, kind: JobKind
) -> None:
    enqueue(database, Job(kind, "vs_1", NOW))
    run = runner({kind: Handler(*[JobFailedError("down")] * 4)})
    for _ in range(4):
        clock.advance(days=10)
        ended = run({kind})
        assert (ended.problem, ended.dead) == ("down", False)
    clock.advance(hours=1)
    assert run({kind}).problem is None


def test_the_next_one_is_enqueued_in_the_transaction_that_ends_the_last(
    database: SqlDatabase, runner: Runner, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.adapters.db.jobs import JobRows

    run = runner({JobKind.CHECKPOINT: Handler()})
    run.prepare()
    clock.advance(hours=1)

    def full(_rows: JobRows, _job: Job) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(JobRows, "enqueue", full)
    with pytest.raises(OSError, match="full"):
        run({JobKind.CHECKPOINT})
    (row,) = [row for row in rows(database) if row.kind == "checkpoint"]
    assert row.lease_owner == "worker-a", "nothing of the end was kept, so it is done again when the lease ran out"


@pytest.mark.parametrize("kind", sorted(JobKind))
def test_a_kind_without_a_handler_stops_the_start(database: SqlDatabase, clock: ManualClock, kind: JobKind) -> None:
    """Also where none waits: nobody would notice that nothing is purged, signed or rotated any more."""
    handlers = {other: Handler() for other in JobKind if other is not kind}
    with pytest.raises(ConfigurationError, match=kind.value):
        RunJobs(database, clock, CountedRandomness(), handlers, "worker-a").prepare()
    assert rows(database) == [], "a start that is refused leaves nothing behind"


def test_the_service_has_a_handler_for_every_kind(services: wiring.Services) -> None:
    assert services.run_jobs.handlers.keys() == frozenset(JobKind)


def test_a_start_ends_a_rotation_that_nobody_wrote_down(
    services: wiring.Services, counter: Counter, document: SpecimenDocument
) -> None:
    """The version of the master key is made before the transaction is durable: a crash there leaves no job."""
    counter.captured(document)
    safe = services.database.safe
    version = safe.provider.rotate()
    services.run_jobs.prepare()
    while (ended := services.run_jobs(frozenset(JobKind) - {JobKind.PURGE})) is not None:
        assert ended.problem is None
    for name, _ in safe.epochs._objects.listing():
        assert cbor2.loads(safe.epochs._objects.read(name).data)["master"] == version


def test_a_job_of_other_software_stops_the_start(database: SqlDatabase, runner: Runner) -> None:
    with database.engine.begin() as connection:
        values = {"kind": "newer", "subject": "x", "data": {}, "wanted_at": NOW, "due_at": NOW, "attempts": 0}
        connection.execute(insert(jobs).values(values))
    with pytest.raises(ConfigurationError, match="newer"):
        runner({kind: Handler() for kind in JobKind}).prepare()


def test_a_killed_worker_leaves_a_whole_job_and_no_half_change(
    database: SqlDatabase, runner: Runner, clock: ManualClock
) -> None:
    """What a handler changed before it was cut off in its transaction is not there; the job is."""

    class Killed(BaseException):
        """Stands for the end of the process: nothing catches it."""

    def cut_off(job: LeasedJob) -> None:
        with database.changing() as work:
            work.jobs.enqueue(Job(JobKind.REJUDGE, "vs_half", clock.now()))
            work.audit.write(AuditEntry(clock.now(), "worker", "o", Action.CANCELLED, None))
            raise Killed

    enqueue(database, Job(JobKind.EXPIRE, "vs_1", NOW))
    with pytest.raises(Killed):
        runner({JobKind.EXPIRE: cut_off})(EXPIRE)
    (row,) = rows(database)
    assert (row.subject, row.lease_owner) == ("vs_1", "worker-a")
    again = runner({JobKind.EXPIRE: Handler()}, owner="worker-b")
    assert again(EXPIRE) is None
    clock.advance(seconds=LEASES[JobKind.EXPIRE].total_seconds())
    assert again(EXPIRE).job.attempt == 2
    assert rows(database) == []
