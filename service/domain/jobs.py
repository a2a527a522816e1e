"""Work that is done later: enqueued in the transaction of the change that asks for it, so that neither is lost.

A job is done at least once. Whoever does it leases it; when a lease ran out, since its holder was killed, another
does the job again. So doing a job twice must be harmless.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

#: Why a job failed where its handler did not say: a fault in this software, or a database that went away.
INTERNAL_ERROR: Final = "internal_error"
#: Delays begin here and double; each is drawn between half of itself and the whole.
FIRST_DELAY: Final = timedelta(seconds=10)
LAST_DELAY: Final = timedelta(hours=1)
#: How many random octets a delay is drawn from.
JITTER_OCTETS: Final = 4
#: Clocks of two machines may differ by so much; a lease that ends later was given before a clock was set back.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")

Data = Mapping[str, str | int | None]


class JobKind(StrEnum):
    """What is to be done."""

    #: A deadline of a verification may have passed.
    EXPIRE = "expire"
    #: Something may have reached the end of its retention.
    PURGE = "purge"
    #: An event is to be delivered to a portal.
    DELIVER = "deliver"
    #: Decisions in force are to be judged anew, if what they are judged by has changed.
    REJUDGE = "rejudge"
    #: Data keys are to be wrapped by the newest key.
    ROTATE_KEYS = "rotate_keys"
    #: The state of the audit trail is to be signed and anchored outside.
    CHECKPOINT = "checkpoint"


#: For how long one job of a kind may take; a handler that needs more does a part and enqueues the rest.
LEASES: Final[Mapping[JobKind, timedelta]] = MappingProxyType(
    {
        JobKind.EXPIRE: timedelta(minutes=1),
        JobKind.PURGE: timedelta(minutes=15),
        JobKind.DELIVER: timedelta(minutes=1),
        JobKind.REJUDGE: timedelta(minutes=15),
        JobKind.ROTATE_KEYS: timedelta(minutes=15),
        JobKind.CHECKPOINT: timedelta(minutes=5),
    }
)
#: The longest of them.
LONGEST_LEASE: Final = max(LEASES.values())


def hourly(after: datetime) -> datetime:
    """The next full hour."""
    return after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def nightly(after: datetime) -> datetime:
    """The next 02:00 UTC."""
    night = after.replace(hour=2, minute=0, second=0, microsecond=0)
    return night if night > after else night + timedelta(days=1)


#: An attempt that fails so long after the job was wanted is its last one. Only what waits for servers of others is
#: given up; whatever this service owes to itself is tried again, once an hour, until somebody has mended it.
GIVE_UP_AFTER: Final[Mapping[JobKind, timedelta]] = MappingProxyType({JobKind.DELIVER: timedelta(hours=24)})

#: Kinds that never wait longer than the longest delay. One of them that is due later than that was enqueued or tried
#: before the clock was set back: it is due now, or a portal would be told nothing until the clock has caught up. A
#: deadline waits for days, and a purge for the night: neither is among them.
SOON: Final = frozenset({JobKind.DELIVER, JobKind.REJUDGE, JobKind.ROTATE_KEYS, JobKind.CHECKPOINT})

#: What comes again by itself, and when.
SCHEDULES: Final[Mapping[JobKind, Callable[[datetime], datetime]]] = MappingProxyType(
    {JobKind.PURGE: nightly, JobKind.REJUDGE: hourly, JobKind.CHECKPOINT: hourly}
)


#: There is one master key, so one job about it at a time.
MASTER_KEY: Final = "master"


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do, not before `due_at` (aware, UTC).

    `subject` is what it is about (an id, never personal data). `key`: while a job of this kind and key waits, another
    one is not enqueued; its time becomes the earlier of the two. A job that is being done waits no more. `data` holds
    codes, ids and counts.

    Raises:
        ValueError: something that is no code, id or count.
    """

    kind: JobKind
    subject: str
    due_at: datetime
    key: str | None = None
    data: Data = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_codes({"subject": self.subject, "key": self.key, **self.data})


@dataclass(frozen=True, slots=True)
class LeasedJob:
    """A job that `owner` does now, until `until` at the latest; `attempt` counts from 1.

    `wanted_at` is when it was due first.
    """

    id: int
    kind: JobKind
    subject: str
    key: str | None
    data: Data
    wanted_at: datetime
    attempt: int
    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A dead letter: a job that was given up at `at` for the reason `problem`, a code."""

    id: int
    kind: JobKind
    subject: str
    data: Data
    wanted_at: datetime
    attempts: int
    problem: str
    at: datetime


class JobFailedError(Exception):
    """A handler could not do its job.

    Args:
        code: why; a code, never the text of an exception.
        final: trying again is pointless.
    """

    def __init__(self, code: str, *, final: bool = False) -> None:
        require_codes({"code": code})
        self.code = code
        self.final = final
        super().__init__(code)


def recurring(kind: JobKind, after: datetime) -> Job:
    """The next job of a kind that comes again by itself; one waits at a time."""
    return Job(kind, kind.value, SCHEDULES[kind](after), key=kind.value)


def at_start(now: datetime) -> tuple[Job, ...]:
    """What every start looks into at once; nothing is done where nothing is left to do.

    Other software or settings judge by another policy from now on. A rotation makes its version of the master key
    before its transaction is durable: whoever died in between left keys under the old version, and no job.
    """
    return (
        Job(JobKind.REJUDGE, JobKind.REJUDGE.value, now, key=JobKind.REJUDGE.value),
        Job(JobKind.ROTATE_KEYS, MASTER_KEY, now, key=MASTER_KEY),
    )


def given_up(job: LeasedJob, at: datetime) -> bool:
    """Whether an attempt that failed at `at` was the last one."""
    limit = GIVE_UP_AFTER.get(job.kind)
    return limit is not None and at >= job.wanted_at + limit


def delay(attempt: int, random: bytes) -> timedelta:
    """How long to wait after `attempt` failed: exponential, with jitter, so that many do not come back together.

    Args:
        attempt: counted from 1.
        random: `JITTER_OCTETS` random bytes.
    """
    # the exponent is bounded first: a job of months has had thousands of attempts
    whole = min(FIRST_DELAY * (1 << min(attempt - 1, 16)), LAST_DELAY)
    drawn = int.from_bytes(random) / (1 << 8 * len(random))
    return whole / 2 + whole / 2 * drawn


def require_codes(data: Data) -> None:
    """Refuse what may be personal data: text that is neither a code nor an id.

    Raises:
        ValueError: by the name of the member, never with the value.
    """
    for name, value in data.items():
        if isinstance(value, str) and not _CODE.fullmatch(value):
            raise ValueError(f"{name} is neither a code nor an id")
