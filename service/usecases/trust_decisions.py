"""What people decide on single anchors and publishers of the draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mrtd.pki import administration
from mrtd.pki.administration import resolve
from mrtd.pki.holdings import Holdings
from service.domain.trust import Actor
from service.usecases.trust_recording import TrustChange
from service.usecases.trust_staging import Staged, StageTrust


@dataclass(frozen=True, slots=True)
class DecideTrust:
    """Each method changes the draft and raises `TrustError` as `StageTrust`, or `ProposalError`."""

    stage: StageTrust

    def accept(self, who: Actor, fingerprints: Sequence[str] | None) -> Staged:
        """Accept anchors on probation, all of them for None (SECURITY.md 4.4)."""

        def change(holdings: Holdings) -> Holdings:
            if fingerprints is not None:
                return administration.accept(holdings, fingerprints)
            anchors = resolve(holdings).store.anchors
            return administration.accept(
                holdings, [anchor.sha256 for anchor in anchors if anchor.provenance.probation]
            )

        return self._staged(who, TrustChange.ACCEPT, change)

    def distrust(self, who: Actor, fingerprint: str, reason: str) -> Staged:
        """Trust a certificate, and every other of its key and state, no more."""
        return self._staged(
            who, TrustChange.DISTRUST, lambda holdings: administration.distrust(holdings, fingerprint, reason)
        )

    def trust_again(self, who: Actor, fingerprint: str) -> Staged:
        """Take a `distrust` back."""
        return self._staged(
            who, TrustChange.TRUST_AGAIN, lambda holdings: administration.trust_again(holdings, fingerprint)
        )

    def allow_name(self, who: Actor, fingerprint: str, reason: str) -> Staged:
        """Say that a certificate whose names sound like a test is none (SECURITY.md 4.5)."""
        return self._staged(
            who, TrustChange.ALLOW_NAME, lambda holdings: administration.allow_name(holdings, fingerprint, reason)
        )

    def unpin(self, who: Actor, fingerprint: str) -> Staged:
        """Take a pin away."""
        return self._staged(who, TrustChange.UNPIN, lambda holdings: administration.unpin(holdings, (fingerprint,)))

    def remove_publisher(self, who: Actor, name: str) -> Staged:
        """Take a publisher away, with its lists."""
        return self._staged(
            who, TrustChange.REMOVE_PUBLISHER, lambda holdings: administration.remove_publisher(holdings, name)
        )

    def _staged(self, who: Actor, what: TrustChange, change: Callable[[Holdings], Holdings]) -> Staged:
        staged, _ = self.stage(who, what, lambda holdings, _at: (change(holdings), None))
        return staged
