"""What other systems are told (API.md section 5): codes and ids, never personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What happened."""

    VERIFICATION_APPROVED = "verification.approved"
    VERIFICATION_REFUSED = "verification.refused"
    VERIFICATION_EXPIRED = "verification.expired"
    VERIFICATION_REVOKED = "verification.revoked"
    VERIFICATION_TRUST_WITHDRAWN = "verification.trust_withdrawn"
    RESULT_CONSUMED = "result.consumed"


@dataclass(frozen=True, slots=True)
class Event:
    """One event about a verification; `at` is aware, UTC. `data` holds codes and ids alone."""

    type: EventType
    verification_id: str
    organisation: str
    at: datetime
    data: Mapping[str, str | int | None] = field(default_factory=dict)
