"""Where a request came from, found out once for each."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from service.domain.proxies import UNKNOWN, Seen, TrustedProxies

_SEEN: Final = "passkoll.seen"


class ClientAddress:
    """ASGI middleware around everything. Scheme, host and port of the request stay those of the connection."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            client = scope.get("client")
            secure = scope["scheme"] in ("https", "wss")
            scope[_SEEN] = self._proxies.seen(None if client is None else client[0], secure, scope["headers"])
        await self._app(scope, receive, send)


def seen(scope: Scope) -> Seen:
    """Where the request of `scope` came from."""
    found: Seen | None = scope.get(_SEEN)
    return Seen(UNKNOWN, secure=False) if found is None else found
