"""Record what the register of the issuing state says of the document."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.lifecycle import happen
from service.domain.ports import Clock, StatusLookup
from service.domain.repositories import Database
from service.domain.status_lookup import (
    DocumentStatus,
    RegisteredDocument,
    StatusAnswer,
    StatusSource,
    after_status,
)
from service.domain.verification import State
from service.usecases.recording import record, touched
from service.usecases.show_verification import Shown, shown


@dataclass(frozen=True, slots=True)
class LookUpStatus:
    """`POST /v1/verifications/{id}/status-lookups`."""

    database: Database
    clock: Clock
    register: StatusLookup

    def __call__(
        self,
        who: Principal,
        verification_id: str,
        source: StatusSource,
        document: RegisteredDocument,
        typed: DocumentStatus,
    ) -> Shown:
        now = touched(self.database, self.clock, who, verification_id)
        # Asked outside the transaction: a register may take its time.
        answer = StatusAnswer(source, document, self.register.status(source, document, typed), now)
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.CHECKED, State.REVIEW_1)
            judgement = work.judgements.latest(verification_id)
            if judgement is None:
                raise ServiceError(ProblemCode.WRONG_STATE, state=verification.state.value)
            course = after_status(verification, judgement, answer, work.status_lookups.of(verification_id))
            details = {"source": source.value, "document": document.value, "status": answer.status.value}
            moved = happen(verification, course, who, now, details=details)
            work.status_lookups.add(verification_id, answer)
            return shown(work, record(work, moved))
