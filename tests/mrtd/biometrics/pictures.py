"""Pictures by the tables of ITU-T T.81 and ISO/IEC 15444-1: structures, not pixels."""

from __future__ import annotations

import struct


def segment(marker: int, content: bytes) -> bytes:
    """A marker segment; its length counts the two octets of the length itself."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(width: int, height: int, *, scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56", frame: int = 0xC0) -> bytes:
    """SOI, APP0, DQT, frame, scan with a restart marker, EOI."""
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0"),
            segment(0xDB, bytes(65)),
            segment(frame, struct.pack(">BHHB3x", 8, height, width, 1)),
            segment(0xDA, b"\1\1\0\0\x3f\0"),
            scan,
            b"\xff\xd9",
        )
    )


def codestream(width: int, height: int, *, tiles: int = 2, last_open: bool = False, offset: int = 0) -> bytes:
    """SOC, SIZ, COD, tile-parts, EOC."""
    siz = struct.pack(">HIIIIIIIIHBBB", 0, width + offset, height + offset, offset, offset, 8, 8, 0, 0, 1, 7, 1, 1)
    parts = []
    for number in range(tiles):
        content = b"\xff\x93" + b"\x55" * 20
        length = 0 if last_open and number == tiles - 1 else 12 + len(content)
        parts.append(segment(0x90, struct.pack(">HIBB", number, length, 0, 1)) + content)
    return b"".join((b"\xff\x4f", segment(0x51, siz), segment(0x52, bytes(10)), *parts, b"\xff\xd9"))


def box(kind: bytes, content: bytes, *, form: str = "short") -> bytes:
    """A box with a length of four octets, of eight, or up to the end of the file (ISO/IEC 15444-1 §I.4)."""
    if form == "open":
        return struct.pack(">I4s", 0, kind) + content
    if form == "long":
        return struct.pack(">I4sQ", 1, kind, len(content) + 16) + content
    return struct.pack(">I4s", len(content) + 8, kind) + content


def jp2(stream: bytes, *, form: str = "short", behind: bytes = b"") -> bytes:
    """Signature, file type, header, codestream."""
    return b"".join(
        (
            box(b"jP  ", b"\r\n\x87\n"),
            box(b"ftyp", b"jp2 \0\0\0\0jp2 "),
            box(b"jp2h", box(b"ihdr", bytes(14))),
            box(b"jp2c", stream, form=form),
            behind,
        )
    )
