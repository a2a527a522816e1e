"""What other systems are told (API.md section 5): codes and ids, never personal data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from service.domain.jobs import Data, require_codes


def event_id(random: bytes) -> str:
    """`ev_` and 32 hexadecimal digits, from `service.domain.ids.ID_BYTES` random bytes."""
    return f"ev_{random.hex()}"


class EventType(StrEnum):
    """What happened."""

    VERIFICATION_APPROVED = "verification.approved"
    VERIFICATION_REFUSED = "verification.refused"
    VERIFICATION_EXPIRED = "verification.expired"
    VERIFICATION_REVOKED = "verification.revoked"
    VERIFICATION_TRUST_WITHDRAWN = "verification.trust_withdrawn"
    #: Somebody waits for a second person, who claims the case by a code.
    VERIFICATION_HAND_OVER = "verification.hand_over"
    RESULT_CONSUMED = "result.consumed"


@dataclass(frozen=True, slots=True)
class Event:
    """One event about a verification; `at` is aware, UTC. `data` holds codes and ids alone.

    Raises:
        ValueError: `data` holds something that is neither a code nor an id.
    """

    type: EventType
    verification_id: str
    organisation: str
    at: datetime
    data: Data = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_codes(self.data)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it is kept, under the id that everybody who is told gets, at every attempt."""

    id: str
    event: Event
