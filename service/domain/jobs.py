"""Work that is done later: enqueued in the transaction of the change that asks for it, so that neither is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobKind(StrEnum):
    """What is to be done."""

    #: A deadline of a verification may have passed.
    EXPIRE = "expire"
    #: Something may have reached the end of its retention.
    PURGE = "purge"
    #: An event is to be delivered to a portal.
    DELIVER = "deliver"
    #: A decision in force is to be judged anew.
    REJUDGE = "rejudge"
    #: Data keys are to be wrapped by the newest key.
    ROTATE_KEYS = "rotate_keys"


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do, not before `due_at` (aware, UTC).

    `subject` is what it is about (an id, never personal data). `key`: while a job of this kind and key waits, another
    one is not enqueued; its time becomes the earlier of the two. `data` holds codes, ids and counts.
    """

    kind: JobKind
    subject: str
    due_at: datetime
    key: str | None = None
    data: Mapping[str, str | int | None] = field(default_factory=dict)
