"""Faces to print with: cuts of OCR-B, everything between and around them, and a few faces close to it.

Each outline is kept as a field of signed distances to its edge (ink positive), so that faces can be mixed, made
bolder, thinner or rounder, and drawn at any size. ICAO 9303-3 §4.2 asks for OCR-B; issuers print many cuts of it,
with rounder zeros and wider letters than the common font files.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from mrz.ocr.line_image import ALPHABET

Floats = npt.NDArray[np.float32]

#: Rows of a capital H in the distance fields, and the cell around every glyph.
FIELD_CAP: Final = 48
FIELD_ROWS: Final = 80
FIELD_COLUMNS: Final = 80
FIELD_BASELINE: Final = 64
#: Rows of a capital in drawn glyphs, their cell, and the row of the baseline in it.
GLYPH_CAP: Final = 24
GLYPH_ROWS: Final = 40
GLYPH_COLUMNS: Final = 40
GLYPH_BASELINE: Final = 32
#: Outlines are drawn this much larger before distances are measured, so that these are finer than a pixel.
_OVERSAMPLING: Final = 4

#: Cuts of OCR-B, then faces close to it; (file name, whether its zero has no mark in it).
OCR_B_FILES: Final = ("OCRB.otf", "OCRBS.otf", "raisty_OCR-B.ttf")
NEAR_FILES: Final = ("NotoSansMono-Regular.ttf", "DejaVuSansMono.ttf", "FreeMonoBold.otf", "FreeMono.otf")
#: Faces that are met in validation alone.
HELD_OUT_FILES: Final = ("LiberationMono-Bold.ttf",)
#: Where the cuts of OCR-B come from.
_SOURCES: Final = (
    "OCRB and OCRBS are in Debian's fonts-ocr-b, raisty_OCR-B is at github.com/raisty/OCR-B; "
    "folders are named by --fonts, or FONTS= for make"
)
#: Zeros with a stroke or dot in them are no zeros of OCR-B: their place takes a narrowed letter O.
_MARKED_ZERO: Final = frozenset({"NotoSansMono-Regular.ttf", "DejaVuSansMono.ttf", "LiberationMono-Bold.ttf"})

_ZERO, _LETTER_O = ALPHABET.index("0"), ALPHABET.index("O")
_DIGITS: Final = np.arange(37) < 10
#: Glyphs that are told apart by their width or roundness.
_DELICATE: Final = np.array([char in "0ODQ1I8B5S2Z6G" for char in ALPHABET])


@dataclass(frozen=True, slots=True)
class Faces:
    """Distance fields, (37, FIELD_ROWS, FIELD_COLUMNS) float32 in pixels of the field, by family."""

    ocr_b: tuple[Floats, ...]
    near: tuple[Floats, ...]


def load(folders: tuple[Path, ...], *, held_out: bool = False) -> Faces:
    """Read the font files that are found below `folders`; faces close to OCR-B may be missing.

    Raises:
        FileNotFoundError: A cut of OCR-B is not there; the text says where it comes from.
    """
    found = {path.name: path for folder in folders for path in sorted(folder.rglob("*.[ot]tf"))}
    missing = [name for name in OCR_B_FILES if name not in found]
    if missing:
        raise FileNotFoundError(f"font files not found: {', '.join(missing)} ({_SOURCES})")
    near = HELD_OUT_FILES if held_out else NEAR_FILES
    return Faces(
        tuple(_distances(found[name]) for name in OCR_B_FILES),
        tuple(_distances(found[name]) for name in near if name in found),
    )


def _distances(path: Path) -> Floats:
    """Every glyph of a font file: capitals FIELD_CAP rows high, cells in the middle."""
    probe = ImageFont.truetype(str(path), 1000)
    ink = Image.new("L", (1500, 1500))
    ImageDraw.Draw(ink).text((200, 1000), "H", font=probe, fill=255, anchor="ls")
    box = ink.getbbox()
    if box is None:
        raise ValueError(f"{path.name} has no letter H")
    size = 1000 * FIELD_CAP * _OVERSAMPLING / (box[3] - box[1])
    font = ImageFont.truetype(str(path), size)
    fields = np.empty((len(ALPHABET), FIELD_ROWS, FIELD_COLUMNS), np.float32)
    for index, char in enumerate(ALPHABET):
        fields[index] = _distance_of(font, char)
    if path.name in _MARKED_ZERO:
        fields[_ZERO] = _stretch(fields[_LETTER_O], 0.8, 1.04)
    return fields


def _distance_of(font: ImageFont.FreeTypeFont, char: str) -> Floats:
    canvas = Image.new("L", (FIELD_COLUMNS * _OVERSAMPLING, FIELD_ROWS * _OVERSAMPLING))
    middle = (FIELD_COLUMNS * _OVERSAMPLING / 2, FIELD_BASELINE * _OVERSAMPLING)
    ImageDraw.Draw(canvas).text(middle, char, font=font, fill=255, anchor="ms")
    inside = (np.asarray(canvas) > 127).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    small = cv2.resize(distance, (FIELD_COLUMNS, FIELD_ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(small / _OVERSAMPLING, np.float32)


def _stretch(field: Floats, x: float, y: float) -> Floats:
    """A glyph made wider and higher about the foot of its middle."""
    matrix = np.array([[x, 0, FIELD_COLUMNS / 2 * (1 - x)], [0, y, FIELD_BASELINE * (1 - y)]])
    size = (FIELD_COLUMNS, FIELD_ROWS)
    return np.asarray(cv2.warpAffine(field, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _oval(width: float, height: float) -> Floats:
    """About the distance field of a ring, `width` and `height` in pixels, standing on the baseline."""
    y, x = np.mgrid[0:FIELD_ROWS, 0:FIELD_COLUMNS].astype(np.float32)
    a, b, stroke = width / 2, height / 2, 7.0
    u, v = x - FIELD_COLUMNS / 2, y - (FIELD_BASELINE - b)
    radius = np.sqrt(u * u + v * v) + 1e-3
    edge = radius / np.sqrt((u / a) ** 2 + (v / b) ** 2 + 1e-6)  # distance to the oval along the ray
    return np.asarray(stroke / 2 - np.abs(radius - edge + stroke / 2), np.float32)


@dataclass(frozen=True, slots=True)
class Alphabet:
    """One drawn face: coverage of ink, (37, GLYPH_ROWS, GLYPH_COLUMNS) float32 in 0..1."""

    glyphs: Floats = dataclasses.field(repr=False)


def draw_alphabet(rng: np.random.Generator, faces: Faces) -> Alphabet:
    """A new face from the old ones: mixed, bolder or thinner, rounder, slanted, each glyph a little its own."""
    fields = _mix(rng, faces)
    oval = _oval(float(rng.uniform(24, 30)), float(rng.uniform(48, 53)))
    share = float(rng.uniform(0, 1)) if rng.random() < 0.5 else 0.0
    fields[_ZERO] = (1 - share) * fields[_ZERO] + share * oval
    if rng.random() < 0.25:
        share = float(rng.uniform(0, 0.6))
        fields[_LETTER_O] = (1 - share) * fields[_LETTER_O] + share * _oval(float(rng.uniform(34, 40)), 48.0)
    roundness = float(rng.uniform(0.3, 3.0))
    if rng.random() < 0.5:
        for field in fields:
            cv2.GaussianBlur(field, (0, 0), roundness, dst=field)
    weight = _weights(fields, float(rng.normal(3.4, 0.5)) if rng.random() < 0.6 else float(rng.uniform(1.9, 5.4)))
    widths = rng.normal(1.0, 0.02, 37) * np.where(_DELICATE, rng.normal(1.0, 0.02, 37), 1.0)
    widths[_ZERO] = min(widths[_ZERO], 1.02 * widths[_LETTER_O])  # wider, it would be no zero of any cut
    widths = widths * rng.uniform(0.9, 1.1)
    heights = rng.normal(1.0, 0.012, 37) * np.where(_DIGITS, rng.uniform(0.93, 1.03), 1.0)
    slant = float(rng.normal(0, 0.02)) if rng.random() < 0.8 else float(rng.uniform(-0.05, 0.2))
    scale = GLYPH_CAP / FIELD_CAP
    glyphs = np.empty((37, GLYPH_ROWS, GLYPH_COLUMNS), np.float32)
    for index, field in enumerate(fields):
        x, y = scale * widths[index], scale * heights[index]
        matrix = np.array(
            [
                [x, -slant * y, GLYPH_COLUMNS / 2 - x * FIELD_COLUMNS / 2 + slant * y * FIELD_BASELINE],
                [0, y, GLYPH_BASELINE - y * FIELD_BASELINE],
            ]
        )
        size = (GLYPH_COLUMNS, GLYPH_ROWS)
        glyphs[index] = cv2.warpAffine(field, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    weight += rng.normal(0, 0.15, (37, 1, 1)).astype(np.float32)
    return Alphabet(np.clip((glyphs + weight) * np.float32(scale) + 0.5, 0.0, 1.0))


def _weights(fields: Floats, half_stroke: float) -> Floats:
    """What to add to every field so that strokes are that wide; no glyph of a mixture fades away."""
    deepest = fields.max(axis=(1, 2), keepdims=True)
    return np.asarray(half_stroke - np.minimum(deepest, np.median(deepest)), np.float32)


def _mix(rng: np.random.Generator, faces: Faces) -> Floats:
    """OCR-B alone (three in four), with a share of a close face, or a close face by itself."""
    first, second = rng.integers(len(faces.ocr_b), size=2)
    share = np.float32(rng.uniform(-0.3, 1.3))
    fields = faces.ocr_b[first] * (1 - share) + faces.ocr_b[second] * share
    kind = rng.random()
    if kind < 0.75 or not faces.near:
        return np.asarray(fields, np.float32)
    near = faces.near[int(rng.integers(len(faces.near)))]
    share = np.float32(rng.uniform(0.1, 0.6) if kind < 0.92 else rng.uniform(0.8, 1.0))
    return np.asarray(fields * (1 - share) + near * share, np.float32)
