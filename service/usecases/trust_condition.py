"""In which condition a trust store is: what the operator is told at start, and people in `trust list`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mrtd.pki.coverage import EXPIRING
from mrtd.pki.issuing_states import state_of
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import TrustStore

#: Lists come out every few months; CRLs at least every 90 days (ICAO 9303-12 §4.1.5), and a month to import them.
OLD_LIST: Final = timedelta(days=120)


class TrustWarning(StrEnum):
    """What people should do something about; no counter closes for it."""

    NO_TRUST_ANCHOR = "no_trust_anchor"
    ANCHORS_EXPIRE = "anchors_expire"
    OLD_LISTS = "old_lists"


@dataclass(frozen=True, slots=True)
class TrustCondition:
    """Counts over one store at one time.

    Attributes:
        digest: of the store.
        realm: of the store.
        anchors: how many.
        states: how many different states they are of.
        probation: anchors that nobody has accepted yet.
        crls: how many.
        signers: DSCs that came apart from documents.
        deviation_lists: how many.
        refused: how often something was left out, by reason.
        expiring: anchors that expire within 90 days.
        old_lists: names of publishers whose list in use was signed more than 120 days ago.
    """

    digest: str
    realm: Realm
    anchors: int
    states: int
    probation: int
    crls: int
    signers: int
    deviation_lists: int
    refused: Mapping[str, int]
    expiring: int
    old_lists: tuple[str, ...]

    @property
    def warnings(self) -> tuple[TrustWarning, ...]:
        """What stands out."""
        found = {
            TrustWarning.NO_TRUST_ANCHOR: not self.anchors,
            TrustWarning.ANCHORS_EXPIRE: bool(self.expiring),
            TrustWarning.OLD_LISTS: bool(self.old_lists),
        }
        return tuple(warning for warning, holds in found.items() if holds)


def condition_of(store: TrustStore, at: datetime) -> TrustCondition:
    """Look at a store.

    Args:
        store: any.
        at: the time for validity and age, aware.
    """
    entries = [anchor.entry for anchor in store.anchors]
    signed = {
        anchor.provenance.source: anchor.provenance.list_signed_at
        for anchor in store.anchors
        if anchor.provenance.list_signed_at is not None
    }
    return TrustCondition(
        digest=store.digest,
        realm=store.realm,
        anchors=len(entries),
        states=len({state_of(entry.certificate) for entry in entries} - {None}),
        probation=sum(anchor.provenance.probation for anchor in store.anchors),
        crls=len(store.crls),
        signers=len(store.signers),
        deviation_lists=len(store.deviations),
        refused=store.refused,
        expiring=sum(at <= entry.not_after < at + EXPIRING for entry in entries),
        old_lists=tuple(sorted(source for source, moment in signed.items() if moment < at - OLD_LIST)),
    )
