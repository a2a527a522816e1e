"""The outer structure of JPEG and JPEG 2000 pictures, without a decoder.

Whether a chip's picture is whole can be told from its markers and boxes alone; pixels are decoded later, in a process
of its own, when a person looks. The walk is linear in the number of bytes and never builds anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Pictures beyond this are no passport portraits (about 8 times a full-frontal scan of 300 dpi) and a decoder's bomb.
MAX_PIXELS: Final = 24_000_000

JPEG: Final = "image/jpeg"
#: RFC 3745; also said of a bare codestream, which many issuers store (ISO/IEC 15444-1 Annex A).
JPEG_2000: Final = "image/jp2"

_JP2_SIGNATURE: Final = bytes.fromhex("0000000C6A5020200D0A870A")
_CODESTREAM_START: Final = bytes.fromhex("FF4FFF51")
_JPEG_START: Final = bytes.fromhex("FFD8FF")

_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01
_RESTARTS: Final = range(0xD0, 0xD8)
#: SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC); ITU-T T.81 Table B.1.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_SIZ, _SOT, _SOD, _EOC = 0x51, 0x90, 0x93, 0xD9


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the structure says.

    `media_type` is None for everything that is neither JPEG nor JPEG 2000. `width` and `height` are pixels, 0 when
    not stated. `complete`: every marker and box from the first to the end of the image is there, with one frame of
    at least one and at most `MAX_PIXELS` pixels. `trailing` counts the bytes behind the end of the image.
    """

    media_type: str | None
    width: int = 0
    height: int = 0
    complete: bool = False
    trailing: int = 0


def inspect_image(data: bytes) -> ImageInfo:
    """Walk the structure of a picture: ITU-T T.81 Annex B (JPEG), ISO/IEC 15444-1 Annexes A and I (JPEG 2000).

    Never raises: a picture that is cut off is a fact.
    """
    if data.startswith(_JPEG_START):
        return _Walk(JPEG, data).jpeg()
    if data.startswith(_JP2_SIGNATURE):
        return _Walk(JPEG_2000, data).boxes()
    if data.startswith(_CODESTREAM_START):
        walk = _Walk(JPEG_2000, data)
        return walk.result(walk.codestream(0, len(data)))
    return ImageInfo(None)


class _Walk:
    """One pass over `data`; `width` and `height` are filled on the way."""

    def __init__(self, media_type: str, data: bytes) -> None:
        self.media_type = media_type
        self.data = data
        self.width = 0
        self.height = 0

    def result(self, end: int | None) -> ImageInfo:
        """`end` is the offset behind the image, None if the end was never reached."""
        complete = end is not None and 0 < self.width * self.height <= MAX_PIXELS
        trailing = len(self.data) - end if end is not None else 0
        return ImageInfo(self.media_type, self.width, self.height, complete, trailing)

    def _number(self, offset: int, size: int) -> int | None:
        octets = self.data[offset : offset + size]
        return int.from_bytes(octets) if len(octets) == size else None

    def jpeg(self) -> ImageInfo:
        """SOI, segments, one frame, scans, EOI (ITU-T T.81 §B.2)."""
        position = 2
        scanned = False
        while True:
            marker, position = self._next_marker(position, in_scan=scanned)
            if marker is None:
                return self.result(None)
            if marker == _EOI:
                return self.result(position if scanned else None)
            if marker == _TEM or marker in _RESTARTS:
                continue
            length = self._number(position, 2)
            if marker == _SOI or length is None or length < 2 or position + length > len(self.data):
                return self.result(None)
            if marker in _FRAMES and not self._jpeg_frame(position, length):
                return self.result(None)
            scanned = scanned or marker == _SOS
            position += length

    def _next_marker(self, position: int, *, in_scan: bool) -> tuple[int | None, int]:
        """The next marker and the offset behind it; entropy-coded bytes are passed over after a scan's header."""
        while True:
            found = self.data.find(b"\xff", position)
            if found < 0 or (found != position and not in_scan):
                return None, position
            while found < len(self.data) and self.data[found] == 0xFF:
                found += 1
            if found >= len(self.data):
                return None, found
            position = found + 1
            if self.data[found] != 0:
                return self.data[found], position
            if not in_scan:
                return None, position

    def _jpeg_frame(self, position: int, length: int) -> bool:
        """ITU-T T.81 §B.2.2; a second frame (hierarchical mode) is no portrait."""
        if length < 8 or self.width:
            return False
        self.height = self._number(position + 3, 2) or 0
        self.width = self._number(position + 5, 2) or 0
        return True

    def boxes(self) -> ImageInfo:
        """The boxes of a JP2 file up to its first codestream (ISO/IEC 15444-1 §I.4), then those behind it."""
        position = 0
        while position < len(self.data):
            length, header = self._number(position, 4), 8
            if length == 1:
                length, header = self._number(position + 8, 8), 16
            if length == 0:
                length = len(self.data) - position
            if length is None or length < header or position + length > len(self.data):
                return self.result(None)
            if self.data[position + 4 : position + 8] == b"jp2c":
                end = self.codestream(position + header, position + length)
                return self.result(end)
            position += length
        return self.result(None)

    def codestream(self, start: int, limit: int) -> int | None:
        """SOC, SIZ, main header, tile-parts, EOC (ISO/IEC 15444-1 §A.3); the offset behind EOC."""
        size = self._number(start + 4, 2)
        if self._number(start, 4) != int.from_bytes(_CODESTREAM_START) or size is None or size < 41:
            return None
        if not self._siz(start + 8, limit):
            return None
        position = start + 4 + size
        tiles = 0
        while True:
            marker = self._number(position, 2) if position + 2 <= limit else None
            if marker == 0xFF00 | _EOC:
                return position + 2 if tiles else None
            length = self._number(position + 2, 2) if position + 4 <= limit else None
            if marker is None or marker >> 8 != 0xFF or length is None or length < 2:
                return None
            if marker == 0xFF00 | _SOT:
                end = self._tile_part(position, limit)
                if end is None:
                    return None
                tiles += 1
                position = end
            else:
                position += 2 + length

    def _siz(self, position: int, limit: int) -> bool:
        """Xsiz - XOsiz by Ysiz - YOsiz (ISO/IEC 15444-1 §A.5.1)."""
        if position + 16 > limit:
            return False
        right, bottom, left, top = (
            int.from_bytes(self.data[offset : offset + 4]) for offset in range(position, position + 16, 4)
        )
        self.width, self.height = max(0, right - left), max(0, bottom - top)
        return True

    def _tile_part(self, position: int, limit: int) -> int | None:
        """The end of a tile-part from Psot (ISO/IEC 15444-1 §A.4.2); 0 means up to EOC at the very end."""
        length = self._number(position + 6, 4)
        if self._number(position + 2, 2) != 10 or length is None:
            return None
        if length == 0:
            eoc = self.data.rfind(bytes((0xFF, _EOC)), position + 12, limit)
            return eoc if eoc >= 0 else None
        if length < 14 or position + length > limit:
            return None
        return position + length
