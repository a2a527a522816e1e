"""Live reading: the phone carries frames between chip and server, over a WebSocket or by POST."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from service.api.guarded_socket import GuardedSocket, Served
from service.api.live_codec import Form, FrameError, Received, decode, encode
from service.api.live_socket import LiveSocket, LiveWork
from service.api.strict_json import GuardedRoute
from service.api.v1 import answers
from service.api.v1.dependencies import ServicesOf, StructuredBody, VerificationId, Who, admitted, services
from service.api.v1.dependencies import verification_id as checked_id
from service.api.v1.documented import body, problems
from service.api.v1.live_schemas import LiveServerFrame
from service.api.v1.problems import media_type
from service.domain.errors import FieldError, ServiceError
from service.domain.errors import ProblemCode as Code
from service.domain.identity import Principal
from service.domain.live import SUBPROTOCOL, Failed, Hello, LiveCode
from service.usecases.live_reading import LiveReading
from service.usecases.submit_chip import ChipJudged
from service.wiring import Services

router = APIRouter(route_class=GuardedRoute, tags=["verifications"])

PATH: Final = "/v1/verifications/{id}/chip/live"
_CLIENT_FRAME: Final = {"$ref": "#/components/schemas/LiveClientFrame"}
_SERVER_FRAME: Final = {"$ref": "#/components/schemas/LiveServerFrame"}


def live_work(connection: HTTPConnection) -> LiveWork:
    """The threads of live readings of this application."""
    work: LiveWork = connection.app.state.live_work
    return work


def rendered(judged: ChipJudged) -> bytes:
    """What `POST .../chip` answers."""
    return answers.octets(answers.chip_judged(judged))


def _open_socket(websocket: WebSocket) -> Served:
    verification = checked_id(str(websocket.path_params["id"]))
    session = services(websocket).live.open(admitted(websocket), verification, rendered)
    return LiveSocket(session, live_work(websocket)).serve


router.add_websocket_route(
    PATH,
    GuardedSocket("read_chip_live", PATH, SUBPROTOCOL, _open_socket),  # type: ignore[arg-type]
    name="read_chip_live",
)


def live_form(request: Request) -> Form:
    """The form of the frame in a body, in which it is answered as well; another one is refused with the body."""
    return Form.JSON if media_type(request) == Form.JSON else Form.CBOR


def _openapi() -> dict[str, Any]:
    return body(_CLIENT_FRAME)


@router.post(
    PATH + "/frames",
    operation_id="relay_live_frame",
    response_model=LiveServerFrame,
    openapi_extra=_openapi(),
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.OTHER_DEVICE,
        Code.ATTEMPT_LIMIT,
        Code.ERASED,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
    )
    | {
        200: {
            "description": "The frame that answers, in the form that was sent. A chip that fails is an answer too.",
            "content": {Form.CBOR.value: {"schema": _SERVER_FRAME}},
        }
    },
)
async def relay_live_frame(
    who: Who,
    services: ServicesOf,
    verification_id: VerificationId,
    content: StructuredBody,
    form: Annotated[Form, Depends(live_form)],
    work: Annotated[LiveWork, Depends(live_work)],
) -> Response:
    """One frame of a live reading, where no WebSocket gets through: `hello` opens a session and ends an older one.

    A frame that was answered and comes again gets the same answer.
    """
    received = _received(content, form)
    session = await work.run(lambda: _session(services, who, verification_id, received))
    if session is None:
        return Response(encode(Failed(LiveCode.UNKNOWN_SESSION), None, form), media_type=form)
    answer = await work.take(session, received.frame)
    return Response(encode(answer, session.id, form), media_type=form)


def _received(content: bytes, form: Form) -> Received:
    try:
        received = decode(content, form)
    except FrameError as error:
        if error.place is None:
            raise ServiceError(Code.MALFORMED_REQUEST) from None
        raise ServiceError(Code.VALIDATION_FAILED, errors=(error.place,)) from None
    if received.session is None and not isinstance(received.frame, Hello):
        raise ServiceError(Code.VALIDATION_FAILED, errors=(FieldError("/session", "missing"),))
    return received


def _session(wired: Services, who: Principal, verification_id: str, received: Received) -> LiveReading | None:
    """The session of a frame: a new one for the first; None where it is none of theirs, or none any more."""
    if received.session is None:
        return wired.live.open(who, verification_id, rendered)
    try:
        return wired.live.of(who, verification_id, received.session)
    except ServiceError:
        return None
