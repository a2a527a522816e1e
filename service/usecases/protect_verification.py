"""Mark a case as that of a person with protected identity."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.protected import may_see_protected
from service.domain.repositories import Database
from service.usecases.recording import mark_protected, touched
from service.usecases.show_verification import Shown, shown


@dataclass(frozen=True, slots=True)
class ProtectVerification:
    """`POST /v1/verifications/{id}/protect`. What was marked before stays so, and nothing takes the mark away."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, verification_id: str) -> Shown:
        now = touched(self.database, self.clock, who, verification_id)
        if not may_see_protected(who):
            # whoever marked it could not go on with it
            raise ServiceError(ProblemCode.FORBIDDEN)
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            if not verification.protected:
                verification = mark_protected(work, who, now, verification)
            return shown(work, verification)
