"""From holdings to the one store that follows from them (SECURITY.md 4).

No clock has a part in it: the same holdings give the same store, today and when a decision is examined years later.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from mrtd.errors import MrtdError
from mrtd.pki.administration.held_certificates import anchor_state, unread
from mrtd.pki.administration.left_out import HeldKind, LeftOut, LeftOutReason, counted, in_order
from mrtd.pki.administration.links import Revocations, follow_links, in_own_words
from mrtd.pki.administration.publishers import Published
from mrtd.pki.administration.reading import Reading
from mrtd.pki.administration.standing import settled_keys
from mrtd.pki.crl import Crl
from mrtd.pki.crl_acceptance import StoredCrl, accept_crls, crl_signer
from mrtd.pki.holdings import Holdings
from mrtd.pki.holdings_codec import holdings_digest
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.supplied_signers import Supplied, SuppliedSigners
from mrtd.pki.trust_store import Anchor, AnchorKind, AnchorProvenance, TrustStore

#: The name under which pins stand in reports.
PINS: Final = "pins"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The store, what of the holdings is not in it, and whose signatures on CRLs count."""

    store: TrustStore
    left_out: tuple[LeftOut, ...]
    crl_signers: CertificateIndex


def resolve(holdings: Holdings) -> Resolution:
    """Make the store of holdings.

    1. Pins are anchors; so are the CA certificates of each master list whose signer is good. A distrusted key is
       nothing, and a state that is pinned, and the home state, take from lists only what links from a pin reach.
    2. CRLs count if such an anchor signed them, or a key that links from one reach; where a state has a settled
       anchor, those on probation do not count: a stranger in one list must not revoke a state's signers.
    3. Links of keys that those CRLs revoke do not count, so step 1 is taken again.
    4. An anchor that only one publisher names, and no link from a settled one, is on probation.

    Whatever octets the holdings hold, this never raises: what cannot be read is left out and named.
    """
    return _Resolver(holdings).resolve()


class _Resolver:
    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        reading = Reading(holdings)
        self._left_out = reading.left_out
        self._certificates = reading.certificates
        # a distrusted pin still guards its state: distrust must not open it to lists
        self._guarded = frozenset(state for pin in reading.pins if (state := anchor_state(pin)) is not None)
        self._pins = reading.distrust.sift(reading.pins, HeldKind.PIN, self._left_out)
        self._others = reading.distrust.sift(reading.others, HeldKind.OTHER, self._left_out)
        self._published = reading.publishers.published(reading.distrust)

    def resolve(self) -> Resolution:
        holdings, published = self._holdings, self._published
        candidates = self._candidates(published)
        anchors, _ = self._admitted(candidates, Revocations())
        crl_signers = self._crl_signers(self._with_standing(anchors, Revocations()))
        crls, untrusted = self._crls(crl_signers)
        # who signed a CRL may itself rest on a key that the CRL revokes; what it says of that key still holds
        revocations = Revocations(crls)
        anchors, refused = self._admitted(candidates, revocations)
        self._left_out += refused
        anchors = self._with_standing(anchors, revocations)
        others = {entry.sha256: entry for entry in self._others if entry.sha256 not in anchors}
        signers = self._signers()
        left_out = in_order(self._left_out)
        store = TrustStore(
            realm=holdings.realm,
            anchors=tuple(anchor for _, anchor in sorted(anchors.items())),
            others=tuple(entry for _, entry in sorted(others.items())),
            signers=SuppliedSigners(signers),
            crls=crls,
            deviations=published.deviations,
            holdings=holdings_digest(holdings),
            refused=counted(left_out),
            list_signers=published.judgements,
            untrusted_crls=MappingProxyType(untrusted),
        )
        return Resolution(store, left_out, crl_signers)

    def _candidates(self, published: Published) -> Mapping[str, Anchor]:
        """By SHA-256; a pin before any list, and of several lists that of the first publisher by name."""
        pinned = AnchorProvenance(PINS, AnchorKind.PIN, None)
        found = {entry.sha256: Anchor(entry, pinned) for entry in self._pins}
        for published_list in published.lists:
            provenance = AnchorProvenance(
                source=published_list.name,
                kind=AnchorKind.MASTER_LIST,
                list_signer=published_list.judgement,
                list_sha256=published_list.held.sha256,
                list_signed_at=published_list.held.signed_at,
            )
            for entry in published_list.authorities:
                found.setdefault(entry.sha256, Anchor(entry, provenance))
        return found

    def _admitted(
        self, candidates: Mapping[str, Anchor], revocations: Revocations
    ) -> tuple[dict[str, Anchor], list[LeftOut]]:
        """What may be an anchor: of the home state and of pinned states only what their pins reach."""
        by_state: dict[str, list[CertificateEntry]] = {
            state: [] for state in self._guarded | {self._holdings.home_state}
        }
        for anchor in candidates.values():
            by_state.get(anchor_state(anchor.entry) or "", []).append(anchor.entry)
        left: dict[str, LeftOut] = {}
        for state, entries in by_state.items():
            pins = [pin for pin in self._pins if anchor_state(pin) == state]
            others = [other for other in self._others if anchor_state(other) == state]
            reached = {entry.sha256 for entry in follow_links(pins, (*entries, *others), revocations)}
            reason = self._guard_reason(state)
            for entry in entries:
                if entry.sha256 not in reached:
                    left[entry.sha256] = LeftOut(HeldKind.LISTED, entry.sha256, reason, state)
        return {sha256: anchor for sha256, anchor in candidates.items() if sha256 not in left}, list(left.values())

    def _guard_reason(self, state: str) -> LeftOutReason:
        if state != self._holdings.home_state:
            return LeftOutReason.PINNED_STATE
        return LeftOutReason.HOME_STATE if state in self._guarded else LeftOutReason.HOME_STATE_NOT_PINNED

    def _with_standing(self, anchors: Mapping[str, Anchor], revocations: Revocations) -> dict[str, Anchor]:
        settled = settled_keys(
            tuple(anchors.values()),
            self._published.lists,
            self._others,
            self._holdings.settled | self._holdings.accepted,
            revocations,
        )
        return {
            sha256: anchor
            if (anchor_state(anchor.entry), anchor.entry.key) in settled
            else replace(anchor, provenance=replace(anchor.provenance, probation=True))
            for sha256, anchor in anchors.items()
        }

    def _crl_signers(self, anchors: Mapping[str, Anchor]) -> CertificateIndex:
        """The anchors and what verified links from them reach: a linked key is trusted, and the newest signs the CRL.

        A key that an anchor's own CRL takes back hands over to nobody (SECURITY.md 4.1, 4.3).
        """
        settled = {anchor_state(anchor.entry) for anchor in anchors.values() if not anchor.provenance.probation}
        entries = [
            anchor.entry
            for anchor in anchors.values()
            if not anchor.provenance.probation or anchor_state(anchor.entry) not in settled
        ]
        revocations = Revocations(accept_crls(self._holdings.crls, CertificateIndex(entries), Counter())[0])
        states = {state for other in self._others if (state := anchor_state(other)) is not None}
        reached = [
            entry
            for state in sorted(states)
            for entry in follow_links(
                in_own_words(entry for entry in entries if anchor_state(entry) == state),
                [other for other in self._others if anchor_state(other) == state],
                revocations,
            )
        ]
        return CertificateIndex((*entries, *reached))

    def _crls(self, anchors: CertificateIndex) -> tuple[tuple[StoredCrl, ...], dict[bytes, int]]:
        accepted, untrusted = accept_crls(self._holdings.crls, anchors, Counter())
        kept = {stored.crl.raw for stored in accepted}
        for raw in dict.fromkeys(self._holdings.crls):
            if raw not in kept:
                self._left_out.append(crl_left_out(raw, anchors))
        return accepted, untrusted

    def _signers(self) -> Iterable[Supplied]:
        found: dict[str, Supplied] = {}
        for der in dict.fromkeys(self._holdings.signers):
            read = self._certificates.signer(der)
            if isinstance(read, Supplied):
                found[read.sha256] = read
            else:
                self._left_out.append(unread(der, HeldKind.SIGNER, read))
        return (signer for _, signer in sorted(found.items()))


def crl_left_out(raw: bytes, anchors: CertificateIndex) -> LeftOut:
    """Why a CRL that was not accepted was not."""
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        crl = Crl.parse(raw)
    except MrtdError:
        return LeftOut(HeldKind.CRL, sha256, LeftOutReason.CRL_MALFORMED)
    superseded = crl_signer(crl, anchors) is not None
    reason = LeftOutReason.CRL_SUPERSEDED if superseded else LeftOutReason.CRL_UNTRUSTED
    return LeftOut(HeldKind.CRL, sha256, reason, crl.issuer.country)
