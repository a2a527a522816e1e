"""Use a result for one order, once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.lifecycle import Course, Happening, happen
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.result import ResultRecord, require_order
from service.domain.verification import NextStep
from service.usecases.answer_once import Once
from service.usecases.recording import record, touched
from service.usecases.result_audience import require_recipient


@dataclass(frozen=True, slots=True)
class ConsumeResult:
    """`POST /v1/results/{jti}/consume`. The same request gets the same receipt again, as long as the result is kept.

    Another order never gets one, and neither does another request for the same order: two programs of a portal must
    not both make a card (SECURITY.md 7.6). `audience`: of results that are for no particular portal.
    """

    database: Database
    clock: Clock
    audience: str

    def __call__(self, who: Principal, jti: str, order_reference: str, once: Once[ResultRecord]) -> ResultRecord:
        with self.database.reading() as work:
            verification_id = work.results.get(jti).verification_id
        now = touched(self.database, self.clock, who, verification_id)
        with self.database.changing() as work:
            found = work.results.get(jti)
            verification = work.verifications.get(verification_id)
            require_recipient(work, who, verification, self.audience)
            require_order(found, verification, order_reference)
            if found.consumed_request == once.digest:
                return found
            if found.consumed_at is not None:
                raise ServiceError(ProblemCode.ALREADY_CONSUMED, state=verification.state.value)
            course = Course(Happening.RESULT_CONSUMED, NextStep.STOP)
            moved = happen(verification, course, who, now, details={"txn": found.txn})
            consumed = replace(
                found, consumed_by_order=order_reference, consumed_at=now, consumed_request=once.digest
            )
            work.results.mark_consumed(consumed)
            record(work, moved)
            once.remember(work, verification_id, consumed)
        return consumed
