"""Orders of portals, and what is told of them, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select
from sqlalchemy.exc import IntegrityError

from service.adapters.db.hand_over_tables import order_events, orders
from service.domain.errors import ProblemCode, ServiceError
from service.domain.orders import Actor, Order, OrderEvent, OrderEventType
from service.domain.verification import Kind

_C: Final = orders.c


@dataclass(frozen=True, slots=True)
class OrderRows:
    """Answers `service.domain.orders.Orders`."""

    connection: Connection

    def add(self, order: Order) -> None:
        names = ("id", "organisation", "client", "kind", "reference", "actor", "area", "protected", "created_at")
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(orders).values({name: getattr(order, name) for name in names}))
        except IntegrityError:
            raise ServiceError(ProblemCode.CONFLICT) from None

    def find(self, order_id: str) -> Order | None:
        return self._one(select(orders).where(_C.id == order_id))

    def hold(self, order_id: str) -> Order | None:
        # on SQLite, which knows no such lock, whoever may write is alone
        return self._one(select(orders).where(_C.id == order_id).with_for_update())

    def of_client(self, client: str, reference: str) -> Order | None:
        return self._one(select(orders).where(_C.client == client, _C.reference == reference))

    def with_reference(self, organisation: str, reference: str) -> Sequence[Order]:
        query = select(orders).where(_C.organisation == organisation, _C.reference == reference).order_by(_C.id)
        return [self._order(row) for row in self.connection.execute(query).all()]

    def add_event(self, order_id: str, event: OrderEvent) -> None:
        values = {"order_id": order_id, "type": event.type, "at": event.at, "recorded_at": event.recorded_at}
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(order_events).values(values))
        except IntegrityError:
            raise ServiceError(ProblemCode.CONFLICT) from None

    def _one(self, query: Select[*tuple[Any, ...]]) -> Order | None:
        row = self.connection.execute(query).one_or_none()
        return None if row is None else self._order(row)

    def _order(self, row: Row[*tuple[Any, ...]]) -> Order:
        return Order(
            row.id,
            row.organisation,
            row.client,
            Kind(row.kind),
            row.reference,
            Actor(row.actor),
            row.created_at,
            row.area,
            row.protected,
            self._events(row.id),
        )

    def _events(self, order_id: str) -> tuple[OrderEvent, ...]:
        table = order_events.c
        query = select(order_events).where(table.order_id == order_id).order_by(table.id)
        rows = self.connection.execute(query)
        return tuple(OrderEvent(OrderEventType(row.type), row.at, row.recorded_at) for row in rows)
