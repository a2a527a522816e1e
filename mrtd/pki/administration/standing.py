"""Which anchors are settled, and which are on probation (SECURITY.md 4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Final

from mrtd.pki.administration.held_certificates import anchor_state
from mrtd.pki.administration.links import Revocations, follow_links, in_own_words
from mrtd.pki.administration.publishers import PublishedList
from mrtd.pki.index import CertificateEntry
from mrtd.pki.trust_store import Anchor, AnchorKind

#: Publishers of so many different states must name a key: another name of the same state is no second source.
INDEPENDENT_SOURCES: Final = 2

AnchorKey = tuple[str | None, bytes]


def settled_keys(
    anchors: Sequence[Anchor],
    lists: Iterable[PublishedList],
    others: Iterable[CertificateEntry],
    decided: Set[str],
    revocations: Revocations,
) -> frozenset[AnchorKey]:
    """The (state, key) of every anchor that is not on probation; all certificates of a key share its standing.

    A key is settled by a pin, by a decision on one of its certificates, by two independent publishers, or by verified
    links from a settled key of the same state.

    Args:
        anchors: all of them.
        lists: the master lists that count.
        others: certificates that are usable for their links only.
        decided: SHA-256 of what two people accepted, or an activated store held as settled.
        revocations: links of revoked keys do not count.
    """
    settled = set(decided_keys(anchors, lists, decided))
    by_state: dict[str, list[CertificateEntry]] = {}
    for entry in (*(anchor.entry for anchor in anchors), *others):
        state = anchor_state(entry)
        # without a state nobody can tell whose links those are
        if state is not None:
            by_state.setdefault(state, []).append(entry)
    trusted = {anchor.sha256 for anchor in anchors if _key(anchor.entry) in settled}
    for entries in by_state.values():
        seeds = in_own_words(entry for entry in entries if entry.sha256 in trusted)
        if seeds:
            settled |= {_key(entry) for entry in follow_links(seeds, entries, revocations)}
    return frozenset(settled)


def decided_keys(
    anchors: Iterable[Anchor], lists: Iterable[PublishedList], decided: Set[str]
) -> frozenset[AnchorKey]:
    """Those of `settled_keys` that rest on no link."""
    return frozenset(_by_two_publishers(lists)) | {
        _key(anchor.entry)
        for anchor in anchors
        if anchor.provenance.kind is AnchorKind.PIN or anchor.sha256 in decided
    }


def _by_two_publishers(lists: Iterable[PublishedList]) -> Iterable[AnchorKey]:
    naming: dict[AnchorKey, set[str]] = {}
    for published in lists:
        for entry in published.authorities:
            if published.state is not None and anchor_state(entry) is not None:
                naming.setdefault(_key(entry), set()).add(published.state)
    return (key for key, states in naming.items() if len(states) >= INDEPENDENT_SOURCES)


def _key(entry: CertificateEntry) -> AnchorKey:
    return anchor_state(entry), entry.key
