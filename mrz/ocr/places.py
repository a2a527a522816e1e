"""From the network's output for a line to what stands at each of its places.

Connectionist temporal classification (Graves et al., 2006) sums over all ways in which a string can lie in
the output. Here the sum runs over all strings of a known length whose characters stand on the fitted pitch:
a forward and a backward pass, exact, for all crops of a line at once. What comes out is, for each place, how
probable each character is, and how probable it is at all that the line has this form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mrz.ocr.line_image import ALPHABET
from mrz.ocr.pitch import Comb, Floats, fit_comb, starts

#: How far from its tooth a character may stand, in pitches: next to half, where it would be another's.
_REACH: Final = 0.72
#: The least probability of anything in a column: no string is impossible, and nothing divides by zero.
_FLOOR: Final = 1e-9
#: Columns beyond the outermost characters that still belong to them, in pitches.
_SURROUNDINGS: Final = 0.8
#: The longest output that is looked at, in columns: longer is no line image (see `line_image`).
_MOST_COLUMNS: Final = 256
#: What it costs (natural logarithm) to take a character on the pitch for a mark beside the line.
_IGNORED_COST: Final = 2.0

_SYMBOLS: Final = len(ALPHABET)


@dataclass(frozen=True, slots=True, eq=False)
class LineScores:
    """What was seen of one line.

    `probabilities` (L, 37) holds for each place how probable each character of `ALPHABET` is; rows sum to 1.
    `evidence` is the natural logarithm of the probability that the line has this length and pitch at all.
    `left`, `pitch`: first place and distance of places in columns of the line image.
    """

    probabilities: Floats
    evidence: float
    left: float = 0.0
    pitch: float = 0.0

    def __repr__(self) -> str:
        return f"LineScores({len(self.probabilities)} places, evidence={self.evidence:.1f})"

    @property
    def length(self) -> int:
        """How many characters the line has."""
        return len(self.probabilities)


@dataclass(frozen=True, slots=True, eq=False)
class _Placing:
    """A line with its first character on one tooth: its columns, and which places may be read in which."""

    columns: Floats
    allowed: npt.NDArray[np.bool_]
    left: float
    pitch: float
    ignored: int


def read_lines(outputs: Sequence[npt.NDArray[np.floating]], length: int) -> list[tuple[LineScores, ...]]:
    """The readings of each line as `length` characters, one for each tooth on which it can begin.

    Args:
        outputs: The network's output for each line (T, 38), blank first, natural logarithms.
        length: 30, 36 or 44.

    Returns:
        For each line, most probable first; empty where it cannot have that length.
    """
    placings = [_placings(output, length) for output in outputs]
    posteriors, evidences = _lattice([one for line in placings for one in line], length)
    found = []
    place = 0
    for line in placings:
        readings = [
            LineScores(posterior, evidence - _IGNORED_COST * one.ignored, one.left, one.pitch)
            for one, posterior, evidence in zip(line, posteriors[place:], evidences[place:], strict=False)
        ]
        place += len(line)
        found.append(tuple(sorted(readings, key=lambda reading: reading.evidence, reverse=True)))
    return found


def _placings(log_probabilities: npt.NDArray[np.floating], length: int) -> list[_Placing]:
    if not 0 < len(log_probabilities) <= _MOST_COLUMNS or log_probabilities.shape[1] != _SYMBOLS + 1:
        return []
    if not np.isfinite(log_probabilities).all():
        return []
    comb = fit_comb(log_probabilities, length)
    if comb is None:
        return []
    probabilities = np.exp(np.maximum(log_probabilities.astype(np.float64), np.log(_FLOOR)))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    found = (_place(probabilities, comb, start, length) for start in starts(comb, length))
    return [placing for placing in found if placing is not None]


def _place(probabilities: Floats, comb: Comb, start: int, length: int) -> _Placing | None:
    """The line with its first character on tooth `start`; None where a place lies beyond the picture."""
    places = comb.place(np.arange(start, start + length, dtype=np.float64))
    pitch = np.gradient(places)
    if pitch.min() < 1.0 or places[0] < -0.5 or places[-1] > len(probabilities) - 0.5:
        return None
    begin = max(0, int(np.floor(places[0] - _SURROUNDINGS * pitch[0])))
    end = min(len(probabilities), int(np.ceil(places[-1] + _SURROUNDINGS * pitch[-1])) + 1)
    allowed = np.abs(np.arange(begin, end)[:, None] - places[None, :]) <= _REACH * pitch[None, :]
    if not allowed.any(axis=0).all():
        return None
    ignored = max(0, start - comb.first) + max(0, comb.last - (start + length - 1))
    return _Placing(probabilities[begin:end], allowed, float(places[0]), float(pitch.mean()), ignored)


def _lattice(placings: Sequence[_Placing], length: int) -> tuple[Floats, list[float]]:
    """Posterior of each character at each place (line, place, 37), and the log-probability of all admitted strings.

    State (i, c): place i is being read as c; state blank i: the places before i are read. From one place to
    the next without a blank only to another character, as in CTC. All lines go through together, column by
    column; shorter ones end in columns that hold a blank for certain.
    """
    if not placings:
        return np.zeros((0, length, _SYMBOLS)), []
    columns, allowed = _stack(placings, length)
    lines, count, _ = columns.shape
    blank, ink = columns[:, :, :1], columns[:, :, 1:]
    windows = _windows(allowed)
    entered, scale = _forward(blank, ink, allowed, windows)
    posterior = np.zeros((lines, length, _SYMBOLS))
    later_blank = np.zeros((lines, length + 1))  # how probable the columns after this one are, from each state
    later_blank[:, length] = 1.0
    low, high = windows[-1]
    later = np.zeros((lines, high - low, _SYMBOLS))
    if high == length > low:
        later[:, -1] = 1.0
    inked = np.zeros((lines, length + 1, _SYMBOLS))
    passed = length + 1
    for column in range(count - 1, -1, -1):
        low, high = windows[column]
        posterior[:, low:high] += entered[column] * later
        if column == 0:
            break
        here = later * ink[:, column, None] * allowed[:, column, low:high, None]
        inked[:, low:high] = here
        inked[:, high:passed] = 0.0
        passed = high
        ready = later_blank * blank[:, column]
        ready[:, low:high] += here.sum(axis=2)
        low, high = windows[column - 1]
        following = slice(low + 1, high + 1)
        later = ready[:, following, None] + inked[:, low:high] - inked[:, following]
        later /= scale[:, column, None, None]
        later_blank = ready / scale[:, column, None]
    mass = posterior.sum(axis=2, keepdims=True)
    evidences = []
    for line in range(lines):
        possible = bool(np.isfinite(mass[line]).all() and mass[line].min() > 0)
        posterior[line] = posterior[line] / mass[line] if possible else 1 / _SYMBOLS
        evidences.append(float(np.log(scale[line]).sum() + np.log(mass[line].mean())) if possible else float("-inf"))
    return posterior, evidences


def _forward(
    blank: Floats, ink: Floats, allowed: npt.NDArray[np.bool_], windows: Sequence[tuple[int, int]]
) -> tuple[list[Floats], Floats]:
    """For each column, the scaled probability that a place begins in it (rows of its window), and the scales."""
    lines, count, length = allowed.shape
    reading = np.zeros((lines, length + 1, _SYMBOLS))  # row i + 1: place i
    total = np.zeros((lines, length + 1))  # of `reading`, row by row
    waiting = np.zeros((lines, length + 1))
    waiting[:, 0] = 1.0
    entered, scale, passed = [], np.ones((lines, count)), 0
    for column in range(count):
        low, high = windows[column]
        rows = slice(low + 1, high + 1)
        inside = ink[:, column, None] * allowed[:, column, low:high, None]
        ready = waiting + total
        entry = np.maximum(ready[:, low:high, None] - reading[:, low:high], 0.0) * inside
        here = reading[:, rows] * inside + entry
        waiting = ready * blank[:, column]
        waiting[:, :low] = 0.0  # a place whose window has passed is never read any more
        reading[:, passed + 1 : low + 1] = 0.0
        passed = low
        here_total = here.sum(axis=2)
        mass = waiting.sum(axis=1) + here_total.sum(axis=1)
        mass[mass == 0] = 1.0
        scale[:, column] = mass
        reading[:, rows] = here / mass[:, None, None]
        waiting /= mass[:, None]
        total = np.zeros((lines, length + 1))
        total[:, rows] = here_total / mass[:, None]
        entered.append(entry / mass[:, None, None])
    return entered, scale


def _stack(placings: Sequence[_Placing], length: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Lines as one array; the columns that a shorter one lacks are blank."""
    count = max(len(placing.columns) for placing in placings)
    columns = np.zeros((len(placings), count, _SYMBOLS + 1))
    columns[:, :, 0] = 1.0
    allowed = np.zeros((len(placings), count, length), dtype=np.bool_)
    for line, placing in enumerate(placings):
        columns[line, : len(placing.columns)] = placing.columns
        allowed[line, : len(placing.columns)] = placing.allowed
    return columns, allowed


def _windows(allowed: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """For each column, the first place that may be read in it in any line, and the one after the last."""
    found: list[tuple[int, int]] = []
    reached = 0
    for rows in allowed.swapaxes(0, 1):
        places = np.flatnonzero(rows.any(axis=0))
        if len(places):
            reached = int(places[-1]) + 1
        found.append((int(places[0]) if len(places) else reached, reached))
    return found
