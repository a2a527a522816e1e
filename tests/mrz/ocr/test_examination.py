"""What is handed over: a reading, or none and advice; and never more certainty than there is."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

import mrz
from mrz.check_digits import compute
from mrz.ocr import Advice, examine, read_mrz
from mrz.ocr.advice import advise
from mrz.ocr.engine import Observation, Sighting
from mrz.ocr.errors import ImageError
from tests.mrz.ocr.photos import negative
from tests.mrz.ocr.photos import photo as render
from tests.mrz.ocr.test_fuse import LINES, seen
from tests.mrz.zones import TD1, TD3, TODAY

QUAD = ((1.0, 2.0), (101.0, 2.0), (101.0, 20.0), (1.0, 20.0))


class FakeEngine:
    """Sees what it is told, photo by photo."""

    name = "fake"

    def __init__(self, *observations: Observation) -> None:
        self._observations = iter(observations)

    def read(self, image: bytes) -> Observation:
        assert isinstance(image, bytes)
        return next(self._observations)


def observed(lines: Sequence[str], *, trusted: bool = True, advice: tuple[Advice, ...] = (), **unsure) -> Observation:
    view = seen(tuple(lines), **unsure)
    sighting = Sighting.of((view, view), QUAD, b"picture", trusted=trusted)
    assert sighting is not None
    return Observation((sighting,), advice)


def test_a_clear_photo_gives_the_zone_and_all_that_belongs_to_it() -> None:
    examination = examine([b"photo"], today=TODAY, engine=FakeEngine(observed(LINES, advice=(Advice.BLUR,))))
    reading = examination.reading
    assert reading is not None
    assert reading.certain
    assert reading.document == mrz.parse(TD3, today=TODAY)
    assert reading.lines == LINES
    assert reading.format is mrz.MrzFormat.TD3
    assert reading.weak == ()
    assert reading.engine == "fake"
    assert (reading.quad, reading.picture) == (QUAD, b"picture")
    assert [len(line) for line in reading.confidence] == [44, 44]
    assert min(map(min, reading.confidence)) > 0.99
    assert examination.advice == ()
    assert examination.candidates == ()


def test_a_doubtful_name_is_a_reading_to_confirm() -> None:
    observation = observed(LINES, advice=(Advice.BLUR,), blur=(0, 7, "H", 0.4))
    examination = examine([b"photo"], today=TODAY, engine=FakeEngine(observation))
    assert examination.reading is not None
    assert not examination.reading.certain
    assert examination.reading.weak == ((1, 8),)
    assert examination.advice == (Advice.BLUR,)


def test_digits_that_do_not_hold_give_no_reading_but_a_candidate() -> None:
    wrong = (LINES[0], LINES[1][:9] + "7" + LINES[1][10:])
    examination = examine([b"photo"], today=TODAY, engine=FakeEngine(observed(wrong)))
    assert examination.reading is None
    assert [candidate.lines for candidate in examination.candidates] == [wrong]
    assert not examination.candidates[0].certain


def test_no_zone_gives_advice_alone() -> None:
    examination = examine([b"photo"], today=TODAY, engine=FakeEngine(Observation((), (Advice.NO_MRZ,))))
    assert examination.reading is None
    assert examination.candidates == ()
    assert examination.advice == (Advice.NO_MRZ,)
    assert examination.to_json() == {"lines": None, "engine": None, "advice": ["no_mrz"]}


def test_an_impossible_date_is_never_certain() -> None:
    """30 February with the check digit that belongs to it."""
    lines = LINES
    number, birth, expiry = lines[1][:10], "740230" + compute("740230"), lines[1][21:28]
    optional = lines[1][28:43]
    second = number + lines[1][10:13] + birth + lines[1][20] + expiry + optional
    second += compute(number + birth + expiry + optional)
    assert mrz.parse(f"{lines[0]}\n{second}", today=TODAY).valid
    reading = read_mrz(b"photo", today=TODAY, engine=FakeEngine(observed((lines[0], second))))
    assert reading is not None
    assert not reading.certain
    assert {(2, column) for column in range(14, 20)} <= set(reading.weak)


@pytest.mark.parametrize(
    ("expiry", "certain"), [("330303", True), ("411124", True), ("420303", False), ("880808", False)]
)
def test_a_far_expiry_is_never_certain(expiry: str, certain: bool) -> None:
    """330303 and 880808 have one check digit: whoever reads each 3 as an 8 is told of nothing by it."""
    assert compute("330303") == compute("880808")
    number, birth, optional = LINES[1][:10], LINES[1][13:20], LINES[1][28:43]
    dated = expiry + compute(expiry)
    second = number + LINES[1][10:13] + birth + LINES[1][20] + dated + optional
    second += compute(number + birth + dated + optional)
    reading = read_mrz(b"photo", today=TODAY, engine=FakeEngine(observed((LINES[0], second))))
    assert reading is not None
    assert reading.certain is certain
    assert ({(2, column) for column in range(22, 28)} <= set(reading.weak)) is not certain


def test_photos_of_one_document_become_one_reading() -> None:
    engine = FakeEngine(
        observed(LINES, advice=(Advice.GLARE,), glare=(0, 7, "H", 0.4)),
        observed(LINES, advice=(Advice.BLUR,), glare=(0, 20, "N", 0.4)),
        Observation((), (Advice.NO_MRZ,)),
    )
    examination = examine([b"1", b"2", b"3"], today=TODAY, engine=engine)
    assert examination.reading is not None
    assert examination.reading.certain
    assert examination.reading.lines == LINES


@pytest.mark.parametrize(
    "other", [TD1, TD3.replace("ERIKSSON<<ANNA<MARIA", "STEVENSON<<PETER<JOH")], ids=["shape", "name"]
)
def test_photos_of_two_documents_are_no_reading(other: str) -> None:
    engine = FakeEngine(observed(LINES), observed(other.split("\n")))
    examination = examine([b"1", b"2"], today=TODAY, engine=engine)
    assert examination.reading is None
    assert len(examination.candidates) == 2
    assert not any(candidate.certain for candidate in examination.candidates)


def test_advice_leaves_out_photos_without_a_zone_if_others_have_one() -> None:
    engine = FakeEngine(
        observed(LINES, advice=(Advice.GLARE,), glare=(0, 7, "H", 0.4)), Observation((), (Advice.NO_MRZ,))
    )
    assert examine([b"1", b"2"], today=TODAY, engine=engine).advice == (Advice.GLARE,)


def test_other_print_on_a_second_photo_spoils_nothing() -> None:
    """Two lines of a zone's form in which nothing that a format allows is seen: no second document."""
    engine = FakeEngine(observed(LINES), observed(("5X" * 22, "B8K" * 14 + "B8")))
    examination = examine([b"1", b"2"], today=TODAY, engine=engine)
    assert examination.reading is not None
    assert examination.reading.certain
    assert examination.candidates == ()


@pytest.mark.parametrize("count", [0, 6])
def test_the_number_of_photos_is_bounded(count: int) -> None:
    with pytest.raises(ValueError, match="photos"):
        examine([b"photo"] * count, today=TODAY, engine=FakeEngine())


def test_what_is_no_photo_is_refused() -> None:
    with pytest.raises(ImageError):
        examine([b"%PDF-1.7"], today=TODAY)


def test_json_is_the_zone_and_the_photo() -> None:
    reading = read_mrz(b"photo", today=TODAY, engine=FakeEngine(observed(LINES, blur=(0, 7, "H", 0.4))))
    assert reading is not None
    content = json.loads(json.dumps(reading.to_json()))
    assert mrz.parse(TD3, today=TODAY).to_json().items() <= content.items()
    assert content["weak"] == [[1, 8]]
    assert content["engine"] == "fake"
    assert content["certain"] is False
    assert content["quad"] == [[1, 2], [101, 2], [101, 20], [1, 20]]
    assert "picture" not in content


def test_nothing_printed_holds_what_was_read() -> None:
    examination = examine([b"photo"], today=TODAY, engine=FakeEngine(observed(LINES, blur=(0, 7, "H", 0.4))))
    observation = observed(LINES)
    for thing in (examination, examination.reading, observation, observation.sightings[0]):
        assert "ERIKSSON" not in repr(thing)
        assert "L898902C3" not in repr(thing)


@pytest.mark.parametrize("first", [0, 1])
def test_the_photo_that_quad_and_picture_are_of_is_named(first: int) -> None:
    """The one that was read best, wherever it stands among those that were sent."""
    seen_well, seen_badly = observed(LINES), observed(LINES, blur=(0, 7, "H", 0.4))
    photos = [seen_well, seen_badly] if first == 0 else [seen_badly, seen_well]
    reading = examine([b"one", b"another"], today=TODAY, engine=FakeEngine(*photos)).reading
    assert reading is not None
    assert reading.photo == first


def test_the_day_decides_the_century() -> None:
    reading = read_mrz(b"photo", today=datetime.date(1990, 1, 1), engine=FakeEngine(observed(LINES)))
    assert reading is not None
    assert reading.document.fields.date_of_birth == datetime.date(1974, 8, 12)
    assert reading.document.fields.date_of_expiry == datetime.date(2012, 4, 15)


@pytest.mark.parametrize("mrz_format", [mrz.MrzFormat.TD1, mrz.MrzFormat.TD2, mrz.MrzFormat.TD3])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_rendered_photo_is_read_whichever_way_it_is_held(mrz_format: mrz.MrzFormat, turns: int) -> None:
    """The whole way on the packaged network: octets in, exact lines out, and where they stand."""
    page = render(5_000 + turns, mrz_format=mrz_format, quarter_turns=turns, pitch_px=24.0, tight=False, easy=True)
    reading = examine([page.data], today=TODAY).reading
    assert reading is not None
    assert reading.lines == page.lines
    assert reading.engine == "onnx"
    assert reading.quad is not None
    truth = [page.quads[0][0], page.quads[0][1], page.quads[-1][2], page.quads[-1][3]]
    np.testing.assert_allclose(reading.quad, truth, atol=30.0)
    assert reading.picture is not None
    assert cv2.imdecode(np.frombuffer(reading.picture, np.uint8), cv2.IMREAD_GRAYSCALE) is not None


@pytest.mark.parametrize("seed", range(6))
def test_pictures_without_a_zone_give_none(seed: int) -> None:
    examination = examine([negative(seed)], today=TODAY)
    assert examination.reading is None
    assert examination.advice


def _line(pitch: int = 12, sharp: bool = True) -> np.ndarray:
    """A line image of upright strokes, two a character."""
    line = np.full((32, 44 * pitch), 225, np.uint8)
    for column in range(3, line.shape[1] - 3, 6):
        line[6:26, column : column + 2] = 30
    return line if sharp else cv2.GaussianBlur(line, (0, 0), 2.5)


INSIDE = np.array([[200.0, 300.0], [700.0, 300.0], [700.0, 320.0], [200.0, 320.0]])


def test_advice_follows_what_is_wrong() -> None:
    size = (1000, 700)
    assert advise([_line()], [INSIDE], 20.0, size) == ()
    assert advise([_line(sharp=False)], [INSIDE], 20.0, size) == (Advice.BLUR,)
    assert advise([_line()], [INSIDE], 6.0, size) == (Advice.TOO_SMALL,)
    assert advise([_line()], [INSIDE - np.array([195.0, 0.0])], 20.0, size) == (Advice.CUT_OFF,)
    hidden = _line()
    hidden[:, 200:320] = 225
    assert advise([hidden], [INSIDE], 20.0, size) == (Advice.GLARE,)
    assert Advice.BLUR in advise([np.full((32, 500), 200, np.uint8)], [INSIDE], 20.0, size)
