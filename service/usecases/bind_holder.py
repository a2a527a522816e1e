"""Bind the phone of a holder to the one order that its code was made for (USERS.md "The holder alone")."""

from __future__ import annotations

from service.domain.errors import ProblemCode, ServiceError
from service.domain.orders import Actor, OrderState
from service.domain.repositories import Work


def require_holder_wanted(work: Work, order_id: str) -> None:
    """Refuse a phone whose order was cancelled or verified, or has a phone already: one for each order, ever.

    Raises:
        ServiceError: `not_found`, as for a code that nobody made.
    """
    order = work.orders.hold(order_id)
    wanted = (
        order is not None
        and order.actor is Actor.HOLDER
        and order.state(work.verifications.of_order(order_id)) is OrderState.OPEN
        and not work.devices.of_order(order_id)
    )
    if not wanted:
        raise ServiceError(ProblemCode.NOT_FOUND)
