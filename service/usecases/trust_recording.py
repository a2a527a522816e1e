"""What the audit trail says of changes to the trust store: which store, what was done, and who did it.

No verification is meant, so the entries stand in the chain of the organisation that runs the service. A reason that
people wrote stays with the activation: an entry holds no free text.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from service.domain.audit import Action, AuditEntry
from service.domain.repositories import Work
from service.domain.trust import Activation, Draft


class TrustChange(StrEnum):
    """What was done to the draft."""

    IMPORT = "import"
    ACCEPT = "accept"
    DISTRUST = "distrust"
    TRUST_AGAIN = "trust_again"
    ALLOW_NAME = "allow_name"
    UNPIN = "unpin"
    REMOVE_PUBLISHER = "remove_publisher"
    RETURN = "return"


class Part(StrEnum):
    """Which of the two people who activate."""

    FIRST = "first"
    SECOND = "second"


def write_staged(work: Work, organisation: str, draft: Draft, change: TrustChange, replaced: Draft | None) -> None:
    """Somebody changed what waits; `replaced`: the draft whose place it took."""
    details = {
        "change": change.value,
        "trust_store": draft.digest,
        "holdings": draft.holdings,
        "based_on": draft.based_on,
        "replaces": None if replaced is None else replaced.digest,
    }
    work.audit.write(AuditEntry(draft.staged_at, draft.staged_by, organisation, Action.TRUST_STAGED, None, details))


def write_discarded(work: Work, organisation: str, draft: Draft, actor: str, at: datetime) -> None:
    """Somebody threw away what waited."""
    details = {"trust_store": draft.digest, "holdings": draft.holdings}
    work.audit.write(AuditEntry(at, actor, organisation, Action.TRUST_DISCARDED, None, details))


def write_activated(work: Work, organisation: str, activation: Activation) -> None:
    """Two people made it the store in use: an entry for each of them, since a name stands in no details."""
    details = {
        "trust_store": activation.digest,
        "holdings": activation.holdings,
        "previous": activation.previous,
        "reason_given": activation.reason is not None,
    }
    for part, actor in ((Part.FIRST, activation.first), (Part.SECOND, activation.second)):
        entry = {**details, "person": part.value}
        work.audit.write(AuditEntry(activation.at, actor, organisation, Action.TRUST_ACTIVATED, None, entry))
