"""Where the machine readable zone is in a photo: a few candidates, the most plausible first.

Blobs of print (`text_blobs`) are followed to both sides in a band of the photo laid along them (`frame`,
`line_track`), the band is straightened, and the lines beside are looked for in it. What makes a zone of them: two or
three lines of equal length and distance, without a gap, whose characters stand at one pitch (`cells`), 30, 36 or 44
of them (ICAO 9303-3 §4). Nothing is read here, so a zone may also stand on its head: unless its fillers show
plainly which way they point, both ways are handed out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from mrz.ocr.cells import LINE_LENGTHS, Cells, Window, choose_window, find_cells, refit_like
from mrz.ocr.fillers import lean_of_fillers
from mrz.ocr.frame import Floats, Frame, MipMap
from mrz.ocr.image import GreyImage
from mrz.ocr.line_track import BAND_PITCH, Grey, align, extent, follow, ink_along
from mrz.ocr.text_blobs import COARSE_LEVELS, FINE_LEVELS, Blob, bring_out_strokes, find_blobs

#: Candidates that are handed out at most.
MAX_CANDIDATES: Final = 4
#: Below this score nothing is handed out; print of other kinds seldom reaches it.
MIN_SCORE: Final = 0.22
#: A block with this score ends the search: a photo shows one document.
GOOD_SCORE: Final = 0.5

#: Columns of a band to either side of a blob's middle: 44 characters from one end of a line, the pitch guessed low.
_HALF_BAND: Final = 60 * BAND_PITCH
#: Rows of the first band to either side, and of the straightened one: two lines beside the blob's.
_HALF_ROWS: Final = 3 * BAND_PITCH
_HALF_BLOCK: Final = 8 * BAND_PITCH
#: Lengths, in pitches as guessed, of blobs that may be three or two joined lines, and their share in such a pitch.
_THREE_MERGED: Final = (5.0, 12.0)
_TWO_MERGED: Final = (9.0, 22.0)
_SHARE_OF_THREE: Final = 0.28
_SHARE_OF_TWO: Final = 0.4
_MAX_MERGED: Final = 4
#: The least length of a followed line, in guessed pitches.
_MIN_CHARACTERS: Final = 16
#: How regular a line must be to be looked at further, and a line beside it to belong to it.
_MIN_REGULARITY: Final = 0.2
_BESIDE: Final = 0.45
#: Distance of lines, in pitches: 6.35 mm of 2.54 mm; cards come with less, perspective and other sizes change it.
_LINE_DISTANCE: Final = (1.35, 3.4)
#: Lines looked at on either side, and ink that one has at least, of the ink of the line that was followed.
_MAX_BESIDE: Final = 3
_PALER: Final = 0.35
#: How much more three regular lines are worth than two of them, and two lines of 30 characters less than others.
_THREE_LINES: Final = 1.15
_MISSING_LINE: Final = 0.5
#: A guess of the pitch that is off by more is replaced by what was measured, and the band laid again.
_GOOD_GUESS: Final = (0.85, 1.18)
#: A lean of the fillers that makes the way up plain; zones have 0.02 to 0.1.
_PLAIN_LEAN: Final = 0.035
#: Points of a line's axis.
_AXIS_POINTS: Final = 9
#: Height of capitals over the pitch (2.4 mm and 2.54 mm, ICAO 9303-3 §4).
_CAPITALS: Final = 2.4 / 2.54


@dataclass(frozen=True, slots=True, eq=False)
class LineBox:
    """One line in pixels of the decoded photo.

    `quad` holds the corners of its capitals, first the upper left one as one reads it, then clockwise; `axis` points
    along the middle of the capitals from the first cell's left border to the last cell's right one, as many
    characters from each to the next: it follows a curved page and takes perspective into account.
    """

    quad: Floats
    axis: Floats
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Two or three lines that may be a machine readable zone, read in the order of `lines`.

    `pitch` is the distance of characters in pixels of the decoded photo, `characters` the number in a line by their
    spacing, `score` (0 to 1) how much it looks like a zone.
    """

    lines: tuple[LineBox, ...]
    pitch: float
    characters: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A line in a straightened band: its rows and its ink column by column, and its cells."""

    rows: Floats
    ink: Floats
    cells: Cells


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    frame: Frame
    lines: tuple[_Line, ...]
    window: Window
    score: float
    lean: float = 0.0

    @property
    def pitch(self) -> float:
        """The distance of characters in pixels of the decoded photo."""
        return sum(line.cells.pitch for line in self.lines) / len(self.lines) * self.frame.step


def find_candidates(image: GreyImage) -> list[Candidate]:
    """Find what may be a machine readable zone, at any angle: at most `MAX_CANDIDATES`, best first."""
    photo = image.halvings
    longest = max(image.pixels.shape)
    blocks = _find_blocks(photo, find_blobs(image.pixels, COARSE_LEVELS))
    if not any(block.score >= GOOD_SCORE for block in blocks) and longest > COARSE_LEVELS[0]:
        finer = [side for side in FINE_LEVELS if side / 2 < longest]
        blocks += _find_blocks(photo, find_blobs(image.pixels, finer))
    blocks.sort(key=lambda block: -block.score)
    chosen: list[_Block] = []
    for block in blocks:
        if not any(_covers(better, block) for better in chosen):
            chosen.append(block)
    return [candidate for block in chosen for candidate in _ways(block)][:MAX_CANDIDATES]


def _find_blocks(photo: MipMap, blobs: Sequence[Blob]) -> list[_Block]:
    blocks: list[_Block] = []
    guesses = [guess for blob in blobs for guess in _as_merged_lines(blob)]
    for blob in (*blobs, *guesses[:_MAX_MERGED]):
        block = _look_at(photo, blob)
        if block is not None:
            blocks.append(block)
            if block.score >= GOOD_SCORE:
                break
    return blocks


def _as_merged_lines(blob: Blob) -> list[Blob]:
    """What a blob would be if it held three lines, or two, that stand so close that they joined."""
    guesses = []
    if _THREE_MERGED[0] <= blob.length / blob.pitch <= _THREE_MERGED[1]:
        guesses.append(replace(blob, pitch=blob.pitch * _SHARE_OF_THREE))
    if _TWO_MERGED[0] <= blob.length / blob.pitch <= _TWO_MERGED[1]:
        pitch = blob.pitch * _SHARE_OF_TWO
        x, y = -math.sin(math.radians(blob.angle)) * pitch * 0.8, math.cos(math.radians(blob.angle)) * pitch * 0.8
        guesses.append(replace(blob, x=blob.x + x, y=blob.y + y, pitch=pitch))
    return guesses


def _look_at(photo: MipMap, blob: Blob) -> _Block | None:
    """Follow a blob's line; if it is regular, straighten the band and look for the lines beside it."""
    for _ in range(2):
        band = Frame(blob.x, blob.y, blob.angle, blob.pitch / BAND_PITCH, 2 * _HALF_BAND + 1, 2 * _HALF_ROWS + 1)
        strokes = bring_out_strokes(band.sample(photo))
        track = follow(strokes, _HALF_BAND, _HALF_ROWS)
        if track.columns[-1] - track.columns[0] < _MIN_CHARACTERS * BAND_PITCH:
            return None
        bend = track.bend(_HALF_BAND, 2)
        ink = ink_along(strokes, np.polyval(bend, np.arange(band.columns) - float(_HALF_BAND)))
        first, last = extent(ink, (track.columns[0] + track.columns[-1]) / 2)
        if last - first < _MIN_CHARACTERS * BAND_PITCH:
            return None
        cells = find_cells(ink, first, last)
        if cells.regularity < _MIN_REGULARITY:
            return None
        if _GOOD_GUESS[0] <= cells.pitch / BAND_PITCH <= _GOOD_GUESS[1]:
            break
        blob = replace(blob, pitch=blob.pitch * cells.pitch / BAND_PITCH)
    run = cells.longest_run()
    first, last = (min(max(round(cells.column(count - 0.5)), 0), band.columns) for count in run)
    if last - first < _MIN_CHARACTERS * BAND_PITCH:
        return None
    block = replace(band, rows=2 * _HALF_BLOCK + 1, bend=(*bend[:-1], bend[-1] - _HALF_ROWS))
    return _read_block(photo, block, (first, last), cells.pitch)


def _read_block(photo: MipMap, frame: Frame, span: tuple[int, int], pitch: float) -> _Block | None:
    """Choose the lines of a straightened band that make a zone."""
    strokes = bring_out_strokes(frame.sample(photo))
    lines = _lines_of_zone(strokes, *span, pitch)
    best: _Block | None = None
    for count in (3, 2):
        for start in range(len(lines) - count + 1):
            block = _judge(frame, lines[start : start + count])
            if best is None or block.score > best.score:
                best = block
    if best is None or best.score < MIN_SCORE:
        return None
    leans = [
        lean_of_fillers(strokes, line.rows, line.cells, range(first, first + best.window.length))
        for line, first in zip(best.lines, best.window.firsts, strict=True)
    ]
    return replace(best, lean=sum(leans) / len(leans))


def _lines_of_zone(strokes: Grey, first: int, last: int, pitch: float) -> list[_Line]:
    """The line that was followed and those beside it, as regular as it and at a zone's distance; top to bottom."""
    peaks = _inked_rows(strokes, first, last, pitch)
    if not peaks:
        return []
    seed = min(range(len(peaks)), key=lambda index: abs(peaks[index] - _HALF_BLOCK))
    start = _lay_line(strokes, first, last, peaks[seed], pitch)
    wanted = max(_BESIDE * start.cells.regularity, _MIN_REGULARITY)
    low, high = (share * start.cells.pitch for share in _LINE_DISTANCE)
    zone = [start]
    for direction in (-1, 1):
        index = seed
        for _ in range(_MAX_BESIDE):
            if not 0 <= index + direction < len(peaks):
                break
            if not low <= abs(peaks[index + direction] - peaks[index]) <= high:
                break
            index += direction
            line = _lay_line(strokes, first, last, peaks[index], pitch)
            if line.cells.regularity < wanted:
                break
            zone.insert(0 if direction < 0 else len(zone), line)
    clearest = max(zone, key=lambda line: line.cells.regularity)
    return [
        line if line is clearest else replace(line, cells=refit_like(line.ink, line.cells, clearest.cells))
        for line in zone
    ]


def _inked_rows(strokes: Grey, first: int, last: int, pitch: float) -> list[int]:
    """Rows of a straightened band around which lines of print lie."""
    profile = cv2.blur(strokes[:, first:last].mean(axis=1, keepdims=True), (1, BAND_PITCH - 1))[:, 0]
    near = round(_LINE_DISTANCE[0] * pitch * 0.8)
    threshold = _PALER * float(profile[_HALF_BLOCK])
    return [
        row
        for row in range(BAND_PITCH // 2, len(profile) - BAND_PITCH // 2)
        if profile[row] >= threshold
        and profile[row] > profile[row - 1]
        and profile[row] >= profile[max(row - near, 0) : row + near + 1].max()
    ]


def _lay_line(strokes: Grey, first: int, last: int, row: float, pitch: float) -> _Line:
    """Lay a line along what is known of it; where its cells go on further, lay it anew along all of them."""
    rows = align(strokes, first, last, row)
    ink = ink_along(strokes, rows)
    cells = find_cells(ink, first, last, pitch)
    begin, end = (min(max(round(cells.column(count - 0.5)), 0), strokes.shape[1]) for count in cells.longest_run())
    if min(begin - first, last - end) > -BAND_PITCH or end - begin < _MIN_CHARACTERS * BAND_PITCH:
        return _Line(rows, ink, cells)
    rows = align(strokes, begin, end, float(rows[(begin + end) // 2]))
    ink = ink_along(strokes, rows)
    return _Line(rows, ink, find_cells(ink, begin, end, cells.pitch))


def _judge(frame: Frame, lines: Sequence[_Line]) -> _Block:
    """Window and score of lines taken as a zone: three of 30 characters, two of 36 or 44, or a third is missing."""
    cells = [line.cells for line in lines]
    regularity = sum(line.cells.regularity for line in lines) / len(lines)
    if len(lines) == 3:
        window = choose_window(cells, (30,))
        return _Block(frame, tuple(lines), window, min(_THREE_LINES * regularity * window.fit**2, 1.0))
    window = choose_window(cells, LINE_LENGTHS)
    completeness = _MISSING_LINE if window.length == 30 else 1.0
    return _Block(frame, tuple(lines), window, regularity * window.fit**2 * completeness)


def _ways(block: _Block) -> list[Candidate]:
    """The block as it stands, and on its head; the likelier way first, alone if it is plain."""
    boxes = [_box(block, index) for index in range(len(block.lines))]
    turned = [LineBox(np.roll(box.quad, 2, axis=0), box.axis[::-1], box.height) for box in reversed(boxes)]
    ways = [
        Candidate(tuple(lines), block.pitch, block.window.length, block.score)
        for lines in ((boxes, turned) if block.lean >= 0 else (turned, boxes))
    ]
    return ways[:1] if abs(block.lean) >= _PLAIN_LEAN else ways


def _box(block: _Block, index: int) -> LineBox:
    frame, line = block.frame, block.lines[index]
    first = block.window.firsts[index] - 0.5
    counts = np.linspace(first, first + block.window.length, _AXIS_POINTS)
    columns = np.array([line.cells.column(float(count)) for count in counts])
    rows = np.interp(columns, np.arange(frame.columns), line.rows)
    half = _CAPITALS * line.cells.pitch / 2
    ends = [0, -1, -1, 0]
    quad = frame.to_photo(columns[ends], rows[ends] + np.array([-half, -half, half, half]))
    return LineBox(quad, frame.to_photo(columns, rows), 2 * half * frame.step)


def _covers(better: _Block, block: _Block) -> bool:
    """Whether the middle of a block lies on a better one."""
    quads = [_box(better, index).quad for index in range(len(better.lines))]
    hull = cv2.convexHull(np.concatenate(quads).astype(np.float32))
    x, y = np.concatenate([_box(block, index).quad for index in range(len(block.lines))]).mean(axis=0)
    return cv2.pointPolygonTest(hull, (float(x), float(y)), True) > -better.pitch
