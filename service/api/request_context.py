"""What every request, answer and WebSocket has: an id, safe headers, one line in the log."""

from __future__ import annotations

import secrets
import time
from contextvars import ContextVar
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.client_address import seen
from service.api.security_headers import security_headers
from service.metrics import Meter

_request_id: ContextVar[str] = ContextVar("request_id", default="")

#: The status of a handshake that makes a WebSocket (RFC 6455 §4.2.2).
_SWITCHING: Final = 101
#: Where in the scope of a WebSocket the number of its batches stands.
BATCHES: Final = "passkoll.batches"

log: Final = structlog.get_logger("passkoll.http")


def current_request_id() -> str:
    """The id of the request that is being answered."""
    return _request_id.get()


class RequestContext:
    """ASGI middleware around the whole application.

    The log names the route, never the path or the query: those are the caller's words. The id is always made here:
    one that a caller chose could hold anything, and could be that of another request.
    """

    def __init__(self, app: ASGIApp, meter: Meter | None = None) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{secrets.token_hex(8)}"
        token = _request_id.set(request_id)
        started = time.monotonic()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(scope, message, request_id)
            await send(message)

        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self._app(scope, receive, send_with_headers)
        finally:
            duration = time.monotonic() - started
            route = getattr(scope.get("route"), "path", None)
            if self._meter is not None:
                self._meter.request(scope["method"], route, status, duration)
            log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=route,
                status=status,
                duration_ms=round(duration * 1000),
            )
            _request_id.reset(token)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same for a WebSocket: its handshake counts as a request, its line is written at its end.

        `status` is what the handshake was answered with, `code` what the socket was closed with, by either end.
        """
        request_id = f"req_{secrets.token_hex(8)}"
        token = _request_id.set(request_id)
        socket = _Socket(scope, receive, send, request_id)
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self._app(scope, socket.receive, socket.send)
        finally:
            if self._meter is not None:
                self._meter.request("GET", socket.route, socket.status, socket.answered_after)
            log.info(
                "websocket",
                request_id=request_id,
                method="GET",
                route=socket.route,
                status=socket.status,
                code=socket.code,
                batches=scope.get(BATCHES),
                duration_ms=round((time.monotonic() - socket.started) * 1000),
            )
            _request_id.reset(token)


class _Socket:
    """What is seen of a WebSocket from outside."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self.started: Final = time.monotonic()
        self.answered_after = 0.0
        self.status = 500
        self.code: int | None = None

    @property
    def route(self) -> str | None:
        """The template of its address; None for one that there is not."""
        return getattr(self._scope.get("route"), "path", None)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.disconnect" and self.code is None and self.status == _SWITCHING:
            self.code = message.get("code")
        return message

    async def send(self, message: Message) -> None:
        if message["type"] in ("websocket.accept", "websocket.http.response.start"):
            self.status = message.get("status", _SWITCHING)
            self.answered_after = time.monotonic() - self.started
            _add_headers(self._scope, message, self._request_id)
        elif message["type"] == "websocket.close" and self.code is None:
            self.code = message.get("code")
        await self._send(message)


def _add_headers(scope: Scope, message: Message, request_id: str) -> None:
    message["headers"] = list(message.get("headers") or ())
    headers = MutableHeaders(scope=message)
    headers["X-Request-Id"] = request_id
    for name, value in security_headers(scope["path"], secure=seen(scope).secure).items():
        headers.setdefault(name, value)
