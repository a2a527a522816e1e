"""What changes between two stores, for the people who decide on it (SECURITY.md 4.4; DESIGN.md 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from mrtd.errors import MrtdError
from mrtd.pki.administration.held_certificates import anchor_state
from mrtd.pki.crl_acceptance import StoredCrl
from mrtd.pki.deviation_list import DeviationList
from mrtd.pki.trust_store import Anchor, AnchorProvenance, TrustStore

#: Under which JSON names what carries no country; no state has this code.
NO_STATE = "-"


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """An anchor as people compare it.

    Attributes:
        sha256: over the certificate, hexadecimal.
        state: two-letter code, None if it names none.
        common_name: of the subject.
        not_before, not_after: the validity.
        key: `rsa4096` or the curve, None if it cannot be read.
        provenance: by whose decision it stands in the store.
    """

    sha256: str
    state: str | None
    common_name: str | None
    not_before: datetime
    not_after: datetime
    key: str | None
    provenance: AnchorProvenance

    def to_json(self) -> dict[str, object]:
        """Times in UTC; the state is the key above it."""
        return {
            "sha256": self.sha256,
            "common_name": self.common_name,
            "not_before": _moment(self.not_before),
            "not_after": _moment(self.not_after),
            "key": self.key,
            **_provenance_json(self.provenance),
        }


@dataclass(frozen=True, slots=True)
class StandingChange:
    """An anchor that stays, by another kind of decision, or on probation or no more. `after` has the new standing."""

    before: AnchorProvenance
    after: AnchorLine

    def to_json(self) -> dict[str, object]:
        """The anchor as it is now, and under `before` how it stood."""
        return {**self.after.to_json(), "before": _provenance_json(self.before)}


@dataclass(frozen=True, slots=True)
class CrlLine:
    """A CRL: of which state, its number, its times, and how many it lists."""

    sha256: str
    state: str | None
    number: int | None
    this_update: datetime
    next_update: datetime | None
    revoked: int

    def to_json(self) -> dict[str, object]:
        """The number as text, because it may be longer than JSON numbers are."""
        return {
            "sha256": self.sha256,
            "state": self.state,
            "number": None if self.number is None else str(self.number),
            "this_update": _moment(self.this_update),
            "next_update": None if self.next_update is None else _moment(self.next_update),
            "revoked": self.revoked,
        }


@dataclass(frozen=True, slots=True)
class DeviationLine:
    """A deviation list: of which state, and how many deviations it names."""

    sha256: str
    state: str | None
    deviations: int

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {"sha256": self.sha256, "state": self.state, "deviations": self.deviations}


@dataclass(frozen=True, slots=True)
class StoreDiff:
    """What two people look at before they activate a store.

    Attributes:
        before, after: the digests of the stores.
        anchors_added, anchors_removed, anchors_changed: by state, then by SHA-256.
        states_gained, states_lost: without any anchor before, or after.
        links_added, links_removed: how many certificates that are usable for links only.
        crls_added, crls_removed: by state.
        newly_revoked, no_longer_revoked: state -> how many serial numbers.
        deviations_added, deviations_removed: the lists.
        signers_added, signers_removed: how many DSCs that came apart from documents.
    """

    before: str
    after: str
    anchors_added: tuple[AnchorLine, ...]
    anchors_removed: tuple[AnchorLine, ...]
    anchors_changed: tuple[StandingChange, ...]
    states_gained: tuple[str, ...]
    states_lost: tuple[str, ...]
    links_added: int
    links_removed: int
    crls_added: tuple[CrlLine, ...]
    crls_removed: tuple[CrlLine, ...]
    newly_revoked: Mapping[str, int]
    no_longer_revoked: Mapping[str, int]
    deviations_added: tuple[DeviationLine, ...]
    deviations_removed: tuple[DeviationLine, ...]
    signers_added: int
    signers_removed: int

    def to_json(self) -> dict[str, object]:
        """Anchors grouped by state; `-` stands for none."""
        return {
            "before": self.before,
            "after": self.after,
            "anchors": {
                "added": _grouped((line.state, line.to_json()) for line in self.anchors_added),
                "removed": _grouped((line.state, line.to_json()) for line in self.anchors_removed),
                "changed": _grouped((change.after.state, change.to_json()) for change in self.anchors_changed),
            },
            "states": {"gained": list(self.states_gained), "lost": list(self.states_lost)},
            "links": {"added": self.links_added, "removed": self.links_removed},
            "crls": {
                "added": [line.to_json() for line in self.crls_added],
                "removed": [line.to_json() for line in self.crls_removed],
            },
            "serials": {
                "newly_revoked": dict(self.newly_revoked),
                "no_longer_revoked": dict(self.no_longer_revoked),
            },
            "deviation_lists": {
                "added": [line.to_json() for line in self.deviations_added],
                "removed": [line.to_json() for line in self.deviations_removed],
            },
            "signers": {"added": self.signers_added, "removed": self.signers_removed},
        }


def diff(before: TrustStore, after: TrustStore) -> StoreDiff:
    """What `after` holds that `before` does not, and the reverse; a new edition of a list alone is no change."""
    old = {anchor.sha256: anchor for anchor in before.anchors}
    new = {anchor.sha256: anchor for anchor in after.anchors}
    changed = [
        StandingChange(old[sha256].provenance, _anchor_line(anchor))
        for sha256, anchor in new.items()
        if sha256 in old and _standing(old[sha256]) != _standing(anchor)
    ]
    old_states, new_states = _states(before), _states(after)
    old_links, new_links = _digests(before), _digests(after)
    old_signers, new_signers = set(before.signers.digests), set(after.signers.digests)
    old_revoked, new_revoked = _revoked(before.crls), _revoked(after.crls)
    return StoreDiff(
        before=before.digest,
        after=after.digest,
        anchors_added=_lines(anchor for sha256, anchor in new.items() if sha256 not in old),
        anchors_removed=_lines(anchor for sha256, anchor in old.items() if sha256 not in new),
        anchors_changed=tuple(sorted(changed, key=lambda change: _place(change.after))),
        states_gained=tuple(sorted(new_states - old_states)),
        states_lost=tuple(sorted(old_states - new_states)),
        links_added=len(new_links - old_links),
        links_removed=len(old_links - new_links),
        crls_added=_crl_lines(after.crls, before.crls),
        crls_removed=_crl_lines(before.crls, after.crls),
        newly_revoked=_by_state(new_revoked - old_revoked),
        no_longer_revoked=_by_state(old_revoked - new_revoked),
        deviations_added=_deviation_lines(after.deviation_lists, before.deviation_lists),
        deviations_removed=_deviation_lines(before.deviation_lists, after.deviation_lists),
        signers_added=len(new_signers - old_signers),
        signers_removed=len(old_signers - new_signers),
    )


def _standing(anchor: Anchor) -> tuple[str, bool]:
    return anchor.provenance.kind.value, anchor.provenance.probation


def _states(store: TrustStore) -> set[str]:
    return {state for anchor in store.anchors if (state := anchor_state(anchor.entry)) is not None}


def _digests(store: TrustStore) -> set[str]:
    return {entry.sha256 for entry in store.others}


def _lines(anchors: Iterable[Anchor]) -> tuple[AnchorLine, ...]:
    return tuple(sorted(map(_anchor_line, anchors), key=_place))


def _place(line: AnchorLine) -> tuple[str, str]:
    return line.state or "", line.sha256


def _anchor_line(anchor: Anchor) -> AnchorLine:
    certificate = anchor.certificate
    try:
        key: str | None = certificate.public_key().name
    except MrtdError:
        key = None
    return AnchorLine(
        sha256=anchor.sha256,
        state=anchor_state(anchor.entry),
        common_name=certificate.subject.common_name,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        key=key,
        provenance=anchor.provenance,
    )


def _crl_lines(these: Iterable[StoredCrl], without: Iterable[StoredCrl]) -> tuple[CrlLine, ...]:
    left = {stored.crl.raw for stored in without}
    lines = (
        CrlLine(
            sha256=stored.crl.sha256,
            state=stored.crl.issuer.country,
            number=stored.crl.number,
            this_update=stored.crl.this_update,
            next_update=stored.crl.next_update,
            revoked=len(stored.crl.revoked),
        )
        for stored in these
        if stored.crl.raw not in left
    )
    return tuple(sorted(lines, key=lambda line: (line.state or "", line.sha256)))


def _revoked(crls: Iterable[StoredCrl]) -> set[tuple[str | None, bytes, int]]:
    """State, issuer and serial number of what usable CRLs list."""
    return {
        (stored.crl.issuer.country, stored.crl.issuer.digest, serial)
        for stored in crls
        if stored.crl.unusable is None
        for serial in stored.crl.revoked
    }


def _by_state(revoked: Iterable[tuple[str | None, bytes, int]]) -> Mapping[str, int]:
    counts = Counter(state or NO_STATE for state, _, _ in revoked)
    return MappingProxyType(dict(sorted(counts.items())))


def _deviation_lines(these: Sequence[DeviationList], without: Sequence[DeviationList]) -> tuple[DeviationLine, ...]:
    left = {found.sha256 for found in without}
    return tuple(
        DeviationLine(found.sha256, found.state, len(found.deviations)) for found in these if found.sha256 not in left
    )


def _grouped(lines: Iterable[tuple[str | None, dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    grouped: dict[str, list[dict[str, object]]] = {}
    for state, line in lines:
        grouped.setdefault(state or NO_STATE, []).append(line)
    return grouped


def _provenance_json(provenance: AnchorProvenance) -> dict[str, object]:
    signed_at = provenance.list_signed_at
    return {
        "kind": provenance.kind.value,
        "source": provenance.source,
        "probation": provenance.probation,
        "list_sha256": provenance.list_sha256,
        "list_signed_at": None if signed_at is None else _moment(signed_at),
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
