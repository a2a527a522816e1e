"""Several looks at one zone: photos add up, crops do not, and other documents are not mixed in."""

from __future__ import annotations

import numpy as np
import pytest

from mrz.ocr.decode import View, decode, view_of
from mrz.ocr.fuse import add_photos, average_crops, show_one_zone
from mrz.ocr.line_image import ALPHABET
from mrz.ocr.places import LineScores, read_lines
from tests.mrz.ocr.scores import Floats, log_probabilities
from tests.mrz.zones import TD3

LINES = tuple(TD3.split("\n"))


def seen(lines: tuple[str, ...], **unsure: tuple[int, int, str, float]) -> View:
    """A view of exactly these lines; `unsure` gives line, column (from 0), another character and its share."""
    scores = []
    for line in lines:
        probabilities = np.full((len(line), len(ALPHABET)), 1e-6)
        probabilities[np.arange(len(line)), [ALPHABET.index(char) for char in line]] = 1.0
        scores.append(probabilities)
    for row, column, char, share in unsure.values():
        scores[row][column] *= 1 - share
        scores[row][column, ALPHABET.index(char)] = share
    return view_of([LineScores(one / one.sum(axis=1, keepdims=True), 0.0) for one in scores])


def test_two_photos_with_different_weak_places_are_certain_together() -> None:
    """Glare moves from photo to photo: each has a place in the name where it cannot tell, never the same."""
    first = seen(LINES, glare=(0, 7, "H", 0.4))
    second = seen(LINES, glare=(0, 20, "N", 0.4))
    alone = [decode(view, [view]) for view in (first, second)]
    assert [one.weak for one in alone if one is not None] == [((1, 8),), ((1, 21),)]
    together = decode(add_photos([first, second]), [first, second])
    assert together is not None
    assert together.certain
    assert together.lines == LINES


def test_a_second_crop_adds_no_proof() -> None:
    view = seen(LINES, blur=(0, 7, "H", 0.4))
    both = average_crops([view, view])
    np.testing.assert_allclose(both.probabilities, view.probabilities, rtol=1e-9)
    decoded = decode(both, [view, view])
    assert decoded is not None
    assert decoded.weak == ((1, 8),)


def test_photos_that_disagree_in_a_name_leave_it_weak() -> None:
    first, second = seen(LINES), seen(LINES, other=(0, 7, "H", 0.999))
    decoded = decode(add_photos([first, second]), [first, second])
    assert decoded is not None
    assert (1, 8) in decoded.weak
    assert not decoded.certain


def test_check_digits_settle_a_disagreement() -> None:
    """One photo reads 3 for 8 in the document number; the digits of the zone hold for 8 alone."""
    first, second = seen(LINES), seen(LINES, other=(1, 1, "3", 0.9))
    decoded = decode(add_photos([first, second]), [first, second])
    assert decoded is not None
    assert decoded.lines == LINES
    assert decoded.certain


def test_photos_of_another_document_are_told() -> None:
    other = (
        "P<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<<<<<<<<<",
        "D231458907UTO3407127M9507122<<<<<<<<<<<<<<02",
    )
    assert not show_one_zone([seen(LINES), seen(other)])
    assert show_one_zone([seen(LINES), seen(LINES, unsure=(1, 5, "8", 0.95))])


def test_a_photo_with_nothing_to_see_changes_nothing() -> None:
    flat = View(np.full((2, 44, len(ALPHABET)), 1 / len(ALPHABET)), -30.0)
    together = add_photos([seen(LINES), flat])
    np.testing.assert_allclose(together.probabilities, seen(LINES).probabilities, rtol=1e-9)
    assert together.evidence == 0.0
    decoded = decode(together, [seen(LINES), flat])
    assert decoded is not None
    assert decoded.certain


def _outputs(rng: np.random.Generator, mistakes: float) -> list[Floats]:
    return [log_probabilities(line, rng, mistakes=mistakes) for line in LINES]


@pytest.mark.parametrize("mistakes", [0.03, 0.1])
def test_noisy_photos_together_read_more_and_nothing_wrong(mistakes: float) -> None:
    """Three photos of which each reads some characters as others: more is certain, and it is right."""
    alone = together = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        photos = [view_of([readings[0] for readings in read_lines(_outputs(rng, mistakes), 44)]) for _ in range(3)]
        single, fused = decode(photos[0], photos[:1]), decode(add_photos(photos), photos)
        assert single is not None
        assert fused is not None
        alone += single.certain
        together += fused.certain
        assert not fused.certain or fused.lines == LINES
    assert together > alone
