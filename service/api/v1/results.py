"""The routes of a result: used once, by one order."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.api.strict_json import StrictJsonRoute
from service.api.v1 import answers, schemas
from service.api.v1.dependencies import JSON, Keyed, ResultId, ServicesOf, Who
from service.api.v1.documented import ONCE, problems
from service.domain.errors import ProblemCode as Code

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/results", tags=["results"])


@router.post(
    "/{jti}/consume",
    operation_id="consume_result",
    response_model=schemas.Receipt,
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.ORDER_MISMATCH,
        Code.ALREADY_CONSUMED,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        *ONCE,
    ),
)
def consume_result(
    who: Who, services: ServicesOf, keyed: Keyed, jti: ResultId, request: schemas.ConsumeResult
) -> Response:
    """Use a result for an order. The same request gets the same receipt again; any other one is refused."""
    answer = services.answer_once(
        keyed,
        lambda once: services.consume_result(who, jti, request.order_reference, once),
        lambda record: answers.octets(answers.receipt(record)),
    )
    return Response(answer, media_type=JSON)


@router.get("/{jti}", operation_id="show_result", responses=problems(Code.NOT_FOUND))
def show_result(who: Who, services: ServicesOf, jti: ResultId) -> schemas.ResultShown:
    """Ask whether a result may still be used."""
    return schemas.ResultShown(jti=jti, status=services.show_result(who, jti))
