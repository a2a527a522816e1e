"""The cells of monospaced print: pitch, how perspective changes it along the line, and which cells hold characters.

A line is taken as a wave: ink in the middle of a cell, paper at its borders. The wave that fits best gives the cells;
how well it fits tells a machine readable zone from other print.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mrz.ocr.line_track import BAND_PITCH, Floats

#: Characters of a line (ICAO 9303-4 to -7; the former French identity card has 36 too).
LINE_LENGTHS: Final = (30, 36, 44)

#: Print this irregular is not followed up.
HOPELESS: Final = 0.14

#: Pitches that are looked for, in columns: the guess may be six tenths or twice of what it should be.
_PITCHES: Final = (6.0, 16.0)
#: Columns of a window in which perspective changes the pitch little.
_WINDOW: Final = 16 * BAND_PITCH
_SPECTRUM: Final = 2048
#: How much closer characters stand at an end than in the middle, by perspective.
_SQUEEZES: Final = np.linspace(-0.16, 0.16, 17)
_FINE_PITCHES: Final = np.linspace(0.964, 1.036, 13)
#: Every second column is enough for waves of five columns and more.
_STEP: Final = 2
#: Columns over which the ink's slow changes are taken.
_SLOW: Final = 25
#: What a cell with a character scores at least, of the middle one's score.
_HALF_FILLED: Final = 0.4
#: A single cell counts neither more nor less than this, of the middle one's score.
_CELL_LIMITS: Final = (-0.6, 1.5)
#: How much the wave counts for a cell's score; the rest is its ink. Broad letters fill their cell and make no wave.
_WAVE_SHARE: Final = 0.6
#: How often the fit is taken further out along the line.
_GROWTHS: Final = 4
#: Cells that it takes to fit anything.
_LEAST_CELLS: Final = 8
#: How much the squeeze of lines of one zone may differ, of what is tried for a single line.
_LIKE: Final = 0.2
#: How far apart the ends of lines of one zone may be, in cells.
_RAGGED: Final = 2.5
#: What a cell of such a difference costs, of a full cell's score: where a reflection hides an end, the others tell.
_UNEVEN: Final = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of a line over the columns of a band.

    Cell `n` has its middle where `count(column) == n`: `count = (u + squeeze * u**2 / half) / pitch + shift` with `u`
    counted from `origin`. `scores` says for cell `low` and the following ones how much a character stands in them (1:
    as in most), `regularity` (0 to 1) how well the wave fits.
    """

    origin: float
    half: float
    pitch: float
    squeeze: float
    shift: float
    regularity: float
    low: int
    scores: Floats

    def column(self, count: float) -> float:
        """The column where a count stands."""
        target = (count - self.shift) * self.pitch
        bow = self.squeeze / self.half
        if abs(bow) < 1e-9:
            return self.origin + target
        return self.origin + (math.sqrt(max(1 + 4 * bow * target, 0.0)) - 1) / (2 * bow)

    def longest_run(self) -> tuple[int, int]:
        """The first of the cells that hold characters, and the one after the last."""
        sums = np.concatenate([[0.0], np.cumsum(self.scores - _HALF_FILLED)])
        gains = sums - np.minimum.accumulate(sums)
        last = int(np.argmax(gains))
        first = int(np.argmin(sums[: last + 1]))
        return self.low + first, self.low + last


def find_cells(ink: Floats, first: int, last: int, pitch: float | None = None) -> Cells:
    """Fit cells to the ink of a line, beginning with columns `first` to `last` and growing along it.

    Args:
        ink: Strength of the strokes, column by column.
        first: Where print begins, at a guess.
        last: The column after its end, at a guess.
        pitch: The pitch of a line beside, if there is one.
    """
    wave = _wave(ink)
    coarse = pitch or _coarse_pitch(wave[first:last])
    cells = _fit(wave, ink, first, last, coarse)
    for _ in range(_GROWTHS):
        if cells.regularity < HOPELESS:
            break
        run = cells.longest_run()
        begin = max(round(cells.column(run[0] - 0.5)), 0)
        end = min(round(cells.column(run[1] - 0.5)), len(ink))
        if end - begin < _LEAST_CELLS * cells.pitch or (
            abs(begin - first) < cells.pitch and abs(end - last) < cells.pitch
        ):
            break
        first, last = begin, end
        cells = _fit(wave, ink, first, last, cells.pitch)
    return cells


def refit_like(ink: Floats, cells: Cells, model: Cells) -> Cells:
    """Fit a line's cells anew with the perspective of a clearer line of the same zone.

    Lines of one page are seen from one place: pitch and squeeze differ little. Where a reflection hides a part of a
    line, its own fit may go astray there.
    """
    run = cells.longest_run()
    first = max(round(cells.column(run[0] - 0.5)), 0)
    last = min(round(cells.column(run[1] - 0.5)), len(ink))
    if last - first < _LEAST_CELLS * cells.pitch:
        return cells
    half = max((last - first - 1) / 2, 1.0)
    bow = model.squeeze / model.half
    slope = max(1 + 2 * bow * (first + half - model.origin), 0.5)  # the count's, where this line has its origin
    squeezes = bow / slope * half + _SQUEEZES * _LIKE
    return _fit(_wave(ink), ink, first, last, model.pitch / slope, squeezes)


def _wave(ink: Floats) -> Floats:
    """Ink without its slow changes, its strong strokes tamed, where there is hardly any left small."""
    slow = np.convolve(ink, np.ones(_SLOW) / _SLOW, "same")
    floor = max(0.3 * float(np.percentile(slow, 80)), 1.0)
    return np.clip((ink - slow) / np.maximum(slow, floor), -1.5, 1.5)


def _coarse_pitch(wave: Floats) -> float:
    """The strongest period, windows taken one by one; its half, from two stems of a letter, supports it."""
    power = np.zeros(_SPECTRUM // 2 + 1)
    for start in range(0, max(len(wave) - _WINDOW // 2, 1), _WINDOW // 2):
        part = wave[start : start + _WINDOW]
        power += np.abs(np.fft.rfft(part * np.hanning(len(part)), _SPECTRUM)) ** 2
    bins = np.arange(math.ceil(_SPECTRUM / _PITCHES[1]), int(_SPECTRUM / _PITCHES[0]) + 1)
    supported = power[bins] + 0.5 * power[np.minimum(2 * bins, len(power) - 1)]
    return _SPECTRUM / float(bins[int(np.argmax(supported))])


def _fit(wave: Floats, ink: Floats, first: int, last: int, coarse: float, squeezes: Floats = _SQUEEZES) -> Cells:
    """The pitch near `coarse`, the squeeze and the shift that fit best between two columns."""
    part = wave[first:last:_STEP]
    half = max((last - first - 1) / 2, 1.0)
    along = np.arange(0, last - first, _STEP) - half
    # Bent by the coarse pitch whatever the fine one: so all pairs are one product of two small tables.
    even = np.exp((-2j * np.pi / coarse) * along / _FINE_PITCHES[:, None])
    bent = np.exp((-2j * np.pi / coarse / half) * along**2 * squeezes[:, None])
    sums = ((even * part) @ bent.T).ravel()
    best = int(np.argmax(np.abs(sums)))
    pitch_index, squeeze_index = divmod(best, len(squeezes))
    norm = math.sqrt(len(along) / 2 * float((part**2).sum()))
    pitch = coarse * float(_FINE_PITCHES[pitch_index])
    squeeze = float(squeezes[squeeze_index]) * pitch / coarse
    shift = float(np.angle(sums[best])) / (2 * math.pi)
    low, scores = _score(wave, ink, first + half, half, pitch, squeeze, shift)
    return Cells(
        first + half, half, pitch, squeeze, shift, float(abs(sums[best])) / norm if norm > 0 else 0.0, low, scores
    )


def _score(
    wave: Floats, ink: Floats, origin: float, half: float, pitch: float, squeeze: float, shift: float
) -> tuple[int, Floats]:
    """The number of the first cell, and how much each looks as if it held a character: by wave and ink."""
    along = np.arange(len(wave)) - origin
    counts = (along + squeeze * along**2 / half) / pitch + shift
    if squeeze:  # past its turning point the count runs back
        usable = along > -half / (2 * squeeze) if squeeze > 0 else along < -half / (2 * squeeze)
        wave, ink, counts = wave[usable], ink[usable], counts[usable]
    low = math.floor(float(counts.min()) + 0.5)
    index: npt.NDArray[np.intp] = np.floor(counts + 0.5).astype(np.intp) - low
    total = np.bincount(index, wave * np.cos(2 * np.pi * counts))
    filled = total[total > 0.1 * pitch / 4]
    typical = float(np.percentile(filled, 60)) if len(filled) else 1.0
    inked = np.bincount(index, ink) / np.maximum(np.bincount(index), 1)
    typical_ink = max(float(np.median(inked[total > 0.5 * typical])) if (total > 0.5 * typical).any() else 1.0, 1.0)
    scores = _WAVE_SHARE * np.clip(total / typical, *_CELL_LIMITS)
    return low, scores + (1 - _WAVE_SHARE) * np.minimum(inked / typical_ink, 1.0)


@dataclass(frozen=True, slots=True)
class Window:
    """Which cells hold the characters: how many, the first one in each line, and how well that explains the ink."""

    length: int
    firsts: tuple[int, ...]
    fit: float


def choose_window(lines: Sequence[Cells], lengths: Sequence[int]) -> Window:
    """The run of one of the lengths, beginning at about the same column in all lines, that holds characters best."""
    best, best_sum = Window(lengths[0], tuple(line.low for line in lines), 0.0), 0.0
    free = 0.0
    for line in lines:
        first, last = line.longest_run()
        free += float((line.scores[first - line.low : last - line.low] - _HALF_FILLED).sum())
    for length in lengths:
        runs = [_runs(line, length) for line in lines]
        if any(not len(run) for run in runs):
            continue
        for leader, run in enumerate(runs):
            column = lines[leader].column(lines[leader].low + int(np.argmax(run)) - 0.5)
            firsts, total = _beginning_at(lines, runs, column)
            if total > best_sum:
                best, best_sum = Window(length, firsts, 0.0), total
    return Window(best.length, best.firsts, min(best_sum / free, 1.0) if free > 0 else 0.0)


def _runs(line: Cells, length: int) -> Floats:
    """For each cell, what the run of so many cells that begins with it is worth."""
    sums = np.concatenate([[0.0], np.cumsum(line.scores - _HALF_FILLED)])
    return np.asarray(sums[length:] - sums[:-length])


def _beginning_at(lines: Sequence[Cells], runs: Sequence[Floats], column: float) -> tuple[tuple[int, ...], float]:
    firsts, total = [], 0.0
    for line, run in zip(lines, runs, strict=True):
        borders = np.array([line.column(line.low + index - 0.5) for index in range(len(run))])
        uneven = np.abs(borders - column) / line.pitch
        near = uneven <= _RAGGED
        if not near.any():
            return tuple(line.low for line in lines), 0.0
        place = int(np.argmax(np.where(near, run - _UNEVEN * uneven, -np.inf)))
        firsts.append(line.low + place)
        total += float(run[place])
    return tuple(firsts), total
