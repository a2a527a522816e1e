"""WebSockets (RFC 6455) as uvicorn speaks them, with bounds, an end to patience, and our answer to what is none.

uvicorn reads one message ahead and stops reading then; what came in one piece with it, messages in endless parts, and
answers to pings that nobody fetches, it keeps without a bound. A connection whose other end reads nothing any more it
waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame
from websockets.http11 import Request, Response

from service.api.security_headers import security_headers
from service.api.v1.problems import MEDIA_TYPE, problem
from service.domain.errors import ProblemCode

#: Messages that wait for their turn: a phone waits for an answer before it sends the next, but may give up meanwhile.
MAX_WAITING: Final = 4
#: Parts of one message. A phone may cut a frame into pieces, but gains nothing by it.
MAX_PARTS: Final = 1024
#: Octets that wait to be fetched: beyond any frame of ours, so that whoever lets more pile up does not read.
MAX_UNSENT: Final = 1024 * 1024
#: Seconds from the end of a connection until it is cut, whether everything was sent or not.
CUT_AFTER_S: Final = 2.0
#: RFC 6455 §7.4.1.
_POLICY_VIOLATION: Final = 1008


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One connection."""

    def handle_connect(self, event: Request) -> None:
        """Refuse what is no handshake as every other request that cannot be read is refused."""
        self.response = self.conn.accept(event)
        if self.response.status_code == 101:
            super().handle_connect(event)
            return
        self.handshake_complete = True
        self.close_sent = True
        self.conn.send_response(self._malformed())
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated and not self.handshake_complete:
            # RFC 6455 §4.1: a client waits for the answer before it sends anything else
            self.transport.abort()
            return
        super().data_received(data)

    def handle_ping(self) -> None:
        if self.transport.get_write_buffer_size() > MAX_UNSENT:
            # answers to pings that nobody fetches
            self._refuse()
            return
        super().handle_ping()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MAX_PARTS:
            self._refuse()
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.queue.qsize() >= MAX_WAITING:
            self._refuse()
            return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # what cannot be sent would keep the connection, and whoever writes to it, for as long as TCP tries
        self.loop.call_later(CUT_AFTER_S, self.transport.abort)

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        # everything was said; what the other end does not fetch would keep the connection
        self.loop.call_later(self.close_timeout + CUT_AFTER_S, self.transport.abort)

    async def send(self, message: ASGISendEvent) -> None:
        """As uvicorn; who sends after the end learns that it is over, as after a loss."""
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        # else uvicorn takes a handshake that was answered with a problem for one that was not answered, and logs it
        self.handshake_complete = self.handshake_complete or self.close_sent

    def _refuse(self) -> None:
        """End the connection for what no phone does."""
        if self.close_sent:
            return
        self.frames = []
        self.conn.fail(_POLICY_VIOLATION)
        self.handle_parser_exception()
        self.loop.call_later(CUT_AFTER_S, self.transport.abort)

    def _malformed(self) -> Response:
        answer = problem(ProblemCode.MALFORMED_REQUEST)
        headers: Sequence[tuple[str, Any]] = [
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(answer.body))),
            ("Connection", "close"),
            *security_headers("", secure=self.scheme == "wss").items(),
        ]
        return Response(answer.status_code, "Bad Request", Headers(headers), bytes(answer.body))
