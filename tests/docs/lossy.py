"""A proxy that loses answers: it hands requests on, and breaks the connection in place of some answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

_PIECE: Final = 65_536
_ANSWER: Final = b"HTTP/1.1 200"


@dataclass
class LossyProxy:
    """For HTTP to a service at `port` of this machine; `losing` counts good answers from 1."""

    port: int
    losing: frozenset[int]
    lost: list[int] = field(default_factory=list)
    _answers: int = 0

    @contextmanager
    def listening(self) -> Iterator[int]:
        """Its own port."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            yield listener.getsockname()[1]
            listener.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                inner, _ = listener.accept()
            except OSError:
                return
            outer = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self._hand_on, args=(inner, outer), daemon=True).start()
            threading.Thread(target=self._answer, args=(outer, inner), daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        # a client asks a proxy for the whole address, which the service wants without (RFC 9112 §3.2)
        absolute = f" http://127.0.0.1:{self.port}/".encode()
        try:
            while piece := source.recv(_PIECE):
                target.sendall(piece.replace(absolute, b" /", 1))
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def _answer(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while piece := source.recv(_PIECE):
                if piece.startswith(_ANSWER):
                    self._answers += 1
                    if self._answers in self.losing:
                        self.lost.append(self._answers)
                        break
                target.sendall(piece)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
