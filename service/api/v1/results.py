"""The routes of a result: used once, by one order."""

from __future__ import annotations

from fastapi import APIRouter

from service.api.strict_json import StrictJsonRoute
from service.api.v1 import schemas
from service.api.v1.dependencies import ResultId, ServicesOf, Who
from service.api.v1.documented import problems
from service.domain.errors import ProblemCode as Code
from service.domain.result import ResultStatus

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/results", tags=["results"])


@router.post(
    "/{jti}/consume",
    operation_id="consume_result",
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.ORDER_MISMATCH,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
    ),
)
def consume_result(who: Who, services: ServicesOf, jti: ResultId, request: schemas.ConsumeResult) -> schemas.Receipt:
    """Use a result for an order. The same order gets the same receipt again; another order is refused."""
    record = services.consume_result(who, jti, request.order_reference)
    return schemas.Receipt.model_validate(
        {
            "jti": record.jti,
            "status": ResultStatus.CONSUMED,
            "order_reference": record.consumed_by_order,
            "consumed_at": record.consumed_at,
        }
    )


@router.get("/{jti}", operation_id="show_result", responses=problems(Code.NOT_FOUND))
def show_result(_who: Who, services: ServicesOf, jti: ResultId) -> schemas.ResultShown:
    """Ask whether a result may still be used."""
    return schemas.ResultShown(jti=jti, status=services.show_result(jti))
