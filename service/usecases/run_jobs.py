"""Do what waits: lease a job, let its handler do it, and say in one transaction how it ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from service.domain.errors import ConfigurationError, ServiceError
from service.domain.jobs import (
    INTERNAL_ERROR,
    JITTER_OCTETS,
    SCHEDULES,
    JobFailedError,
    JobKind,
    LeasedJob,
    at_start,
    delay,
    given_up,
    recurring,
)
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database

#: Does one job, or raises JobFailedError. It can be called again for a job that it did already.
Handler = Callable[[LeasedJob], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: done, or failed for the reason `problem`; `dead` if for the last time.

    `lost`: the lease ran out meanwhile, so somebody else does it, and nothing was written down here. `fault`: what
    the handler raised where it should not have raised; for the log, which names its type alone.
    """

    job: LeasedJob
    problem: str | None = None
    dead: bool = False
    lost: bool = False
    fault: Exception | None = None


@dataclass(frozen=True, slots=True)
class RunJobs:
    """The work of one worker, whose name is `owner`."""

    database: Database
    clock: Clock
    randomness: Randomness
    handlers: Mapping[JobKind, Handler]
    owner: str

    def prepare(self) -> None:
        """Enqueue what comes again by itself and what a start looks into; see that all of it can be done.

        Every kind needs a handler, also one of which nothing waits now: this process may enqueue it in a minute, and
        a purge or a checkpoint that nobody does is noticed by nobody.

        Raises:
            ConfigurationError: a kind has no handler; its jobs would wait for ever.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            unknown = (work.jobs.kinds() | frozenset(JobKind)) - self.handlers.keys()
            if unknown:
                raise ConfigurationError(f"jobs that this software cannot do: {', '.join(sorted(unknown))}")
            for kind in SCHEDULES:
                work.jobs.enqueue(recurring(kind, now))
            for job in at_start(now):
                work.jobs.enqueue(job)

    def __call__(self, kinds: Collection[JobKind]) -> Ended | None:
        """Do one job of these kinds; None if none is due."""
        leased = self._lease(kinds)
        if leased is None:
            return None
        try:
            self.handlers[leased.kind](leased)
        except JobFailedError as error:
            return self._failed(leased, error.code, final=error.final)
        except ServiceError as error:
            return self._failed(leased, error.code.value)
        except Exception as error:
            # A worker outlives every job: what is caught is counted, logged by its type, and tried again.
            return self._failed(leased, INTERNAL_ERROR, fault=error)
        return self._done(leased)

    def _lease(self, kinds: Collection[JobKind]) -> LeasedJob | None:
        now = self.clock.now()
        with self.database.reading() as work:
            # A look takes no lock, so that an idle worker is in nobody's way.
            if not work.jobs.is_due(kinds, now):
                return None
        with self.database.changing() as work:
            return work.jobs.lease(kinds, self.owner, now)

    def _done(self, leased: LeasedJob) -> Ended:
        with self.database.changing() as work:
            held = work.jobs.finish(leased)
            if leased.kind in SCHEDULES:
                work.jobs.enqueue(recurring(leased.kind, self.clock.now()))
        return Ended(leased, lost=not held)

    def _failed(
        self, leased: LeasedJob, problem: str, *, final: bool = False, fault: Exception | None = None
    ) -> Ended:
        now = self.clock.now()
        dead = final or given_up(leased, now)
        with self.database.changing() as work:
            if dead:
                held = work.jobs.bury(leased, now, problem)
            else:
                due_at = now + delay(leased.attempt, self.randomness.octets(JITTER_OCTETS))
                held = work.jobs.retry(leased, due_at, problem)
        return Ended(leased, problem, dead=dead, lost=not held, fault=fault)
