"""WebSockets: first who asks, then the handshake. What is refused before it is an answer of HTTP, with a problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from service.api.request_context import current_request_id, log
from service.api.v1.dependencies import admit, public_origin
from service.api.v1.problems import problem, problem_of
from service.domain.errors import ProblemCode, ServiceError
from service.log import named

#: Serves one connection, from the handshake to the end.
Served = Callable[[WebSocket], Awaitable[None]]
#: Finds out whether a connection may be opened, and how it is served; nothing of it was read.
Opens = Callable[[WebSocket], Served]


class GuardedSocket:
    """An ASGI application for one address: refuses whom the table of access does not let in, then opens and serves.

    Args:
        operation_id: its row in the table.
        path: the template of its address, for the log.
        subprotocol: which a client must offer (RFC 6455 §1.9).
        opens: called in a thread once it is known who asks; may raise `ServiceError`.
    """

    def __init__(self, operation_id: str, path: str, subprotocol: str, opens: Opens) -> None:
        self.operation_id: Final = operation_id
        self.path: Final = path
        self.subprotocol: Final = subprotocol
        self._opens = opens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self
        websocket = WebSocket(scope, receive, send)
        try:
            served = await run_in_threadpool(self._admitted, websocket)
        except ServiceError as error:
            await websocket.send_denial_response(problem_of(websocket, error))
            return
        except Exception as error:
            log.error("fault", request_id=current_request_id(), **named(error))
            await websocket.send_denial_response(problem(ProblemCode.INTERNAL_ERROR))
            return
        await served(websocket)

    def _admitted(self, websocket: WebSocket) -> Served:
        origin = websocket.headers.get("Origin")
        # A page that is not ours may ask for anything in the name of whoever looks at it; apps send no origin.
        if origin is not None and origin != public_origin(websocket):
            raise ServiceError(ProblemCode.FORBIDDEN)
        admit(websocket)
        if self.subprotocol not in websocket.scope["subprotocols"]:
            raise ServiceError(ProblemCode.MALFORMED_REQUEST)
        return self._opens(websocket)


class DeniedSockets:
    """ASGI middleware: an address that is none is answered with a problem to a WebSocket as to any request."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            send = _told(scope, receive, send)
        await self._app(scope, receive, send)


def _told(scope: Scope, receive: Receive, send: Send) -> Send:
    begun = False

    async def send_or_refuse(message: dict[str, object]) -> None:
        nonlocal begun
        if message["type"] == "websocket.close" and not begun:
            await problem(ProblemCode.NOT_FOUND)(scope, receive, send)
            return
        begun = True
        await send(message)

    return send_or_refuse  # type: ignore[return-value]
