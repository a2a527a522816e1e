"""Whether a reflection hides print: half a zone is no zone, but a person can hold the document another way.

Where light is thrown back into the camera there is only white, brighter than the paper beside it and brightest in its
middle; a line of print ends in it, or goes on behind it. White paper and an over-exposed page are as bright between
the characters as beyond them, so they are none.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from mrz.ocr.frame import Floats, Frame
from mrz.ocr.image import GreyImage
from mrz.ocr.text_blobs import COARSE_LEVELS, Blob, find_blobs

#: Columns of the band along a line for one character, rows on either side of its middle, and those that print takes:
#: the others reach half way to the next line, where there is paper alone.
_CHARACTER: Final = 6
_HALF_ROWS: Final = 7
_PRINT: Final = slice(4, 11)
#: Characters beyond an end of the print that are looked at.
_BEYOND: Final = 16
#: Where the white begins at the latest, and how far it reaches at least, in characters.
_NEAR: Final = 3
_WIDE: Final = 3
#: Grey from which a pixel may be full, noise and compression aside, and that of one that is.
_WHITE: Final = 250
_FULL: Final = 255
#: Grey levels by which paper is darker than that, and by which it becomes lighter towards the reflection.
_PAPER_BELOW: Final = 8
_GLOW: Final = 4
#: Share of the columns that is white in a reflection: noise and compression leave some out.
_NEARLY_ALL: Final = 0.8
#: Fewer characters than this are no line of print.
_LEAST_CHARACTERS: Final = 6


def hides_print(photo: GreyImage) -> bool:
    """Whether a line of print in the photo ends in a reflection."""
    return any(_ends_in_white(photo, blob) for blob in find_blobs(photo.pixels, COARSE_LEVELS))


def _ends_in_white(photo: GreyImage, blob: Blob) -> bool:
    characters = round(blob.length / blob.pitch)
    if characters < _LEAST_CHARACTERS:
        return False
    beyond, length = _BEYOND * _CHARACTER, characters * _CHARACTER
    band = Frame(blob.x, blob.y, blob.angle, blob.pitch / _CHARACTER, length + 2 * beyond, 2 * _HALF_ROWS + 1)
    columns = np.arange(band.columns)
    x, y = band.to_photo(columns, np.full(len(columns), float(_HALF_ROWS))).T
    inside = (x >= 0) & (x <= photo.width - 1) & (y >= 0) & (y <= photo.height - 1)
    pixels = band.sample(photo.halvings)
    light = np.percentile(pixels, 90, axis=0)
    white = inside & (np.percentile(pixels[_PRINT], 20, axis=0) >= _WHITE)
    # A glow may reach over most of the print; where half of its paper is full already, there is too much light.
    paper, brighter = np.percentile(light[beyond:-beyond], (25, 50))
    if paper > _WHITE - _PAPER_BELOW or brighter == _FULL:
        return False
    outwards = slice(-beyond - _CHARACTER, None)
    return any(_is_reflection(light[::way][outwards], white[::way][outwards], float(paper)) for way in (1, -1))


def _is_reflection(light: Floats, white: Floats, paper: float) -> bool:
    """Whether what lies beyond an end of print, from its last character outwards, glows and then is white."""
    shares = np.convolve(white, np.ones(_WIDE * _CHARACTER), "valid") / (_WIDE * _CHARACTER)
    starts = np.flatnonzero(shares[: (1 + _NEAR) * _CHARACTER] >= _NEARLY_ALL)
    if not len(starts):
        return False
    first = int(starts[0])
    return first > 0 and float(np.median(light[max(first - _CHARACTER, 0) : first])) >= paper + _GLOW
