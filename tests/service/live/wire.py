"""A phone on the wire: frames written by hand, over a real WebSocket or by POST, in both forms."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import cbor2
import pycddl
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from mrtd.specimen.card import SpecimenCard, TagLostError
from service.client.dpop import DpopSession
from tests.conftest import ROOT

_CDDL = (ROOT / "docs" / "live-protocol.cddl").read_text()
#: RFC 8610 §3.1: the first rule is what a file describes.
FROM_PHONE, FROM_SERVER = (pycddl.Schema(f"sent = {one}\n{_CDDL}") for one in ("client-frame", "server-frame"))
#: Members whose text is octets, where a frame is JSON.
_OCTETS = {"commands", "answers", "atr"}

SUBPROTOCOL = "passkoll.live.1"
CBOR, JSON = "application/cbor", "application/json"
ENDS = {"done", "error", "access_denied"}

Frame = dict[str, Any]


def written(frame: Frame, form: str) -> bytes:
    """As it is sent."""
    if form == CBOR:
        return cbor2.dumps(frame)
    return json.dumps(frame, default=lambda octets: base64.urlsafe_b64encode(octets).decode().rstrip("=")).encode()


def read(octets: bytes | str, form: str) -> Frame:
    """What was sent; commands are octets in both forms."""
    if form == CBOR:
        assert isinstance(octets, bytes), "a frame in CBOR is answered in CBOR"
        return cbor2.loads(octets)
    frame: Frame = json.loads(octets)
    return {name: _octets(value) if name in _OCTETS else value for name, value in frame.items()}


def _octets(value: Any) -> Any:
    if isinstance(value, list):
        return [_octets(one) for one in value]
    assert "=" not in value, "base64url is without padding"
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def described(octets: bytes | str, form: str, by: pycddl.Schema = FROM_SERVER) -> Frame:
    """What was sent, which is as docs/live-protocol.cddl has it; JSON as the CBOR of the same members."""
    frame = read(octets, form)
    by.validate_cbor(octets if form == CBOR else cbor2.dumps(frame))
    return frame


def hello(**changes: Any) -> Frame:
    """The first frame."""
    return {
        "type": "hello",
        "app": "test 1.0",
        "platform": "Python",
        "max_apdu": 4096,
        "extended_length": True,
        "auto_selected_aid": False,
    } | changes


def answered(card: SpecimenCard, told: Frame) -> Frame:
    """What the phone says to a frame of the server."""
    if told["type"] == "restart":
        card.put_on()
        return {"type": "ready", "connection": told["connection"]}
    assert told["type"] == "apdus", told
    answers = []
    try:
        for command in told["commands"]:
            answers.append(card.transmit(command))
            if int.from_bytes(answers[-1][-2:]) not in told["accept"]:
                break
    except TagLostError:
        return {"type": "tag_lost", "batch": told["batch"]}
    return {"type": "responses", "batch": told["batch"], "answers": answers}


@contextmanager
def opened(app: DpopSession, case: str, **options: Any) -> Iterator[ClientConnection]:
    """A WebSocket for a verification; `case` is its path, `path` another one."""
    path = options.pop("path", f"{case}/chip/live")
    headers = options.pop("additional_headers", None)
    protocols = options.pop("subprotocols", [SUBPROTOCOL])
    with connect(
        app.url.replace("http", "ws", 1) + path,
        additional_headers=app.headers("GET", path) if headers is None else headers,
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        proxy=None,
        open_timeout=20,
        **options,
    ) as socket:
        yield socket


@dataclass(frozen=True)
class Refusal:
    """A handshake that was answered with a problem (RFC 9457)."""

    status: int
    problem: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def told(self) -> tuple[int, str]:
        """Status and code."""
        return self.status, self.problem["code"]


def refused(app: DpopSession, case: str, **options: Any) -> Refusal:
    """A handshake that makes no WebSocket."""
    with pytest.raises(InvalidStatus) as raised, opened(app, case, **options):
        pass
    response = raised.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(response.body)
    assert problem["type"] == f"urn:passkoll:problem:{problem['code']}"
    assert (problem["status"], problem["request_id"]) == (response.status_code, response.headers["X-Request-Id"])
    assert response.headers["Cache-Control"] == "no-store"
    return Refusal(response.status_code, problem, response.headers)


@dataclass
class WsPhone:
    """Over a WebSocket."""

    socket: ClientConnection
    form: str = CBOR
    progress: list[Frame] = field(default_factory=list)

    def ask(self, frame: Frame) -> Frame:
        """One frame, and the one that answers; or the last one of a server that ended it meanwhile."""
        octets = self.octets(frame)
        with suppress(ConnectionClosed):
            self.socket.send(octets if self.form == CBOR else octets.decode())
        return self.told()

    def octets(self, frame: Frame) -> bytes:
        """A frame as it is sent."""
        return written(frame, self.form)

    def told(self) -> Frame:
        """The next frame that is an answer."""
        while True:
            frame = described(self.socket.recv(timeout=20), self.form)
            if frame["type"] != "progress":
                return frame
            self.progress.append(frame)

    def closed_with(self) -> int:
        """Wait for the end, before which there is no other frame; the code that the server gave."""
        with pytest.raises(ConnectionClosed) as closed:
            self.socket.recv(timeout=20)
        assert closed.value.rcvd is not None, "the connection broke"
        return closed.value.rcvd.code


@dataclass
class PostPhone:
    """By POST."""

    app: DpopSession
    case: str
    form: str = CBOR
    session: str | None = None

    def post(self, content: bytes, form: str | None = None) -> Any:
        """Octets, as a frame."""
        return self.app.request(
            "POST",
            f"{self.case}/chip/live/frames",
            content=content,
            headers={"Content-Type": form or self.form},
        )

    def ask(self, frame: Frame) -> Frame:
        """One frame, and the one that answers."""
        response = self.post(self.octets(frame))
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == self.form
        return self.heard(response.content)

    def octets(self, frame: Frame) -> bytes:
        """A frame as it is sent, of this session."""
        return written(frame if self.session is None else {**frame, "session": self.session}, self.form)

    def heard(self, octets: bytes) -> Frame:
        """A frame of the server."""
        told = described(octets, self.form)
        self.session = told["session"]
        return told


def read_whole(phone: WsPhone | PostPhone, card: SpecimenCard, first: Frame | None = None) -> Frame:
    """From the first frame to the last."""
    card.put_on()
    told = phone.ask(first or hello())
    for _ in range(200):
        if told["type"] in ENDS:
            return told
        told = phone.ask(answered(card, told))
    raise AssertionError("it does not end")
