"""What happened, for whom to answer: one entry for each change, written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What was done."""

    OPENED = "opened"
    MRZ_CAPTURED = "mrz_captured"
    CHALLENGE_ISSUED = "challenge_issued"
    CHIP_JUDGED = "chip_judged"
    REVIEWED = "reviewed"
    CANCELLED = "cancelled"
    RESULT_ISSUED = "result_issued"
    RESULT_FETCHED = "result_fetched"
    RESULT_CONSUMED = "result_consumed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which verification, when. `details` hold codes and counts, never personal data."""

    at: datetime
    actor: str
    action: Action
    verification_id: str
    details: Mapping[str, str | int | bool | None] = field(default_factory=dict)
