"""The photo of the demo: what is drawn is what a passport has, and the same for everyone."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from PIL import Image

from service.demo import page
from tests.service import glyph_sheet
from tests.service.adapters.ocr_stub import LINES


def test_the_sheet_of_characters_is_made_by_the_script() -> None:
    """From Debian's font; a rasteriser of another version may differ in the tone of an edge, and in nothing else."""
    kept, made = (
        np.asarray(Image.open(io.BytesIO(data)), np.int16)
        for data in (glyph_sheet.SHEET.read_bytes(), glyph_sheet.sheet(glyph_sheet.FONT))
    )
    assert kept.shape == made.shape
    assert np.abs(kept - made).max() <= 8


def test_the_photo_is_a_small_png_and_always_the_same() -> None:
    photo = page.photograph(LINES)
    assert len(photo) < 100_000
    with Image.open(io.BytesIO(photo)) as picture:
        picture.verify()
        assert (picture.format, picture.mode) == ("PNG", "L")
        assert 1_200 < picture.width < 1_600
    assert hashlib.sha256(photo).digest() == hashlib.sha256(page.photograph(LINES)).digest()


def test_every_character_is_drawn_and_differs() -> None:
    drawn = [b"".join(rows) for rows in page.glyphs().values()]
    assert len(set(drawn)) == len(page.ALPHABET) == 37
    # between a stroke's share of the place, and a blot
    assert all(0.03 < sum(tone < 128 for tone in glyph) / len(glyph) < 0.35 for glyph in drawn)
