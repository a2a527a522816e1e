"""Whole test photos, rendered from scratch: a document on a desk, and pictures that hold no machine readable zone.

Every photo follows from its seed and faces alone. Nothing here is shared with the training of the recogniser: neither
code, strings nor seeds; `tests.mrz.ocr.render` leaves out training's faces, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mrz.formats import MrzFormat
from tests.mrz.ocr.camera import bend, crop, encode, light, make_desk, sense, shoot
from tests.mrz.ocr.faces import DEBIAN_CUTS, Face, Grey, font_of
from tests.mrz.ocr.pages import (
    PAGE_SCALE,
    TEXT_FONTS,
    Points,
    code,
    draw_text,
    guilloche,
    make_lines,
    make_page,
    personal_data,
    word,
)

FORMAT_SHARES: Final = {
    MrzFormat.TD3: 0.5,
    MrzFormat.TD1: 0.25,
    MrzFormat.TD2: 0.15,
    MrzFormat.MRVA: 0.05,
    MrzFormat.MRVB: 0.05,
}
#: Pixels from one character to the next, the least and the most.
PITCH_RANGE_PX: Final = (12.5, 42.0)
#: Quality of encoding, the least and the most, of 100.
QUALITY_RANGE: Final = (45, 95)


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a photo was taken; what a test narrows to see one thing alone."""

    quarter_turns: int
    tilt_degrees: float
    pitch_px: float
    tight: bool
    blur: float
    glare: bool
    jpeg_quality: int


@dataclass(frozen=True, slots=True)
class Photo:
    """A rendered photo and the truth about it.

    `quads[i]` holds the corners of the text of `lines[i]` in pixels: first the upper left one as one reads it, then
    clockwise, from the first character's cell to the last one's and from the capitals' top to the baseline.
    """

    data: bytes
    format: MrzFormat
    lines: tuple[str, ...]
    quads: tuple[Points, ...]
    conditions: Conditions


def photo(
    seed: int,
    *,
    mrz_format: MrzFormat | None = None,
    max_tilt: float = 30.0,
    quarter_turns: int | None = None,
    pitch_px: float | None = None,
    pitch_range: tuple[float, float] = PITCH_RANGE_PX,
    quality_range: tuple[int, int] = QUALITY_RANGE,
    tight: bool | None = None,
    easy: bool = False,
    faces: Sequence[Face] = DEBIAN_CUTS,
    encoder: Callable[[np.random.Generator, Grey, int], bytes] = encode,
) -> Photo:
    """Photo number `seed`. What is not asked for is drawn by lot; `easy` leaves out blur, glare and shadow."""
    rng = np.random.default_rng([0x0CB, seed])
    chosen = mrz_format or MrzFormat(rng.choice(list(FORMAT_SHARES), p=list(FORMAT_SHARES.values())))
    lines = make_lines(rng, chosen)
    page, cells = make_page(rng, chosen, lines, faces)
    page, cells = bend(rng, page, cells, 0.0 if easy else float(rng.choice([0.0, rng.uniform(0, 0.012)])))
    tilt = float(np.clip(rng.normal(0, 9), -max_tilt, max_tilt))
    if rng.random() < 0.15:
        tilt = float(rng.uniform(-max_tilt, max_tilt))
    turns = int(rng.choice([0, 0, 0, 1, 2, 3])) if quarter_turns is None else quarter_turns
    pitch = float(np.exp(rng.uniform(*np.log(pitch_range)))) if pitch_px is None else pitch_px
    is_tight = bool(rng.random() < 0.15) if tight is None else tight
    scene, quads = shoot(rng, page, cells, pitch, tilt, turns, 0.0 if easy else 1.0)
    glare = bool(not easy and rng.random() < 0.3)
    if not easy:
        scene = light(rng, scene, quads, pitch, glare)
    if is_tight:
        scene, quads = crop(rng, scene, quads, pitch)
    blur = 0.0 if easy else float(rng.uniform(0, 0.085))
    scene = sense(rng, scene, blur * pitch, 0.0 if easy else 1.0)
    quality = 92 if easy else int(rng.integers(quality_range[0], quality_range[1] + 1))
    conditions = Conditions(turns, tilt, pitch, is_tight, blur, glare, quality)
    return Photo(encoder(rng, scene, quality), chosen, lines, tuple(quads), conditions)


def negative(seed: int) -> bytes:
    """Picture number `seed` without a machine readable zone: printed pages, forms, textures, tables, plain cards."""
    rng = np.random.default_rng([0x4E6, seed])
    kind = int(rng.integers(0, 5))
    height, width = int(rng.integers(700, 1500)), int(rng.integers(700, 1900))
    if kind == 0:
        canvas = make_desk(rng, height, width)
    else:
        canvas = np.full((height, width), int(rng.integers(190, 250)), np.uint8)
        if rng.random() < 0.5:
            canvas = guilloche(rng, canvas)
    if kind in (1, 2):
        canvas = _text_page(rng, canvas, monospaced=kind == 2)
    elif kind == 3:
        canvas = _form(rng, canvas)
    elif kind == 4:
        canvas = _card_without_zone(rng, canvas)
    angle = float(rng.normal(0, 8)) + 90.0 * int(rng.integers(0, 4))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 0.9)
    canvas = cv2.warpAffine(
        canvas, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=int(rng.integers(20, 200))
    )
    canvas = sense(rng, canvas, float(rng.uniform(0, 1.2)), 1.0)
    return encode(rng, canvas, int(rng.integers(45, 96)))


def _text_page(rng: np.random.Generator, canvas: Grey, *, monospaced: bool) -> Grey:
    height, width = canvas.shape
    font = font_of(
        TEXT_FONTS[int(rng.integers(5, 7)) if monospaced else int(rng.integers(0, 5))], int(rng.integers(14, 34))
    )
    ink, shout = int(rng.integers(0, 90)), rng.random() < 0.4
    y = height * 0.04
    while y < height * 0.95:
        words = " ".join(word(rng, 9) if shout else word(rng, 9).lower() for _ in range(int(rng.integers(1, 16))))
        draw_text(canvas, words, width * 0.05, y, font, ink)
        y += font.size * (1.4 if rng.random() < 0.85 else 2.8)
    return canvas


def _form(rng: np.random.Generator, canvas: Grey) -> Grey:
    """Boxes for single characters, bar codes, rules and numbers in tables."""
    height, width = canvas.shape
    font = font_of(TEXT_FONTS[int(rng.integers(0, len(TEXT_FONTS)))], int(rng.integers(18, 32)))
    side = int(rng.integers(18, 36))
    y = int(height * 0.05)
    while y < height - 3 * side:
        kind = int(rng.integers(0, 4))
        if kind == 0:
            for index in range(int(rng.integers(8, 31))):
                cv2.rectangle(canvas, (40 + index * side, y), (40 + (index + 1) * side, y + side), 110, 1)
                if rng.random() < 0.5:
                    draw_text(canvas, code(rng, 1), 44 + index * side, y + 1, font, 30)
        elif kind == 1:
            x = 40
            while x < width * 0.6:
                bar = int(rng.integers(1, 6))
                cv2.rectangle(canvas, (x, y), (x + bar, y + 2 * side), 20, -1)
                x += bar + int(rng.integers(2, 7))
            y += side
        elif kind == 2:
            cv2.line(canvas, (30, y), (width - 30, y), 60, 1)
            draw_text(canvas, f"{word(rng, 8).title()}: {'.' * 60}", 40, y + 4, font, 50)
        else:
            draw_text(canvas, "   ".join(code(rng, 6) for _ in range(8)), 40, y, font, 40)
        y += round(side * 1.7)
    return canvas


def _card_without_zone(rng: np.random.Generator, canvas: Grey) -> Grey:
    """An identity page as above, its lower part left empty."""
    page = np.full((round(54 * PAGE_SCALE), round(86 * PAGE_SCALE)), int(rng.integers(175, 250)), np.uint8)
    page = personal_data(rng, guilloche(rng, page), page.shape[0])
    height, width = canvas.shape
    scale = min(height / page.shape[0], width / page.shape[1]) * 0.8
    page = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas[20 : 20 + page.shape[0], 20 : 20 + page.shape[1]] = page
    return canvas
