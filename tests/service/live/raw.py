"""A WebSocket by hand (RFC 6455): for a phone that breaks its rules, or does not wait."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from service.client.dpop import DpopSession
from tests.service.live.wire import SUBPROTOCOL

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
TIMEOUT_S = 20


def framed(
    payload: bytes, opcode: int = BINARY, *, masked: bool = True, reserved: int = 0, final: bool = True
) -> bytes:
    """One frame (RFC 6455 §5.2)."""
    head = bytes([(0x80 if final else 0) | reserved | opcode])
    mask = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([mask | 126]) + len(payload).to_bytes(2)
    else:
        head += bytes([mask | 127]) + len(payload).to_bytes(8)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(octet ^ key[place % 4] for place, octet in enumerate(payload))


def handshake(app: DpopSession, path: str, **more: str) -> bytes:
    """A request that makes one (RFC 6455 §4.1)."""
    headers = {
        "Host": urlsplit(app.url).netloc,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
        **app.headers("GET", path),
        **more,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


@dataclass
class RawSocket:
    """One connection, after its handshake."""

    stream: socket.socket
    _read: bytearray = field(default_factory=bytearray)

    @classmethod
    @contextmanager
    def open(cls, app: DpopSession, case: str) -> Iterator[Self]:
        """For a verification."""
        address = urlsplit(app.url)
        with socket.create_connection((address.hostname, address.port), TIMEOUT_S) as stream:
            raw = cls(stream)
            stream.sendall(handshake(app, f"{case}/chip/live"))
            assert raw.head().startswith(b"HTTP/1.1 101 ")
            yield raw

    def send(self, payload: bytes, opcode: int = BINARY, **how: bool | int) -> None:
        """One frame."""
        self.stream.sendall(framed(payload, opcode, **how))

    def head(self) -> bytes:
        """The answer of HTTP, to its empty line."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, rest = bytes(self._read).partition(b"\r\n\r\n")
        self._read[:] = rest
        return head

    def frame(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload; the server masks none (RFC 6455 §5.1)."""
        opcode, length = self._octets(2)
        assert opcode & 0xF0 == 0x80
        assert length < 0x80
        if length >= 126:
            length = int.from_bytes(self._octets(2 if length == 126 else 8))
        return opcode & 0x0F, self._octets(length)

    def message(self) -> bytes:
        """The next message, which is not the end."""
        opcode, payload = self.frame()
        assert opcode in (TEXT, BINARY), opcode
        return payload

    def closed_with(self) -> int:
        """The code of the frame that is the last one, after which the connection ends."""
        opcode, payload = self.frame()
        assert opcode == CLOSE, opcode
        assert self.ends()
        return int.from_bytes(payload[:2])

    def ends(self) -> bool:
        """Whether nothing more comes, and the connection is closed."""
        try:
            self._more()
        except (EOFError, ConnectionResetError):
            return not self._read
        return False

    def _octets(self, number: int) -> bytes:
        while len(self._read) < number:
            self._more()
        taken = bytes(self._read[:number])
        del self._read[:number]
        return taken

    def _more(self) -> None:
        received = self.stream.recv(1 << 16)
        if not received:
            raise EOFError
        self._read += received
