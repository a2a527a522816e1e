"""From scores to a zone: against sums by brute force, the parser as judge, and noise in which greedy reading errs."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mrz
from mrz.check_digits import compute
from mrz.formats import SPECS
from mrz.ocr.checks import read_checked
from mrz.ocr.decode import Decoded, View, decode, view_of
from mrz.ocr.free_fields import read_free
from mrz.ocr.grammar import Floats, layouts
from mrz.ocr.line_image import ALPHABET
from mrz.ocr.pitch import fit_comb
from mrz.ocr.places import _lattice, _Placing, read_lines
from tests.budgets import light
from tests.mrz.ocr.scores import greedy, log_probabilities
from tests.mrz.test_properties import fields_of
from tests.mrz.zones import MRVA, MRVB, TD1, TD2, TD3, TODAY

EXAMPLES = {"TD1": TD1, "TD2": TD2, "TD3": TD3, "MRV-A": MRVA, "MRV-B": MRVB}
#: 9303-5 §4.2.2.3 note j, the number of that example in the current edition's layout.
LONG_NUMBER = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"


def _read(text: str, seed: int, **how: float) -> tuple[Decoded, View]:
    """A zone through the imagined network and the decoder; two crops, as the reader makes them."""
    rng = np.random.default_rng(seed)
    lines = text.split("\n")
    pitch = rng.uniform(2.7, 3.3)
    found = read_lines([log_probabilities(line, rng, pitch=pitch, **how) for line in lines], len(lines[0]))
    view = view_of([readings[0] for readings in found])
    decoded = decode(view, [view])
    assert decoded is not None
    return decoded, view


def _one_hot(lines: list[str], rest: float = 1e-6) -> Floats:
    """Scores that see exactly these lines."""
    seen = np.full((len(lines), len(lines[0]), len(ALPHABET)), rest)
    for row, line in enumerate(lines):
        for column, char in enumerate(line):
            seen[row, column, ALPHABET.index(char)] = 1.0
    return seen / seen.sum(axis=2, keepdims=True)


def _by_all_paths(columns: Floats, length: int) -> tuple[Floats, float]:
    """CTC by its definition (Graves 2006): every labelling of the columns that collapses to `length` characters."""
    expected = np.zeros((length, len(ALPHABET)))
    for path in itertools.product(range(4), repeat=len(columns)):
        string = [label for label, _ in itertools.groupby(path) if label]
        if len(string) == length:
            weight = float(np.prod(columns[range(len(columns)), path]))
            expected[range(length), np.array(string) - 1] += weight
    total = float(expected[0].sum())
    return expected / total, float(np.log(total))


def test_the_lattice_is_the_sum_over_all_paths() -> None:
    """Two lines of different width at once; three characters and the blank share all probability."""
    rng = np.random.default_rng(3)
    placings, expected = [], []
    for count in (6, 5):
        columns = np.zeros((count, len(ALPHABET) + 1))
        columns[:, :4] = rng.dirichlet(np.ones(4), size=count)
        placings.append(_Placing(columns, np.ones((count, 3), dtype=np.bool_), 0.0, 1.0, 0))
        expected.append(_by_all_paths(columns, 3))
    posteriors, evidences = _lattice(placings, 3)
    for posterior, evidence, (right, mass) in zip(posteriors, evidences, expected, strict=True):
        assert evidence == pytest.approx(mass)
        np.testing.assert_allclose(posterior, right, atol=1e-12)


@pytest.mark.parametrize("name", EXAMPLES)
def test_check_digits_by_listing_every_zone(name: str) -> None:
    """Posterior and mass equal those over all listed combinations that `mrz.parse` calls valid."""
    text = EXAMPLES[name]
    lines = text.split("\n")
    layout = next(one for one in layouts(len(lines), len(lines[0])) if one.spec.format.value == name)
    rng = np.random.default_rng(5)
    seen = _one_hot(lines, rest=0.0)
    digits = [place for place in sorted(layout.covered) if lines[place[0]][place[1]].isdigit()]
    open_places = [digits[index] for index in rng.choice(len(digits), size=7, replace=False)]
    for place in open_places:
        chars = {lines[place[0]][place[1]], *map(str, rng.choice(10, size=2))}
        seen[place] = 0.0
        for char in chars:
            seen[place][ALPHABET.index(char)] = rng.uniform(0.2, 1.0)
        seen[place] /= seen[place].sum()
    expected = np.zeros_like(seen)
    mass = 0.0
    for chars in itertools.product(*(np.flatnonzero(seen[place]) for place in open_places)):
        page = [list(line) for line in lines]
        for (row, column), char in zip(open_places, chars, strict=True):
            page[row][column] = ALPHABET[char]
        document = mrz.parse("\n".join("".join(line) for line in page), today=TODAY)
        if not document.valid or not _real_months_and_days(document):
            continue
        weight = float(np.prod([seen[place][char] for place, char in zip(open_places, chars, strict=True)]))
        mass += weight
        for place, char in zip(open_places, chars, strict=True):
            expected[place][char] += weight
    checked = read_checked(layout, seen)
    assert checked.log_mass == pytest.approx(np.log(mass))
    for place in open_places:
        np.testing.assert_allclose(checked.posterior[place], expected[place] / mass, atol=1e-12)


def _real_months_and_days(document: mrz.MrzDocument) -> bool:
    dates = (document.raw["date_of_birth"], document.raw["date_of_expiry"])
    return all(1 <= int(date[2:4]) <= 12 and 1 <= int(date[4:6]) <= 31 for date in dates)


@pytest.mark.parametrize("text", [*EXAMPLES.values(), LONG_NUMBER], ids=[*EXAMPLES, "long_number"])
def test_worked_examples_of_the_standard(text: str) -> None:
    decoded, _ = _read(text, 1)
    assert decoded.lines == tuple(text.split("\n"))
    assert decoded.certain
    assert not decoded.weak
    assert not decoded.repairs


@light
@given(data=st.data())
def test_any_zone_clearly_printed_is_read(data: st.DataObject) -> None:
    """Names, numbers and codes at random, so that no prior helps."""
    spec = data.draw(st.sampled_from(list(SPECS.values())))
    text = mrz.format(data.draw(fields_of(spec)), spec.format)
    decoded, _ = _read(text, data.draw(st.integers(0, 2**32)))
    if decoded.certain:
        assert decoded.lines == tuple(text.split("\n"))
    _obeys(decoded)


@light
@given(data=st.data())
def test_whatever_is_seen_the_alphabets_hold(data: st.DataObject) -> None:
    spec = data.draw(st.sampled_from(list(SPECS.values())))
    text = mrz.format(data.draw(fields_of(spec)), spec.format)
    decoded, _ = _read(text, data.draw(st.integers(0, 2**32)), mistakes=0.3, sureness=data.draw(st.floats(4, 15)))
    _obeys(decoded)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("mistakes", [0.01, 0.03, 0.1])
def test_where_greedy_reading_errs_what_is_certain_is_right(name: str, mistakes: float) -> None:
    """Noise of three strengths: the decoder is right more often than greedy, and never certain and wrong."""
    text = EXAMPLES[name]
    greedy_right = certain = right = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        scores = [log_probabilities(line, rng, mistakes=mistakes) for line in text.split("\n")]
        greedy_right += [greedy(score) for score in scores] == text.split("\n")
        view = view_of([readings[0] for readings in read_lines(scores, len(text.split("\n")[0]))])
        decoded = decode(view, [view])
        assert decoded is not None
        right += decoded.lines == tuple(text.split("\n"))
        certain += decoded.certain
        assert not decoded.certain or decoded.lines == tuple(text.split("\n"))
    assert greedy_right < right
    assert certain > 0 or mistakes == 0.1


@light
@given(seed=st.integers(0, 2**32), sureness=st.floats(0, 15), shape=st.sampled_from([(2, 44), (2, 36), (3, 30)]))
def test_noise_alone_is_never_a_certain_reading(seed: int, sureness: float, shape: tuple[int, int]) -> None:
    count, length = shape
    rng = np.random.default_rng(seed)
    lines = ["".join(rng.choice(list(ALPHABET), length)) for _ in range(count)]
    found = read_lines([log_probabilities(line, rng, sureness=sureness) for line in lines], length)
    if not all(found):
        return
    view = view_of([readings[0] for readings in found])
    decoded = decode(view, [view])
    assert decoded is not None
    assert not decoded.certain
    _obeys(decoded)


def _obeys(decoded: Decoded) -> None:
    """The alphabets of the fields, by the standard's own words (9303-3 §4.3), whatever was seen."""
    spec = decoded.spec
    assert {len(line) for line in decoded.lines} == {spec.line_length}
    for name in ("issuing_state", "nationality", "name", "document_code"):
        assert not any(char.isdigit() for char in spec.place(name).read(decoded.lines))
    for name in ("date_of_birth", "date_of_expiry"):
        assert set(spec.place(name).read(decoded.lines)) <= set("0123456789<X")
    assert spec.place("sex").read(decoded.lines) in "MFX<"
    if decoded.complete:
        assert mrz.parse("\n".join(decoded.lines), today=TODAY).valid


def test_a_double_letter_read_as_one_is_not_made_up_for_by_a_filler() -> None:
    """AA merged into A: greedy reading has 43 characters, and one filler more would make 44 with a wrong name."""
    text = "P<UTOWAALKENS<<JAAP<<<<<<<<<<<<<<<<<<<<<<<<<"
    text = f"{text[:44]}\n{TD3.split()[1]}"
    rng = np.random.default_rng(2)
    first = log_probabilities(text.split("\n")[0], rng, drop=(7,))
    second = log_probabilities(text.split("\n")[1], rng)
    assert len(greedy(first)) == 43
    view = view_of([readings[0] for readings in read_lines([first, second], 44)])
    decoded = decode(view, [view])
    assert decoded is not None
    assert not decoded.certain
    assert decoded.lines[0][8:] == text[8:44]


def test_a_mark_before_the_line_is_no_character() -> None:
    """The border of a box, on the pitch and read as I: 45 characters are seen, and the format tells which 44."""
    rng = np.random.default_rng(11)
    first, second = TD3.split("\n")
    outputs = [log_probabilities("I" + first, rng, left=3.0), log_probabilities(second, rng, left=6.0)]
    assert len(greedy(outputs[0])) == 45
    placings = itertools.product(*read_lines(outputs, 44))
    decoded = [decode(view_of(placing)) for placing in placings]
    best = max((one for one in decoded if one is not None), key=lambda one: (one.complete, one.score))
    assert best.lines == (first, second)


def test_a_character_outside_of_the_picture_is_never_certain() -> None:
    rng = np.random.default_rng(12)
    first, second = TD3.split("\n")
    outputs = [log_probabilities(first[1:], rng, left=4.0), log_probabilities(second[1:], rng, left=4.0)]
    for placing in itertools.product(*read_lines(outputs, 44)):
        decoded = decode(view_of(placing))
        assert decoded is None or not decoded.certain


@pytest.mark.parametrize(
    "place", [(1, 0), (1, 13), (1, 43), (1, 30)], ids=["number", "birth", "composite", "optional"]
)
def test_a_zone_whose_check_digit_does_not_hold_is_no_reading(place: tuple[int, int]) -> None:
    """Printed so, clearly seen: nothing is repaired that was not in doubt."""
    lines = TD3.split("\n")
    row, column = place
    printed = str((int(lines[row][column], 36) + 3) % 10)
    lines[row] = lines[row][:column] + printed + lines[row][column + 1 :]
    assert not mrz.parse("\n".join(lines), today=TODAY).valid
    decoded, _ = _read("\n".join(lines), 4)
    assert not decoded.complete
    assert not decoded.certain


def test_digits_seen_as_letters_are_repaired_and_told() -> None:
    """O for 0 in a date of birth, seen without a doubt: only a digit can stand there."""
    lines = TD3.split("\n")
    wrong = [lines[0], lines[1][:15] + "O" + lines[1][16:]]
    decoded, _ = _read("\n".join(wrong), 6)
    assert decoded.lines == tuple(lines)
    assert [(one.field, one.line, one.column, one.printed, one.replaced) for one in decoded.repairs] == [
        ("date_of_birth", 2, 16, "O", "0")
    ]
    assert decoded.certain


def test_a_face_whose_zeros_look_like_letters_is_read() -> None:
    """Every 0 of the dates, the check digits and the number seen as O without a doubt, and I for 1."""
    lines = TD1.split("\n")
    wrong = [lines[0], lines[1].replace("0", "O").replace("1", "I"), lines[2]]
    decoded, _ = _read("\n".join(wrong), 6)
    assert decoded.lines == tuple(lines)
    assert decoded.complete


def test_what_check_digits_cannot_tell_apart_is_weak() -> None:
    """6 and G weigh the same modulo 10 (9303-3 §4.9: 6 and 16); as likely, neither is certain."""
    assert compute("6") == compute("G")
    seen = _one_hot(TD3.split("\n"))
    row, column = 1, 35
    assert ALPHABET[int(seen[row, column].argmax())] == "6"
    seen[row, column, ALPHABET.index("G")] = 0.7
    view = View(seen / seen.sum(axis=2, keepdims=True), 0.0)
    decoded = decode(view, [view])
    assert decoded is not None
    assert (2, 36) in decoded.weak
    assert not decoded.certain


@pytest.mark.parametrize("column", [5, 16, 30], ids=["primary", "secondary", "end"])
def test_in_a_name_another_crop_is_enough_for_doubt(column: int) -> None:
    view = View(_one_hot(TD3.split("\n")), 0.0)
    other = _one_hot(TD3.split("\n"))
    other[0, column] = np.roll(other[0, column], 1 if column != 30 else -3)
    decoded = decode(view, [view, View(other, 0.0)])
    assert decoded is not None
    assert decoded.weak == ((1, column + 1),)


def test_a_filler_read_as_a_letter_at_the_end_of_a_name() -> None:
    """K nearly as likely as a filler: after many fillers no letter follows (9303-3 §4.6)."""
    seen = _one_hot(TD3.split("\n"))
    seen[0, 35, ALPHABET.index("K")] = 1.5
    seen /= seen.sum(axis=2, keepdims=True)
    decoded = decode(View(seen, 0.0), ())
    assert decoded is not None
    assert decoded.lines[0] == TD3.split("\n")[0]


def test_a_letter_in_a_digits_place_that_looks_like_none_contradicts() -> None:
    """Digits as nationality, clearly seen: no state is made of them."""
    lines = TD3.split("\n")
    decoded, _ = _read("\n".join([lines[0], lines[1][:10] + "379" + lines[1][13:]]), 7)
    assert not decoded.complete


def test_an_untrusted_engine_is_never_certain() -> None:
    view = View(_one_hot(TD3.split("\n")), 0.0)
    trusted, untrusted = decode(view, [view]), decode(view, [view], trusted=False)
    assert trusted is not None
    assert untrusted is not None
    assert trusted.certain
    assert untrusted.complete
    assert not untrusted.certain


def test_a_name_of_one_identifier_is_usual() -> None:
    layout = layouts(2, 44)[0]
    name = layout.spec.place("name")
    for text in ("ARKFREITH<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "PAPANDROPOULOUS<<JONATHON<ALEC<JONATHON"):
        seen = _one_hot(["P<UTO" + text, TD3.split("\n")[1]])
        free = read_free(layout, name, seen)
        assert "".join(ALPHABET[char] for char in free.chars) == text
        assert free.log_mass == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("length", [30, 36, 44])
@pytest.mark.parametrize("pitch", [2.4, 3.0, 3.7])
def test_the_pitch_is_found(length: int, pitch: float) -> None:
    text = ("P<UTOERIKSSON<<ANNA<MARIA" + "<" * 30)[:length]
    comb = fit_comb(log_probabilities(text, np.random.default_rng(8), pitch=pitch), length)
    assert comb is not None
    assert comb.pitch == pytest.approx(pitch, rel=0.01)
    assert comb.last - comb.first + 1 == length


@pytest.mark.parametrize("shape", [(0, 38), (5, 38), (10_000, 38), (150, 12)])
def test_outputs_of_another_form_are_no_line(shape: tuple[int, int]) -> None:
    assert read_lines([np.zeros(shape)], 44) == [()]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_no_line(value: float) -> None:
    scores = log_probabilities(TD3.split("\n")[0], np.random.default_rng(9))
    scores[40:60] = value
    assert read_lines([scores], 44) == [()]


def test_shapes_that_no_format_has() -> None:
    assert decode(View(np.full((3, 44, len(ALPHABET)), 1 / len(ALPHABET)), 0.0)) is None


def test_time_is_bounded_whatever_was_seen() -> None:
    """A whole TD1, the format of most layouts, with nothing to be seen in it."""
    flat = View(np.full((3, 30, len(ALPHABET)), 1 / len(ALPHABET)), 0.0)
    began = time.process_time()
    for _ in range(5):
        assert decode(flat) is not None
    assert (time.process_time() - began) / 5 < 0.5
