"""What every request and answer has: an id, safe headers, one line in the log."""

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
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in security_headers(scope["path"], secure=seen(scope).secure).items():
                    headers.setdefault(name, value)
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
