"""Show the store in use, the draft, what was in use, and where each anchor comes from; hand out store files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mrtd.pki.administration import LeftOut, StoreDiff, diff, resolve
from mrtd.pki.holdings import Holdings
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import TrustStore
from service.domain.opened_trust import kept, open_holdings, open_store
from service.domain.ports import Clock
from service.domain.repositories import Database, TrustStores
from service.domain.trust import (
    Activation,
    Draft,
    StoredTrust,
    TrustError,
    TrustProblem,
    named_digest,
    require_chained,
)
from service.usecases.trust_condition import TrustCondition, condition_of
from service.usecases.trust_holdings import HoldingsDiff, holdings_diff


@dataclass(frozen=True, slots=True, repr=False)
class TrustShown:
    """What is in use and what waits, opened as far as it can be: people must see what they can return to.

    Attributes:
        active: what put the store in use there.
        active_store: empty where there is none, and where it cannot be opened.
        active_holdings: what it was made of; empty as the store is.
        condition: of the store in use, now.
        draft: what waits.
        draft_store, draft_holdings: None without a draft, and where it cannot be opened.
        difference, decided: what activating the draft would change; None where one of both cannot be opened.
        history: oldest first.
        problem: why nothing can be said of what is in use, or its history is not to be believed.
        draft_problem: why the draft cannot be opened.
    """

    active: Activation | None
    active_store: TrustStore
    active_holdings: Holdings
    condition: TrustCondition
    draft: Draft | None
    draft_store: TrustStore | None
    draft_holdings: Holdings | None
    history: tuple[Activation, ...]
    problem: TrustProblem | None = None
    draft_problem: TrustProblem | None = None

    @property
    def difference(self) -> StoreDiff | None:
        """Of the stores."""
        if self.draft_store is None or self.problem is not None:
            return None
        return diff(self.active_store, self.draft_store)

    @property
    def decided(self) -> HoldingsDiff | None:
        """Of the holdings."""
        if self.draft_holdings is None or self.problem is not None:
            return None
        return holdings_diff(self.active_holdings, self.draft_holdings)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What the draft holds and does not trust."""
        return () if self.draft_holdings is None else resolve(self.draft_holdings).left_out


@dataclass(frozen=True, slots=True)
class ShowTrust:
    """`trust list`, `trust diff`, and the two stores that `trust what-if` compares."""

    database: Database
    clock: Clock
    realm: Realm

    def __call__(self) -> TrustShown:
        """Open what is in use and what waits."""
        with self.database.reading() as work:
            history, unchained = _history(work.trust)
            active = history[-1] if history else None
            store, holdings, problem = self._in_use(work.trust, active)
            draft, waiting, waiting_holdings, draft_problem = self._waiting(work.trust)
        return TrustShown(
            active=active,
            active_store=store,
            active_holdings=holdings,
            condition=condition_of(store, self.clock.now()),
            draft=draft,
            draft_store=waiting,
            draft_holdings=waiting_holdings,
            history=history,
            problem=problem or unchained,
            draft_problem=draft_problem,
        )

    def _in_use(
        self, trust: TrustStores, active: Activation | None
    ) -> tuple[TrustStore, Holdings, TrustProblem | None]:
        empty = TrustStore.empty(self.realm), Holdings(self.realm)
        if active is None:
            return *empty, None
        try:
            stored = kept(trust, active.digest)
            return open_store(stored, active.holdings, self.realm), open_holdings(stored), None
        except TrustError as error:
            return *empty, error.code

    def _waiting(
        self, trust: TrustStores
    ) -> tuple[Draft | None, TrustStore | None, Holdings | None, TrustProblem | None]:
        draft = None
        try:
            draft = trust.draft()
            if draft is None:
                return None, None, None, None
            stored = kept(trust, draft.digest)
            return draft, open_store(stored, draft.holdings, self.realm), open_holdings(stored), None
        except TrustError as error:
            return draft, None, None, error.code

    def since(self, shown: TrustShown) -> Mapping[str, Activation]:
        """SHA-256 of each anchor in use -> the activation since when it is there without a break.

        Nothing is said of those that may be older than an earlier store that cannot be opened.
        """
        current = {anchor.sha256 for anchor in shown.active_store.anchors}
        found: dict[str, Activation] = {}
        for activation in reversed(shown.history):
            if not current:
                break
            try:
                with self.database.reading() as work:
                    stored = kept(work.trust, activation.digest)
                store = open_store(stored, activation.holdings, self.realm)
            except TrustError:
                return {sha256: brought for sha256, brought in found.items() if sha256 not in current}
            current &= {anchor.sha256 for anchor in store.anchors}
            found.update(dict.fromkeys(current, activation))
        return found

    def stored(self, named: str) -> StoredTrust:
        """The file of a store that was in use, or of the draft.

        Args:
            named: its digest, or the first digits of it.

        Raises:
            TrustError: `bad_digest`, `unknown_store`, `store_damaged`.
        """
        with self.database.reading() as work:
            stored = work.trust.stored(_meant(work.trust, named))
        open_holdings(stored)
        return stored


def _history(trust: TrustStores) -> tuple[tuple[Activation, ...], TrustProblem | None]:
    history: tuple[Activation, ...] = ()
    try:
        history = tuple(trust.history())
        require_chained(history)
    except TrustError as error:
        return history, error.code
    return history, None


def _meant(trust: TrustStores, named: str) -> str:
    prefix = named_digest(named)
    found = [digest for digest in trust.digests() if digest.startswith(prefix)]
    if len(found) != 1:
        # two that begin alike would be as unknown: nobody could say which is meant
        raise TrustError(TrustProblem.UNKNOWN_STORE)
    return found[0]
