"""The phone's end of the line: what a service or a network may do to it, and what it makes of that."""

from __future__ import annotations

import http
import json
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import cbor2
import httpx2
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from service.client.cards import NoCardError, TagLostError
from service.client.dpop import DpopSession, SigningKey, Token
from service.client.live import (
    Frame,
    LiveEnd,
    LiveError,
    PostLine,
    UnreachableError,
    WebSocketLine,
    carry,
    open_line,
)
from service.domain.live import NextTry

CASE = "/v1/verifications/vs_AAAAAAAAAAAAAAAAAAAAAAAAAA"
SESSION = "ls_AAAAAAAAAAAAAAAAAAAAAAAAAA"
APDUS: Frame = {
    "type": "apdus",
    "session": SESSION,
    "batch": 1,
    "connection": 1,
    "phase": "card_access",
    "file": None,
    "bytes_total": 0,
    "commands": [bytes.fromhex("00A4020C02011C"), bytes.fromhex("00B0000000")],
    "accept": [0x9000],
}
DONE: Frame = {
    "type": "done",
    "session": SESSION,
    "proposed_lines": [],
    "state": "checked",
    "next_step": "wait_review_1",
    "reason": None,
    "report": {},
}


def error(code: str, next_try: str, sw: int | None = None) -> Frame:
    """How a session ends without a judgement."""
    return {
        "type": "error",
        "session": SESSION,
        "code": code,
        "sw": sw,
        "next_try": next_try,
        "retry_after_s": None,
    }


class Card:
    """Answers what it was given; None is a lost tag. It can be connected to so many times."""

    max_apdu = 4096
    extended_length = True

    def __init__(self, answers: Sequence[bytes | None] = (), connections: int = 1) -> None:
        self.answers = list(answers)
        self.connections = connections
        self.commands: list[bytes] = []

    def connect(self) -> bytes:
        """Put it on."""
        if not self.connections:
            raise NoCardError("nobody")
        self.connections -= 1
        return b""

    def transmit(self, command: bytes) -> bytes:
        """The next answer."""
        self.commands.append(command)
        answer = self.answers.pop(0)
        if answer is None:
            raise TagLostError
        return answer

    def close(self) -> None:
        """Nothing."""


def app_of(url: str, handler: Callable[[httpx2.Request], httpx2.Response] | None = None) -> DpopSession:
    """Somebody on a phone, whose token is good for ever."""
    client = None if handler is None else httpx2.Client(transport=httpx2.MockTransport(handler))
    return DpopSession(url, SigningKey.generate(), lambda: Token("token", math.inf, ""), http=client)


Answer = Callable[[ServerConnection], None]


@contextmanager
def service(answer: Answer, **options: Any) -> Iterator[str]:
    """A service that answers each WebSocket so; its address."""
    options = {"subprotocols": [Subprotocol("passkoll.live.1")]} | options
    with serve(answer, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def saying(*frames: Frame | bytes) -> tuple[Answer, list[Frame]]:
    """Answers with these, one for each frame of the phone, which are kept."""
    heard: list[Frame] = []

    def answer(socket: ServerConnection) -> None:
        for frame in frames:
            heard.append(cbor2.loads(socket.recv()))
            socket.send(frame if isinstance(frame, bytes) else cbor2.dumps(frame))

    return answer, heard


def closing(code: int) -> Answer:
    """Closes with this code where an answer is waited for."""

    def answer(socket: ServerConnection) -> None:
        socket.recv()
        socket.close(code)

    return answer


def read_over(url: str, card: Card) -> LiveEnd:
    """One session."""
    with WebSocketLine.open(app_of(url), CASE) as line:
        return carry(card, line)


#: docs/live-protocol.md, "How a session ends".
CLOSED = {
    4001: NextTry.RETRY,
    4002: NextTry.NEW_CHIP_ATTEMPT,
    4003: NextTry.CONFIRM_MRZ,
    4004: NextTry.NEW_VERIFICATION,
    4005: NextTry.STOP,
}


@pytest.mark.parametrize("code", CLOSED)
def test_a_code_of_ours_says_what_to_do(code: int) -> None:
    with service(closing(code)) as url:
        assert read_over(url, Card()) == LiveEnd(code="closed", next_try=CLOSED[code])


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012])
def test_another_code_is_a_line_that_broke(code: int) -> None:
    with service(closing(code)) as url, pytest.raises(UnreachableError, match="connection_lost"):
        read_over(url, Card())


def test_a_network_that_is_gone() -> None:
    def cut(socket: ServerConnection) -> None:
        socket.recv()
        socket.socket.close()

    with service(cut) as url, pytest.raises(UnreachableError, match="connection_lost"):
        read_over(url, Card())


def test_answers_go_up_to_the_first_word_that_stops() -> None:
    answer, heard = saying(APDUS, DONE)
    card = Card([bytes.fromhex("6A82")])
    with service(answer) as url:
        end = read_over(url, card)
    assert end == LiveEnd({name: DONE[name] for name in ("state", "next_step", "reason", "report")})
    assert card.commands == APDUS["commands"][:1]
    assert heard[1] == {"type": "responses", "batch": 1, "answers": [bytes.fromhex("6A82")]}


def test_a_lost_tag_is_said_and_its_answers_are_not() -> None:
    restart: Frame = {"type": "restart", "session": SESSION, "connection": 2, "reason": "tag_lost"}
    answer, heard = saying(APDUS, restart, DONE)
    with service(answer) as url:
        read_over(url, Card([bytes.fromhex("9000"), None], connections=2))
    assert heard[1:] == [{"type": "tag_lost", "batch": 1}, {"type": "ready", "connection": 2}]


def test_a_chip_that_does_not_come_back_cancels_the_session() -> None:
    restart: Frame = {"type": "restart", "session": SESSION, "connection": 2, "reason": "tag_lost"}
    answer, heard = saying(APDUS, restart, error("live_cancelled", "new_chip_attempt"))
    with service(answer) as url, pytest.raises(NoCardError):
        read_over(url, Card([None], connections=1))
    assert heard[-1] == {"type": "cancel"}


def test_the_end_of_a_session_is_told_with_its_word() -> None:
    answer, _ = saying(error("chip_failed", "new_chip_attempt", 0x6985))
    with service(answer) as url:
        assert read_over(url, Card()) == LiveEnd(code="chip_failed", next_try=NextTry.NEW_CHIP_ATTEMPT, sw=0x6985)


def test_a_step_of_a_later_service_is_stop() -> None:
    answer, _ = saying(error("chip_failed", "sing"))
    with service(answer) as url:
        assert read_over(url, Card()).next_try is NextTry.STOP


def test_members_of_a_later_service_are_left_alone() -> None:
    answer, _ = saying(APDUS | {"mood": "good"}, DONE | {"mood": "better"})
    with service(answer) as url:
        assert read_over(url, Card([b"\x90\x00"] * 2)).answer is not None


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "no CBOR": b"\xff\xff",
    "a list": cbor2.dumps([]),
    "no type": cbor2.dumps({"session": SESSION}),
    "another type": cbor2.dumps(DONE | {"type": "poem"}),
    "a type that is a list": cbor2.dumps(DONE | {"type": []}),
    **{
        f"{frame['type']} without {name}": cbor2.dumps({key: value for key, value in frame.items() if key != name})
        for frame, name in ((APDUS, "commands"), (APDUS, "accept"), (DONE, "report"), (DONE, "state"))
    },
    "commands that are no list": cbor2.dumps(APDUS | {"commands": "00A4"}),
    "an end without a step": cbor2.dumps({"type": "access_denied", "session": SESSION}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_frame_ends_the_reading(name: str) -> None:
    answer, _ = saying(BROKEN[name])
    with service(answer) as url, pytest.raises(LiveError, match="no_frame"):
        read_over(url, Card([b"\x90\x00"] * 2))


def test_progress_is_shown_and_not_answered() -> None:
    def answer(socket: ServerConnection) -> None:
        socket.recv()
        socket.send(cbor2.dumps({"type": "progress", "session": SESSION, "phase": "judging"}))
        socket.send(cbor2.dumps(DONE))

    seen: list[str] = []
    with service(answer) as url, WebSocketLine.open(app_of(url), CASE) as line:
        carry(Card(), line, lambda frame: seen.append(frame["type"]))
    assert seen == ["progress", "done"]


def refusing(status: int, headers: dict[str, str], body: bytes) -> Callable[[ServerConnection, Request], Response]:
    """Answers the upgrade so."""
    return lambda _socket, _request: Response(status, http.HTTPStatus(status).phrase, Headers(headers), body)


def never(_socket: ServerConnection) -> None:
    """No session comes up."""


def test_a_problem_at_the_door_is_a_refusal_and_nothing_else_is_tried() -> None:
    body = json.dumps({"code": "wrong_state"}).encode()
    headers = {"Content-Type": "application/problem+json", "Content-Length": str(len(body))}
    with (
        service(never, process_request=refusing(409, headers, body)) as url,
        pytest.raises(LiveError, match="wrong_state") as refusal,
    ):
        open_line(app_of(url), CASE)
    assert not isinstance(refusal.value, UnreachableError)


def test_where_no_websocket_comes_up_frames_go_by_post() -> None:
    headers = {"Content-Type": "text/html", "Content-Length": "2"}
    with service(never, process_request=refusing(404, headers, b"no")) as url:
        assert isinstance(open_line(app_of(url), CASE), PostLine)


def test_a_token_is_not_carried_elsewhere() -> None:
    """Whoever answers with a redirect does not get the token of the next service (RFC 6455 §4.1, RFC 9449 §11)."""
    reached: list[str] = []

    def elsewhere(_socket: ServerConnection, request: Request) -> Response:
        reached.append(request.path)
        return Response(200, "OK", Headers({"Content-Length": "0"}), b"")

    with service(never, process_request=elsewhere) as other:
        headers = {"Location": f"{other}/v1", "Content-Length": "0"}
        with (
            service(never, process_request=refusing(307, headers, b"")) as url,
            pytest.raises(UnreachableError, match="307"),
        ):
            WebSocketLine.open(app_of(url), CASE)
    assert reached == []


def test_another_subprotocol_is_no_line() -> None:
    answer, heard = saying(DONE)
    with service(answer, subprotocols=None) as url, pytest.raises(UnreachableError, match="other_protocol"):
        WebSocketLine.open(app_of(url), CASE)
    assert heard == []


def test_the_upgrade_shows_token_and_proof() -> None:
    shown: list[Headers] = []

    def answer(socket: ServerConnection) -> None:
        assert socket.request is not None
        shown.append(socket.request.headers)
        with pytest.raises(ConnectionClosed):
            socket.recv()

    with service(answer) as url, WebSocketLine.open(app_of(url), CASE):
        pass
    assert shown[0]["Authorization"] == "DPoP token"
    assert shown[0]["DPoP"].count(".") == 2
    assert "token" not in CASE


class Posts:
    """A service by POST: answers in order; an exception is a lost answer."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.bodies: list[Frame] = []
        self.proofs: set[str] = set()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.bodies.append(cbor2.loads(request.content))
        self.proofs.add(request.headers["DPoP"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def framed(frame: Frame) -> httpx2.Response:
    """A good answer."""
    return httpx2.Response(200, content=cbor2.dumps(frame))


def by_post(posts: Posts) -> LiveEnd:
    """One session."""
    with PostLine(app_of("http://service.invalid", posts), CASE) as line:
        return carry(Card([b"\x90\x00"] * 2), line)


def test_by_post_a_lost_answer_is_asked_for_with_the_same_frame_and_another_proof() -> None:
    posts = Posts(framed(APDUS), httpx2.ReadTimeout("lost"), httpx2.ConnectError("lost"), framed(DONE))
    assert by_post(posts).answer is not None
    assert posts.bodies[1] == posts.bodies[2] == posts.bodies[3]
    assert posts.bodies[1]["session"] == SESSION
    assert "session" not in posts.bodies[0]
    assert len(posts.proofs) == 4


def test_by_post_the_third_lost_answer_is_the_last() -> None:
    posts = Posts(*[httpx2.ConnectError("lost")] * 3)
    with pytest.raises(UnreachableError, match="ConnectError"):
        by_post(posts)
    assert posts.answers == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx2.Response(409, json={"code": "wrong_state"}), "wrong_state"),
        (httpx2.Response(502, text="<html>"), "no problem document"),
        (httpx2.Response(200, content=b"\xff"), "no_frame"),
    ],
    ids=["a problem", "a gateway", "no frame"],
)
def test_by_post_another_answer_is_a_refusal(answer: httpx2.Response, code: str) -> None:
    with pytest.raises(LiveError, match=f"^{code}$"):
        by_post(Posts(answer))
