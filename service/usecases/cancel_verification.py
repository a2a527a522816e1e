"""Cancel a verification that nobody needs any more, or that somebody suspects."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.identity import Principal
from service.domain.lifecycle import Course, Happening, happen
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.verification import CaseReason, NextStep, Verification
from service.usecases.recording import record, touched


@dataclass(frozen=True, slots=True)
class CancelVerification:
    """`POST /v1/verifications/{id}/cancel`. Fraud can be suspected before any chip was read, by a reviewer."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, verification_id: str, *, suspected_fraud: bool = False) -> Verification:
        now = touched(self.database, self.clock, who, verification_id)
        course = (
            Course(Happening.FRAUD_SUSPECTED, NextStep.STOP, CaseReason.SUSPECTED_BY_REVIEWER)
            if suspected_fraud
            else Course(Happening.CANCELLED, NextStep.STOP, CaseReason.CANCELLED)
        )
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            return record(work, happen(verification, course, who, now))
