"""Zip archives octet by octet, honest and hostile (PKWARE APPNOTE.TXT §4.3); nothing is really compressed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
#: MS-DOS date and time of 1 January 1980, midnight: no clock is in the archive.
_TIME: Final = 0
_DATE: Final = 0x21
_VERSION: Final = 20
_UNIX: Final = 3 << 8
_UTF8: Final = 0x0800
#: A regular file that its owner may read and write.
REGULAR: Final = 0o100644
LINK: Final = 0o120777
STORED: Final = 0
DEFLATED: Final = 8
BZIP2: Final = 12
ENCRYPTED: Final = 0x0001


@dataclass(frozen=True, slots=True)
class Member:
    """One file. `size` states another size than it has after decompression; `flags` are beside the one for UTF-8."""

    name: str
    data: bytes
    mode: int = REGULAR
    method: int = STORED
    size: int | None = None
    flags: int = 0


def archive(members: Iterable[Member]) -> bytes:
    """The octets of an archive with these members, in this order."""
    local: list[bytes] = []
    central: list[bytes] = []
    offset = 0
    for member in members:
        stored = _stored(member)
        name = member.name.encode()
        sizes = (zlib.crc32(member.data), len(stored), len(member.data) if member.size is None else member.size)
        common = (member.flags | _UTF8, member.method, _TIME, _DATE, *sizes, len(name))
        entry = _LOCAL.pack(b"PK\x03\x04", _VERSION, *common, 0) + name + stored
        attributes = member.mode << 16
        central.append(
            _CENTRAL.pack(b"PK\x01\x02", _UNIX | _VERSION, _VERSION, *common, 0, 0, 0, 0, attributes, offset) + name
        )
        local.append(entry)
        offset += len(entry)
    directory = b"".join(central)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(central), len(central), len(directory), offset, 0)
    return b"".join(local) + directory + end


def _stored(member: Member) -> bytes:
    """The data as they lie there; deflate without compression is exact on every machine (RFC 1951 §3.2.4)."""
    if member.method != DEFLATED:
        return member.data
    blocks = [member.data[place : place + 0xFFFF] for place in range(0, len(member.data), 0xFFFF)] or [b""]
    return b"".join(
        bytes([number == len(blocks) - 1]) + struct.pack("<HH", len(block), len(block) ^ 0xFFFF) + block
        for number, block in enumerate(blocks)
    )
