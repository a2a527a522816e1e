"""Commands as the chip takes them apart (ISO/IEC 7816-3 §12.1.3), and data objects (ISO/IEC 7816-4 §5.2.2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """A command. `expected` is None where nothing is expected, and `extended` says how long its lengths were."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    expected: int | None
    extended: bool


class StatusError(Exception):
    """The chip answers with this status word and nothing else."""

    def __init__(self, sw: int) -> None:
        self.sw = sw
        super().__init__(f"{sw:04X}")


def take_apart(command: bytes) -> Received:
    """A command APDU; 6700 for what is none."""
    if len(command) < 4:
        raise StatusError(0x6700)
    cla, ins, p1, p2 = command[:4]
    body = command[4:]
    data, expected, extended = b"", None, False
    if len(body) == 1:
        expected = body[0] or 256
    elif len(body) > 1 and body[0]:
        length = body[0]
        data, rest = body[1 : 1 + length], body[1 + length :]
        if len(data) != length or len(rest) > 1:
            raise StatusError(0x6700)
        expected = (rest[0] or 256) if rest else None
    elif len(body) > 1:
        data, expected, extended = *_extended(body), True
    return Received(cla, ins, p1, p2, data, expected, extended)


def _extended(body: bytes) -> tuple[bytes, int | None]:
    if len(body) < 3:
        raise StatusError(0x6700)
    first = int.from_bytes(body[1:3])
    if len(body) == 3:
        return b"", first or 65536
    data, rest = body[3 : 3 + first], body[3 + first :]
    if len(data) != first or len(rest) not in (0, 2):
        raise StatusError(0x6700)
    return data, (int.from_bytes(rest) or 65536) if rest else None


def objects(data: bytes) -> list[tuple[int, bytes]]:
    """Data objects in a row; 6A80 for what is none."""
    found, at = [], 0
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 0x1F == 0x1F and at < len(data):
            tag, at = tag << 8 | data[at], at + 1
        if at >= len(data):
            raise StatusError(0x6A80)
        length, at = data[at], at + 1
        if length > 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[at : at + count]), at + count
        if at + length > len(data):
            raise StatusError(0x6A80)
        found.append((tag, data[at : at + length]))
        at += length
    return found


def written(tag: int, value: bytes) -> bytes:
    """One data object."""
    head = bytes([tag]) if tag < 0x100 else tag.to_bytes(2)
    if len(value) < 128:
        return head + bytes([len(value)]) + value
    size = b"\x81" + bytes([len(value)]) if len(value) < 256 else b"\x82" + len(value).to_bytes(2)
    return head + size + value
