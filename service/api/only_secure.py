"""Refuses what came in the clear where the service is reached through proxies that bring TLS."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.client_address import seen
from service.api.v1.problems import problem
from service.domain.errors import ProblemCode

#: Probes come from the machine beside, in the clear, and are told nothing but whether the service lives.
_FOR_PROBES: Final = frozenset({"/v1/health/live", "/v1/health/ready"})


class OnlySecure:
    """ASGI middleware: what came in the clear is answered with `forbidden`, but for whether the service lives."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["type"] in ("http", "websocket")
        if asks and not seen(scope).secure and scope["path"] not in _FOR_PROBES:
            await problem(ProblemCode.FORBIDDEN)(scope, receive, send)
            return
        await self._app(scope, receive, send)
