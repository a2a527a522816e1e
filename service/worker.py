"""Does jobs while the service runs: threads that lease one job after the other, each for the kinds of its lane."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from typing import Final

import structlog

from service.domain.bell import Bell
from service.domain.jobs import JobKind
from service.usecases.run_jobs import Ended, RunJobs

#: How often each lane looks by itself: for what other processes enqueued, and for what becomes due.
POLL_S: Final = 2.0
#: After the database failed; it is asked again until it answers.
PAUSE_S: Final = 5.0
#: For how long the end of the process waits for the job that is being done. A delivery takes 10 seconds at most; what
#: takes longer is done again by the next worker.
GRACE_S: Final = 15.0

THREAD_NAME: Final = "passkoll-worker"

#: Deliveries wait for portals, so they have a thread of their own and hold nothing else up.
LANES: Final[Sequence[frozenset[JobKind]]] = (
    frozenset({JobKind.DELIVER}),
    frozenset(JobKind) - {JobKind.DELIVER},
)

log = structlog.stdlib.get_logger("passkoll.worker")


class Worker:
    """Threads that do jobs until they are told to stop.

    Args:
        run: what does one job.
        bell: rings when a job was enqueued in this process.
    """

    def __init__(self, run: RunJobs, bell: Bell) -> None:
        self._run = run
        self._bell = bell
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(lane,), name=THREAD_NAME, daemon=True) for lane in LANES
        ]

    def start(self) -> None:
        """Begin.

        Raises:
            ConfigurationError: what waits cannot be done by this software.
        """
        self._run.prepare()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Lease nothing more; what is being done goes on. Not for signal handlers: it takes locks."""
        self._stopping.set()
        self._bell.ring()

    def join(self, grace_s: float = GRACE_S) -> bool:
        """Stop, and wait for what is being done; False if it was not done in `grace_s` seconds.

        What was not done is left to its lease, which runs out.
        """
        self.stop()
        deadline = time.monotonic() + grace_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        ended = not any(thread.is_alive() for thread in self._threads)
        if not ended:
            log.warning("a job was not done in time; it will be done again")
        return ended

    def _work(self, lane: Collection[JobKind]) -> None:
        kinds = self._run.handlers.keys() & lane
        while True:
            # Before the look at the flag: whoever stops sets it first and rings then, and so is never missed.
            heard = self._bell.rung
            if self._stopping.is_set():
                return
            try:
                ended = self._run(kinds)
            except Exception as error:
                # The database failed before or after the job. The thread must live: the lease runs out, and whatever
                # was not written down is done again.
                log.error("jobs cannot be done", exc_info=error)
                self._stopping.wait(PAUSE_S)
                continue
            if ended is None:
                self._bell.wait(heard, POLL_S)
            else:
                _say(ended)


def _say(ended: Ended) -> None:
    words = log.bind(job=ended.job.id, kind=ended.job.kind.value, attempt=ended.job.attempt)
    if ended.problem is not None:
        words = words.bind(code=ended.problem)
    if ended.lost:
        words.warning("the lease of a job ran out while it was done")
    elif ended.dead:
        words.error("a job was given up", exc_info=ended.fault)
    elif ended.fault is not None:
        words.error("a job failed by a fault", exc_info=ended.fault)
    elif ended.problem is not None:
        words.warning("a job failed and is tried again")
    else:
        words.debug("a job is done")
