"""Which way up print stands, by its fillers: `<` opens to the right, and to the left when it stands on its head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mrz.ocr.cells import Cells
from mrz.ocr.line_track import Floats, Grey

#: Samples across a character, and down one.
_ACROSS: Final = 8
_DOWN: Final = 11
#: Half the height of a filler, in pitches.
_HALF_HEIGHT: Final = 0.5


def lean_of_fillers(strokes: Grey, rows: Floats, cells: Cells, places: Sequence[int]) -> float:
    """How much the characters of a line open to the right (about 0.05) or, on their heads, to the left (-0.05).

    Ink at the top and bottom of a character's right half speaks for a filler that stands upright, ink there in the
    left half for one on its head; most other characters say little.
    """
    across = (np.arange(_ACROSS) + 0.5) / _ACROSS - 0.5
    down = np.linspace(-1, 1, _DOWN)
    columns = np.array([[cells.column(place + share) for share in across] for place in places])
    index_x = np.clip(np.round(columns).astype(np.intp), 0, strokes.shape[1] - 1)
    level = rows[index_x][:, None, :] + (down * _HALF_HEIGHT * cells.pitch)[None, :, None]
    index_y = np.clip(np.round(level).astype(np.intp), 0, strokes.shape[0] - 1)
    ink = strokes[index_y, np.broadcast_to(index_x[:, None, :], index_y.shape)].astype(np.float64)
    outwards = np.abs(down)[:, None] - float(np.abs(down).mean())
    pull = (ink * outwards * across[None]).sum(axis=(1, 2)) / np.maximum(ink.sum(axis=(1, 2)), 1.0)
    return float(pull.mean()) * 4
