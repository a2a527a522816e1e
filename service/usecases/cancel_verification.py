"""Cancel a verification that nobody needs any more."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.audit import Action, entry
from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.verification import CaseReason, NextStep, State, Verification


@dataclass(frozen=True, slots=True)
class CancelVerification:
    """`POST /v1/verifications/{id}/cancel`."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, verification_id: str) -> Verification:
        now = self.clock.now()
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            verification = work.verifications.save(
                verification.move(State.CANCELLED, NextStep.STOP, now, CaseReason.CANCELLED)
            )
            work.audit.write(entry(who, now, Action.CANCELLED, verification_id))
        return verification
