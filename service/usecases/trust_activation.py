"""Make the draft the store in use, throw it away, or begin one from an earlier store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mrtd.pki.realm import Realm
from service.domain.opened_trust import kept, open_store
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.reverification import rejudge_job
from service.domain.trust import (
    Activation,
    Actor,
    Draft,
    TrustError,
    TrustProblem,
    activate,
    require_chained,
    require_current,
)
from service.usecases.trust_recording import TrustChange, write_activated, write_discarded, write_staged


@dataclass(frozen=True, slots=True)
class ActivateTrust:
    """Two people make the draft the store in use; it counts from the next judgement on.

    What was decided by the store before is judged anew: the job that begins with that waits when this returns.
    """

    database: Database
    clock: Clock
    realm: Realm
    organisation: str
    require_administrators: Callable[[Actor, Actor], None]

    def __call__(self, named: str, first: Actor, second: Actor, reason: str | None = None) -> Activation:
        """Activate the draft.

        Args:
            named: the digest of the draft, or its first digits.
            first: one person.
            second: another person.
            reason: why.

        Raises:
            TrustError: as `service.domain.trust.activate` and `TrustAdministrators`, or `store_damaged`.
        """
        self.require_administrators(first, second)
        now = self.clock.now()
        with self.database.changing() as work:
            draft, history = work.trust.draft(), work.trust.history()
            activation = activate(
                draft, named, first, second, realm=self.realm, history=history, at=now, reason=reason
            )
            # What cannot be opened must not be in use: it would close the counter.
            open_store(kept(work.trust, activation.digest), activation.holdings, self.realm)
            work.trust.activate(activation)
            write_activated(work, self.organisation, activation)
            work.jobs.enqueue(rejudge_job(now))
        return activation


@dataclass(frozen=True, slots=True)
class DiscardDraft:
    """Throw the draft away; what was never in use is deleted."""

    database: Database
    clock: Clock
    organisation: str

    def __call__(self, who: Actor) -> Draft:
        """Discard the draft, and say which one it was.

        Raises:
            TrustError: `no_draft`.
        """
        with self.database.changing() as work:
            draft = work.trust.draft()
            if draft is None:
                raise TrustError(TrustProblem.NO_DRAFT)
            work.trust.drop_draft(draft.digest)
            write_discarded(work, self.organisation, draft, who.id, self.clock.now())
        return draft


@dataclass(frozen=True, slots=True)
class Returned:
    """The draft that an earlier store became, and the draft that it replaced, which may be somebody else's work."""

    draft: Draft
    replaced: Draft | None


@dataclass(frozen=True, slots=True)
class ReturnToStore:
    """Make an earlier store the draft: two people then decide, with a reason, as for any other."""

    database: Database
    clock: Clock
    realm: Realm
    organisation: str

    def __call__(self, who: Actor, digest: str) -> Returned:
        """Stage an earlier store; a draft that waits is replaced.

        Args:
            who: begins the draft.
            digest: of a store that was in use.

        Raises:
            TrustError: `unknown_store`, `already_active`, `draft_outdated`, `store_damaged`.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            history = work.trust.history()
            require_chained(history)
            earlier = next((one for one in reversed(history) if one.digest == digest), None)
            if earlier is None:
                raise TrustError(TrustProblem.UNKNOWN_STORE, "only a store that was in use can come back")
            active = history[-1].digest
            if digest == active:
                raise TrustError(TrustProblem.ALREADY_ACTIVE)
            replaced = work.trust.draft()
            if replaced is not None:
                require_current(replaced, active)
            stored = kept(work.trust, digest)
            open_store(stored, earlier.holdings, self.realm)
            draft = Draft(digest, self.realm, earlier.holdings, active, now, who.id)
            work.trust.stage(draft, stored, replaces=None if replaced is None else replaced.digest)
            write_staged(work, self.organisation, draft, TrustChange.RETURN, replaced)
        return Returned(draft, replaced)
