"""The phone's photo of a specimen's page, drawn for this moment without any library of pictures.

The characters come from `ocr_b.pgm`, a sheet of the 37 characters of a zone in OCR-B (ISO 1073-2), made by
`python -m tests.service.glyph_sheet` from the free font of Matthew Skala and Norbert Schwarz.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final

#: The characters of the sheet, in its order.
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
#: Pixels of a character's place: 2.54 mm wide (ICAO 9303-3 §4), so that the page has 9.4 pixels for a millimetre.
GLYPH_WIDTH: Final = 24
GLYPH_HEIGHT: Final = 36
#: A TD3 page of 125 x 88 mm, and where its zone stands (ICAO 9303-4 §4.2).
_PAGE: Final = (1180, 830)
_LEFT: Final = 62
_LINES_AT: Final = (690, 752)
#: Desk around the page; the tilt needs it.
_DESK: Final = 70
#: Pixels along an edge for one pixel of tilt: two degrees.
_TILT: Final = 28
_WHITE: Final = 255
_DESK_TONE: Final = 96
#: The lamp stands above: the foot of the page has this share of its light.
_LIGHT_AT_FOOT: Final = 0.72
#: Rows that have the same light: below one tone of difference.
_LIGHT_STEP: Final = 8
_PGM: Final = re.compile(rb"P5\n([0-9]+) ([0-9]+)\n255\n")


def photograph(lines: Sequence[str], title: str = "UTOPIA") -> bytes:
    """A grey PNG of a page that lies a little askew on a desk, with light from above.

    Args:
        lines: of the zone, over `ALPHABET`.
        title: what else is printed, over the same letters.
    """
    width, height = _PAGE
    page = [bytearray([_WHITE]) * width for _ in range(height)]
    _print(page, title, _LEFT, 60)
    _frame(page, _LEFT, 130, 330, 430)
    for line, row in zip(lines, _LINES_AT, strict=True):
        _print(page, line, _LEFT, row)
    tilted = _tilt(page)
    return _png([bytes(row).translate(table) for row, table in zip(tilted, _light(len(tilted)), strict=True)])


@cache
def glyphs() -> Mapping[str, Sequence[bytes]]:
    """Each character as its rows of grey."""
    data = (resources.files(__package__) / "ocr_b.pgm").read_bytes()
    head = _PGM.match(data)
    if head is None or (int(head[1]), int(head[2])) != (GLYPH_WIDTH * len(ALPHABET), GLYPH_HEIGHT):
        raise ValueError("the sheet of characters is damaged")
    width, start = int(head[1]), head.end()
    return {
        character: [data[start + row * width + place * GLYPH_WIDTH :][:GLYPH_WIDTH] for row in range(GLYPH_HEIGHT)]
        for place, character in enumerate(ALPHABET)
    }


def _print(page: list[bytearray], text: str, left: int, top: int) -> None:
    sheet = glyphs()
    for row in range(GLYPH_HEIGHT):
        page[top + row][left : left + GLYPH_WIDTH * len(text)] = b"".join(sheet[letter][row] for letter in text)


def _frame(page: list[bytearray], left: int, top: int, width: int, height: int) -> None:
    """The place of a portrait, which nobody has."""
    for row in range(top, top + height):
        page[row][left : left + width] = bytes([200]) * width


def _tilt(page: Sequence[bytearray]) -> list[bytes]:
    """The page on the desk, turned by two shears: rows to the right, then columns upwards."""
    leaned = [
        _desk(_DESK + row // _TILT) + bytes(content) + _desk(_DESK + (len(page) - row) // _TILT)
        for row, content in enumerate(page)
    ]
    width = min(map(len, leaned))
    rise = width // _TILT
    empty = _desk(width)
    standing = [empty] * (_DESK + rise) + [row[:width] for row in leaned] + [empty] * (_DESK + rise)
    return [
        b"".join(standing[row + column // _TILT][column : column + _TILT] for column in range(0, width, _TILT))
        for row in range(len(standing) - rise - 1)
    ]


def _desk(width: int) -> bytes:
    return bytes([_DESK_TONE]) * width


def _light(rows: int) -> Iterator[bytes]:
    """What the lamp makes of each tone, row after row."""
    table = b""
    for row in range(rows):
        if row % _LIGHT_STEP == 0:
            share = 1 - (1 - _LIGHT_AT_FOOT) * row / rows
            table = bytes(round(tone * share) for tone in range(_WHITE + 1))
        yield table


def _png(rows: Sequence[bytes]) -> bytes:
    """Grey rows of one width as a PNG (ISO/IEC 15948)."""
    size = len(rows[0]).to_bytes(4, "big") + len(rows).to_bytes(4, "big")
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    chunks = ((b"IHDR", size + b"\x08\0\0\0\0"), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
