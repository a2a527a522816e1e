"""A phone's part of a live reading: carry commands to the chip, and answers to the server (docs/live-protocol.md).

The server is the terminal. Nothing here knows what a command means, keeps an answer, or decides about a document.

    with open_line(app, "/v1/verifications/vs_...") as line:
        end = carry(card, line, show=print)
    print(end.next_try or end.answer["next_step"])
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType, UnionType
from typing import Any, Final, Protocol, Self, cast

import cbor2
import httpx2
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, reconnect
from websockets.typing import Subprotocol

from mrtd.version import VERSION
from service.client.cards import Card, NoCardError, TagLostError
from service.client.dpop import TIMEOUT_S, DpopSession
from service.domain.live import CLOSING, PING_S, SUBPROTOCOL, NextTry

Frame = dict[str, Any]
Show = Callable[[Mapping[str, Any]], None]

_CBOR: Final = "application/cbor"
_PROBLEM: Final = "application/problem+json"
#: Octets of a frame of the server at most.
_MAX_FRAME: Final = 1 << 20
#: Times that a frame is sent by POST whose answer was lost; the server knows one that it answered.
_TRIES: Final = 3
#: What is needed of each frame of the server (docs/live-protocol.cddl).
_MEMBERS: Final[Mapping[str, Mapping[str, type | UnionType]]] = {
    "apdus": {
        "session": str,
        "batch": int,
        "connection": int,
        "phase": str,
        "file": str | None,
        "commands": list,
        "accept": list,
    },
    "restart": {"session": str, "connection": int, "reason": str},
    "progress": {"phase": str},
    "access_denied": {"next_try": str},
    "error": {"code": str, "sw": int | None, "next_try": str},
    "done": {"proposed_lines": list, "state": str, "next_step": str, "reason": str | None, "report": dict},
}
#: Of `done`, what is of the frame and not of the answer.
_OF_FRAME: Final = frozenset({"type", "session", "proposed_lines"})
_NEXT_TRY: Final = {code: next_try for next_try, code in CLOSING.items()}


class LiveError(Exception):
    """The service does not read for this verification; `code` is its problem, or what else happened."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class UnreachableError(LiveError):
    """Nothing answers there, or it went away."""


@dataclass(frozen=True, slots=True)
class LiveEnd:
    """How a session ended: with the server's `answer`, as of `POST .../chip`, or for the reason `code`.

    `next_try`: what may be done after a session without an answer. `sw`: the status word of the chip behind it.
    """

    answer: Frame | None = field(default=None, repr=False)
    proposed_lines: tuple[str, ...] = field(default=(), repr=False)
    code: str | None = None
    next_try: NextTry | None = None
    sw: int | None = None


class Line(Protocol):
    """A way to the server: each frame is answered by one."""

    def send(self, frame: Frame, show: Show) -> Frame:
        """Send one; `show` is given what the server says on the way to its answer.

        Raises:
            LiveError: there is none.
        """


def carry(card: Card, line: Line, show: Show = lambda _frame: None, *, session_limit_s: int | None = None) -> LiveEnd:
    """One session, from the chip on the reader to the answer.

    Args:
        card: the chip.
        line: to the server.
        show: given each frame of the server, for a progress bar.
        session_limit_s: after how long the system of this phone ends a connection to a chip, where it does.

    Raises:
        LiveError: the service stands in the way.
        NoCardError: there is no chip.
    """
    frame = _hello(card, card.connect(), session_limit_s)
    while True:
        told = line.send(frame, show)
        show(told)
        match told["type"]:
            case "apdus":
                frame = _transmitted(card, told)
            case "restart":
                frame = _connected(card, line, told, show)
            case "done":
                members = {name: value for name, value in told.items() if name not in _OF_FRAME}
                return LiveEnd(members, tuple(told["proposed_lines"]))
            case "access_denied":
                return LiveEnd(code="access_denied", next_try=_next_try(told))
            case _:
                return LiveEnd(code=told["code"], next_try=_next_try(told), sw=told["sw"])


def _next_try(told: Frame) -> NextTry:
    """What may be done now; where a later server says something new, nothing is tried on its behalf."""
    try:
        return NextTry(told["next_try"])
    except ValueError:
        return NextTry.STOP


def _hello(card: Card, atr: bytes, session_limit_s: int | None) -> Frame:
    frame: Frame = {
        "type": "hello",
        "app": f"passkoll-scan/{VERSION}",
        "platform": "python",
        "max_apdu": card.max_apdu,
        "extended_length": card.extended_length,
        "auto_selected_aid": False,
    }
    if session_limit_s is not None:
        frame["nfc_session_limit_s"] = session_limit_s
    if atr:
        frame["atr"] = atr
    return frame


def _transmitted(card: Card, told: Frame) -> Frame:
    """The answers until the first whose status word the server does not go on after."""
    answers = []
    try:
        for command in told["commands"]:
            answers.append(card.transmit(command))
            if int.from_bytes(answers[-1][-2:]) not in told["accept"]:
                break
    except TagLostError:
        # answers of a connection that broke off count for nothing
        return {"type": "tag_lost", "batch": told["batch"]}
    return {"type": "responses", "batch": told["batch"], "answers": answers}


def _connected(card: Card, line: Line, told: Frame, show: Show) -> Frame:
    """The chip, connected to anew; a server that waits for nothing is told so."""
    try:
        card.connect()
    except NoCardError:
        with suppress(LiveError):
            line.send({"type": "cancel"}, show)
        raise
    return {"type": "ready", "connection": told["connection"]}


class _Direct(reconnect):
    """A connection that is not sent elsewhere: token and chip are for this service alone."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """A redirect is no answer."""
        return exc


class WebSocketLine:
    """The usual way.

    Args:
        opening: the connection, as its library opens and closes it.
    """

    def __init__(self, opening: _Direct) -> None:
        self._opening: Final = opening
        self._socket: Final[ClientConnection] = opening.__enter__()

    @classmethod
    def open(cls, app: DpopSession, verification: str) -> Self:
        """Open it for a verification: `verification` is its path.

        Raises:
            LiveError: the service refuses.
            UnreachableError: no WebSocket comes up; `PostLine` may.
            TokenRefusedError: there is no token.
        """
        path = f"{verification}/chip/live"
        # the token goes to the service that it is for, whatever address an answer may name
        address = "ws" + app.url.removeprefix("http") + path
        try:
            line = cls(
                _Direct(
                    address,
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    additional_headers=app.headers("GET", path),
                    compression=None,
                    proxy=None,
                    open_timeout=TIMEOUT_S,
                    ping_interval=PING_S,
                    max_size=_MAX_FRAME,
                )
            )
        except InvalidStatus as error:
            if _PROBLEM in error.response.headers.get("Content-Type", ""):
                raise LiveError(_code(error.response.body or b"")) from None
            raise UnreachableError(f"status {error.response.status_code}") from None
        except (InvalidHandshake, OSError, EOFError) as error:
            raise UnreachableError(type(error).__name__) from None
        if line._socket.subprotocol != SUBPROTOCOL:
            line.close()
            raise UnreachableError("other_protocol")
        return line

    def close(self) -> None:
        """Close it."""
        self._opening.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, frame: Frame, show: Show) -> Frame:
        """One frame, and the answer; progress before it is shown."""
        try:
            self._socket.send(cbor2.dumps(frame))
            while (told := _frame(self._socket.recv()))["type"] == "progress":
                show(told)
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
            if code in _NEXT_TRY:
                return {"type": "error", "code": "closed", "sw": None, "next_try": _NEXT_TRY[code].value}
            raise UnreachableError("connection_lost") from None
        return told


class PostLine:
    """The same frames one by one, where WebSockets do not get through.

    Args:
        app: requests of the person on the phone.
        verification: its path.
    """

    def __init__(self, app: DpopSession, verification: str) -> None:
        self._app: Final = app
        self._path: Final = f"{verification}/chip/live/frames"
        self._session: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open between two requests."""

    def send(self, frame: Frame, show: Show) -> Frame:
        """One frame, and the answer; a lost answer is asked for again."""
        body = cbor2.dumps(frame if self._session is None else {**frame, "session": self._session})
        response = self._posted(body)
        if not response.is_success:
            raise LiveError(_code(response.content))
        told = _frame(response.content)
        self._session = told.get("session")
        return told

    def _posted(self, body: bytes) -> httpx2.Response:
        headers = {"Content-Type": _CBOR, "Accept": _CBOR}
        for _ in range(_TRIES - 1):
            with suppress(httpx2.TransportError):
                return self._app.request("POST", self._path, content=body, headers=headers)
        try:
            return self._app.request("POST", self._path, content=body, headers=headers)
        except httpx2.HTTPError as error:
            raise UnreachableError(type(error).__name__) from None


def open_line(app: DpopSession, verification: str, *, post: bool = False) -> WebSocketLine | PostLine:
    """A way to the server: a WebSocket, or POST where none comes up, or where the caller says so.

    Raises:
        LiveError: the service refuses.
        TokenRefusedError: there is no token.
    """
    if not post:
        with suppress(UnreachableError):
            return WebSocketLine.open(app, verification)
    return PostLine(app, verification)


def _frame(octets: bytes | str) -> Frame:
    """A frame of the server with what is needed of it; what else it holds is left alone."""
    try:
        frame = cbor2.loads(cast(bytes, octets))
        if all(isinstance(frame[name], kind) for name, kind in _MEMBERS[frame["type"]].items()):
            return cast(Frame, frame)
    except (cbor2.CBORDecodeError, KeyError, TypeError, ValueError):
        pass
    raise LiveError("no_frame")


def _code(content: bytes | bytearray) -> str:
    """The code of a problem (RFC 9457)."""
    try:
        return str(json.loads(content)["code"])
    except (ValueError, KeyError, TypeError):
        return "no problem document"
