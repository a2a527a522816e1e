"""A line as printed: glyphs side by side with the faults of a printer, and what else is printed around them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from mrz.ocr.line_image import ALPHABET
from mrz.ocr.training.faces import GLYPH_BASELINE, GLYPH_CAP, GLYPH_COLUMNS, GLYPH_ROWS, Alphabet

Floats = npt.NDArray[np.float32]

#: Rows of a printed line and the row of its baseline: room for tilt and for what stands above and below.
PRINT_ROWS: Final = 88
PRINT_BASELINE: Final = 56
#: Columns before the first and after the last cell.
PRINT_SIDE: Final = 80

_INDEX: Final = {char: index for index, char in enumerate(ALPHABET)}
_WORDS: Final = ("Passport", "No.", "Signature", "Name", "5 MAR", "cm", "Authority", "2031", "SEX", "Fm", "IDENTITY")
_FONTS: Final = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)


@dataclass(frozen=True, slots=True)
class Printed:
    """Ink of a line (0..1, PRINT_ROWS rows), the middle of each character in columns, and the pitch in columns."""

    ink: Floats = dataclasses.field(repr=False)
    middles: Floats = dataclasses.field(repr=False)
    pitch: float


def print_line(rng: np.random.Generator, alphabet: Alphabet, text: str, columns: int) -> Printed:
    """Print `text`, or leave room for `columns` characters if it is empty."""
    pitch = GLYPH_CAP * float(rng.uniform(0.97, 1.12))
    count = len(text) or columns
    width = int(2 * PRINT_SIDE + count * pitch)
    ink = np.zeros((PRINT_ROWS, width), np.float32)
    loose = float(rng.uniform(0, 0.045)) * pitch if rng.random() < 0.6 else 0.0
    along = np.linspace(-1, 1, max(len(text), 2))
    bow = rng.normal(0, 1.2) * (along**2 - 0.5) + rng.normal(0, 0.5) * np.sin(along * rng.uniform(2, 9))
    middles = PRINT_SIDE + (np.arange(len(text)) + 0.5) * pitch + rng.normal(0, loose, len(text))
    rises = rng.normal(0, 0.5, len(text)) if rng.random() < 0.4 else np.zeros(len(text))
    strengths = rng.uniform(0.55, 1.0, len(text)) if rng.random() < 0.2 else None
    for place, char in enumerate(text):
        left = round(float(middles[place])) - GLYPH_COLUMNS // 2
        top = PRINT_BASELINE - GLYPH_BASELINE + round(float(bow[place] + rises[place]))
        glyph = alphabet.glyphs[_INDEX[char]]
        cell = ink[top : top + GLYPH_ROWS, left : left + GLYPH_COLUMNS]
        np.maximum(cell, glyph if strengths is None else glyph * np.float32(strengths[place]), out=cell)
    return Printed(ink, middles.astype(np.float32), pitch)


def wear(rng: np.random.Generator, ink: Floats, texture: Floats) -> Floats:
    """Uneven, broken, spread or scratched ink. `texture` (0..1) has the size of the ink."""
    if rng.random() < 0.3:
        ink = ink * (1 - np.float32(rng.uniform(0.1, 0.6)) * texture)
    if rng.random() < 0.15:
        gone = np.float32(np.quantile(texture[::4, ::4], rng.uniform(0.02, 0.2)))
        ink = ink * np.clip((texture - gone) * 12 + 1, 0, 1).astype(np.float32)
    if rng.random() < 0.3:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.4, 1.3))), np.float32)
    if rng.random() < 0.06:  # a scratch or a fold takes ink away
        ink = ink.copy()
        x = int(rng.integers(ink.shape[1]))
        cv2.line(ink, (x, 0), (x + int(rng.integers(-60, 60)), PRINT_ROWS), 0.0, int(rng.integers(1, 3)), cv2.LINE_AA)
    return ink


def add_clutter(rng: np.random.Generator, printed: Printed, other: Floats | None) -> Floats:
    """Ink of the line with what stands around it: edges, box lines, other text, stamps, a line above or below."""
    ink = printed.ink.copy()
    height, width = ink.shape
    if other is not None and rng.random() < 0.12:  # another line of the zone comes in at the top or the bottom
        shift = int(rng.integers(27, 44)) * (1 if rng.random() < 0.5 else -1)
        span = min(width, other.shape[1])
        rows = slice(max(0, shift), min(height, height + shift))
        from_rows = slice(max(0, -shift), min(height, height - shift))
        np.maximum(ink[rows, :span], other[from_rows, :span], out=ink[rows, :span])
    for left in (True, False):
        if rng.random() < 0.25:
            _draw_beside(rng, ink, left)
    if rng.random() < 0.06:
        _draw_rule(rng, ink)
    if rng.random() < 0.06:
        _draw_across(rng, ink)
    return ink


def _draw_rule(rng: np.random.Generator, ink: Floats) -> None:
    """A ruled line above or below."""
    away = int(rng.integers(5, 14))
    y = PRINT_BASELINE + away if rng.random() < 0.5 else PRINT_BASELINE - GLYPH_CAP - away
    end = (ink.shape[1], y + int(rng.integers(-2, 3)))
    cv2.line(ink, (0, y), end, float(rng.uniform(0.2, 1)), int(rng.integers(1, 4)))


def _draw_across(rng: np.random.Generator, ink: Floats) -> None:
    """A stamp, a signature or a word in large letters across the line; the line stays darker."""
    over = np.zeros(ink.shape, np.uint8)
    middle = (int(rng.integers(ink.shape[1])), int(rng.integers(ink.shape[0])))
    if rng.random() < 0.6:
        axes = (int(rng.integers(20, 120)), int(rng.integers(15, 60)))
        cv2.ellipse(over, middle, axes, 0, 0, 360, 255, int(rng.integers(1, 4)), cv2.LINE_AA)
    else:
        word = _WORDS[int(rng.integers(len(_WORDS)))]
        cv2.putText(
            over, word, middle, _FONTS[0], float(rng.uniform(2, 5)), 255, int(rng.integers(2, 9)), cv2.LINE_AA
        )
    np.maximum(ink, over * np.float32(rng.uniform(0.15, 0.6) / 255), out=ink)


def _draw_beside(rng: np.random.Generator, ink: Floats, left: bool) -> None:
    """Something in the margin: an edge, a bar, a dark surface, words in another face."""
    gap = int(rng.integers(2, 30))
    width = ink.shape[1]
    x = PRINT_SIDE - gap if left else width - PRINT_SIDE + gap
    kind = rng.random()
    strength = float(rng.uniform(0.2, 1.0))
    if kind < 0.35:
        foot = (x + int(rng.integers(-4, 5)), PRINT_ROWS)
        cv2.line(ink, (x, 0), foot, strength, int(rng.integers(1, 6)), cv2.LINE_AA)
    elif kind < 0.6:
        area = ink[:, :x] if left else ink[:, x:]
        np.maximum(area, np.float32(strength), out=area)
    elif kind < 0.8:
        word = _WORDS[int(rng.integers(len(_WORDS)))]
        size, thick = float(rng.uniform(0.3, 1.1)), int(rng.integers(1, 3))
        face = _FONTS[int(rng.integers(len(_FONTS)))]
        (length, _), _ = cv2.getTextSize(word, face, size, thick)
        foot = (x - length - 6 if left else x + 6, int(rng.integers(10, PRINT_ROWS)))
        mask = np.zeros(ink.shape, np.uint8)
        cv2.putText(mask, word, foot, face, size, 255, thick, cv2.LINE_AA)
        np.maximum(ink, mask * np.float32(strength / 255), out=ink)
    else:
        spots = rng.integers(0, PRINT_ROWS, (int(rng.integers(1, 8)), 2))
        for dx, y in spots:
            place = (x - int(dx) // 2 if left else x + int(dx) // 2, int(y))
            cv2.circle(ink, place, int(rng.integers(1, 6)), strength, -1, cv2.LINE_AA)
