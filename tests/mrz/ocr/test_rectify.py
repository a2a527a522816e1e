"""Line images: their form, and that the recogniser reads them."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from mrz.formats import MrzFormat
from mrz.ocr.image import GreyImage, decode
from mrz.ocr.line_image import ALPHABET, CHARACTER_WIDTH, LINE_HEIGHT, MARGIN
from mrz.ocr.locate import Candidate, find_candidates
from mrz.ocr.recognise import Recogniser
from mrz.ocr.rectify import MAX_VARIANTS, crop_for_reviewer, line_images
from tests.mrz.ocr import photos
from tests.mrz.ocr.photos import Photo


@functools.cache
def recogniser() -> Recogniser:
    return Recogniser()


def located(photo: Photo) -> tuple[GreyImage, Candidate]:
    image = decode(photo.data)
    return image, find_candidates(image)[0]


def greedy(log_probabilities: np.ndarray) -> str:
    """The most probable output of each column; repeats and blanks dropped."""
    best = log_probabilities.argmax(axis=1)
    changed = np.concatenate([[True], best[1:] != best[:-1]])
    return "".join(ALPHABET[index - 1] for index in best[changed] if index)


@pytest.mark.parametrize("mrz_format", [MrzFormat.TD1, MrzFormat.TD2, MrzFormat.TD3], ids=str)
def test_form(mrz_format: MrzFormat) -> None:
    photo = photos.photo(5, mrz_format=mrz_format, easy=True)
    images = line_images(*located(photo), variants=2)
    count = len(photo.lines)
    assert [(image.variant, image.line) for image in images] == [(v, n) for v in range(2) for n in range(count)]
    for image in images:
        assert image.pixels.dtype == np.uint8
        assert image.pixels.shape == (LINE_HEIGHT, len(photo.lines[0]) * CHARACTER_WIDTH + 2 * MARGIN)
        assert abs(image.first - MARGIN - CHARACTER_WIDTH / 2) <= 2


def test_capitals_have_the_agreed_height() -> None:
    """Ink reaches from row 6 to row 25, and stays out of the rows beyond."""
    photo = photos.photo(12, mrz_format=MrzFormat.TD3, pitch_px=25, easy=True)
    second = line_images(*located(photo))[1].pixels[:, MARGIN:-MARGIN]
    dark = (second < 128).mean(axis=1)
    assert dark[6:8].max() > 0.02
    assert dark[24:26].max() > 0.02
    assert dark[:4].max() < 0.02
    assert dark[28:].max() < 0.02


@pytest.mark.parametrize("seed", range(8))
def test_photos_are_read_without_any_grammar(seed: int) -> None:
    """Curved, tilted and lit pages become straight enough for the plain most probable characters to be right."""
    photo = photos.photo(2000 + seed, pitch_px=22)
    image = decode(photo.data)
    readings = []
    for candidate in find_candidates(image)[:2]:
        lines = line_images(image, candidate)
        readings.append(tuple(map(greedy, recogniser().log_probabilities([line.pixels for line in lines]))))
    assert photo.lines in readings


def test_variants_are_other_crops() -> None:
    images = line_images(*located(photos.photo(21, easy=True)), variants=MAX_VARIANTS)
    of_first_line = [image.pixels for image in images if image.line == 0]
    assert len(of_first_line) == MAX_VARIANTS
    assert all(not np.array_equal(of_first_line[0], other) for other in of_first_line[1:])


def test_crop_for_the_reviewer_is_small_and_upright() -> None:
    photo = photos.photo(8, mrz_format=MrzFormat.TD3, quarter_turns=1, pitch_px=40, tight=False, easy=True)
    crop = crop_for_reviewer(*located(photo))
    assert crop.shape[1] > 5 * crop.shape[0]
    assert crop.shape[1] <= 1000
    assert crop.min() < 100 < crop.max()


def test_same_photo_same_lines() -> None:
    photo = photos.photo(31)
    first, second = (line_images(*located(photo)) for _ in range(2))
    assert all(np.array_equal(one.pixels, other.pixels) for one, other in zip(first, second, strict=True))
