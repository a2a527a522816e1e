"""A phone on the wire: frames written by hand, over a real WebSocket or by POST, in both forms."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import cbor2
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from mrtd.specimen.card import SpecimenCard, TagLostError
from service.client.dpop import DpopSession

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
    if "commands" in frame:
        frame["commands"] = [base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)) for one in frame["commands"]]
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
    """A WebSocket for a verification; `case` is its path."""
    path = f"{case}/chip/live"
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


@dataclass
class WsPhone:
    """Over a WebSocket."""

    socket: ClientConnection
    form: str = CBOR
    progress: list[Frame] = field(default_factory=list)

    def ask(self, frame: Frame) -> Frame:
        """One frame, and the one that answers."""
        octets = written(frame, self.form)
        self.socket.send(octets if self.form == CBOR else octets.decode())
        return self.told()

    def told(self) -> Frame:
        """The next frame that is an answer."""
        while True:
            frame = read(self.socket.recv(timeout=20), self.form)
            if frame["type"] != "progress":
                return frame
            self.progress.append(frame)

    def closed_with(self) -> int:
        """Wait for the end; the code."""
        for _ in self.socket:
            pass
        assert self.socket.close_code is not None
        return self.socket.close_code


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
        named = frame if self.session is None else {**frame, "session": self.session}
        response = self.post(written(named, self.form))
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == self.form
        told = read(response.content, self.form)
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
