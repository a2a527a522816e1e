"""Record what a portal tells of its order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from service.domain.audit import Action, entry
from service.domain.devices import DeviceStatus, revoked
from service.domain.identity import Principal
from service.domain.orders import OrderEvent, OrderEventType, told
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.usecases.make_order import Ordered
from service.usecases.show_order import seen


@dataclass(frozen=True, slots=True)
class RecordOrderEvent:
    """`POST /v1/orders/{id}/events`. The same event with the same time again is answered again, and told once."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, order_id: str, event_type: OrderEventType, at: datetime) -> Ordered:
        """The order with the event.

        Raises:
            ServiceError: `not_found`; `already_recorded`; `order_state`; `validation_failed`: its time is in the
                future, or before that of the event before it.
        """
        now = self.clock.now()
        event = OrderEvent(event_type, at.astimezone(UTC), now)
        with self.database.changing() as work:
            order = seen(work.orders.hold(order_id), who)
            verifications = tuple(work.verifications.of_order(order.id))
            if not told(order, verifications, event):
                return Ordered(order, verifications)
            work.orders.add_event(order.id, event)
            if event_type is OrderEventType.CANCELLED:
                # a phone that has not enrolled yet never will, and one that did may do nothing any more
                work.enrolments.end_of_order(order.id, now)
                for device in work.devices.of_order(order.id):
                    if device.status is not DeviceStatus.REVOKED:
                        work.devices.save(revoked(device, who.id, now))
            work.audit.write(
                entry(who, now, Action.ORDER_EVENT_RECORDED, None, {"order": order.id, "event": event_type.value})
            )
        return Ordered(replace(order, events=(*order.events, event)), verifications)
