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
    NOTICE_GIVEN = "notice_given"
    MRZ_CAPTURED = "mrz_captured"
    CHALLENGE_ISSUED = "challenge_issued"
    CHIP_JUDGED = "chip_judged"
    STATUS_TYPED_IN = "status_typed_in"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    FRAUD_SUSPECTED = "fraud_suspected"
    CANCELLED = "cancelled"
    ABORTED = "aborted"
    EXPIRED = "expired"
    PURGED = "purged"
    #: Judged anew, the decision would not hold any more, or holds again.
    TRUST_WITHDRAWN = "trust_withdrawn"
    TRUST_RESTORED = "trust_restored"
    DECISIONS_REJUDGED = "decisions_rejudged"
    REVOCATION_REQUESTED = "revocation_requested"
    REVOKED = "revoked"
    RESULT_ISSUED = "result_issued"
    RESULT_FETCHED = "result_fetched"
    RESULT_CONSUMED = "result_consumed"
    SIGNING_KEY_ROTATED = "signing_key_rotated"
    SIGNING_KEY_COMPROMISED = "signing_key_compromised"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_REMOVED = "webhook_removed"
    WEBHOOK_ENABLED = "webhook_enabled"
    WEBHOOK_SECRET_RENEWED = "webhook_secret_renewed"
    #: Somebody took the case out on paper.
    CASE_EXPORTED = "case_exported"
    #: Somebody saw the portrait of the chip.
    PORTRAIT_SHOWN = "portrait_shown"
    MASTER_KEY_ROTATED = "master_key_rotated"
    #: A class of what is kept reached its end; `purged` is the last of them.
    ERASED = "erased"
    RETENTION_SET = "retention_set"
    FROZEN = "frozen"
    THAW_ASKED = "thaw_asked"
    THAWED = "thawed"
    BACKED_UP = "backed_up"
    RESTORED = "restored"


Details = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when, at which organisation, to which verification (None: to no single one).

    `actor` is the person; the trail keeps a pseudonym for it. `details` hold codes and counts, never personal data.
    """

    at: datetime
    actor: str
    organisation: str
    action: Action
    verification_id: str | None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditActor:
    """Who is behind a pseudonym of the trail.

    `first_number` is that of the first entry, None without one. `proven`: the pseudonym was made for this person.
    """

    actor: str
    person: str
    first_number: int | None
    proven: bool


def entry(
    who: Principal, at: datetime, action: Action, verification_id: str | None, details: Details | None = None
) -> AuditEntry:
    """What somebody who is signed in did."""
    return AuditEntry(at, who.id, who.organisation, action, verification_id, details or {})
