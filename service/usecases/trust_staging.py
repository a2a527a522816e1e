"""Change the draft: the one way in which trust material gets into a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from mrtd.pki.administration import LeftOut, Resolution, StoreDiff, based_on, diff, resolve
from mrtd.pki.holdings import Holdings
from mrtd.pki.holdings_codec import holdings_digest
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import TrustStore
from service.domain.opened_trust import kept, open_holdings, open_store, stored_trust
from service.domain.ports import Clock
from service.domain.repositories import Database, TrustStores
from service.domain.trust import Activation, Actor, Draft, draft_changed, require_current
from service.usecases.trust_holdings import HoldingsDiff, holdings_diff
from service.usecases.trust_recording import TrustChange, write_staged

_Said = TypeVar("_Said")
#: New holdings, and what is to be told of how they came about.
Change = Callable[[Holdings, datetime], tuple[Holdings, _Said]]


@dataclass(frozen=True, slots=True, repr=False)
class Staged:
    """The draft after a change; None if nothing was changed and none waits.

    Attributes:
        draft: what waits.
        difference: of the stores, against the one in use; None if that cannot be opened.
        decided: of the holdings, against those of the store in use; None if that cannot be opened.
        left_out: what the draft holds and does not trust.
        changed: whether the draft is another than before.
        replaced: the draft of somebody that gave way to an earlier store.
    """

    draft: Draft | None
    difference: StoreDiff | None
    decided: HoldingsDiff | None
    left_out: tuple[LeftOut, ...]
    changed: bool = True
    replaced: Draft | None = None


@dataclass(frozen=True, slots=True)
class _Begun:
    active: Activation | None
    active_store: TrustStore
    active_holdings: Holdings
    draft: Draft | None
    holdings: Holdings


@dataclass(frozen=True, slots=True)
class StageTrust:
    """Apply a change to the draft, or begin one from the store in use; only two people can activate it."""

    database: Database
    clock: Clock
    realm: Realm
    organisation: str

    def __call__(self, who: Actor, what: TrustChange, change: Change[_Said]) -> tuple[Staged, _Said]:
        """Make the change, and keep the draft that follows from it.

        Args:
            who: makes the change.
            what: the audit trail says was done.
            change: from the present holdings and the time to new ones.

        Raises:
            TrustError: `draft_outdated`, `draft_changed` if someone else changed it meanwhile, `store_damaged`.
            ProposalError: the change may not be made.
        """
        now = self.clock.now()
        with self.database.reading() as work:
            begun = self._begin(work.trust)
        holdings, said = change(begun.holdings, now)
        if holdings_digest(holdings) == holdings_digest(begun.holdings):
            return self._unchanged(begun), said
        resolution = resolve(holdings)
        store, digest = resolution.store, holdings_digest(holdings)
        based = None if begun.active is None else begun.active.digest
        draft = Draft(store.digest, self.realm, digest, based, now, who.id)
        stored = stored_trust(holdings, store)
        with self.database.changing() as work:
            active = work.trust.active()
            require_current(draft, None if active is None else active.digest)
            replaced = None if begun.draft is None else begun.draft.digest
            if replaced is None and work.trust.draft() is not None:
                raise draft_changed()
            work.trust.stage(draft, stored, replaces=replaced)
            write_staged(work, self.organisation, draft, what, begun.draft)
        return _staged(begun, draft, holdings, resolution), said

    def holdings(self, trust: TrustStores) -> Holdings:
        """What a change would begin with: those of the draft, else of the store in use.

        Raises:
            TrustError: as the call itself.
        """
        return self._begin(trust).holdings

    def _begin(self, trust: TrustStores) -> _Begun:
        active, draft = trust.active(), trust.draft()
        if active is None:
            store, holdings = TrustStore.empty(self.realm), Holdings(self.realm)
        else:
            stored = kept(trust, active.digest)
            store, holdings = open_store(stored, active.holdings, self.realm), open_holdings(stored)
        if draft is None:
            return _Begun(active, store, holdings, None, holdings if active is None else based_on(holdings))
        require_current(draft, None if active is None else active.digest)
        waiting = kept(trust, draft.digest)
        open_store(waiting, draft.holdings, self.realm)
        return _Begun(active, store, holdings, draft, open_holdings(waiting))

    def _unchanged(self, begun: _Begun) -> Staged:
        if begun.draft is None:
            return Staged(None, None, None, (), changed=False)
        return replace(_staged(begun, begun.draft, begun.holdings, resolve(begun.holdings)), changed=False)


def _staged(begun: _Begun, draft: Draft, holdings: Holdings, resolution: Resolution) -> Staged:
    return Staged(
        draft,
        diff(begun.active_store, resolution.store),
        holdings_diff(begun.active_holdings, holdings),
        resolution.left_out,
    )
