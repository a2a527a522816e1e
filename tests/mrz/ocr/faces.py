"""The letters in which test photos print their zones, from font files."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Grey = npt.NDArray[np.uint8]

_OCR_B_FOLDER: Final = Path("/usr/share/fonts/opentype/ocr-b")
#: Size at which the height of a font's capitals is measured.
_PROBE: Final = 1000
#: Height of capitals as a share of the pitch: OCR-B of size I, 2.4 mm to 2.54 mm (ICAO 9303-3 §4).
CAP_HEIGHT: Final = 2.4 / 2.54


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character, dark on 255, in a cell with room around it.

    `left` is the column where its width begins, `width` its width with the room at its sides, `baseline` the row on
    which capitals stand.
    """

    cell: Grey
    left: float
    width: float
    baseline: float


class Face(Protocol):
    """Letters to print with."""

    @property
    def name(self) -> str: ...
    @property
    def cap_height(self) -> float:
        """Height of capitals above the baseline, as a share of the pitch."""
        ...

    def glyph(self, character: str, cap_px: float) -> Glyph:
        """One character, capitals being `cap_px` high."""
        ...


@dataclass(frozen=True, slots=True)
class FontFile:
    """The letters of a font file.

    Args:
        path: a TrueType or OpenType file, in which a zero without a mark and the letter O differ.
        cap_height: height of capitals above the baseline, as a share of the pitch.
    """

    path: Path
    cap_height: float = CAP_HEIGHT

    @property
    def name(self) -> str:
        return self.path.stem

    def glyph(self, character: str, cap_px: float) -> Glyph:
        """One character, capitals being `cap_px` high."""
        return _set(self.path, character, cap_px)


#: The cuts of Debian's fonts-ocr-b as their files hold them; training mixes these as well.
DEBIAN_CUTS: Final = tuple(FontFile(_OCR_B_FOLDER / name, 713 / 723) for name in ("OCRBS.otf", "OCRB.otf"))


@functools.lru_cache(maxsize=64)
def font_of(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


@functools.lru_cache(maxsize=256)
def _set(path: Path, character: str, cap_px: float) -> Glyph:
    size = round(cap_px * _PROBE / -font_of(path, _PROBE).getbbox("H", anchor="ls")[1])
    font = font_of(path, size)
    left, top = size * 0.14, size * 0.1
    cell = Image.new("L", (int(size), int(size * 1.4)), 255)
    ImageDraw.Draw(cell).text((left, top), character, font=font, fill=0)
    return Glyph(np.asarray(cell), left, font.getlength(character), top + font.getmetrics()[0])
