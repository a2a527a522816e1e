"""The default engine: locate, straighten, recognise with the packaged network, decode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from mrz.ocr.advice import advise
from mrz.ocr.decode import LIKELY_FORM, View, decode, view_of
from mrz.ocr.engine import LENGTHS, Observation, Sighting
from mrz.ocr.image import FINE_LONG_SIDE, GreyImage
from mrz.ocr.image import decode as decode_image
from mrz.ocr.locate import Candidate, find_candidates
from mrz.ocr.places import LineScores, read_lines
from mrz.ocr.reading import Advice, Quad
from mrz.ocr.recognise import Recogniser
from mrz.ocr.rectify import crop_for_reviewer, line_images
from mrz.ocr.reflection import hides_print

Grey = npt.NDArray[np.uint8]

#: Candidates of one photo that are read at most; each costs the network two or three lines.
MAX_TRIES: Final = 8
#: Ways to lay the lines of a candidate on their places that are decoded at most.
_MAX_PLACINGS: Final = 3
#: Lines of one zone begin at the same column; what a difference costs, in natural logarithms for each character.
_UNEVEN_EDGE_COST: Final = 6.0
#: A difference up to this many characters is nothing.
_EVEN_EDGE: Final = 0.4
#: Characters of free paper that must be seen at the ends of a line; no line is longer than the longest.
_MARGIN: Final = 1.0
_LONGEST_MARGIN: Final = 0.1
#: A photo reduced by less than this shows no more at its full size.
_WORTH_A_FINER_LOOK: Final = 1.25


class OnnxEngine:
    """`OcrEngine` on the packaged network: locate, straighten, recognise, decode."""

    name: Final = "onnx"

    def __init__(self, recogniser: Recogniser | None = None) -> None:
        self._recogniser = Recogniser() if recogniser is None else recogniser

    def read(self, image: bytes) -> Observation:
        """Read one photo: candidates in the order of plausibility until one is certain.

        A photo in which nothing could be read is looked at once more at its full size; if that shows no zone either,
        a reflection may hide it.

        Raises:
            ImageError: The octets are no photo that is looked at.
        """
        photo = decode_image(image)
        observation, complete = self._look(photo)
        if not complete and photo.reduction >= _WORTH_A_FINER_LOOK:
            finer, complete = self._look(decode_image(image, long_side=FINE_LONG_SIDE))
            if complete or not observation.sightings:
                observation = finer
        if not complete and hides_print(photo):
            found = {*observation.advice, Advice.GLARE}
            observation = replace(observation, advice=tuple(one for one in Advice if one in found))
        return observation

    def _look(self, photo: GreyImage) -> tuple[Observation, bool]:
        """What can be read at this size, and whether one zone was complete."""
        sightings: list[Sighting] = []
        advice: tuple[Advice, ...] = (Advice.NO_MRZ,)
        best = (False, float("-inf"))
        for candidate in find_candidates(photo)[:MAX_TRIES]:
            images = line_images(photo, candidate, variants=2)
            lines, again = ([image.pixels for image in images if image.variant == variant] for variant in (0, 1))
            crops = self._crops(lines, again)
            sighting = None if crops is None else _sight(photo, candidate, crops)
            if sighting is None:
                continue
            sightings.append(sighting)
            if sighting.decoded.certain:
                return Observation((sighting,), ()), True
            rank = (sighting.decoded.complete, sighting.decoded.score)
            if rank > best:
                best = rank
                quads = [line.quad for line in candidate.lines]
                advice = advise(lines, quads, candidate.pitch * photo.reduction, (photo.width, photo.height))
        complete, _ = best
        if not complete and not advice:
            advice = (Advice.NO_MRZ,)
        return Observation(tuple(sightings), advice), complete

    def _crops(self, lines: Sequence[Grey], again: Sequence[Grey]) -> tuple[View, ...] | None:
        """Lines and their second crop, laid on the same places; None where they have the form of no zone.

        What the first crop does not nearly read gets no second one.
        """
        views = [(view_of(placing), placing) for placing in _placings(self._recogniser.log_probabilities(lines))]
        decoded = [(one, view, placing) for view, placing in views if (one := decode(view)) is not None]
        if not decoded:
            return None
        best, view, placing = max(decoded, key=lambda one: (one[0].complete, one[0].score))
        second = _placed_alike(self._recogniser.log_probabilities(again), placing) if best.nearly else None
        return (view,) if second is None else (view, view_of(second))


def _sight(photo: GreyImage, candidate: Candidate, crops: tuple[View, ...]) -> Sighting | None:
    """A candidate that was read; without a second crop, or where the photo may end inside it, it is never certain."""
    quad, picture = _quad(candidate, photo.reduction), _png(crop_for_reviewer(photo, candidate))
    _, length, _ = crops[0].probabilities.shape
    whole = _is_whole(photo, candidate, length)
    return Sighting.of(crops, quad, picture, trusted=len(crops) > 1 and whole)


def _is_whole(photo: GreyImage, candidate: Candidate, length: int) -> bool:
    """Whether there is paper in the photo beyond both ends of each line.

    A line of 44 characters whose end lies outside the photo looks like one of 36, and its check digits may hold.
    """
    margin = candidate.pitch * (_LONGEST_MARGIN if length == max(map(max, LENGTHS.values())) else _MARGIN)
    for line in candidate.lines:
        left, right = (line.quad[0] + line.quad[3]) / 2, (line.quad[1] + line.quad[2]) / 2
        along = (right - left) / max(float(np.linalg.norm(right - left)), 1.0)
        for x, y in (left - along * margin, right + along * margin):
            if not (0 <= x < photo.width / photo.reduction and 0 <= y < photo.height / photo.reduction):
                return False
    return True


@cache
def default_engine() -> OnnxEngine:
    """The engine on the packaged network, loaded once."""
    return OnnxEngine()


def _placings(outputs: Sequence[npt.NDArray[np.float32]]) -> list[tuple[LineScores, ...]]:
    """The most plausible ways to lay lines on places, all of one length and from one left edge."""
    found: list[tuple[float, tuple[LineScores, ...]]] = []
    for length in LENGTHS.get(len(outputs), ()):
        for placing in product(*read_lines(outputs, length)):
            found.append((sum(line.evidence for line in placing) - _unevenness(placing), placing))
    found.sort(key=lambda one: one[0], reverse=True)
    likely = [placing for _, placing in found if min(line.evidence for line in placing) >= LIKELY_FORM]
    return likely[:_MAX_PLACINGS]


def _unevenness(placing: Sequence[LineScores]) -> float:
    """What it costs that lines do not begin at one column."""
    lefts = [line.left / line.pitch for line in placing]
    return _UNEVEN_EDGE_COST * max(max(lefts) - min(lefts) - _EVEN_EDGE, 0.0)


def _placed_alike(
    outputs: Sequence[npt.NDArray[np.float32]], placing: Sequence[LineScores]
) -> tuple[LineScores, ...] | None:
    """The second crop's lines, laid on the same places as the first one's; None if one cannot be."""
    alike = []
    for readings, first in zip(read_lines(outputs, placing[0].length), placing, strict=True):
        if not readings:
            return None
        alike.append(min(readings, key=lambda reading: abs(reading.left - first.left)))
    return tuple(alike)


def _quad(candidate: Candidate, reduction: float) -> Quad:
    """The corners of the block in the photo as it was sent."""
    top, bottom = candidate.lines[0].quad * reduction, candidate.lines[-1].quad * reduction
    corners = [top[0], top[1], bottom[2], bottom[3]]
    left_top, right_top, right_bottom, left_bottom = [(float(x), float(y)) for x, y in corners]
    return left_top, right_top, right_bottom, left_bottom


def _png(picture: Grey) -> bytes:
    _, encoded = cv2.imencode(".png", picture)
    return encoded.tobytes()
