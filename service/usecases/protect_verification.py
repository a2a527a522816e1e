"""Mark a case as that of a person with protected identity."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.protected import may_see_protected, reason_given
from service.domain.repositories import Database
from service.usecases.recording import touched
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
                details = {"reason": reason_given(who)}
                verification = work.verifications.save(replace(verification, protected=True))
                work.audit.write(entry(who, now, Action.PROTECTED, verification_id, details))
            return shown(work, verification)
