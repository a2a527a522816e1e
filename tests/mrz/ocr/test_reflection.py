"""Reflections that hide a part of the zone are told from white paper and from too much light."""

from __future__ import annotations

import datetime

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mrz.ocr import Advice, examine
from mrz.ocr.image import GreyImage, decode
from mrz.ocr.reflection import hides_print
from tests.mrz.ocr import photos
from tests.mrz.ocr.photos import Photo

TODAY = datetime.date(2026, 11, 25)


def lit(photo: Photo, share: float, reach: float) -> npt.NDArray[np.uint8]:
    """The photo with a lamp's light thrown back from a place on the zone: its middle is beyond what a sensor tells.

    Args:
        photo: What is lit.
        share: Where along the middle line, 0 to 1.
        reach: Standard deviation of the light, in characters.
    """
    pixels = decode(photo.data).pixels
    line = photo.quads[len(photo.quads) // 2]
    x, y = line[0] + (line[1] - line[0]) * share
    rows, columns = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    far = ((columns - x) ** 2 + (rows - y) ** 2) / (reach * photo.conditions.pitch_px) ** 2
    return np.asarray(np.clip(pixels + 600 * np.exp(-far / 2), 0, 255), np.uint8)


def jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


@pytest.mark.parametrize("share", [0.5, 0.8])
@pytest.mark.parametrize("seed", range(4))
def test_a_reflection_on_the_zone_is_named(seed: int, share: float) -> None:
    photo = photos.photo(700_000 + seed, easy=True)
    examination = examine([jpeg(lit(photo, share, 6.0))], today=TODAY)
    assert examination.reading is None
    assert Advice.GLARE in examination.advice


@pytest.mark.parametrize("seed", range(4))
def test_the_same_photo_without_the_lamp_is_no_reflection(seed: int) -> None:
    assert not hides_print(decode(photos.photo(700_000 + seed, easy=True).data))


@pytest.mark.parametrize("seed", range(12))
def test_pictures_without_a_zone_have_no_reflection(seed: int) -> None:
    assert not hides_print(decode(photos.negative(seed)))


@pytest.mark.parametrize("grey", [200, 248, 255])
def test_plain_paper_is_no_reflection(grey: int) -> None:
    assert not hides_print(GreyImage(np.full((800, 1200), grey, np.uint8), 1.0))


@pytest.mark.parametrize("seed", range(4))
def test_too_much_light_everywhere_is_no_reflection(seed: int) -> None:
    """The paper is as white as the sensor can tell, the print is still dark."""
    photo = photos.photo(700_000 + seed, easy=True)
    pixels = np.clip(decode(photo.data).pixels * 1.6 + 30, 0, 255).astype(np.uint8)
    assert not hides_print(GreyImage(pixels, 1.0))
    examination = examine([jpeg(pixels)], today=TODAY)
    assert examination.reading is not None
    assert examination.reading.lines == photo.lines
    assert Advice.GLARE not in examination.advice
