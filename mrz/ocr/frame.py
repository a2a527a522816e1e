"""A bent band of a photo as a straight picture, and the way back from its pixels to the photo's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

#: Halvings of the photo that a mip map holds at most: from 6,000 pixels to some 50.
_MAX_HALVINGS: Final = 7


class MipMap:
    """A photo and its halvings, made when asked for; a reduced sampling reads a reduced photo and does not alias."""

    __slots__ = ("_levels",)

    def __init__(self, pixels: Grey) -> None:
        self._levels = [pixels]

    @property
    def pixels(self) -> Grey:
        """The photo itself."""
        return self._levels[0]

    def level(self, step: float) -> tuple[Grey, float]:
        """The smallest picture whose pixels are not larger than `step` photo pixels, and the size of its pixels."""
        halvings = min(max(int(math.log2(max(step, 1.0))), 0), _MAX_HALVINGS)
        while len(self._levels) <= halvings:
            last = self._levels[-1]
            if min(last.shape) < 2:
                break
            half = cv2.resize(last, (last.shape[1] // 2, last.shape[0] // 2), interpolation=cv2.INTER_AREA)
            self._levels.append(np.asarray(half, np.uint8))
        chosen = self._levels[min(halvings, len(self._levels) - 1)]
        return chosen, self.pixels.shape[1] / chosen.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where a band lies: its middle, its direction, the photo pixels that one pixel of it stands for, and its bend.

    A point of the band has a column from 0 to `columns` and a row from 0 to `rows`; `bend` holds the coefficients of
    a polynomial (highest power first) of the column, counted from the middle, that is added to the row.
    """

    x: float
    y: float
    angle: float
    step: float
    columns: int
    rows: int
    bend: tuple[float, ...] = (0.0,)

    def to_photo(self, columns: npt.ArrayLike, rows: npt.ArrayLike) -> Floats:
        """Photo points (count, 2) of points of the band."""
        along = np.asarray(columns, np.float64) - (self.columns - 1) / 2
        across = np.asarray(rows, np.float64) - (self.rows - 1) / 2 + np.polyval(self.bend, along)
        cosine, sine = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        x = self.x + self.step * (along * cosine - across * sine)
        y = self.y + self.step * (along * sine + across * cosine)
        return np.stack([x, y], axis=-1)

    def sample(self, photo: MipMap) -> Grey:
        """The band as a picture; outside of the photo its edge goes on."""
        level, size = photo.level(self.step)
        columns = np.arange(self.columns, dtype=np.float64)
        top = (self.to_photo(columns, np.zeros(self.columns)) + 0.5) / size - 0.5
        bottom = (self.to_photo(columns, np.full(self.columns, self.rows - 1.0)) + 0.5) / size - 0.5
        share = (np.arange(self.rows) / max(self.rows - 1, 1)).astype(np.float32)[:, None]
        x, y = (top.T[:, None, :] + (bottom - top).T[:, None, :] * share).astype(np.float32)
        band = cv2.remap(level, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(band, np.uint8)
