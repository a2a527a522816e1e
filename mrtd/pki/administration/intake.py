"""Taking in what states publish: lists, CRLs, signers and links (SECURITY.md 4.2, 4.3).

Each function gives new holdings and never changes the old ones. What comes in bulk is taken as far as it may be, and
the rest is named; if nothing may be taken, the first trouble is the error.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.administration.errors import ProposalError
from mrtd.pki.administration.held_certificates import HeldCertificates, anchor_state, unread
from mrtd.pki.administration.left_out import HeldKind, LeftOut, LeftOutReason, in_order
from mrtd.pki.administration.links import Revocations, follow_links
from mrtd.pki.administration.publishers import common_state
from mrtd.pki.administration.reading import Reading
from mrtd.pki.administration.resolution import crl_left_out, resolve
from mrtd.pki.administration.signed_lists import judge, read_list, signed_at
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from mrtd.pki.crl_acceptance import accept_crls
from mrtd.pki.deviation_list import DeviationList
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.holdings_codec import MAX_MEMBERS
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.master_list import MasterList, SignerJudgement
from mrtd.pki.sources import Source
from mrtd.pki.supplied_signers import Supplied

#: How far a publisher's clock, or its time zone, may be ahead of ours.
LIST_AHEAD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """New holdings, and what was offered and not taken."""

    holdings: Holdings
    left_out: tuple[LeftOut, ...]


def take_lists(holdings: Holdings, name: str, lists: Iterable[bytes], at: datetime) -> Taken:
    """Take a publisher's master list or deviation list, or both; lists of other signers are left out.

    The signer must chain to a CSCA that is pinned for this publisher, and be valid now and not revoked. A list is
    ordered by its signed time: an older one never replaces the active one, nor does another of the same time.

    Args:
        holdings: the present ones.
        name: of the publisher.
        lists: in DER, as they came (`Source.deviation_lists`; a master list's file).
        at: now, aware.

    Raises:
        ProposalError: see there.
    """
    publisher = holdings.publishers.get(name)
    if publisher is None:
        raise ProposalError("publisher_unknown", name)
    at = at.astimezone(UTC).replace(microsecond=0)
    judging = _Judging(holdings, publisher, at)
    for raw in dict.fromkeys(lists):
        judging.offer(raw)
    changed = judging.publisher()
    return Taken(replace(holdings, publishers={**holdings.publishers, name: changed}), in_order(judging.left_out))


class _Judging:
    """The lists that are offered for one publisher."""

    def __init__(self, holdings: Holdings, publisher: Publisher, at: datetime) -> None:
        self.left_out: list[LeftOut] = []
        self._publisher = publisher
        self._at = at
        self._errors: list[ProposalError] = []
        self._good: dict[HeldKind, HeldList] = {}
        reading = Reading(holdings)
        pinned = reading.publishers.pinned(publisher.name, reading.distrust)
        self._state = common_state(pinned)
        self._index = CertificateIndex(pinned)
        # whichever key of the state signed the CRL (SECURITY.md 4.3): the one that is pinned here may be the old one
        signers = CertificateIndex((*pinned, *resolve(holdings).crl_signers))
        self._revocations = Revocations(accept_crls(holdings.crls, signers, Counter())[0])

    def offer(self, raw: bytes) -> None:
        try:
            found = read_list(raw)
        except MrtdError:
            self._refuse("list_malformed", raw, HeldKind.MASTER_LIST, LeftOutReason.LIST_MALFORMED)
            return
        kind = HeldKind.DEVIATION_LIST if isinstance(found, DeviationList) else HeldKind.MASTER_LIST
        untrusted = (
            LeftOutReason.DEVIATIONS_UNTRUSTED if isinstance(found, DeviationList) else LeftOutReason.LIST_UNTRUSTED
        )
        if found.cms is None:
            self._refuse("list_unsigned", raw, kind, untrusted)
            return
        judgement = self._judged(found)
        if judgement.status is not CheckStatus.PASSED:
            self._refuse("list_signer", raw, kind, untrusted, judgement.reason)
            return
        if kind in self._good:
            raise ProposalError("several_lists", self._publisher.name)
        self._good[kind] = self._next(found, raw, kind)

    def publisher(self) -> Publisher:
        if not self._good:
            raise self._errors[0] if self._errors else ProposalError("no_list", self._publisher.name)
        return replace(
            self._publisher,
            master_list=self._good.get(HeldKind.MASTER_LIST, self._publisher.master_list),
            deviation_list=self._good.get(HeldKind.DEVIATION_LIST, self._publisher.deviation_list),
        )

    def _judged(self, found: MasterList | DeviationList) -> SignerJudgement:
        judgement = judge(found, self._index, self._at)
        if judgement.status is not CheckStatus.PASSED or found.cms is None:
            return judgement
        signers = (Certificate.parse(der) for der in found.cms.certificates if _is(der, judgement.signer_sha256))
        if any(map(self._revocations.hold, signers)):
            return SignerJudgement(CheckStatus.FAILED, Reason.REVOKED, judgement.signer_sha256)
        return judgement

    def _next(self, found: MasterList | DeviationList, raw: bytes, kind: HeldKind) -> HeldList:
        """The list in the place of the active one, if it may stand there."""
        name = self._publisher.name
        is_master_list = kind is HeldKind.MASTER_LIST
        active = self._publisher.master_list if is_master_list else self._publisher.deviation_list
        moment = signed_at(found)
        if active is not None and active.raw == raw:
            raise ProposalError("list_unchanged", name)
        if moment is None:
            raise ProposalError("list_undated", name)
        if moment > self._at + LIST_AHEAD:
            raise ProposalError("list_from_the_future", name)
        if active is not None and moment <= active.signed_at:
            raise ProposalError("list_older", name)
        return HeldList(raw, moment, self._at)

    def _refuse(
        self, code: str, raw: bytes, kind: HeldKind, reason: LeftOutReason, because: Reason | None = None
    ) -> None:
        self._errors.append(ProposalError(code, self._publisher.name, because))
        self.left_out.append(LeftOut(kind, hashlib.sha256(raw).hexdigest(), reason, self._state, because))


def take_crls(holdings: Holdings, sources: Iterable[Source], at: datetime) -> Taken:
    """Take CRLs that an anchor signed; what a newer one of the same key supersedes goes.

    A lower number never replaces a higher one. A CRL that has not begun is not taken, since it would take the place
    of the one that has.

    Args:
        holdings: the present ones.
        sources: files with CRLs.
        at: now, aware.

    Raises:
        ProposalError: `crl_malformed`, `crl_untrusted`, `crl_older`, `crl_from_the_future`, `unchanged`, `too_many`.
    """
    held = dict.fromkeys(holdings.crls)
    offered = [raw for raw in dict.fromkeys(der for one in sources for der in one.crls) if raw not in held]
    future = [raw for raw in offered if _begins_after(raw, at)]
    new = [raw for raw in offered if raw not in set(future)]
    signers = resolve(holdings).crl_signers
    accepted, _ = accept_crls((*held, *new), signers, Counter())
    kept = {stored.crl.raw for stored in accepted}
    refused = {raw: crl_left_out(raw, signers) for raw in (*held, *new) if raw not in kept}
    left_out = [
        LeftOut(HeldKind.CRL, hashlib.sha256(raw).hexdigest(), LeftOutReason.CRL_FROM_THE_FUTURE) for raw in future
    ]
    left_out += [refused[raw] for raw in new if raw in refused]
    superseded = {raw for raw, one in refused.items() if one.reason is LeftOutReason.CRL_SUPERSEDED}
    taken = [raw for raw in new if raw in kept]
    if not taken:
        raise _first(left_out)
    crls = (*(raw for raw in held if raw not in superseded), *taken)
    return Taken(replace(holdings, crls=_bounded(crls)), in_order(left_out))


def take_signers(holdings: Holdings, sources: Iterable[Source]) -> Taken:
    """Take DSCs that came apart from documents; they are trusted for nothing.

    Raises:
        ProposalError: `unchanged`, `too_many`, or why the first of them is no DSC that may be here.
    """
    certificates = HeldCertificates(holdings)
    offered = _new_certificates(sources, holdings.signers)
    read = {der: certificates.signer(der) for der in offered}
    taken = [der for der, found in read.items() if isinstance(found, Supplied)]
    left_out = [
        unread(der, HeldKind.SIGNER, found) for der, found in read.items() if isinstance(found, LeftOutReason)
    ]
    if not taken:
        raise _first(left_out)
    return Taken(replace(holdings, signers=_bounded((*holdings.signers, *taken))), in_order(left_out))


def take_links(holdings: Holdings, sources: Iterable[Source]) -> Taken:
    """Take CA certificates that no list holds; they count only by verified links from an anchor (SECURITY.md 4.1).

    What no such link leads to is not taken: strangers of the same name would use up the attempts of a path.

    Raises:
        ProposalError: `unchanged`, `too_many`, or why the first of them is no CA certificate that may be here.
    """
    certificates = HeldCertificates(holdings)
    offered = _new_certificates(sources, holdings.others)
    left_out: list[LeftOut] = []
    found: list[CertificateEntry] = certificates.authorities(offered, HeldKind.OTHER, left_out)
    linked = _linked(holdings, found)
    left_out += [
        LeftOut(HeldKind.OTHER, entry.sha256, LeftOutReason.NOT_LINKED, anchor_state(entry))
        for entry in found
        if entry.sha256 not in linked
    ]
    taken = [entry.raw for entry in found if entry.sha256 in linked]
    if not taken:
        raise _first(left_out)
    return Taken(replace(holdings, others=_bounded((*holdings.others, *taken))), in_order(left_out))


def _linked(holdings: Holdings, offered: Iterable[CertificateEntry]) -> set[str]:
    """SHA-256 of what verified links lead to, from the anchors and over other links of the same state."""
    store = resolve(holdings).store
    trusted, pool = _by_state(anchor.entry for anchor in store.anchors), _by_state((*store.others, *offered))
    return {
        entry.sha256
        for state, entries in pool.items()
        for entry in follow_links(trusted.get(state, ()), entries, Revocations(store.crls))
    }


def _by_state(entries: Iterable[CertificateEntry]) -> dict[str, list[CertificateEntry]]:
    found: dict[str, list[CertificateEntry]] = {}
    for entry in entries:
        state = anchor_state(entry)
        if state is not None:
            found.setdefault(state, []).append(entry)
    return found


def _new_certificates(sources: Iterable[Source], held: Iterable[bytes]) -> list[bytes]:
    present = set(held)
    offered = dict.fromkeys(der for source in sources for der in source.certificates)
    return [der for der in offered if der not in present]


def _bounded(members: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if len(members) > MAX_MEMBERS:
        raise ProposalError("too_many")
    return members


def _first(left_out: list[LeftOut]) -> ProposalError:
    if not left_out:
        return ProposalError("unchanged")
    one = left_out[0]
    older = one.reason is LeftOutReason.CRL_SUPERSEDED
    return ProposalError("crl_older" if older else one.reason.value, one.sha256)


def _begins_after(raw: bytes, at: datetime) -> bool:
    try:
        return Crl.parse(raw).this_update > at
    except MrtdError:
        return False


def _is(der: bytes, sha256: str | None) -> bool:
    return hashlib.sha256(der).hexdigest() == sha256
