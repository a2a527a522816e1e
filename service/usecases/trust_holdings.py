"""What changes between two holdings, for the people who sign for it (SECURITY.md 4.4).

Two holdings may give the same store and still differ: whose word the next list is, what stays distrusted when no list
holds it, which anchor is not new any more. People name a digest that covers all of that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mrtd.pki.holdings import HeldList, Holdings, Publisher


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list that is held: SHA-256 over it, and when it was signed."""

    sha256: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class PublisherLine:
    """Whose lists count, and which ones.

    Attributes:
        name: of the publisher.
        url: where new lists are looked for; None for lists that people bring.
        signer_cscas: SHA-256 of the certificates pinned for the signers of the lists.
        master_list: the list that counts.
        deviation_list: the list that counts.
    """

    name: str
    url: str | None
    signer_cscas: tuple[str, ...]
    master_list: ListLine | None
    deviation_list: ListLine | None


@dataclass(frozen=True, slots=True)
class PublisherChange:
    """A publisher before and after; None where there is none."""

    name: str
    before: PublisherLine | None
    after: PublisherLine | None


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """The reason of a decision on one certificate before and after; None where there is no such decision."""

    sha256: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Members:
    """SHA-256 of what is held after and not before, and the reverse."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HoldingsDiff:
    """What was brought and decided.

    Attributes:
        publishers: those that changed, by name.
        pins, others, signers, crls: what is held, whether the store can use it or not.
        accepted: anchors that people accepted.
        settled: anchors that are not new any more; the next draft notes that by itself.
        distrusted, allowed_names: decisions, by certificate.
    """

    publishers: tuple[PublisherChange, ...]
    pins: Members
    others: Members
    signers: Members
    crls: Members
    accepted: Members
    settled: Members
    distrusted: tuple[DecisionChange, ...]
    allowed_names: tuple[DecisionChange, ...]


def publisher_line(publisher: Publisher) -> PublisherLine:
    """A publisher as people compare it."""
    return PublisherLine(
        publisher.name,
        publisher.url,
        tuple(sorted(map(_sha256, publisher.signer_cscas))),
        _list_line(publisher.master_list),
        _list_line(publisher.deviation_list),
    )


def holdings_diff(before: Holdings, after: Holdings) -> HoldingsDiff:
    """What `after` holds and decides that `before` does not, and the reverse."""
    old, new = (
        {name: publisher_line(one) for name, one in holdings.publishers.items()} for holdings in (before, after)
    )
    return HoldingsDiff(
        publishers=tuple(
            PublisherChange(name, old.get(name), new.get(name))
            for name in sorted(old.keys() | new.keys())
            if old.get(name) != new.get(name)
        ),
        pins=_held(before.pins, after.pins),
        others=_held(before.others, after.others),
        signers=_held(before.signers, after.signers),
        crls=_held(before.crls, after.crls),
        accepted=_members(before.accepted, after.accepted),
        settled=_members(before.settled, after.settled),
        distrusted=_decisions(before.distrusted, after.distrusted),
        allowed_names=_decisions(before.allowed_names, after.allowed_names),
    )


def _list_line(held: HeldList | None) -> ListLine | None:
    return None if held is None else ListLine(held.sha256, held.signed_at)


def _held(before: Iterable[bytes], after: Iterable[bytes]) -> Members:
    return _members(map(_sha256, before), map(_sha256, after))


def _members(before: Iterable[str], after: Iterable[str]) -> Members:
    old, new = frozenset(before), frozenset(after)
    return Members(tuple(sorted(new - old)), tuple(sorted(old - new)))


def _decisions(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[DecisionChange, ...]:
    return tuple(
        DecisionChange(sha256, before.get(sha256), after.get(sha256))
        for sha256 in sorted(before.keys() | after.keys())
        if before.get(sha256) != after.get(sha256)
    )


def _sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
