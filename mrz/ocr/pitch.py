"""Where the characters of a line stand: one even pitch, fitted to the network's output.

The zone is printed with one width for every character (ICAO 9303-3 §4.2), so the place of a character in the
line follows from where it stands. That is worth more than counting what was seen: a double letter read as one
would otherwise be made up for by one filler more at the end of a name, which no check digit covers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mrz.ocr.line_image import CHARACTER_WIDTH, STRIDE

Floats = npt.NDArray[np.float64]

#: Columns of the output from one character to the next, where the locator measured well.
NOMINAL_PITCH: Final = CHARACTER_WIDTH / STRIDE
#: Pitches that are tried, and how far (in characters) the ends of a line stand off from an even pitch, by
#: perspective and bent pages: first what a good locator leaves, then all that may be. Below half or above twice the
#: true pitch a comb would fit by accident.
_NARROW: Final = (np.geomspace(0.96, 1.04, 13) * NOMINAL_PITCH, np.linspace(-0.4, 0.4, 3))
_WIDE: Final = (np.geomspace(0.74, 1.36, 100) * NOMINAL_PITCH, np.linspace(-1.6, 1.6, 9))
#: From this fit on, and with the right number of characters, nothing else is tried.
_GOOD_FIT: Final = 0.8
#: What a pitch, its logarithm and a bow must fit better by, the farther they are from what the locator aims at.
_UNLIKELY_PITCH: Final = 0.4
_UNLIKELY_BOW: Final = 0.03
#: The same for each character more or less than the line should have.
_MISSING_COSTS: Final = 0.04
#: Fewer characters than this are no line, and fit any pitch.
_FEWEST_CHARACTERS: Final = 12
#: A line may miss this many characters at its ends, or have as many marks beside it, and still be placed.
_MOST_SHIFT: Final = 3
#: A longer run without a blank is a double character read as one, whose middle says nothing.
_LONGEST_RUN: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Comb:
    """An even pitch laid over a line: `places` says where in columns of the output the n-th tooth stands.

    `first` and `last` are the first and last teeth on which a character was seen; `fit` is 1 when all stand
    exactly on teeth, near 0 when they stand anywhere.
    """

    pitch: float
    phase: float
    bend: float
    middle: float
    first: int
    last: int
    fit: float

    def place(self, tooth: int | Floats) -> Floats:
        """Columns at which teeth stand."""
        straight = np.asarray(self.phase + self.pitch * np.asarray(tooth, dtype=np.float64))
        bent: Floats = straight + self.bend * (straight - self.middle) ** 2
        return bent


def fit_comb(log_probabilities: npt.NDArray[np.floating], length: int) -> Comb | None:
    """The even pitch on which the characters of a line of `length` stand; None where too few are seen to tell.

    Args:
        log_probabilities: The network's output (T, 38), blank first.
        length: How many characters the line should have; of pitches that fit alike, the one that gives as many.
    """
    columns, weights = _marks(log_probabilities)
    if len(columns) < _FEWEST_CHARACTERS:
        return None
    comb = _best_of(columns, weights, length, *_NARROW)
    if comb.fit >= _GOOD_FIT and comb.last - comb.first + 1 == length:
        return comb
    return _best_of(columns, weights, length, *_WIDE)


def _best_of(columns: Floats, weights: Floats, length: int, pitches: Floats, bows: Floats) -> Comb:
    """Of all pitches and bows, those on which the marks stand best."""
    middle = (columns[0] + columns[-1]) / 2
    half = max((columns[-1] - columns[0]) / 2, 1.0)
    bends = bows * NOMINAL_PITCH / half**2
    straightened = columns[None, :] - bends[:, None] * (columns[None, :] - middle) ** 2
    turns = _turns(straightened, weights, pitches)
    seen = np.rint((straightened[:, -1:] - straightened[:, :1]) / pitches[None, :]) + 1
    missing = np.minimum(np.abs(seen - length), _MOST_SHIFT + 1)
    unlikely = _UNLIKELY_BOW * np.abs(bows)[:, None] + _UNLIKELY_PITCH * np.abs(np.log(pitches / NOMINAL_PITCH))
    strength = np.abs(turns) / weights.sum() - unlikely - _MISSING_COSTS * missing
    bow, best = np.unravel_index(int(strength.argmax()), strength.shape)
    pitch, bend = float(pitches[best]), float(bends[bow])
    phase = float(np.angle(turns[bow, best])) / (2 * np.pi) * pitch
    teeth = np.rint((straightened[bow] - phase) / pitch).astype(int)
    fit = float(np.abs(turns[bow, best]) / weights.sum())
    return Comb(pitch, phase, bend, float(middle), int(teeth[0]), int(teeth[-1]), fit)


def _turns(straightened: Floats, weights: Floats, pitches: Floats) -> npt.NDArray[np.complex128]:
    """For each bow and pitch the sum of the marks as waves of that pitch: its length says how well they stand on it.

    From one bow to the next every mark moves by as much as from the one before, so its wave turns by a factor that
    stays the same, and two tables of waves are enough for all bows.
    """
    around = 2j * np.pi / pitches[:, None]
    waves = np.exp(around * straightened[0])
    factor = np.exp(around * (straightened[1] - straightened[0]))
    turns = np.empty((len(straightened), len(pitches)), np.complex128)
    for bow in range(len(straightened)):
        turns[bow] = (waves * weights).sum(axis=1)
        waves *= factor
    return turns


def starts(comb: Comb, length: int) -> tuple[int, ...]:
    """The teeth on which a line of `length` characters may begin, most plausible first; none if it cannot."""
    missing = length - (comb.last - comb.first + 1)
    if abs(missing) > _MOST_SHIFT:
        return ()
    low, high = sorted((comb.first - missing, comb.first))
    return tuple(range(high, low - 1, -1))


def _marks(log_probabilities: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Middle and weight of each run of columns in which the network sees a character."""
    best = log_probabilities.argmax(axis=1)
    edges = np.flatnonzero(np.diff(best, prepend=-1))
    middles, weights = [], []
    ends = [*edges[1:].tolist(), len(best)]
    for begin, end in zip(edges.tolist(), ends, strict=True):
        if best[begin] == 0:
            continue
        around = np.arange(max(begin - 1, 0), min(end + 1, len(best)))
        strength = np.exp(log_probabilities[around, best[begin]])
        middles.append(float((strength * around).sum() / strength.sum()))
        weights.append(1.0 if end - begin <= _LONGEST_RUN else 0.25)
    return np.array(middles), np.array(weights)
