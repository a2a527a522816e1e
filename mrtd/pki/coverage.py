"""Which states CSCA certificates cover, and what in it is old, weak or broken (ICAO 9303-12 §3, §7.1).

Nothing here decides on trust: these are the facts that people look at before they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.errors import MrtdError
from mrtd.inspection.strength import key_facts
from mrtd.pki.certificate import Certificate
from mrtd.pki.issuing_states import ISSUERS, SAME_ISSUER, state_of
from mrtd.pki.path import MAX_LINKS
from mrtd.pki.search import CertificateIndex, search_issuers
from mrtd.pki.trust_store import is_end_entity

#: How far ahead an expiring anchor is announced.
EXPIRING: Final = timedelta(days=90)


class Weakness(StrEnum):
    """Why an anchor is weak (SECURITY.md 3.5): its key, or the hash under its own or its predecessor's signature."""

    WEAK_KEY = "weak_key"
    SHA1_SELF_SIGNATURE = "sha1_self_signature"
    SHA1_LINK_SIGNATURE = "sha1_link_signature"


@dataclass(frozen=True, slots=True)
class StateCoverage:
    """The anchors of one state, by the two-letter code that they carry.

    `anchors` counts all CSCA certificates, `links` those that another key signed. `keys` are the generations: the
    different keys; `valid_keys` those in a certificate that is valid now. `valid_from` and `valid_until` bound all of
    them. `expiring_90_days` and `superseded` count as in `Coverage`. `signs_until`: when the private-key usage period
    of the newest key ends, None if no certificate says it.
    """

    anchors: int
    links: int
    keys: int
    valid_keys: int
    valid_from: datetime
    valid_until: datetime
    expiring_90_days: int
    superseded: int
    signs_until: datetime | None


@dataclass(frozen=True, slots=True)
class Supersession:
    """An anchor, the newest one of the same name with another key, and whether verified links lead to that key."""

    certificate: Certificate
    by: Certificate
    linked: bool


@dataclass(frozen=True, slots=True)
class WeakAnchor:
    """An anchor and each reason why it is weak, in the order of `Weakness`."""

    certificate: Certificate
    weaknesses: tuple[Weakness, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What CSCA certificates cover at a time; certificates in a settled order.

    `anchors` are all different CSCA certificates. `without_anchor`: those of `ISSUERS` for whom there is none, valid
    or not. `not_signing`: states whose newest key may sign no more, a hint that the list is stale. `expiring`: valid
    now, not in 90 days. `superseded`: a later one of the same name has another key. `usage_ended`: the private key
    may sign no more, which takes nothing from what it signed. `broken`: an extension cannot be read.
    """

    anchors: tuple[Certificate, ...]
    states: Mapping[str, StateCoverage]
    without_anchor: tuple[str, ...]
    not_signing: tuple[str, ...]
    expiring: tuple[Certificate, ...]
    expired: tuple[Certificate, ...]
    superseded: tuple[Supersession, ...]
    usage_ended: tuple[Certificate, ...]
    weak: tuple[WeakAnchor, ...]
    broken: tuple[Certificate, ...]


class IssuerKeys:
    """Whose key signed a certificate, sought among the certificates at hand, once each.

    Args:
        certificates: where issuers are sought.
    """

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        self._index = CertificateIndex(certificates)
        self._found: dict[str, bytes | None] = {}

    def of(self, certificate: Certificate) -> bytes | None:
        """The digest of the key that verified the signature, None if none at hand did."""
        if certificate.sha256 not in self._found:
            self._found[certificate.sha256] = search_issuers(certificate, self._index).key
        return self._found[certificate.sha256]


def is_root(certificate: Certificate) -> bool:
    """Whether it is self-signed, or says so: its own name as issuer, and no key identifier that names another key."""
    if certificate.self_signed:
        return True
    wanted = certificate.issuer_key_identifier
    return certificate.self_issued and (wanted is None or wanted == certificate.key_identifier)


def coverage(certificates: Iterable[Certificate], at: datetime, issuer_keys: IssuerKeys | None = None) -> Coverage:
    """What these certificates cover; signers of documents and lists among them are left out.

    Args:
        certificates: of one file or of many; copies count once.
        at: the time for validity.
        issuer_keys: who signed links, if more certificates than these can tell; links count only if they stand here.
    """
    different = {c.sha256: c for c in certificates if not is_end_entity(c)}
    anchors = tuple(sorted(different.values(), key=lambda c: (state_of(c) or "", c.not_before, c.sha256)))
    superseded = _superseded(anchors, issuer_keys or IssuerKeys(anchors))
    expiring = [c for c in anchors if c.valid_at(at) and not c.valid_at(at + EXPIRING)]
    states = _states(anchors, at, _count(expiring), _count(found.certificate for found in superseded))
    present = {SAME_ISSUER.get(state, state) for state in states}
    return Coverage(
        anchors=anchors,
        states=MappingProxyType(states),
        without_anchor=tuple(state for state in ISSUERS if state not in present),
        not_signing=tuple(
            s for s, found in states.items() if found.signs_until is not None and found.signs_until < at
        ),
        expiring=tuple(sorted(expiring, key=lambda c: (c.not_after, c.sha256))),
        expired=tuple(c for c in anchors if c.not_after < at),
        superseded=superseded,
        usage_ended=tuple(c for c in anchors if (end := _usage_end(c)) is not None and end < at),
        weak=tuple(WeakAnchor(c, found) for c in anchors if (found := _weaknesses(c))),
        broken=tuple(c for c in anchors if c.extension_errors()),
    )


def _count(certificates: Iterable[Certificate]) -> Mapping[str, int]:
    """State -> how many."""
    counted: dict[str, int] = {}
    for certificate in certificates:
        state = state_of(certificate)
        if state is not None:
            counted[state] = counted.get(state, 0) + 1
    return counted


def _states(
    anchors: Sequence[Certificate], at: datetime, expiring: Mapping[str, int], superseded: Mapping[str, int]
) -> dict[str, StateCoverage]:
    grouped: dict[str, list[Certificate]] = {}
    for certificate in anchors:
        state = state_of(certificate)
        if state is not None:
            grouped.setdefault(state, []).append(certificate)
    return {
        state: StateCoverage(
            anchors=len(group),
            links=sum(not is_root(c) for c in group),
            keys=len({c.key_digest for c in group}),
            valid_keys=len({c.key_digest for c in group if c.valid_at(at)}),
            valid_from=min(c.not_before for c in group),
            valid_until=max(c.not_after for c in group),
            expiring_90_days=expiring.get(state, 0),
            superseded=superseded.get(state, 0),
            signs_until=_signs_until(group, at),
        )
        for state, group in grouped.items()
    }


def _signs_until(group: Sequence[Certificate], at: datetime) -> datetime | None:
    """The latest end of the usage period that a certificate of the newest key states."""
    begun = [c for c in group if c.not_before <= at]
    if not begun:
        return None
    newest = max(begun, key=lambda c: (c.not_before, is_root(c), c.sha256)).key_digest
    return max((end for c in group if c.key_digest == newest and (end := _usage_end(c)) is not None), default=None)


def _usage_end(certificate: Certificate) -> datetime | None:
    try:
        period = certificate.private_key_usage_period
    except MrtdError:
        return None
    return None if period is None else period.not_after


def _weaknesses(certificate: Certificate) -> tuple[Weakness, ...]:
    """What cannot be read is not called weak: it is counted as a key or extension that cannot be read."""
    found: list[Weakness] = []
    try:
        if key_facts(certificate.public_key())["weak_key"]:
            found.append(Weakness.WEAK_KEY)
    except MrtdError:
        pass
    try:
        if certificate.algorithm.hash == "sha1":
            found.append(Weakness.SHA1_SELF_SIGNATURE if is_root(certificate) else Weakness.SHA1_LINK_SIGNATURE)
    except MrtdError:
        pass
    return tuple(found)


def _superseded(anchors: Sequence[Certificate], issuer_keys: IssuerKeys) -> tuple[Supersession, ...]:
    signers: dict[bytes, set[bytes]] = {}
    for certificate in anchors:
        signer = None if is_root(certificate) else issuer_keys.of(certificate)
        if signer is not None:
            signers.setdefault(certificate.key_digest, set()).add(signer)
    named: dict[bytes, list[Certificate]] = {}
    for certificate in anchors:
        named.setdefault(certificate.subject.digest, []).append(certificate)
    found: dict[str, Supersession] = {}
    for group in named.values():
        successor = _successor(group)
        leading: dict[bytes, frozenset[bytes]] = {}
        for certificate in group:
            by = successor(certificate)
            if by is None:
                continue
            if by.key_digest not in leading:
                leading[by.key_digest] = _leading_to(by.key_digest, signers)
            linked = certificate.key_digest in leading[by.key_digest]
            found[certificate.sha256] = Supersession(certificate, by, linked)
    return tuple(found[c.sha256] for c in anchors if c.sha256 in found)


def _successor(group: Sequence[Certificate]) -> Callable[[Certificate], Certificate | None]:
    """For certificates of one name: the newest of another key, if that is later.

    Only the newest of all and the newest of any other key than that can be it.
    """
    newest_first = sorted(group, key=lambda c: (c.not_before, is_root(c), c.sha256), reverse=True)
    newest = newest_first[0]
    second = next((c for c in newest_first if c.key_digest != newest.key_digest), None)

    def successor(certificate: Certificate) -> Certificate | None:
        by = second if certificate.key_digest == newest.key_digest else newest
        return by if by is not None and by.not_before > certificate.not_before else None

    return successor


def _leading_to(key: bytes, signers: Mapping[bytes, set[bytes]]) -> frozenset[bytes]:
    """The keys from which at most `MAX_LINKS` links lead to this one."""
    reached, front = {key}, {key}
    for _ in range(MAX_LINKS):
        front = {signer for target in front for signer in signers.get(target, ())} - reached
        reached |= front
    return frozenset(reached - {key})
