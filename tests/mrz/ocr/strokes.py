"""Cuts of OCR-B drawn with a pen, for zones in letters that no font file holds.

ISO 1073-2 gives OCR-B as centre lines that a pen of one width follows. The centre lines here were drawn for these
tests alone, and no outline of a font file went into them. What cuts of OCR-B differ in are the fields of `Strokes`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from tests.mrz.ocr.faces import CAP_HEIGHT, Glyph

#: Centre lines: strokes apart by `;`, each of points `x,y` and arcs `@x,y,rx,ry,from,to` (degrees, counterclockwise
#: from the right). Capitals reach from y = 0 to 100; x = 0 is the middle of the character.
CENTRE_LINES: Final = {
    "A": "-33,0 0,100 33,0; -22,32 22,32",
    "B": "0,51 -28,51 -28,100 0,100 @0,75.5,25,24.5,90,-90; -28,51 -28,0 0,0 @0,25.5,30,25.5,-90,90",
    "C": "@0,64,31,36,35,180 -31,36 @0,36,31,36,180,325",
    "D": "-28,0 -28,100 -6,100 @-6,66,34,34,90,0 28,34 @-6,34,34,34,0,-90 -28,0",
    "E": "30,100 -28,100 -28,0 30,0; -28,52 22,52",
    "F": "30,100 -28,100 -28,0; -28,50 22,50",
    "G": "@0,64,31,36,35,180 -31,36 @0,36,31,36,180,360 31,45 4,45",
    "H": "-29,0 -29,100; 29,0 29,100; -29,50 29,50",
    "I": "-22,0 22,0; -22,100 22,100; 0,0 0,100",
    "J": "24,100 24,26 @-4,26,28,26,0,-150",
    "K": "-28,0 -28,100; 30,100 -28,40; -8,60 32,0",
    "L": "-26,100 -26,0 32,0",
    "M": "-32,0 -32,100 0,44 32,100 32,0",
    "N": "-29,0 -29,100 29,0 29,100",
    "O": "@0,50,32,50,0,360",
    "P": "-27,0 -27,100 2,100 @2,74,28,26,90,-90 -27,48",
    "Q": "@0,50,32,50,0,360; 4,26 36,-6",
    "R": "-27,0 -27,100 2,100 @2,74,28,26,90,-90 -27,48; 2,48 31,0",
    "S": "@0,75,27,25,30,270 @0,25,30,25,90,-150",
    "T": "-33,100 33,100; 0,100 0,0",
    "U": "-30,100 -30,32 @0,32,30,32,180,360 30,100",
    "V": "-33,100 0,0 33,100",
    "W": "-36,100 -20,0 0,58 20,0 36,100",
    "X": "-32,0 32,100; -32,100 32,0",
    "Y": "-32,100 0,46 32,100; 0,46 0,0",
    "Z": "-29,100 30,100 -30,0 31,0",
    "0": "@0,71,29,29,0,180 -29,29 @0,29,29,29,180,360 29,71",
    "1": "-20,76 4,100 4,0",
    "2": "@0,73,27,27,165,-30 -29,0 30,0",
    "3": "-26,100 25,100 -3,58 @-1,29,29,29,85,-150",
    "4": "8,100 -30,26 32,26; 14,52 14,0",
    "5": "25,100 -22,100 -24,56 @-1,31,29,31,120,-150",
    "6": "16,100 -22,44 @0,29,28,29,150,510",
    "7": "-29,100 29,100 -4,40 -8,0",
    "8": "@0,76,23,24,0,360; @0,27,28,27,0,360",
    "9": "-16,0 22,56 @0,71,28,29,-30,330",
    "<": "30,84 -30,48 30,12",
}
#: What tells letters from the digit 0: O and Q are ovals in every cut, however square its other bowls are.
_OVALS: Final = "OQ"
_OVAL_SQUARENESS: Final = 2.1
#: Centre lines are drawn this much larger and made smaller afterwards.
_OVERSAMPLING: Final = 4
_ARC_STEP_DEGREES: Final = 4.0


@dataclass(frozen=True, slots=True)
class Strokes:
    """A cut of OCR-B.

    Args:
        name: what the cut is called in tables.
        pen: width of upright and of level strokes, as shares of the capitals' height.
        round_pen: whether strokes end round; else a square nib, held straight.
        squareness: exponent of the bowls but those of O and Q: 2 is an ellipse, more comes nearer to a rectangle.
        width: of all characters, 1 being that of the centre lines.
        digit_height: of the digits, as a share of the capitals' height.
        zero_width: of the digit 0, as a share of the width that it has by itself.
        cap_height: height of capitals, as a share of the pitch.
    """

    name: str
    pen: tuple[float, float]
    round_pen: bool
    squareness: float
    width: float = 1.0
    digit_height: float = 1.05
    zero_width: float = 1.0
    cap_height: float = CAP_HEIGHT

    def glyph(self, character: str, cap_px: float) -> Glyph:
        """One character, its capitals `cap_px` high."""
        return _drawn(self, character, cap_px)


#: A pen as the standard has it; a nib with corners; a broad pen on plain ellipses, with digits like capitals.
CUTS: Final = (
    Strokes("round pen", (0.145, 0.145), True, 2.3),
    Strokes("square nib", (0.125, 0.125), False, 2.9, width=0.95, digit_height=1.07, zero_width=0.95),
    Strokes("broad pen", (0.17, 0.125), True, 2.0, width=1.06, digit_height=1.0, zero_width=0.92),
)


@functools.lru_cache(maxsize=256)
def _drawn(cut: Strokes, character: str, cap_px: float) -> Glyph:
    scale = cap_px * _OVERSAMPLING
    across, down = (max(round(share * scale), 1) for share in cut.pen)
    # The pen's edge, not the centre line, stands on the baseline and reaches the capitals' height.
    height = (scale * (cut.digit_height if character.isdigit() else 1.0) - down) / 100
    width = (scale - across) / 100 * cut.width * (cut.zero_width if character == "0" else 1.0)
    side = int(2 * cap_px) * _OVERSAMPLING
    middle, baseline = side / 2, side * 0.75
    canvas = np.zeros((side, side), np.uint8)
    squareness = _OVAL_SQUARENESS if character in _OVALS else cut.squareness
    for stroke in CENTRE_LINES[character].split(";"):
        points = np.array(list(_points(stroke, squareness))) * [width, -height] + [middle, baseline - down / 2]
        cv2.polylines(canvas, [np.round(points).astype(np.int32)], False, 255, 1)
    shape = cv2.MORPH_ELLIPSE if cut.round_pen else cv2.MORPH_RECT
    ink = cv2.dilate(canvas, cv2.getStructuringElement(shape, (across, down)))
    small = cv2.resize(255 - ink, None, fx=1 / _OVERSAMPLING, fy=1 / _OVERSAMPLING, interpolation=cv2.INTER_AREA)
    return Glyph(np.asarray(small, np.uint8), 0.0, side / _OVERSAMPLING, baseline / _OVERSAMPLING)


def _points(stroke: str, squareness: float) -> Iterator[tuple[float, float]]:
    for token in stroke.split():
        numbers = [float(number) for number in token.removeprefix("@").split(",")]
        if token.startswith("@"):
            yield from _arc(*numbers, squareness=squareness)
        else:
            yield numbers[0], numbers[1]


def _arc(
    x: float, y: float, across: float, up: float, start: float, end: float, *, squareness: float
) -> Iterator[tuple[float, float]]:
    """Points of a superellipse."""
    steps = int(abs(end - start) / _ARC_STEP_DEGREES) + 2
    angles: npt.NDArray[np.float64] = np.radians(np.linspace(start, end, steps))
    for cosine, sine in zip(np.cos(angles), np.sin(angles), strict=True):
        yield (
            x + across * float(np.sign(cosine) * abs(cosine) ** (2 / squareness)),
            y + up * float(np.sign(sine) * abs(sine) ** (2 / squareness)),
        )
