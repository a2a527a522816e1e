"""A worker that does one job of the kind `expire`: it emits an event, and hangs before it commits if it is told to.

Run as a process by test_kill.py: `python -m tests.service.jobs.half hang|go`, settings from the environment.
"""

from __future__ import annotations

import sys
import threading

from service import wiring
from service.adapters.system import SystemRandomness
from service.domain.events import Event, EventType
from service.domain.jobs import JobKind, LeasedJob
from service.settings import Settings
from service.usecases.run_jobs import RunJobs
from service.wiring import databases


def main() -> None:
    """One job."""
    settings = Settings()
    clock = databases.clock_of(settings)
    database = wiring.open_database(settings)

    def handle(job: LeasedJob) -> None:
        with database.changing() as work:
            work.events.emit(Event(EventType.VERIFICATION_EXPIRED, job.subject, settings.organisation, clock.now()))
            sys.stdout.write("in the middle\n")
            sys.stdout.flush()
            if sys.argv[1] == "hang":
                threading.Event().wait()

    run = RunJobs(database, clock, SystemRandomness(), {JobKind.EXPIRE: handle}, f"worker-{sys.argv[1]}")
    ended = run({JobKind.EXPIRE})
    sys.stdout.write(f"attempt {ended.job.attempt}: {ended.problem}\n" if ended else "nothing is due\n")


if __name__ == "__main__":
    main()
