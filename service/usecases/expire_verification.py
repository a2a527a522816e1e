"""End a verification whose deadline has passed; the job of each deadline."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.lifecycle import deadline_job, expire
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.usecases.recording import record


@dataclass(frozen=True, slots=True)
class ExpireDue:
    """Harmless when done twice, or for a verification that went on: what counts is what stands now."""

    database: Database
    clock: Clock

    def __call__(self, verification_id: str) -> None:
        now = self.clock.now()
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            expired = expire(verification, now)
            if expired is not None:
                record(work, expired)
                return
            # Called before its time, as when the clock was set back: the deadline that is in force is not lost.
            job = deadline_job(verification)
            if job is not None:
                work.jobs.enqueue(job)
