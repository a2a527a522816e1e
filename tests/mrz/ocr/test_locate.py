"""Finding the zone: rendered photos of every kind, real specimens, and pictures that hold none."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrz.formats import MrzFormat
from mrz.ocr.image import GreyImage, decode
from mrz.ocr.locate import MAX_CANDIDATES, Candidate, find_candidates
from tests.mrz.ocr import photos
from tests.mrz.ocr.photos import Photo

#: How far a corner may lie from where the text was printed, in characters: along the line, and across it.
ALONG = 0.6
ACROSS = 0.45


def errors(photo: Photo, candidate: Candidate, reduction: float) -> tuple[float, float]:
    """The largest distance of a corner along and across the lines, in characters."""
    pitch = photo.conditions.pitch_px
    along, across = [], []
    for quad, box in zip(photo.quads, candidate.lines, strict=True):
        direction = (quad[1] - quad[0]) / np.linalg.norm(quad[1] - quad[0])
        off = box.quad * reduction - quad
        along.append(float(np.abs(off @ direction).max()) / pitch)
        across.append(float(np.abs(off @ np.array([-direction[1], direction[0]])).max()) / pitch)
    return max(along), max(across)


def assert_found(photo: Photo) -> None:
    image = decode(photo.data)
    candidates = find_candidates(image)
    assert candidates, photo.conditions
    best = min(
        (
            errors(photo, candidate, image.reduction)
            for candidate in candidates[:2]
            if len(candidate.lines) == len(photo.lines)
        ),
        default=(np.inf, np.inf),
    )
    assert best[0] <= ALONG, (best, photo.conditions)
    assert best[1] <= ACROSS, (best, photo.conditions)
    assert candidates[0].characters == len(photo.lines[0])


@pytest.mark.parametrize("seed", range(16))
def test_photos_as_people_take_them(seed: int) -> None:
    assert_found(photos.photo(seed))


@pytest.mark.parametrize(
    ("mrz_format", "quarter_turns"),
    [*((mrz_format, 0) for mrz_format in MrzFormat), *((MrzFormat.TD1, turns) for turns in (1, 2, 3))],
)
def test_every_format_in_every_orientation(mrz_format: MrzFormat, quarter_turns: int) -> None:
    photo = photos.photo(
        900 + quarter_turns, mrz_format=mrz_format, quarter_turns=quarter_turns, pitch_px=18, easy=True
    )
    image = decode(photo.data)
    first = find_candidates(image)[0]
    assert errors(photo, first, image.reduction) < (ALONG, ACROSS)  # the way up is told by the fillers


@pytest.mark.parametrize("pitch_px", [9.5, 14, 30, 60])
@pytest.mark.parametrize("tight", [False, True])
def test_small_and_large_print(pitch_px: float, tight: bool) -> None:
    assert_found(photos.photo(77, pitch_px=pitch_px, tight=tight, quarter_turns=0, max_tilt=5, easy=True))


def test_small_print_in_a_large_photo() -> None:
    """Twelve megapixels, characters ten pixels wide: the reduced photo shows nothing, the full one does."""
    photo = photos.photo(3, pitch_px=12, quarter_turns=0, max_tilt=3, tight=False, easy=True)
    page = decode(photo.data).pixels
    desk = np.full((3000, 4000), int(page[0, 0]), np.uint8)
    desk[1200 : 1200 + page.shape[0], 900 : 900 + page.shape[1]] = page
    candidates = find_candidates(GreyImage(desk, 1.0))
    moved = photos.Photo(
        photo.data,
        photo.format,
        photo.lines,
        tuple(quad + np.array([900.0, 1200.0]) for quad in photo.quads),
        photo.conditions,
    )
    assert errors(moved, candidates[0], 1.0) < (ALONG, ACROSS)


@pytest.mark.parametrize("seed", range(10))
def test_pictures_without_a_zone_cost_little(seed: int) -> None:
    assert len(find_candidates(decode(photos.negative(seed)))) <= MAX_CANDIDATES


SIDES = st.sampled_from([24, 61, 160, 333])


# how long an example takes is up to the machine and its neighbours
@settings(deadline=None)
@given(SIDES, SIDES, st.sampled_from(["even", "noise", "stripes", "dots"]), st.integers(0, 2**32 - 1))
def test_anything_is_looked_at(height: int, width: int, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = np.full((height, max(width, 160)), int(rng.integers(0, 256)), np.uint8)
    if kind == "noise":
        pixels = rng.integers(0, 256, pixels.shape, dtype=np.uint8)
    elif kind == "stripes":
        pixels[:, :: int(rng.integers(2, 12))] = int(rng.integers(0, 256))
    elif kind == "dots":
        pixels[:: int(rng.integers(2, 9)), :: int(rng.integers(2, 9))] = 0
    for candidate in find_candidates(GreyImage(pixels, 1.0)):
        assert len(candidate.lines) in (2, 3)
        assert candidate.pitch > 0
        assert all(np.isfinite(box.quad).all() and np.isfinite(box.axis).all() for box in candidate.lines)


@pytest.mark.parametrize("shape", [(24, 20_000), (20_000, 24)])
def test_long_strips(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    assert len(find_candidates(GreyImage(pixels, 1.0))) <= MAX_CANDIDATES


@pytest.mark.real
def test_every_specimen_is_found(real_data: Path) -> None:
    """26 specimens: number of lines and of characters as labelled, and upright."""
    wrong = [name for name, lines in specimens(real_data) if not found_as_labelled(real_data, name, lines)]
    assert wrong == []


def specimens(real_data: Path) -> Iterator[tuple[str, list[str]]]:
    with (real_data / "mrz-images" / "labels.tsv").open() as table:
        for row in csv.DictReader(table, delimiter="\t"):
            yield row["file"], row["lines"].split("|")


def found_as_labelled(real_data: Path, name: str, lines: list[str]) -> bool:
    first = find_candidates(decode((real_data / "mrz-images" / name).read_bytes()))[0]
    return len(first.lines) == len(lines) and first.characters == len(lines[0])
