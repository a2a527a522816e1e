"""Keep a case from erasure, and end that with two people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.domain.audit import Action, AuditEntry
from service.domain.errors import ServiceError
from service.domain.freeze import Freeze, FreezeReason, ThawReason, freeze, thaw
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.retention import RetentionClass, RetentionError, RetentionProblem
from service.domain.verification import Verification


@dataclass(frozen=True, slots=True)
class FreezeCase:
    """`passkoll retention freeze|unfreeze`."""

    database: Database
    clock: Clock

    def freeze(self, who: str, verification_id: str, reason: FreezeReason) -> Freeze:
        """Nothing of the case is erased from now on, whatever is due.

        Raises:
            RetentionError: `unknown_verification`, `already_frozen`, `already_purged`.
        """
        now = self.clock.now()
        return self._change(who, verification_id, lambda case, known: freeze(case, known, reason, who, now))

    def thaw(self, who: str, verification_id: str, reason: ThawReason) -> Freeze:
        """Ask for the end of a freeze, or, as another person with the same reason, agree to it.

        Raises:
            RetentionError: `unknown_verification`, `not_frozen`, `same_person`, `other_reason`.
        """
        now = self.clock.now()
        return self._change(who, verification_id, lambda case, known: thaw(case, known, reason, who, now))

    def _change(
        self, who: str, verification_id: str, change: Callable[[Verification, Sequence[Freeze]], Freeze]
    ) -> Freeze:
        with self.database.changing() as work:
            work.freezes.hold(verification_id)
            try:
                verification = work.verifications.get(verification_id)
            except ServiceError:
                raise RetentionError(RetentionProblem.UNKNOWN_VERIFICATION) from None
            changed = change(verification, work.freezes.of(verification_id))
            work.freezes.save(verification_id, changed)
            if changed.thaw_asked_by is None:
                # moved to keys that do not end with the day; the nightly purge sees to the rest
                for retention in RetentionClass:
                    work.vault.keep(verification_id, retention)
            action, reason = _told(changed)
            work.audit.write(
                AuditEntry(
                    self.clock.now(), who, verification.organisation, action, verification_id, {"reason": reason}
                )
            )
        return changed


def _told(changed: Freeze) -> tuple[Action, str]:
    if changed.thaw_reason is None:
        return Action.FROZEN, changed.reason.value
    return Action.THAW_ASKED if changed.thawed_at is None else Action.THAWED, changed.thaw_reason.value
