"""What one connection may make the service keep: every bound, without a network, a clock or a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import cbor2
import pytest
import uvicorn
from uvicorn.server import ServerState

from service.api.live_codec import MAX_FRAME
from service.domain.live import PING_S
from service.ws_protocol import CUT_AFTER_S, MAX_PARTS, MAX_UNSENT, MAX_WAITING, BoundedWebSocket
from tests.service.live.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, framed

SHAKE = (
    b"GET /v1/verifications/vs_A/chip/live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass
class Loop:
    """What is to be done later is done when a test says so."""

    later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def time(self) -> float:
        return 0.0

    def call_later(self, delay: float, what: Callable[[], None]) -> Loop:
        self.later.append((delay, what))
        return self

    def cancel(self) -> None:
        """Timers stay in the list."""

    def create_task(self, task: Coroutine[Any, Any, None]) -> Loop:
        """The application takes nothing from the connection; a test does."""
        task.close()
        return self

    def add_done_callback(self, _done: Callable[[], None]) -> None:
        """Nothing is ever done here."""

    def __hash__(self) -> int:
        return id(self)


@dataclass
class Transport(asyncio.Transport):
    """A connection whose other end reads nothing, so that whatever is written stays."""

    protocol: BoundedWebSocket | None = None
    unsent: bytearray = field(default_factory=bytearray)
    reading: bool = True
    closing: bool = False
    aborted: bool = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def write(self, data: Any) -> None:
        self.unsent += data
        if len(self.unsent) > 64 * 1024:
            assert self.protocol is not None
            self.protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True


class Connection:
    """One connection, accepted or not."""

    def __init__(self, *, accepted: bool = True) -> None:
        async def application(_scope: object, _receive: object, _send: object) -> None:
            """Never runs."""

        config = uvicorn.Config(
            application, ws_max_size=MAX_FRAME, ws_ping_interval=PING_S, ws_ping_timeout=PING_S, log_config=None
        )
        config.load()
        self.loop = Loop()
        self.protocol = BoundedWebSocket(config, ServerState(), {}, self.loop)  # type: ignore[arg-type]
        self.transport = Transport(self.protocol)
        self.protocol.connection_made(self.transport)
        self.protocol.data_received(SHAKE)
        assert self.take()["type"] == "websocket.connect"
        if accepted:
            asyncio.run(self.protocol.send({"type": "websocket.accept"}))
            self.fetch()

    def take(self) -> dict[str, Any]:
        """What the application would be given next."""
        return dict(asyncio.run(self.protocol.receive()))

    @property
    def waiting(self) -> int:
        """How many messages the application was not given yet."""
        return sum(message["type"] == "websocket.receive" for message in self.protocol.queue._queue)  # type: ignore[attr-defined]

    @property
    def cut_after(self) -> list[float]:
        """In how many seconds the connection is cut, whatever was not sent."""
        return [delay for delay, what in self.loop.later if what == self.transport.abort]

    def fetch(self) -> bytes:
        """The other end reads after all."""
        octets = bytes(self.transport.unsent)
        self.transport.unsent.clear()
        self.protocol.resume_writing()
        return octets


def closed_with(octets: bytes) -> int:
    """The code of the last frame that a server wrote: it masks none, and gives no reason here."""
    assert octets[-4:-2] == bytes([0x80 | CLOSE, 2])
    return int.from_bytes(octets[-2:])


def test_nothing_is_read_while_a_message_waits() -> None:
    connection = Connection()
    connection.protocol.data_received(framed(b"one"))
    assert (connection.waiting, connection.transport.reading) == (1, False)
    assert connection.take()["bytes"] == b"one"
    assert connection.transport.reading


def test_what_came_in_one_piece_with_a_message_is_bounded() -> None:
    connection = Connection()
    connection.protocol.data_received(framed(b"x") * MAX_WAITING)
    assert (connection.waiting, connection.transport.closing) == (MAX_WAITING, False)
    connection.protocol.data_received(framed(b"x") * 10_000)
    assert (connection.waiting, connection.transport.closing) == (MAX_WAITING, True)
    assert closed_with(connection.fetch()) == 1008
    assert connection.cut_after == [CUT_AFTER_S]


def test_a_connection_that_was_refused_keeps_nothing_more() -> None:
    connection = Connection()
    connection.protocol.data_received(framed(b"x") * (MAX_WAITING + 1))
    connection.fetch()
    for piece in (framed(b"x") * 100, framed(b"x", final=False) * 3, framed(b"", PING) * 100):
        connection.protocol.data_received(piece)
    assert (connection.waiting, connection.protocol.frames) == (MAX_WAITING, [])
    assert len(connection.fetch()) <= 200


def test_parts_of_a_message_are_bounded() -> None:
    connection = Connection()
    part = framed(b"", CONTINUATION, final=False)
    connection.protocol.data_received(framed(b"", BINARY, final=False) + part * (MAX_PARTS - 1))
    assert (len(connection.protocol.frames), connection.transport.closing) == (MAX_PARTS, False)
    connection.protocol.data_received(part)
    assert (connection.protocol.frames, connection.transport.closing) == ([], True)
    assert closed_with(connection.fetch()) == 1008


def test_a_message_of_as_many_parts_as_may_be_is_one() -> None:
    connection = Connection()
    parts = [framed(b"a", BINARY, final=False), *[framed(b"a", CONTINUATION, final=False)] * (MAX_PARTS - 2)]
    connection.protocol.data_received(b"".join(parts) + framed(b"a", CONTINUATION))
    assert connection.take()["bytes"] == b"a" * MAX_PARTS


@pytest.mark.parametrize("cut", [1, 7, 4096])
def test_octets_of_a_message_are_bounded_however_they_come(cut: int) -> None:
    """The length in its head is enough; nothing is kept of it."""
    connection = Connection()
    head = framed(bytes(MAX_FRAME + 1))[:cut]
    connection.protocol.data_received(head)
    rest = framed(bytes(MAX_FRAME + 1))[cut : cut + 32]
    if not connection.transport.closing:
        connection.protocol.data_received(rest)
    assert (connection.waiting, connection.transport.closing) == (0, True)


def test_a_phone_that_asks_whether_we_are_there_and_does_not_listen() -> None:
    """RFC 6455 §5.5.2: each ping is answered with what it holds, and the answers are not fetched."""
    connection = Connection()
    pings = framed(bytes(125), PING) * 500
    for _ in range(MAX_UNSENT // (125 * 500) + 2):
        connection.protocol.data_received(pings)
    assert connection.transport.closing
    assert len(connection.transport.unsent) < MAX_UNSENT + 2 * len(pings)
    assert closed_with(connection.fetch()) == 1008
    assert connection.cut_after == [CUT_AFTER_S]


def test_a_phone_that_listens_may_ask_as_often_as_it_likes() -> None:
    connection = Connection()
    for _ in range(100):
        connection.protocol.data_received(framed(bytes(125), PING) * 500)
        assert connection.fetch().count(bytes([0x80 | PONG, 125])) == 500
    assert not connection.transport.closing


@pytest.mark.parametrize(
    "early",
    [framed(b"x"), framed(b"", PING), framed(bytes(MAX_FRAME + 1)), framed(b"\xff", 0x1), framed(b"x", masked=False)],
    ids=["a message", "a ping", "too large", "no UTF-8", "not masked"],
)
def test_who_does_not_wait_for_the_answer_to_the_handshake(early: bytes) -> None:
    """RFC 6455 §4.1: a client waits for it before it sends any further data."""
    connection = Connection(accepted=False)
    connection.protocol.data_received(early)
    assert (connection.waiting, connection.transport.aborted) == (0, True)
    assert connection.fetch() == b""


def test_a_phone_that_does_not_answer_is_cut_off() -> None:
    """A ping that nobody answers; and what could not be sent does not keep the connection."""
    connection = Connection()
    (ping,) = [what for delay, what in connection.loop.later if delay == PING_S]
    ping()
    assert connection.fetch()[:2] == bytes([0x80 | PING, 4])
    (unanswered,) = [what for delay, what in connection.loop.later[1:] if delay == PING_S]
    unanswered()
    assert connection.transport.closing
    assert connection.cut_after == [CUT_AFTER_S]


def test_a_phone_that_reads_nothing_is_cut_off_when_its_session_ended() -> None:
    """The application is through, and something was never sent."""
    connection = Connection()
    connection.transport.write(bytes(100_000))
    connection.protocol.on_task_complete(connection.loop)  # type: ignore[arg-type]
    (after,) = connection.cut_after
    assert after == connection.protocol.close_timeout + CUT_AFTER_S


def test_frames_of_a_session_fit_into_what_may_wait() -> None:
    """Else a phone that asks whether we are there would be refused for the length of our own frame."""
    longest = cbor2.dumps({"commands": [bytes(5 + 256 + 2)] * 512})
    assert len(longest) < MAX_UNSENT // 4
