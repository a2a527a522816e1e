"""A wrong approval is revoked by the responsible issuer and a second person (RULES.md section 6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal, Role
from service.domain.lifecycle import Course, Happening, staying
from service.domain.verification import NextStep, Verification

#: A request that nobody confirmed is forgotten, so that it is never confirmed by habit weeks later.
REQUEST_TIME: Final = timedelta(hours=24)


class RevocationReason(StrEnum):
    """Why an approval is withdrawn; a code, since portals are told."""

    WRONG_PERSON = "wrong_person"
    FALSE_DOCUMENT = "false_document"
    DOCUMENT_BLOCKED = "document_blocked"
    REVIEWED_IN_ERROR = "reviewed_in_error"
    TRUST_WITHDRAWN = "trust_withdrawn"


@dataclass(frozen=True, slots=True, repr=False)
class Revocation:
    """A request to revoke, and its confirmation. Times are aware, UTC. `note` is the requesting person's own word."""

    reason: RevocationReason
    note: str | None
    requested_by: str
    requested_at: datetime
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it still waits for a second person."""
        return self.confirmed_at is None and now < self.requested_at + REQUEST_TIME


def after_revocation(
    verification: Verification,
    earlier: Revocation | None,
    who: Principal,
    reason: RevocationReason,
    note: str | None,
    now: datetime,
) -> tuple[Revocation, Course]:
    """The request or the confirmation that one call is, and where it takes the case.

    Raises:
        ServiceError: `forbidden`: only the responsible issuer requests; `same_reviewer`: nobody confirms themselves;
            `decision_changed`: the one who confirms gives another reason than the one who requested.
    """
    if earlier is None or not earlier.stands(now):
        if Role.RESPONSIBLE_ISSUER not in who.roles:
            raise ServiceError(ProblemCode.FORBIDDEN)
        return Revocation(reason, note, who.id, now), staying(verification, Happening.REVOCATION_REQUESTED)
    if earlier.requested_by == who.id:
        raise ServiceError(ProblemCode.SAME_REVIEWER, state=verification.state.value)
    if earlier.reason is not reason:
        raise ServiceError(ProblemCode.DECISION_CHANGED, state=verification.state.value)
    confirmed = replace(earlier, confirmed_by=who.id, confirmed_at=now)
    return confirmed, Course(Happening.REVOKED, NextStep.STOP, reason)
