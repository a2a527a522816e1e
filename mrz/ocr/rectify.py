"""From a candidate to line images: straight, upright, evenly lit, in the form that the recogniser agreed to.

The lines of a candidate follow the print to about a tenth of a character. Here each is sampled out of the full photo
along its curve, its course and the height of its capitals are measured again on the result, and it is sampled once
more, so that what reaches the recogniser was interpolated once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from mrz.ocr.frame import Floats, Grey, MipMap
from mrz.ocr.image import GreyImage
from mrz.ocr.line_image import CAP_HEIGHT, CHARACTER_WIDTH, LINE_HEIGHT, MARGIN
from mrz.ocr.locate import Candidate

#: Other crops of the same line, as changes of the capitals' height, the middle's row and the first column: what a
#: reading depends on that should not is seen in them.
_VARIANTS: Final = ((1.0, 0.0, 0.0), (0.93, 0.4, 1.5), (1.07, -0.4, -1.5))
MAX_VARIANTS: Final = len(_VARIANTS)

#: How often a line's course is measured on its picture and corrected.
_CORRECTIONS: Final = 2
#: Rows above and below a line image in which the characters are looked for.
_SPARE_ROWS: Final = 6
#: How much the capitals' height may differ from what the pitch says: pictures are stretched, faces differ.
_HEIGHTS: Final = (0.72, 1.3)
#: Share of a line's typical ink that a row of a character has at least.
_INKED_ROW: Final = 0.45
#: The lowest character, a filler, over the capitals.
_LOWEST: Final = 0.5
#: Characters of a plausible height that it takes to measure.
_MIN_TALL: Final = 4
#: Degree of the correction, what keeps its bends small, and rounds in which strays lose their weight.
_BENDS: Final = 4
_STIFFNESS: Final = 0.05
_ROBUST_ROUNDS: Final = 4
#: Samples of the photo for one column or row of a line image at most.
_MAX_SAMPLES: Final = 4
#: Columns over which paper and ink are taken to be even.
_LIGHT_STEP: Final = 24
#: Columns whose greys are counted together: all places and reaches are multiples of it.
_LIGHT_BLOCK: Final = 12
_PAPER_REACH: Final = 24
_INK_REACH: Final = 60
_PAPER_SHARE: Final = 0.75
_INK_SHARE: Final = 0.03
#: Grey levels between paper and ink at least: an even surface is not blown up to print.
_MIN_CONTRAST: Final = 14.0
#: What paper and ink become.
_PAPER: Final = 225.0
_INK: Final = 30.0
#: The reviewer's picture: pixels of a character and of the longer side, characters of surroundings.
_CROP_PITCH: Final = 16.0
_CROP_LONG_SIDE: Final = 900
_CROP_AROUND: Final = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class LineImage:
    """A line in the form of `line_image`: `pixels` has `LINE_HEIGHT` rows.

    `line` counts the candidate's lines from 0, `variant` the crops of a line. Where the locator was right, character
    `n` (from 0) has its middle at column `first + n * CHARACTER_WIDTH`.
    """

    pixels: Grey
    line: int
    variant: int
    first: float


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """A line's way through the photo by the count of characters: polynomials, and the vector from row to row."""

    x: Floats
    y: Floats
    up_x: Floats
    up_y: Floats
    count: int

    def points(self, counts: Floats, rows: Floats) -> Floats:
        """Photo points (2, rows, counts); rows count from the middle of capitals that are `CAP_HEIGHT` high."""
        share = counts / self.count * 2 - 1
        middle = np.stack([np.polyval(self.x, share), np.polyval(self.y, share)])
        down = np.stack([np.polyval(self.up_x, share), np.polyval(self.up_y, share)])
        return np.asarray(middle[:, None, :] + down[:, None, :] * rows[None])


def line_images(image: GreyImage, candidate: Candidate, *, variants: int = 1) -> list[LineImage]:
    """The line images of a candidate: all first crops, then all second ones.

    Args:
        image: The photo in which the candidate was found.
        candidate: Two or three lines of it.
        variants: Crops of each line, 1 to `MAX_VARIANTS`.
    """
    photo = image.halvings
    courses = [_course(candidate, index) for index in range(len(candidate.lines))]
    courses = _measured(photo, courses)
    images = []
    for variant, (height, row, column) in enumerate(_VARIANTS[:variants]):
        for line, course in enumerate(courses):
            width = course.count * CHARACTER_WIDTH + 2 * MARGIN
            counts = (np.arange(width) - MARGIN - column + 0.5) / CHARACTER_WIDTH
            rows: Floats = (np.arange(LINE_HEIGHT, dtype=np.float64) - (LINE_HEIGHT - 1) / 2 - row) / height
            pixels = _even_light(_sample(photo, course, counts, rows))
            images.append(LineImage(pixels, line, variant, MARGIN + column + (CHARACTER_WIDTH - 1) / 2))
    return images


def crop_for_reviewer(image: GreyImage, candidate: Candidate) -> Grey:
    """A small upright picture of the zone, for a person to compare with what was read."""
    quads = [box.quad for box in candidate.lines]
    corners = np.array([quads[0][0], quads[0][1], quads[-1][2], quads[-1][3]])
    width = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))
    height = max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]))
    scale = min(_CROP_PITCH / candidate.pitch, 1.0, _CROP_LONG_SIDE / float(max(width, height)))
    around = _CROP_AROUND * candidate.pitch * scale
    w, h = float(width) * scale, float(height) * scale
    target = np.array([[0, 0], [w, 0], [w, h], [0, h]]) + around
    level, size = image.halvings.level(1 / scale)
    view = cv2.getPerspectiveTransform((corners / size).astype(np.float32), target.astype(np.float32))
    shape = (max(round(w + 2 * around), 1), max(round(h + 2 * around), 1))
    crop = cv2.warpPerspective(level, view, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def _course(candidate: Candidate, index: int) -> _Course:
    """The course of a line as located; what is down is told by the other lines, so that slanted print stands up."""
    box = candidate.lines[index]
    count = candidate.characters
    share = np.linspace(-1, 1, len(box.axis))
    x, y = (np.polyfit(share, box.axis[:, axis], 3) for axis in (0, 1))
    across = candidate.lines[-1].axis - candidate.lines[0].axis
    along = np.stack([np.polyval(np.polyder(x), share), np.polyval(np.polyder(y), share)], axis=1) * 2 / count
    pitch = np.linalg.norm(along, axis=1, keepdims=True)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / pitch
    lean = (across * along).sum(axis=1) / np.maximum((across * normal).sum(axis=1), 1e-6) / pitch[:, 0]
    lean = float(np.clip(np.median(lean), -math.tan(math.radians(15)), math.tan(math.radians(15))))
    height = pitch * (box.height / float(pitch.mean()))
    down = (normal + along / pitch * lean) * height / CAP_HEIGHT
    up_x, up_y = (np.polyfit(share, down[:, axis], 1) for axis in (0, 1))
    return _Course(x, y, up_x, up_y, count)


def _measured(photo: MipMap, courses: list[_Course]) -> list[_Course]:
    """Courses corrected by what a first sampling shows: the middle's row along each line, one height for all."""
    for _ in range(_CORRECTIONS):
        spans = [_character_rows(photo, course) for course in courses]
        heights = np.concatenate([bottom - top for top, bottom in spans])
        tall = heights[(heights >= _HEIGHTS[0] * CAP_HEIGHT) & (heights <= _HEIGHTS[1] * CAP_HEIGHT)]
        stretch = float(np.percentile(tall, 75)) / CAP_HEIGHT if len(tall) >= _MIN_TALL else 1.0
        courses = [
            _Course(moved.x, moved.y, moved.up_x * stretch, moved.up_y * stretch, moved.count)
            for moved in (_shifted(course, *span) for course, span in zip(courses, spans, strict=True))
        ]
    return courses


def _character_rows(photo: MipMap, course: _Course) -> tuple[Floats, Floats]:
    """The first inked row of each character and the one after its last, in rows from the middle of the capitals."""
    counts: Floats = (np.arange(course.count * CHARACTER_WIDTH) + 0.5) / CHARACTER_WIDTH
    rows: Floats = np.arange(LINE_HEIGHT + 2.0 * _SPARE_ROWS) - ((LINE_HEIGHT - 1) / 2 + _SPARE_ROWS)
    strip = _sample(photo, course, counts, rows)
    ink = np.maximum(_PAPER - _even_light(strip), 0)
    cells = ink.reshape(len(ink), course.count, CHARACTER_WIDTH).max(axis=2)
    typical = float(np.percentile(cells.max(axis=0), 60))
    bare = cells < _INKED_ROW * max(typical, 1.0)
    middle = len(ink) // 2
    above, below = bare[:middle][::-1], bare[middle:]
    top = np.where(above.any(axis=0), above.argmax(axis=0), middle)
    bottom = np.where(below.any(axis=0), below.argmax(axis=0), len(ink) - middle)
    return -top.astype(np.float64), bottom.astype(np.float64)


def _shifted(course: _Course, top: Floats, bottom: Floats) -> _Course:
    """A course laid through the middles of its characters; those of an odd height, and strays, have no say."""
    heights, middles = bottom - top, (bottom + top) / 2
    plausible = (heights >= _LOWEST * CAP_HEIGHT) & (heights <= _HEIGHTS[1] * CAP_HEIGHT)
    if plausible.sum() < _MIN_TALL:
        return course
    share = (np.arange(course.count) + 0.5) / course.count * 2 - 1
    weight = np.where(plausible, np.minimum(heights / CAP_HEIGHT, 1.0) ** 2, 0.0)
    powers = np.vander(share, _BENDS + 1)
    offset: Floats = np.zeros(_BENDS + 1)
    offset[-1] = float(np.median(middles[plausible]))
    for _ in range(_ROBUST_ROUNDS):
        trust = weight / np.maximum(np.abs(middles - powers @ offset), 1.0)
        normal = powers.T @ (powers * trust[:, None]) + _STIFFNESS * np.diag(np.arange(_BENDS, -1, -1))
        offset = np.asarray(np.linalg.solve(normal, powers.T @ (trust * middles)), np.float64)
    x = np.polyadd(course.x, np.polymul(course.up_x, offset))
    y = np.polyadd(course.y, np.polymul(course.up_y, offset))
    return _Course(x, y, course.up_x, course.up_y, course.count)


def _sample(photo: MipMap, course: _Course, counts: Floats, rows: Floats) -> Grey:
    """A grid of a line out of the photo; where the photo is finer, each pixel is the mean of several samples."""
    corners = course.points(counts[[0, -1]], rows[[0, -1], None])
    across = float(np.linalg.norm(corners[:, 0, 1] - corners[:, 0, 0])) / max(len(counts) - 1, 1)
    down = float(np.linalg.norm(corners[:, 1, 0] - corners[:, 0, 0])) / max(len(rows) - 1, 1)
    level, size = photo.level(min(across, down))
    finer_x, finer_y = (min(max(round(step / size), 1), _MAX_SAMPLES) for step in (across, down))
    fine_counts, fine_rows = _refined(counts, finer_x), _refined(rows, finer_y)
    points = (course.points(fine_counts, fine_rows[:, None]) + 0.5) / size - 0.5
    method = cv2.INTER_CUBIC if min(across, down) < size else cv2.INTER_LINEAR
    x, y = points.astype(np.float32)
    samples: cv2.typing.MatLike = cv2.remap(level, x, y, method, borderMode=cv2.BORDER_REPLICATE)
    if finer_x > 1 or finer_y > 1:
        samples = cv2.resize(samples, (len(counts), len(rows)), interpolation=cv2.INTER_AREA)
    return np.asarray(samples, np.uint8)


def _refined(values: Floats, times: int) -> Floats:
    """An even grid with so many values for each one, around the same middles."""
    step = float(values[1] - values[0])
    inner = (np.arange(times) - (times - 1) / 2) / times * step
    return np.asarray((values[:, None] + inner).ravel())


def _even_light(pixels: Grey) -> Grey:
    """Paper and ink brought to the same two greys everywhere, in reflections and shadows too."""
    places = np.arange(_LIGHT_STEP // 2, pixels.shape[1], _LIGHT_STEP)
    seen = _greys_before(pixels[4:-4])
    paper = _grey_at(_PAPER_SHARE, seen, places, _PAPER_REACH)
    ink = _grey_at(_INK_SHARE, seen, places, _INK_REACH)
    columns = np.arange(pixels.shape[1])
    kernel = np.array([0.25, 0.5, 0.25])
    smooth_paper, smooth_ink = (
        np.interp(columns, places, np.convolve(np.pad(values, 1, mode="edge"), kernel, "valid"))
        for values in (paper, ink)
    )
    contrast = np.maximum(smooth_paper - smooth_ink, _MIN_CONTRAST)
    even = _PAPER + (pixels - smooth_paper) * ((_PAPER - _INK) / contrast)
    return np.clip(np.round(even), 0, 255).astype(np.uint8)


def _greys_before(pixels: Grey) -> npt.NDArray[np.intp]:
    """How often each grey stands in the blocks of columns before a block, (blocks + 1, 256)."""
    count = -(-pixels.shape[1] // _LIGHT_BLOCK)
    blocks = np.arange(pixels.shape[1]) // _LIGHT_BLOCK
    greys = np.bincount((pixels + 256 * blocks).ravel(), minlength=256 * count).reshape(count, 256)
    return np.concatenate((np.zeros((1, 256), np.intp), greys.cumsum(axis=0)))


def _grey_at(share: float, seen: npt.NDArray[np.intp], places: npt.NDArray[np.intp], reach: int) -> Floats:
    """The grey at this share of the pixels, dark to light, in the columns within reach of each place."""
    first, last = np.maximum(places - reach, 0), places + reach
    around = seen[np.minimum(last // _LIGHT_BLOCK, len(seen) - 1)] - seen[first // _LIGHT_BLOCK]
    up_to = around.cumsum(axis=1)
    rank = (up_to[:, -1:] * share).astype(np.intp)
    return np.asarray((up_to <= rank).sum(axis=1), np.float64)
