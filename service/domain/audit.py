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
    #: A case was marked as that of a person with protected identity; somebody opened such a case, and why.
    PROTECTED = "protected"
    PROTECTED_CASE_OPENED = "protected_case_opened"
    #: Somebody saw the portrait of the chip.
    PORTRAIT_SHOWN = "portrait_shown"
    #: Somebody saw the photo of the page, or the cut of its zone.
    PAGE_SHOWN = "page_shown"
    MRZ_CROP_SHOWN = "mrz_crop_shown"
    MASTER_KEY_ROTATED = "master_key_rotated"
    #: A class of what is kept reached its end; `purged` is the last of them.
    ERASED = "erased"
    RETENTION_SET = "retention_set"
    FROZEN = "frozen"
    THAW_ASKED = "thaw_asked"
    THAWED = "thawed"
    TOKEN_ISSUED = "token_issued"
    TOKEN_REVOKED = "token_revoked"
    CLIENT_ADDED = "client_added"
    CLIENT_KEYS_CHANGED = "client_keys_changed"
    CLIENT_REVOKED = "client_revoked"
    #: The trust store that waits was changed or thrown away, or two people put it to use; an entry for each of them.
    TRUST_STAGED = "trust_staged"
    TRUST_DISCARDED = "trust_discarded"
    TRUST_ACTIVATED = "trust_activated"
    #: Somebody looked up all that is kept of a person, and took it out; an entry for each case that was looked at.
    SUBJECT_EXPORTED = "subject_exported"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    PERSON_INVITED = "person_invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    PERSON_VOUCHED = "person_vouched"
    ROLES_CHANGED = "roles_changed"
    IDENTIFIERS_CHANGED = "identifiers_changed"
    #: What somebody signed in with was taken away, and they were invited anew.
    PERSON_RESET = "person_reset"
    PERSON_LOCKED = "person_locked"
    PERSON_UNLOCKED = "person_unlocked"
    SIGNED_IN = "signed_in"
    #: Somebody who was signed in proved anew who they are.
    STEPPED_UP = "stepped_up"
    SIGNED_OUT = "signed_out"
    SIGN_IN_LINK_MADE = "sign_in_link_made"
    HAND_OVER_OPENED = "hand_over_opened"
    HAND_OVER_CLAIMED = "hand_over_claimed"
    ORDER_MADE = "order_made"
    ORDER_EVENT_RECORDED = "order_event_recorded"
    #: A code was made for the phone of the holder of an order.
    HOLDER_INVITED = "holder_invited"
    DEVICE_INVITED = "device_invited"
    DEVICE_ENROLLED = "device_enrolled"
    #: A phone tried to enrol, or to renew, with an attestation that was not accepted.
    ATTESTATION_REFUSED = "attestation_refused"
    ATTESTATION_RENEWED = "attestation_renewed"
    DEVICE_CONFIRMED = "device_confirmed"
    #: Somebody read another fingerprint on the phone than that of the key that was enrolled.
    DEVICE_NOT_RECOGNISED = "device_not_recognised"
    DEVICE_REVOKED = "device_revoked"
    PAIRING_OPENED = "pairing_opened"
    PAIRING_CLAIMED = "pairing_claimed"
    PAIRING_CONFIRMED = "pairing_confirmed"


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
