"""What would make a better photo, from what the zone looks like where it was found.

Rough measures, meant for a person who takes another photo; nothing is accepted or refused by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from mrz.ocr.line_image import CHARACTER_WIDTH
from mrz.ocr.reading import Advice

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

#: Pixels of the photo from one character to the next, below which fonts' small differences are lost.
_SMALL_PITCH: Final = 8.0
#: Sharp print goes from paper to ink within a column or two of a line image: this share of the contrast at once.
_SHARP_STEP: Final = 0.3
#: Share of a line's characters without contrast, from which glare, a shadow or a finger hides them.
_HIDDEN_SHARE: Final = 0.08
#: Contrast of a character beside the line's usual one, below which it is hidden.
_HIDDEN_CONTRAST: Final = 0.25
#: Pixels that the zone should keep from the photo's edge, in characters.
_EDGE: Final = 0.5


def advise(lines: Sequence[Grey], quads: Sequence[Floats], pitch: float, size: tuple[int, int]) -> tuple[Advice, ...]:
    """Advice for a photo whose zone was found but not read for certain.

    Args:
        lines: Line images.
        quads: The corners of each line in the decoded photo, (4, 2).
        pitch: Pixels of the photo from one character to the next.
        size: Width and height of the decoded photo.
    """
    found = []
    if any(_is_blurred(line) for line in lines):
        found.append(Advice.BLUR)
    if any(_is_hidden(line) for line in lines):
        found.append(Advice.GLARE)
    corners = np.concatenate(list(quads))
    reach = _EDGE * pitch
    if (corners < reach).any() or (corners > np.array(size) - 1 - reach).any():
        found.append(Advice.CUT_OFF)
    if pitch < _SMALL_PITCH:
        found.append(Advice.TOO_SMALL)
    return tuple(found)


def _is_blurred(line: Grey) -> bool:
    """Whether the steepest edges take several columns."""
    contrast = float(np.percentile(line, 95) - np.percentile(line, 5))
    if contrast < 1:
        return True
    steps = np.abs(np.diff(line.astype(np.int16), axis=1))
    return float(np.percentile(steps, 97)) < _SHARP_STEP * contrast


def _is_hidden(line: Grey) -> bool:
    """Whether many characters have hardly any contrast."""
    width = line.shape[1] // CHARACTER_WIDTH * CHARACTER_WIDTH
    if width == 0:
        return False
    middle = line[line.shape[0] // 4 : -line.shape[0] // 4, :width]
    light = cv2.blur(middle, (3, 3)).astype(np.int16)
    cells = light.reshape(light.shape[0], -1, CHARACTER_WIDTH)
    contrasts = cells.max(axis=(0, 2)) - cells.min(axis=(0, 2))
    inner = contrasts[1:-1]
    return bool((inner < _HIDDEN_CONTRAST * np.median(inner)).mean() > _HIDDEN_SHARE)
