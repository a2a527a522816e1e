"""Open a verification: one passport before one counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from service.domain import ids
from service.domain.areas import works_in
from service.domain.duplicates import FailureLimits
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.lifecycle import open_verification
from service.domain.orders import Actor, Order, order_for, require_open
from service.domain.ports import Clock, Randomness
from service.domain.protected import may_see_protected
from service.domain.repositories import Database, Work
from service.domain.verification import Kind, RetryReason, Verification
from service.usecases.answer_once import Once
from service.usecases.recording import tell


@dataclass(frozen=True, slots=True)
class OpenVerification:
    """`POST /v1/verifications`. `review_time`: how long two people have to decide when the chip was judged."""

    database: Database
    clock: Clock
    randomness: Randomness
    review_time: timedelta
    limits: FailureLimits

    def __call__(
        self,
        who: Principal,
        kind: Kind,
        order_reference: str | None,
        retry_reason: RetryReason | None,
        once: Once[Verification],
        *,
        area: str | None = None,
        protected: bool = False,
    ) -> Verification:
        now = self.clock.now()
        verification_id = ids.verification_id(self.randomness.octets(ids.ID_BYTES))
        with self.database.changing() as work:
            order = _order(work, who, kind, order_reference)
            if order is not None:
                order_reference, area = order.reference, _same_area(order, area)
                protected = protected or order.protected
            if Caller.HOLDER in who.callers and who.only is not None:
                # what people refused, the person themself does not try again
                retry_reason = None
            since = now - self.limits.window
            failed = work.traces.failures(who.organisation, who.id, since, self.limits.refused)
            self.limits.require_another(failed, now)
            if who.device is not None:
                failed = work.traces.failures_of_device(who.organisation, who.device, since, self.limits.refused)
                self.limits.require_another(failed, now)
            earlier = (
                [] if order_reference is None else work.verifications.for_order(who.organisation, order_reference)
            )
            opened = open_verification(
                verification_id,
                who,
                kind,
                order_reference,
                now,
                review_time=self.review_time,
                earlier=earlier,
                retry_reason=retry_reason,
                area=area,
                protected=protected,
                order_id=None if order is None else order.id,
            )
            work.verifications.add(opened.verification)
            tell(work, opened)
            once.remember(work, verification_id, opened.verification)
        return opened.verification


def _order(work: Work, who: Principal, kind: Kind, reference: str | None) -> Order | None:
    """The order of a portal that the verification is for; None where no portal made one.

    Raises:
        ServiceError: `not_found`: it does not exist for `who`; `forbidden`: a one-case session opens none;
            `order_mismatch`; `order_state`: it does not wait for a verification.
    """
    order: Order | None
    if who.only is not None:
        order = _own_order(work, who, kind, reference)
    elif reference is None:
        return None
    else:
        order = order_for(who, kind, work.orders.with_reference(who.organisation, reference))
    if order is None:
        return None
    if not works_in(who.areas, order.area) or (order.protected and not may_see_protected(who)):
        raise ServiceError(ProblemCode.NOT_FOUND)
    require_open(order, work.verifications.of_order(order.id))
    return order


def _own_order(work: Work, who: Principal, kind: Kind, reference: str | None) -> Order:
    """The one order of the phone of a holder."""
    order = work.orders.find(who.only or "") if Caller.HOLDER in who.callers else None
    if order is None or order.organisation != who.organisation or order.actor is not Actor.HOLDER:
        raise ServiceError(ProblemCode.FORBIDDEN)
    if order.kind is not kind or reference not in (None, order.reference):
        raise ServiceError(ProblemCode.ORDER_MISMATCH)
    return order


def _same_area(order: Order, named: str | None) -> str | None:
    if named not in (None, order.area):
        raise ServiceError(ProblemCode.ORDER_MISMATCH)
    return order.area
