"""What the head of a photo's file tells before anything is decoded: its format, its size, what decoding will cost."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class ImageFormat(Enum):
    """The formats that are looked at, told apart by their first octets alone."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIC = "heic"


#: Brands of ISO/IEC 23008-12 files that hold HEVC pictures; `mif1` is any HEIF, the decoder knows HEVC alone.
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_JPEG_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
#: JPEG markers without a length: TEM and SOI (ISO/IEC 10918-1, table B.1).
_BARE_MARKERS: Final = frozenset({0x01, 0xD8})
_VP8X_ANIMATION: Final = 0x02


def sniff(data: bytes) -> ImageFormat | None:
    """The format by content; None for every other one. A file's name and declared type are never asked."""
    if data.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat.PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return ImageFormat.HEIC
    return None


def count_jpeg_scans(data: bytes, most: int) -> int:
    """How many scans a JPEG holds, counted up to `most` + 1.

    Each scan of a progressive JPEG makes the decoder walk the whole picture, and takes a few octets to write: a
    small file with thousands of them keeps a processor busy for minutes.
    """
    position, scans = 2, 0
    while scans <= most:
        found = _JPEG_MARKER.search(data, position)
        if found is None:
            break
        marker, position = data[found.start() + 1], found.end()
        if marker == _END_OF_IMAGE:
            break
        if marker in _BARE_MARKERS:
            continue
        position += max(int.from_bytes(data[position : position + 2], "big"), 2)
        scans += marker == _START_OF_SCAN
    return scans


def read_webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height by the first chunk (RFC 9649 §2.5 to §2.7); None for an animation or an unknown chunk."""
    kind = data[12:16]
    if len(data) < 30:
        return None
    if kind == b"VP8X":
        if data[20] & _VP8X_ANIMATION:
            return None
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None
