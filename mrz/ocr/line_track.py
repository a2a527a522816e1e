"""A line of print in a band of a photo: where its middle runs, and where it begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Grey = npt.NDArray[np.uint8]

#: Columns from one character to the next in a band, if the pitch was guessed well.
BAND_PITCH: Final = 10
#: Columns between two places where the middle of a line is looked for.
_STRIDE: Final = 2 * BAND_PITCH
#: Rows by which a line may leave its course from one place to the next.
_REACH: Final = 4
#: Places without print that are passed: a reflection hides six characters.
_MAX_MISSES: Final = 3
#: What counts as print, of the strength met so far.
_PRESENT: Final = 0.35
#: Columns of a gap that does not end a line: two characters.
_GAP: Final = 2 * BAND_PITCH
#: How far past its known ends a course is drawn on, in halves of its length.
_BEYOND: Final = 1.6
#: Places that a fit needs for each of its coefficients.
_PLACES_FOR_A_COEFFICIENT: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The middle of a line: rows at columns, in steps of two characters, from left to right."""

    columns: Floats
    rows: Floats

    def bend(self, middle: float, degree: int) -> tuple[float, ...]:
        """Coefficients (highest power first) of the row over the column counted from `middle`, without strays."""
        along, rows = self.columns - middle, self.rows
        degree = min(degree, max(len(along) // _PLACES_FOR_A_COEFFICIENT - 1, 0))
        scale = max(float(np.abs(along).max()), 1.0)
        fit = _fit(along / scale, rows, degree)
        off = np.abs(np.polyval(fit, along / scale) - rows)
        keep = off <= max(0.25 * BAND_PITCH, 2 * float(np.median(off)))
        if not keep.all() and keep.sum() >= _PLACES_FOR_A_COEFFICIENT * (degree + 1):
            fit = _fit(along[keep] / scale, rows[keep], degree)
        return tuple(float(value) / scale ** (degree - place) for place, value in enumerate(fit))


def _fit(along: Floats, rows: Floats, degree: int) -> Floats:
    """Least squares by the normal equations: a few unknowns, `along` within -1 and 1."""
    powers = np.vander(along, degree + 1)
    return np.asarray(np.linalg.solve(powers.T @ powers + 1e-9 * np.eye(degree + 1), powers.T @ rows))


def follow(strokes: Grey, column: float, row: float) -> Track:
    """Follow a line through a band from a place on it, to both sides, until its print ends."""
    smooth = cv2.blur(strokes, (4 * BAND_PITCH, BAND_PITCH - 1)).astype(np.float64)
    start = min(max(round(column), 0), strokes.shape[1] - 1)
    first = _peak(smooth[:, start], row)
    places = {float(start): first}
    strengths = [float(smooth[round(first), start])]
    for direction in (1, -1):
        places.update(_walk(smooth, start, first, direction, strengths))
    columns = sorted(places)
    return Track(np.array(columns), np.array([places[at] for at in columns]))


def _walk(smooth: Floats, start: int, first: float, direction: int, strengths: list[float]) -> dict[float, float]:
    """Places to one side; `strengths` grows by what was met."""
    places: dict[float, float] = {}
    height, width = smooth.shape
    here, slope, misses, at = first, 0.0, 0, start + direction * _STRIDE
    while 0 <= at < width and misses <= _MAX_MISSES:
        expected = here + slope
        if not _REACH <= expected < height - _REACH:
            break
        found = _peak(smooth[:, at], expected)
        strength = float(smooth[round(found), at])
        if strength < _PRESENT * sum(strengths) / len(strengths):
            misses, here = misses + 1, expected
        else:
            slope = 0.75 * slope + 0.25 * (found - here)
            misses, here = 0, found
            strengths.append(strength)
            places[float(at)] = found
        at += direction * _STRIDE
    return places


def _peak(profile: Floats, row: float) -> float:
    """The middle of the strongest rows near `row`."""
    low = min(max(round(row) - _REACH, 0), len(profile) - 1)
    part = profile[low : low + 2 * _REACH + 1]
    weight = (part - part.min()) ** 2
    total = float(weight.sum())
    if total <= 0:
        return float(min(max(row, 0), len(profile) - 1))
    return low + float((weight * np.arange(len(part))).sum()) / total


def align(strokes: Grey, first: int, last: int, row: float) -> Floats:
    """Lay a line that is nearly level and straight: its row for each column of a band.

    Tilt and bow are tried and the course with the most ink is taken; so a mark beside the line does not pull it away.
    """
    smooth = cv2.blur(strokes, (BAND_PITCH, BAND_PITCH - 1))
    columns = np.arange(max(first, 0), min(last, strokes.shape[1]), BAND_PITCH)
    along = (columns - (first + last) / 2) / max((last - first) / 2, 1.0)
    shape = np.array([float(row), 0.0, 0.0])
    for step in (2.0, 1.0, 0.5):
        offset, tilt, bow = np.meshgrid(*([np.arange(-2, 3) * step] * 2), np.arange(-2, 3) * step, indexing="ij")
        tried = shape + np.stack([offset.ravel(), 2 * tilt.ravel(), bow.ravel()], axis=1)
        rows = tried[:, :1] + tried[:, 1:2] * along + tried[:, 2:] * (along**2 - 1 / 3)
        index = np.clip(np.round(rows).astype(np.intp), 0, strokes.shape[0] - 1)
        shape = tried[int(np.argmax(smooth[index, columns].astype(np.int64).sum(axis=1)))]
    everywhere = (np.arange(strokes.shape[1]) - (first + last) / 2) / max((last - first) / 2, 1.0)
    everywhere = np.clip(everywhere, -_BEYOND, _BEYOND)
    return np.asarray(shape[0] + shape[1] * everywhere + shape[2] * (everywhere**2 - 1 / 3))


def ink_along(strokes: Grey, rows: Floats, reach: int = BAND_PITCH // 2) -> Floats:
    """Mean strength of the strokes around a course of rows (one for each column), column by column."""
    height, width = strokes.shape
    middle = np.clip(np.round(rows).astype(np.intp), reach, height - reach - 1)
    around = middle[None] + np.arange(-reach, reach + 1)[:, None]
    return np.asarray(strokes[around, np.arange(width)].mean(axis=0), np.float64)


def extent(ink: Floats, column: float) -> tuple[int, int]:
    """First column of print around a column and the one after the last; gaps of two characters don't end it."""
    smooth = np.convolve(ink, np.ones(BAND_PITCH + 3) / (BAND_PITCH + 3), "same")
    inked = (smooth > _PRESENT * max(float(np.percentile(smooth, 85)), 1.0)).astype(np.uint8)
    closed = cv2.morphologyEx(inked[None], cv2.MORPH_CLOSE, np.ones((1, _GAP), np.uint8))[0].astype(np.int8)
    runs = np.flatnonzero(np.diff(closed, prepend=0, append=0)).reshape(-1, 2)
    inside = [run for run in runs if run[0] <= column < run[1]] or list(runs)
    if not inside:
        return round(column), round(column)
    first, last = max(inside, key=lambda run: int(run[1] - run[0]))
    return int(first), int(last)
