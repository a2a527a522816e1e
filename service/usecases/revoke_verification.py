"""Revoke an approval: one person requests it, another one confirms."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.identity import Principal
from service.domain.lifecycle import Happening, happen
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.revocation import RevocationReason, after_revocation
from service.domain.two_people import require_not_one
from service.domain.verification import State
from service.usecases.recording import record, touched
from service.usecases.show_verification import Shown, shown


@dataclass(frozen=True, slots=True)
class RevokeVerification:
    """`POST /v1/verifications/{id}/revoke`. The first call requests, the second one, by another person, confirms."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, verification_id: str, reason: RevocationReason, note: str | None) -> Shown:
        now = touched(self.database, self.clock, who, verification_id)
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.APPROVED, State.RESULT_ISSUED, State.CONSUMED)
            earlier = work.revocations.of(verification_id)
            revocation, course = after_revocation(verification, earlier, who, reason, note, now)
            moved = happen(verification, course, who, now, details={"revocation": reason.value})
            if course.happening is Happening.REVOKED:
                require_not_one(work.people.find(revocation.requested_by), work.people.find(who.id))
                work.revocations.confirm(verification_id, revocation)
            else:
                work.revocations.add(verification_id, revocation)
            return shown(work, record(work, moved))
