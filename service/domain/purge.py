"""What is written down of an erasure: records without a person in them, and a log that a restore obeys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from service.domain.jobs import Job, JobKind
from service.domain.retention import UNDECIDED, RetentionClass, RetentionRule
from service.domain.vault import Epoch
from service.domain.verification import State, Verification

#: A purge that comes so long after the one before it does not trust the clock, and waits for a person: what a clock
#: that was set wrong erases is gone for good.
LONGEST_PAUSE: Final = timedelta(days=3)
#: Verifications of one transaction.
BATCH: Final = 100
#: Batches of one job: far below its lease.
MAX_BATCHES: Final = 100
#: The actor of what the service erases by itself.
BY_SERVICE: Final = "service"


@dataclass(frozen=True, slots=True)
class PurgeRecord:
    """How often something of one class was erased on one day (UTC), by which rule and decision, and who ran that.

    Counted by day, so that no time of a record leads back to a case.
    """

    organisation: str
    day: date
    retention: RetentionClass
    rule: RetentionRule
    decision: str
    decided_on: date | None
    run_by: str
    count: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """A class of a verification that is erased, as the log outside of the database holds it.

    `mark` is a digest of the id: who has an older copy of the database finds the verification by it, and nobody else.
    `epoch` wrapped the key: once it is destroyed, no copy opens anything, and the entry has done its service.
    """

    mark: str
    epoch: Epoch


class PurgeLog(Protocol):
    """What was erased, kept apart from the database and from its backups.

    Every method raises StorageUnavailableError when it cannot be reached, and UnreadableError when it is damaged.
    """

    def append(self, erasures: Sequence[Erasure], at: datetime) -> None:
        """When this returns, it survives a crash of the machine. Called before the erasure is committed."""
        ...

    def erasures(self) -> frozenset[Erasure]:
        """All that is kept."""
        ...

    def forget(self, is_destroyed: Callable[[Epoch], bool]) -> int:
        """Drop what speaks of destroyed epochs alone; how many writings."""
        ...


def erased_mark(verification_id: str) -> str:
    """What the log keeps of a verification: SHA-256 over an id of 128 random bits, hexadecimal."""
    return hashlib.sha256(b"passkoll purge\x00" + verification_id.encode()).hexdigest()


def purge_job(verification: Verification, at: datetime) -> Job | None:
    """The job that erases the pictures of a decided case; None before the decision, and after the last erasure."""
    if verification.state in UNDECIDED or verification.state is State.PURGED:
        return None
    return Job(JobKind.PURGE, verification.id, at, key=verification.id)
