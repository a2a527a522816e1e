"""Use a result for one order, once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.domain.audit import Action, entry
from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.result import ResultRecord, require_order
from service.domain.verification import NextStep, State


@dataclass(frozen=True, slots=True)
class ConsumeResult:
    """`POST /v1/results/{jti}/consume`. The same order gets the same receipt again; another order never."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, jti: str, order_reference: str) -> ResultRecord:
        now = self.clock.now()
        with self.database.changing() as work:
            record = work.results.get(jti)
            verification = work.verifications.get(record.verification_id)
            require_order(record, verification, order_reference)
            if record.consumed_at is not None:
                return record
            consumed = replace(record, consumed_by_order=order_reference, consumed_at=now)
            work.results.mark_consumed(consumed)
            work.verifications.save(verification.move(State.CONSUMED, NextStep.STOP, now))
            work.audit.write(entry(who, now, Action.RESULT_CONSUMED, record.verification_id, {"txn": record.txn}))
        return consumed
