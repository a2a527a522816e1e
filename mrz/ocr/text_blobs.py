"""Where lines of print may lie in a photo: elongated blobs of dark strokes, at any angle.

A pyramid of reduced pictures is walked with one set of filters; a level sees characters of about 7 to 14 pixels.
Fine dark strokes are brought out (black hat), smeared over a character's width and compared with their surroundings:
within a line the smears join, from line to line they don't.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

#: Longer sides of the pyramid's levels, in pixels: close enough that in one of them a smear bridges the gaps between
#: characters (up to six tenths of a pitch) and not those between the lines of a card (seven tenths).
COARSE_LEVELS: Final = (1000, 600, 360, 220)
#: Tried when the coarse levels show no zone.
FINE_LEVELS: Final = (1700, 2800, 4600)
#: Blobs that are looked at: a zone is nearly always among the first three, a page of text has some fifty.
MAX_BLOBS: Final = 10

#: Side of the black hat: more than a stroke, less than a character.
_STROKE: Final = 5
#: Side of the smear: a character's width, less than the gap between two lines.
_SMEAR: Final = 7
#: Side of the surroundings that a smear is held against.
_SURROUNDINGS: Final = 41
#: Grey levels that are added before strokes are compared with paper: in the dark, noise is no ink.
_DARK: Final = 20.0
_LIFTED: Final = 1 - _DARK / 255
#: A blob's shape: at least this long, this high, and so many times longer than high.
_MIN_LENGTH: Final = 34
_MIN_HEIGHT: Final = 4
_MIN_ELONGATION: Final = 4
#: Pixels of a level's shorter side at least: two lines of the smallest print.
_LEAST_SIDE: Final = 16
#: The longer side of the upright box around a blob of that length, at any angle.
_LEAST_BOX: Final = _MIN_LENGTH * math.sqrt(0.5)
#: Pieces of a level beyond which it shows a texture: their outlines would take more room than the photo.
_MOST_PIECES: Final = 100_000
_UPPER_LEFT: Final = np.array([[-1, -1, -1], [-1, 1, 0], [0, 0, 0]])
#: Liveliness is taken from so many samples.
_SAMPLES: Final = 96
#: Characters beyond which length promises nothing more.
_LONGEST_LINE: Final = 44
#: A sum of four smears above the surroundings that is no more than the grain of paper.
_EVEN: Final = 12
#: How much higher than the capitals the smear makes a blob.
_SWELL: Final = 4.0
#: Characters stand 2.54 mm apart, capitals are 2.4 mm high (ICAO 9303-3 §4).
_PITCH_OF_CAPITALS: Final = 2.54 / 2.4


@dataclass(frozen=True, slots=True)
class Blob:
    """A piece of a line of print: middle, length, angle in degrees (0 to 180, clockwise), and the likely pitch.

    `liveliness` says how much light and dark change along it: much in print, little along an edge or in wood.
    """

    x: float
    y: float
    length: float
    angle: float
    pitch: float
    liveliness: float

    @property
    def promise(self) -> float:
        """By which blobs are ordered: long ones with much change along them."""
        return min(self.length / self.pitch, _LONGEST_LINE) * self.liveliness


def find_blobs(pixels: Grey, levels: Sequence[int]) -> list[Blob]:
    """Blobs of all levels, the most promising first, at most `MAX_BLOBS`; nothing is enlarged."""
    found: list[Blob] = []
    longest = max(pixels.shape)
    for side in sorted({min(level, longest) for level in levels}, reverse=True):
        share = side / longest
        if min(pixels.shape) * share < _LEAST_SIDE:
            continue
        level = pixels if share == 1 else cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        found += _blobs_of_level(np.asarray(level, np.uint8), longest / side)
    found.sort(key=lambda blob: blob.promise, reverse=True)
    return found[:MAX_BLOBS]


def bring_out_strokes(pixels: Grey) -> Grey:
    """How dark strokes thinner than `_STROKE` pixels are against the paper around: 0 for paper, 255 for black.

    A share of the paper's brightness, so that shadow changes nothing.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_STROKE, _STROKE))
    lifted = cv2.convertScaleAbs(pixels, alpha=_LIFTED, beta=_DARK)
    paper = cv2.morphologyEx(lifted, cv2.MORPH_CLOSE, kernel)
    return np.asarray(255 - cv2.divide(lifted, paper, scale=255), np.uint8)


def _blobs_of_level(level: Grey, scale: float) -> list[Blob]:
    strokes = bring_out_strokes(level)
    smear = cv2.blur(strokes, (_SMEAR, _SMEAR)).astype(np.int16)
    around = cv2.blur(smear, (_SURROUNDINGS, _SURROUNDINGS))
    # A quarter above the surroundings, and some: paper without print is even. In place, as a
    # fine level has 16 megapixels.
    cv2.addWeighted(smear, 4, around, -5, 0, dst=smear)
    del around
    mask = np.asarray(smear > _EVEN, np.uint8)
    del smear
    if _count_pieces(mask) > _MOST_PIECES:
        return []
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    shapes = []
    for contour in contours:
        if len(contour) < 4 or max(cv2.boundingRect(contour)[2:]) < _LEAST_BOX:
            continue
        (x, y), (width, height), angle = cv2.minAreaRect(contour)
        length, thickness = max(width, height), min(width, height)
        if length < _MIN_LENGTH or thickness < _MIN_HEIGHT or length < _MIN_ELONGATION * thickness:
            continue
        pitch = max(thickness - _SWELL, 0.5 * thickness) * _PITCH_OF_CAPITALS
        shapes.append((x, y, length, (angle + 90 if width < height else angle) % 180, pitch))
    return [
        Blob(x * scale, y * scale, length * scale, angle, pitch * scale, liveliness)
        for (x, y, length, angle, pitch), liveliness in zip(shapes, _liveliness(strokes, shapes), strict=True)
    ]


def _count_pieces(mask: Grey) -> int:
    """How many connected pieces there are at most: places with nothing above and to the left."""
    return cv2.countNonZero(cv2.morphologyEx(mask, cv2.MORPH_HITMISS, _UPPER_LEFT))


def _liveliness(strokes: Grey, shapes: Sequence[tuple[float, float, float, float, float]]) -> list[float]:
    """Mean change from one sample to the next, two pixels on, along the middles of blobs."""
    if not shapes:
        return []
    x, y, length, angle, _ = np.array(shapes).T
    share = np.linspace(-0.5, 0.5, _SAMPLES)
    columns = x[:, None] + np.cos(np.radians(angle))[:, None] * length[:, None] * share
    rows = y[:, None] + np.sin(np.radians(angle))[:, None] * length[:, None] * share
    index_x = np.clip(np.round(columns), 0, strokes.shape[1] - 1).astype(np.intp)
    index_y = np.clip(np.round(rows), 0, strokes.shape[0] - 1).astype(np.intp)
    samples = strokes[index_y, index_x].astype(np.int16)
    return [float(value) for value in np.abs(np.diff(samples, axis=1)).mean(axis=1)]
