"""Makes `service/demo/ocr_b.pgm` from Debian's free OCR-B: `python -m tests.service.glyph_sheet [FONT]`."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from service.demo import page

FONT = Path("/usr/share/fonts/opentype/ocr-b/OCRB.otf")
SHEET = Path(page.__file__).with_name("ocr_b.pgm")
#: Capitals of 2.4 mm where characters stand 2.54 mm apart (ISO 1073-2, size I).
CAPITAL = page.GLYPH_WIDTH * 2.4 / 2.54
#: Pixels drawn for one that is kept.
FINE = 8


def sheet(font_file: Path) -> bytes:
    """The sheet as a PGM."""
    font = _font(font_file)
    width, height = page.GLYPH_WIDTH, page.GLYPH_HEIGHT
    drawn = Image.new("L", (width * len(page.ALPHABET) * FINE, height * FINE), 255)
    draw = ImageDraw.Draw(drawn)
    for place, character in enumerate(page.ALPHABET):
        middle = (place + 0.5) * width * FINE
        draw.text((middle, 29 * FINE), character, font=font, fill=16, anchor="ms")
    small = drawn.resize((width * len(page.ALPHABET), height), Image.Resampling.BOX)
    return f"P5\n{small.width} {small.height}\n255\n".encode() + small.tobytes()


def _font(font_file: Path) -> ImageFont.FreeTypeFont:
    """The font at the size that gives its capitals their height."""
    for size in range(8, 1_000):
        font = ImageFont.truetype(str(font_file), size)
        _, top, _, bottom = font.getbbox("H")
        if bottom - top >= CAPITAL * FINE:
            return font
    raise SystemExit("the font has no capitals")


if __name__ == "__main__":
    SHEET.write_bytes(sheet(Path(sys.argv[1]) if len(sys.argv) > 1 else FONT))
