"""What the log says of the trust store when a service starts."""

from __future__ import annotations

from typing import Final

import structlog

from service import wiring
from service.domain.errors import ServiceError
from service.usecases.trust_condition import TrustCondition, TrustWarning, condition_of

log = structlog.stdlib.get_logger("passkoll.trust")

_SENTENCES: Final = {
    TrustWarning.NO_TRUST_ANCHOR: "no trust anchor: every document will be no_trust_anchor, see `passkoll trust`",
    TrustWarning.ANCHORS_EXPIRE: "{expiring} trust anchors expire within 90 days: import a new list",
    TrustWarning.OLD_LISTS: "lists older than 120 days are in use: {old_lists}",
}


def log_trust(services: wiring.Services) -> None:
    """Say which store is in use and what stands out. A store that cannot be opened has been logged already."""
    try:
        store = services.trust.current()
    except ServiceError:
        return
    found = condition_of(store, services.clock.now())
    log.info(_words(found), trust_store=found.digest, realm=found.realm.value, anchors=found.anchors)
    for warning in found.warnings:
        sentence = _SENTENCES[warning].format(expiring=found.expiring, old_lists=", ".join(found.old_lists))
        log.warning(sentence, trust_store=found.digest, realm=found.realm.value, anchors=found.anchors)


def _words(found: TrustCondition) -> str:
    left_out = ", ".join(f"{reason} {count}" for reason, count in sorted(found.refused.items())) or "nothing"
    return (
        f"trust store in use: {found.anchors} anchors of {found.states} states, {found.probation} on probation, "
        f"{found.crls} CRLs; left out: {left_out}"
    )
