"""Orders of portals, as far as a verification needs them: what it is for, for whose portal, and who captures.

The state follows from what is recorded: an order is verified while an approval for it is in force, and what happens
to the card afterwards is told by the portal (RULES.md section 6, `CardOrder`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.verification import Kind, State, Verification

#: A holder's code travels by the portal's own message and is used at home.
HOLDER_CODE_TIME: Final = timedelta(days=7)


class Actor(StrEnum):
    """Whose phone captures."""

    ADMINISTRATOR = "administrator"
    #: the person alone, on their own phone (USERS.md "The holder alone")
    HOLDER = "holder"


class OrderState(StrEnum):
    """Where an order stands."""

    OPEN = "open"
    VERIFIED = "verified"
    CANCELLED = "cancelled"


class OrderEventType(StrEnum):
    """What a portal tells of an order."""

    CANCELLED = "cancelled"
    ISSUED = "issued"
    HANDED_OVER = "handed_over"
    ACTIVATED = "activated"
    BLOCKED = "blocked"
    RETURNED = "returned"
    EXPIRED = "expired"


_E = OrderEventType
#: Event -> what must have come last (None: nothing yet).
_AFTER: Final[Mapping[OrderEventType, frozenset[OrderEventType | None]]] = MappingProxyType(
    {
        _E.CANCELLED: frozenset({None}),
        _E.ISSUED: frozenset({None}),
        _E.HANDED_OVER: frozenset({_E.ISSUED}),
        _E.ACTIVATED: frozenset({_E.HANDED_OVER}),
        # a card that nobody activates is blocked too
        _E.BLOCKED: frozenset({_E.ISSUED, _E.HANDED_OVER, _E.ACTIVATED}),
        _E.RETURNED: frozenset({_E.ACTIVATED}),
        _E.EXPIRED: frozenset({_E.ACTIVATED}),
    }
)
_APPROVED: Final = frozenset({State.APPROVED, State.RESULT_ISSUED, State.CONSUMED})


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One thing that a portal told. `at`: when it happened there; `recorded_at`: when we were told."""

    type: OrderEventType
    at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a portal.

    `id`: `or_` and 26 characters. `client`: who made it, and whose results it leads to. `reference`: the portal's own
    name for it, once a client. `area`: the issuing area; `protected`: the person has protected identity. `events`:
    oldest first.
    """

    id: str
    organisation: str
    client: str
    kind: Kind
    reference: str
    actor: Actor
    created_at: datetime
    area: str | None = None
    protected: bool = False
    events: tuple[OrderEvent, ...] = ()

    def seen_by(self, who: Principal) -> Order:
        """Itself for the client that made it; for others it does not exist.

        Raises:
            ServiceError: `not_found`.
        """
        if self.organisation != who.organisation or self.client != who.id:
            raise ServiceError(ProblemCode.NOT_FOUND)
        return self

    def state(self, verifications: Sequence[Verification]) -> OrderState:
        """Where it stands, by the verifications that were opened for it."""
        if any(event.type is OrderEventType.CANCELLED for event in self.events):
            return OrderState.CANCELLED
        verified = any(verification.last_state in _APPROVED for verification in verifications)
        return OrderState.VERIFIED if verified else OrderState.OPEN

    def same_wish(self, other: Order) -> bool:
        """Whether another order asks for the same."""
        wish = (self.kind, self.reference, self.actor, self.area, self.protected)
        return wish == (other.kind, other.reference, other.actor, other.area, other.protected)


class Orders(Protocol):
    """The rows of orders."""

    def add(self, order: Order) -> None:
        """A new one; ServiceError `conflict` where the client has one with this reference."""
        ...

    def find(self, order_id: str) -> Order | None:
        """The order with this id, whatever the organisation."""
        ...

    def hold(self, order_id: str) -> Order | None:
        """As `find`; nobody else changes it until this transaction ends."""
        ...

    def of_client(self, client: str, reference: str) -> Order | None:
        """The order of a client with this reference."""
        ...

    def with_reference(self, organisation: str, reference: str) -> Sequence[Order]:
        """Every order of an organisation with this reference, by id."""
        ...

    def add_event(self, order_id: str, event: OrderEvent) -> None:
        """Something more; ServiceError `conflict` where it was told at the same time by another request."""
        ...


def require_open(order: Order, verifications: Sequence[Verification]) -> None:
    """Refuse what needs an order that still waits for a verification.

    Raises:
        ServiceError: `order_state`.
    """
    if order.state(verifications) is not OrderState.OPEN:
        raise ServiceError(ProblemCode.ORDER_STATE)


def order_for(who: Principal, kind: Kind, found: Sequence[Order]) -> Order | None:
    """The order that a verification is opened for, of those with its reference; None where there is none.

    Raises:
        ServiceError: `order_mismatch`: it is of another kind, of another portal, or nobody can tell which one is
            meant.
    """
    mine = [order for order in found if order.client == who.id] if Caller.PORTAL in who.callers else list(found)
    if not mine and not found:
        return None
    if len(mine) != 1 or mine[0].kind is not kind:
        raise ServiceError(ProblemCode.ORDER_MISMATCH)
    return mine[0]


def told(order: Order, verifications: Sequence[Verification], event: OrderEvent) -> bool:
    """Whether an event is news; False where the same was told before.

    Raises:
        ServiceError: `already_recorded`: it was told with another time; `order_state`: nothing leads there from where
            the order stands; `validation_failed`: it lies in the future, or before what came before it.
    """
    for known in order.events:
        if known.type is event.type:
            if known.at == event.at:
                return False
            raise ServiceError(ProblemCode.ALREADY_RECORDED)
    last = order.events[-1] if order.events else None
    if (last and last.type) not in _AFTER[event.type]:
        raise ServiceError(ProblemCode.ORDER_STATE)
    if event.type is OrderEventType.ISSUED and order.state(verifications) is not OrderState.VERIFIED:
        raise ServiceError(ProblemCode.ORDER_STATE)
    if event.at > event.recorded_at or (last is not None and event.at < last.at):
        raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError("/at", "out_of_order"),))
    return True
