"""Erase what has reached its end, and make sure that no backup brings it back (RULES.md section 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.jobs import Job, JobFailedError, JobKind, LeasedJob
from service.domain.ports import Clock
from service.domain.purge import BATCH, BY_SERVICE, LONGEST_PAUSE, MAX_BATCHES, PurgeLog
from service.domain.repositories import Database
from service.domain.retention import RetentionClass, RetentionError, RetentionProblem
from service.domain.vault import Epoch
from service.usecases.destroy_epochs import DestroyEpochs
from service.usecases.purge_erasing import Counts, Erasing
from service.usecases.sweep_blobs import SweepBlobs


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did. `complete`: nothing that was due at its time is left."""

    counts: Counts = field(default_factory=Counter)
    complete: bool = True
    swept: int = 0
    destroyed: Sequence[Epoch] = ()


@dataclass(frozen=True, slots=True)
class PurgeDue:
    """The nightly purge, the one at each decision, and `passkoll retention run`. Harmless when done twice.

    `settle` makes the database forget what it still holds of changed rows.
    """

    database: Database
    clock: Clock
    log: PurgeLog
    destroy: DestroyEpochs
    sweep: SweepBlobs
    is_destroyed: Callable[[Epoch], bool]
    settle: Callable[[], None]

    def do(self, job: LeasedJob) -> None:
        """The handler of the job: of one decided verification, or of the night."""
        if job.subject != JobKind.PURGE.value:
            self.pictures_of(job.subject)
            return
        try:
            purged = self(BY_SERVICE, batches=MAX_BATCHES)
        except RetentionError as error:
            raise JobFailedError(error.code.value) from None
        if not purged.complete:
            with self.database.changing() as work:
                work.jobs.enqueue(Job(JobKind.PURGE, JobKind.PURGE.value, self.clock.now(), key=JobKind.PURGE.value))

    def pictures_of(self, verification_id: str) -> Counts:
        """Erase the pictures of a verification, if it is decided. Rests on its state, whatever the clock says."""
        with self.database.changing() as work:
            return Erasing(work, self.log, BY_SERVICE, self.clock.now(), pictures_only=True)([verification_id])

    def __call__(self, run_by: str, *, time_confirmed: bool = False, batches: int | None = None) -> Purged:
        """Erase all that is due, in transactions of `BATCH` verifications; at most `batches` of them.

        Raises:
            RetentionError: `clock_doubted`, unless a person confirmed the time.
            ServiceError: keys, blobs or the log are out of reach; what was done until then stays done.
        """
        now = self.clock.now()
        self._begin(now, time_confirmed)
        self._keep_frozen()
        counts: Counts = Counter()
        complete = True
        for done, ids in enumerate(self._batches(now)):
            if done == batches:
                complete = False
                break
            with self.database.changing() as work:
                counts += Erasing(work, self.log, run_by, now)(ids)
        swept, destroyed = self.sweep(), self.destroy()
        self.log.forget(self.is_destroyed)
        self.settle()
        return Purged(counts, complete, swept, destroyed)

    def due(self) -> Counts:
        """How much is due by now."""
        now = self.clock.now()
        counts: Counts = Counter()
        for ids in self._batches(now):
            with self.database.reading() as work:
                for verification_id in ids:
                    verification = work.verifications.get(verification_id)
                    due = work.schedules.of(verification.organisation).due(verification, now)
                    living = work.purges.keys(verification_id).keys()
                    counts.update((verification.organisation, retention) for retention in due.classes.keys() & living)
        return counts

    def _begin(self, now: datetime, time_confirmed: bool) -> None:
        with self.database.changing() as work:
            last = work.purges.last_run()
            if not time_confirmed and last is not None and now - last > LONGEST_PAUSE:
                raise RetentionError(RetentionProblem.CLOCK_DOUBTED)
            work.purges.ran(now)

    def _keep_frozen(self) -> None:
        """Before any epoch is destroyed, and each night: what is frozen hangs on no old epoch."""
        with self.database.reading() as work:
            frozen = work.freezes.frozen()
        for verification_id in frozen:
            with self.database.changing() as work:
                for retention in RetentionClass:
                    work.vault.keep(verification_id, retention)

    def _batches(self, now: datetime) -> Iterator[Sequence[str]]:
        with self.database.reading() as work:
            organisations = work.schedules.organisations()
        for organisation in organisations:
            after = ""
            while True:
                with self.database.reading() as work:
                    schedule = work.schedules.of(organisation)
                    ids = work.purges.candidates(organisation, schedule, now, after, BATCH)
                if not ids:
                    break
                yield ids
                after = ids[-1]
