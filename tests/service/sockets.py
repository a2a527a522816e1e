"""WebSockets of the test client, which knows two ends of a handshake: a socket, or an answer of HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from service.domain.live import SUBPROTOCOL

#: Stands for a method where routes are listed.
WS = "WS"


def shaken(
    client: TestClient, path: str, headers: Mapping[str, str], subprotocols: tuple[str, ...] = (SUBPROTOCOL,)
) -> WebSocketDenialResponse:
    """The answer of HTTP to a handshake that is to be refused."""
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(path, subprotocols=list(subprotocols), headers=dict(headers)),
    ):
        pass
    return refused.value
