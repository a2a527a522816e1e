"""The chip's side of secure messaging (ICAO 9303-11 §9.8)."""

from __future__ import annotations

from mrtd.specimen.card.apdu import Received, StatusError, objects, written
from mrtd.specimen.card.symmetric import Suite, pad, unpad


class Messaging:
    """Keys, and the counter that both sides raise before each command and each answer."""

    def __init__(self, suite: Suite, secret: bytes, counter: int = 0) -> None:
        self.suite = suite
        self.encryption = suite.derive(secret, 1)
        self.authentication = suite.derive(secret, 2)
        self.counter = counter

    def open(self, command: Received) -> Received:
        """The command inside; 6987 where objects are missing, 6988 where they are wrong."""
        self._step()
        found = dict(objects(command.data))
        code = found.get(0x8E)
        if code is None:
            raise StatusError(0x6987)
        inside = command.data[: command.data.rindex(written(0x8E, code))]
        header = pad(bytes([command.cla, command.ins, command.p1, command.p2]), self.suite.block)
        if self._mac(header + inside) != code:
            raise StatusError(0x6988)
        data = b""
        if 0x85 in found:
            data = self._decrypt(found[0x85])
        elif 0x87 in found:
            data = self._decrypt(found[0x87][1:])
        le = found.get(0x97)
        most = 65536 if le is not None and len(le) == 2 else 256
        expected = None if le is None else int.from_bytes(le) or most
        return Received(command.cla & 0xF3, command.ins, command.p1, command.p2, data, expected, command.extended)

    def close(self, data: bytes, sw: int) -> bytes:
        """The answer as it is sent."""
        self._step()
        body = b""
        if data:
            iv = self.suite.iv(self.encryption, self._written())
            hidden = self.suite.encrypt(self.encryption, iv, pad(data, self.suite.block))
            body = written(0x87, b"\x01" + hidden)
        body += written(0x99, sw.to_bytes(2))
        return body + written(0x8E, self._mac(body)) + sw.to_bytes(2)

    def _decrypt(self, hidden: bytes) -> bytes:
        if not hidden or len(hidden) % self.suite.block:
            raise StatusError(0x6988)
        iv = self.suite.iv(self.encryption, self._written())
        try:
            return unpad(self.suite.decrypt(self.encryption, iv, hidden))
        except ValueError:
            raise StatusError(0x6988) from None

    def _mac(self, covered: bytes) -> bytes:
        message = self._written() + covered
        # CMAC pads by itself, and §9.8.6 asks for padding before it
        return self.suite.mac(
            self.authentication, message if self.suite.block == 8 else pad(message, self.suite.block)
        )

    def _written(self) -> bytes:
        return self.counter.to_bytes(self.suite.block)

    def _step(self) -> None:
        self.counter = (self.counter + 1) % (1 << 8 * self.suite.block)
