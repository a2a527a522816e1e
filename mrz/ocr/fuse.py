"""Several looks at one zone, made one.

Crops of one photo share its blur, glare and noise, so their scores are averaged: a second crop adds no proof, it
can only take away. Photos are looks of their own, and their scores are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from mrz.ocr.decode import View
from mrz.ocr.grammar import Floats

#: A character that a look gives at least this probability was clearly seen.
_CLEARLY: Final = 0.9
#: Looks that clearly see another character in more places than this share of a zone do not show the same one.
_ANOTHER_ZONE: Final = 0.08


def average_crops(crops: Sequence[View]) -> View:
    """Crops of one photo, of one shape, as one view: the mean of their scores."""
    return View(_normalise(_mean_log(crops)), float(np.mean([crop.evidence for crop in crops])))


def add_photos(photos: Sequence[View]) -> View:
    """Photos of one zone as one view: the sum of their scores; the evidence is that of the best photo."""
    return View(_normalise(_mean_log(photos) * len(photos)), max(photo.evidence for photo in photos))


def show_one_zone(photos: Sequence[View]) -> bool:
    """Whether photos of one shape can show the same zone: they clearly differ in a few places at most."""
    return not any(_differ(one, other) for one, other in combinations(photos, 2))


def _differ(one: View, other: View) -> bool:
    clear = (one.probabilities.max(axis=2) >= _CLEARLY) & (other.probabilities.max(axis=2) >= _CLEARLY)
    unlike = clear & (one.probabilities.argmax(axis=2) != other.probabilities.argmax(axis=2))
    return bool(unlike.sum() > _ANOTHER_ZONE * unlike.size)


def _mean_log(views: Sequence[View]) -> Floats:
    scores: Floats = np.mean([np.log(view.probabilities) for view in views], axis=0)
    return scores


def _normalise(scores: Floats) -> Floats:
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    normalised: Floats = weights / weights.sum(axis=2, keepdims=True)
    return normalised
