"""Show a portal where its order stands."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.lifecycle import as_of
from service.domain.orders import Order, OrderState
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.verification import Verification
from service.usecases.make_order import Ordered


@dataclass(frozen=True, slots=True)
class ShowOrder:
    """`GET /v1/orders/{id}`, for the client that made it."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, order_id: str) -> Ordered:
        """The order with the verifications for it.

        Raises:
            ServiceError: `not_found`.
        """
        now = self.clock.now()
        with self.database.reading() as work:
            order = seen(work.orders.find(order_id), who)
            found = work.verifications.of_order(order.id)
        return Ordered(order, tuple(as_of(verification, now) for verification in found))


def seen(order: Order | None, who: Principal) -> Order:
    """The order, if it exists for `who`.

    Raises:
        ServiceError: `not_found`.
    """
    if order is None:
        raise ServiceError(ProblemCode.NOT_FOUND)
    return order.seen_by(who)


def require_wanted(work: Work, verification: Verification) -> None:
    """Refuse what is made for an order that its portal cancelled.

    Raises:
        ServiceError: `order_state`.
    """
    order = None if verification.order_id is None else work.orders.find(verification.order_id)
    if order is not None and order.state(()) is OrderState.CANCELLED:
        raise ServiceError(ProblemCode.ORDER_STATE)
