"""The routes of orders: what a portal wants a verification for, and what it tells afterwards."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from pydantic import Field, StrictBool

from service.api.strict_json import StrictJsonRoute
from service.api.v1.dependencies import ServicesOf, Who
from service.api.v1.documented import problems
from service.api.v1.model import Answer, Request, Time
from service.api.v1.schemas import OrderReference
from service.domain.areas import AREA_PATTERN
from service.domain.errors import ProblemCode, ServiceError
from service.domain.errors import ProblemCode as Code
from service.domain.orders import Actor, OrderEventType, OrderState
from service.domain.verification import Kind, State
from service.usecases.make_order import HolderCode, Ordered

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/orders", tags=["orders"])

_ORDER_ID: Final = re.compile(r"or_[A-Z2-7]{26}")


class MakeOrder(Request):
    """The same wish under the same reference is the same order."""

    kind: Kind
    order_reference: OrderReference
    actor: Annotated[Actor, Field(description="whose phone captures")] = Actor.ADMINISTRATOR
    area: Annotated[str | None, Field(pattern=AREA_PATTERN, description="issuing area")] = None
    protected: Annotated[StrictBool, Field(description="the person lives under protected identity")] = False


class RecordOrderEvent(Request):
    type: OrderEventType
    at: Annotated[Time, Field(description="when it happened")]


class HolderCodeShown(Answer):
    """For the person alone: a phone enrols with it. Shown once; asked for again, a new one takes its place."""

    code: str
    challenge: Annotated[str, Field(description="what the attestation of the key must hold, base64url")]
    expires_at: datetime


class OrderedVerification(Answer):
    id: str
    state: State


class OrderEventShown(Answer):
    type: OrderEventType
    at: datetime
    recorded_at: datetime


class OrderShown(Answer):
    id: str
    order_reference: str
    kind: Kind
    actor: Actor
    state: OrderState
    area: str | None
    protected: bool
    created_at: datetime
    verifications: list[OrderedVerification]
    events: list[OrderEventShown]
    holder_code: Annotated[
        HolderCodeShown | None, Field(description="where one was made just now; null once a phone enrolled with one")
    ]
    links: dict[str, str]


def order_id(value: Annotated[str, Path(alias="id", description="`or_` and 26 characters")]) -> str:
    """The id in the path; whatever cannot be one is not found."""
    if _ORDER_ID.fullmatch(value) is None:
        raise ServiceError(ProblemCode.NOT_FOUND)
    return value


OrderId = Annotated[str, Depends(order_id)]


@router.post(
    "",
    operation_id="make_order",
    status_code=201,
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.CONFLICT,
        Code.ORDER_STATE,
        Code.IDEMPOTENCY_MISMATCH,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
    ),
)
def make_order(who: Who, services: ServicesOf, request: MakeOrder) -> OrderShown:
    """Make an order; sent again, it is the same one. For a holder it comes with the code of their phone."""
    ordered = services.make_order(
        who,
        request.kind,
        request.order_reference,
        request.actor,
        area=request.area,
        protected=request.protected,
    )
    return _shown(ordered)


@router.get("/{id}", operation_id="show_order", responses=problems(Code.NOT_FOUND))
def show_order(who: Who, services: ServicesOf, order_id: OrderId) -> OrderShown:
    """Show where an order stands, to the portal that made it."""
    return _shown(services.show_order(who, order_id))


@router.post(
    "/{id}/events",
    operation_id="record_order_event",
    status_code=201,
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.CONFLICT,
        Code.ORDER_STATE,
        Code.ALREADY_RECORDED,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
    ),
)
def record_order_event(who: Who, services: ServicesOf, order_id: OrderId, request: RecordOrderEvent) -> OrderShown:
    """Tell what happened to the order; each thing once, in its order. The same again is answered as before."""
    return _shown(services.record_order_event(who, order_id, request.type, request.at))


def _shown(ordered: Ordered) -> OrderShown:
    order = ordered.order
    own = f"/v1/orders/{order.id}"
    return OrderShown(
        id=order.id,
        order_reference=order.reference,
        kind=order.kind,
        actor=order.actor,
        state=order.state(ordered.verifications),
        area=order.area,
        protected=order.protected,
        created_at=order.created_at,
        verifications=[
            OrderedVerification(id=verification.id, state=verification.state)
            for verification in ordered.verifications
        ],
        events=[
            OrderEventShown(type=event.type, at=event.at, recorded_at=event.recorded_at) for event in order.events
        ],
        holder_code=None if ordered.holder_code is None else _holder_code(ordered.holder_code),
        links={"self": own, "events": f"{own}/events"},
    )


def _holder_code(made: HolderCode) -> HolderCodeShown:
    challenge = base64.urlsafe_b64encode(made.challenge).rstrip(b"=").decode()
    return HolderCodeShown(code=made.code, challenge=challenge, expires_at=made.expires_at)
