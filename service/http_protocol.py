"""HTTP/1.1 as uvicorn speaks it over h11, with an end to patience and answers of ours for what is no request."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from service.api.security_headers import security_headers
from service.api.v1.problems import MEDIA_TYPE, problem
from service.domain.errors import ProblemCode

#: Octets of a request line with its headers, beyond which h11 waits for no more of them. The largest of ours, a proof
#: with a token and a session, have 4 KiB.
MAX_HEADERS: Final = 16 * 1024
#: Seconds from the first octet of a request, or from a connection, to the end of the headers.
HEADERS_TIME_S: Final = 10.0
#: Seconds in which the rest of a body that nobody wants is thrown away.
LINGER_S: Final = 2.0
#: Seconds that a connection may wait for its next request.
KEEP_ALIVE_S: Final = 5


class PatientProtocol(H11Protocol):
    """Closes connections on which no whole request comes: uvicorn itself would wait for ever (slow loris)."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_to_wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_while_incomplete()

    def on_response_complete(self) -> None:
        if self.conn.their_state is h11.SEND_BODY:
            # Answered before the body was there, so it was not wanted. It is thrown away for a moment, since a
            # connection that ends at once would take the answer with it (RFC 9112 §9.6).
            self.loop.call_later(LINGER_S, self._end_unless_whole, self.cycle)
        super().on_response_complete()
        # What was sent meanwhile may be a part of the next request.
        if self.conn.trailing_data[0]:
            self._wait_while_incomplete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """As every other problem, with the headers of every answer; the connection ends."""
        answer = problem(ProblemCode.MALFORMED_REQUEST)
        secure = self.scheme == "https"
        headers = [
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(answer.body))),
            ("Connection", "close"),
            *security_headers("", secure=secure).items(),
        ]
        events: tuple[Any, ...] = (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        # Where an answer is under way already, what came after it is not answered at all.
        with contextlib.suppress(h11.LocalProtocolError):
            self.transport.writelines([self.conn.send(event) or b"" for event in events])
        self.transport.close()

    def _end_unless_whole(self, cycle: RequestResponseCycle) -> None:
        if self.cycle is cycle and self.conn.their_state is h11.SEND_BODY:
            self.transport.close()

    def _wait_while_incomplete(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._patience is None:
            self._begin_to_wait()

    def _begin_to_wait(self) -> None:
        self._patience = self.loop.call_later(HEADERS_TIME_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
