"""What happened, for whom to answer: one entry for each change, written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from service.domain.identity import Principal


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


Details = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when, at which organisation, to which verification (None: to no single one).

    `details` hold codes and counts, never personal data.
    """

    at: datetime
    actor: str
    organisation: str
    action: Action
    verification_id: str | None
    details: Details = field(default_factory=dict)


def entry(
    who: Principal, at: datetime, action: Action, verification_id: str | None, details: Details | None = None
) -> AuditEntry:
    """What somebody who is signed in did."""
    return AuditEntry(at, who.id, who.organisation, action, verification_id, details or {})
