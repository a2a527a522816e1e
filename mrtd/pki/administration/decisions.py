"""What people decide: whom to pin, to accept, to distrust (SECURITY.md 4.1, 4.4, 4.5).

Each function gives new holdings and never changes the old ones. Whether two people activate them is asked elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from mrtd.pki.administration.errors import ProposalError
from mrtd.pki.administration.held_certificates import anchor_state
from mrtd.pki.administration.left_out import LeftOutReason
from mrtd.pki.administration.publishers import common_state
from mrtd.pki.administration.reading import Reading
from mrtd.pki.administration.resolution import resolve
from mrtd.pki.administration.standing import decided_keys
from mrtd.pki.holdings import Holdings, Publisher
from mrtd.pki.holdings_codec import MAX_MEMBERS, MAX_PUBLISHERS, PUBLISHER_NAME
from mrtd.pki.index import CertificateEntry
from mrtd.pki.trust_store import AnchorKind

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
#: Encrypted, or this machine; no name or password inside, which everyone who sees the draft would read.
_URL: Final = re.compile(
    r"(?=\S{1,2007}\Z)"
    r"(?:https://[^\s/?#@\\]+|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?)"
    r"(?:[/?#]\S*)?"
)
#: A sentence or two for whoever asks later.
MAX_REASON: Final = 500


def based_on(active: Holdings) -> Holdings:
    """The beginning of a draft: what the active store holds without probation is not new any more.

    A distrusted key is noted as long as a certificate of it is held: the next list may leave it out, a later one not.
    """
    reading = Reading(active)
    anchors = resolve(active).store.anchors
    lists = reading.publishers.published(reading.distrust).lists
    # what rests on links alone goes with the anchor that they come from (SECURITY.md 4.1): it is found anew each time
    decided = decided_keys(anchors, lists, active.settled | active.accepted)
    held = (
        anchor.sha256
        for anchor in anchors
        if anchor.provenance.kind is AnchorKind.MASTER_LIST
        and (anchor_state(anchor.entry), anchor.entry.key) in decided
    )
    return replace(active, settled=active.settled.union(held), distrusted_keys=reading.distrust.keys)


def pin_publisher(holdings: Holdings, name: str, signer_cscas: Iterable[bytes], url: str | None = None) -> Holdings:
    """Name a publisher of lists by the CSCAs that its list signers chain to, or change them; its lists stay.

    The certificates are pinned by their fingerprints, which people compare, so a link certificate does as well as a
    self-signed one (SECURITY.md 4.1). All are of one state, by which independent publishers are told apart. No other
    publisher pins the same key: or an older list would come back under another name.

    Args:
        holdings: the present ones.
        name: lower-case letters, digits and hyphens.
        signer_cscas: DER; they replace what was pinned for this publisher.
        url: where to look for new lists; None for lists that people bring.

    Raises:
        ProposalError: see there.
    """
    if not PUBLISHER_NAME.fullmatch(name):
        raise ProposalError("bad_publisher_name")
    if url is not None and not _URL.fullmatch(url):
        raise ProposalError("bad_url", name)
    reading = Reading(holdings)
    pinned = [_authority(reading, der) for der in dict.fromkeys(signer_cscas)]
    if not pinned:
        raise ProposalError("no_signer_csca", name)
    if common_state(pinned) is None:
        raise ProposalError("no_state" if None in map(anchor_state, pinned) else "several_states", name)
    keys = {entry.key for entry in pinned}
    for other in holdings.publishers.values():
        if other.name != name and keys & {
            entry.key for entry in reading.publishers.pinned(other.name, reading.distrust)
        }:
            raise ProposalError("signer_pinned_twice", other.name)
    before = holdings.publishers.get(name, Publisher(name))
    changed = replace(before, signer_cscas=tuple(sorted(entry.raw for entry in pinned)), url=url)
    publishers = {**holdings.publishers, name: changed}
    if len(publishers) > MAX_PUBLISHERS:
        raise ProposalError("too_many_publishers", name)
    return _changed(holdings, replace(holdings, publishers=publishers))


def remove_publisher(holdings: Holdings, name: str) -> Holdings:
    """Take a publisher away, with its lists and all that rests on them.

    Raises:
        ProposalError: `publisher_unknown`.
    """
    if name not in holdings.publishers:
        raise ProposalError("publisher_unknown", name)
    left = {other: publisher for other, publisher in holdings.publishers.items() if other != name}
    return replace(holdings, publishers=left)


def pin_anchors(holdings: Holdings, certificates: Iterable[bytes]) -> Holdings:
    """Make CA certificates anchors by their fingerprints; from then on their states change by pin or link alone.

    Raises:
        ProposalError: one of them cannot be read, is no CA, is distrusted, or is refused by the realm.
    """
    reading = Reading(holdings)
    entries = [_authority(reading, der) for der in certificates]
    pins = tuple(sorted({*holdings.pins, *(entry.raw for entry in entries)}))
    return _changed(holdings, replace(holdings, pins=_bounded(pins)))


def unpin(holdings: Holdings, fingerprints: Iterable[str]) -> Holdings:
    """Take pins away.

    Raises:
        ProposalError: `not_pinned`.
    """
    gone = set(fingerprints)
    pinned = {hashlib.sha256(der).hexdigest(): der for der in holdings.pins}
    for fingerprint in sorted(gone - set(pinned)):
        raise ProposalError("not_pinned", _fingerprint(fingerprint))
    left = tuple(der for fingerprint, der in pinned.items() if fingerprint not in gone)
    return _changed(holdings, replace(holdings, pins=left))


def accept(holdings: Holdings, fingerprints: Iterable[str]) -> Holdings:
    """Accept anchors on probation by their fingerprints (SECURITY.md 4.4).

    Raises:
        ProposalError: `not_on_probation`.
    """
    accepted = set(fingerprints)
    waiting = {anchor.sha256 for anchor in resolve(holdings).store.anchors if anchor.provenance.probation}
    for fingerprint in sorted(accepted - waiting):
        raise ProposalError("not_on_probation", _fingerprint(fingerprint))
    return _changed(holdings, replace(holdings, accepted=holdings.accepted | accepted))


def allow_name(holdings: Holdings, fingerprint: str, reason: str) -> Holdings:
    """Say that a certificate whose names sound like a test is none (SECURITY.md 4.5).

    Raises:
        ProposalError: `bad_fingerprint`, `bad_reason`, `unchanged`, `too_many`.
    """
    return _changed(
        holdings, replace(holdings, allowed_names=_with_reason(holdings.allowed_names, fingerprint, reason))
    )


def distrust(holdings: Holdings, fingerprint: str, reason: str) -> Holdings:
    """Trust a certificate no more, nor any other of its key and state, whoever lists or pinned it.

    Nothing needs to hold it yet: people may hear of a stolen key before a list comes.

    Raises:
        ProposalError: `bad_fingerprint`, `bad_reason`, `unchanged`, `too_many`.
    """
    changed = replace(holdings, distrusted=_with_reason(holdings.distrusted, fingerprint, reason))
    return _changed(holdings, replace(changed, distrusted_keys=Reading(changed).distrust.keys))


def trust_again(holdings: Holdings, fingerprint: str) -> Holdings:
    """Take a `distrust` back.

    Raises:
        ProposalError: `not_distrusted`.
    """
    if fingerprint not in holdings.distrusted:
        raise ProposalError("not_distrusted", _fingerprint(fingerprint))
    left = {other: reason for other, reason in holdings.distrusted.items() if other != fingerprint}
    keys = {other: key for other, key in holdings.distrusted_keys.items() if other != fingerprint}
    return replace(holdings, distrusted=left, distrusted_keys=keys)


def _authority(reading: Reading, der: bytes) -> CertificateEntry:
    found = reading.certificates.authority(der)
    if isinstance(found, LeftOutReason):
        raise ProposalError(found.value, hashlib.sha256(der).hexdigest())
    if reading.distrust.covers(found):
        raise ProposalError(LeftOutReason.DISTRUSTED.value, found.sha256)
    return found


def _with_reason(decided: Mapping[str, str], fingerprint: str, reason: str) -> Mapping[str, str]:
    if not reason.strip() or len(reason) > MAX_REASON:
        raise ProposalError("bad_reason", _fingerprint(fingerprint))
    changed = {**decided, _fingerprint(fingerprint): reason}
    if len(changed) > MAX_MEMBERS:
        raise ProposalError("too_many")
    return changed


def _fingerprint(text: str) -> str:
    """Nothing but a fingerprint gets into holdings or into an error."""
    if not _FINGERPRINT.fullmatch(text):
        raise ProposalError("bad_fingerprint")
    return text


def _bounded(members: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if len(members) > MAX_MEMBERS:
        raise ProposalError("too_many")
    return members


def _changed(before: Holdings, after: Holdings) -> Holdings:
    if after == before:
        raise ProposalError("unchanged")
    return after
