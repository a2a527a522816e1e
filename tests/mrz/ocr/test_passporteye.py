"""The second engine over a fake PassportEye: text counts for little; a machine that fails is no photo without a zone.

With the real one: `tests/service/adapters/test_second_engine.py`.
"""

from __future__ import annotations

import sys
import types

import cv2
import numpy as np
import pytest

from mrz.ocr import Advice, EngineMissingError, MrzReading, examine, read_mrz
from mrz.ocr.passporteye_engine import PassportEyeEngine, TesseractMissingError
from tests.mrz.ocr.test_fuse import LINES
from tests.mrz.zones import TD3, TODAY


class _Found:
    def __init__(self, text: str) -> None:
        self.aux = {"text": text}


def _engine(
    monkeypatch: pytest.MonkeyPatch, answer: object = None, languages: object = ("eng", "osd")
) -> PassportEyeEngine:
    """The engine; what is an exception is raised, anything else returned."""

    def module(name: str, function: str, outcome: object) -> None:
        def call(*_: object) -> object:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        fake = types.ModuleType(name)
        setattr(fake, function, call)
        monkeypatch.setitem(sys.modules, name, fake)

    module("passporteye", "read_mrz", answer)
    module("pytesseract", "get_languages", languages)
    return PassportEyeEngine()


@pytest.fixture
def photo() -> bytes:
    """A grey picture; what is on it does not matter to a fake."""
    return cv2.imencode(".png", np.full((400, 600), 200, np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    "text",
    [TD3, TD3.replace("<<<<<\n", "<<\n"), "some line\n" + TD3, TD3.replace("7408122F", "74O8122F")],
    ids=["exact", "fillers_missing", "line_above", "letter_for_digit"],
)
def test_it_reads_but_is_never_certain(text: str, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = read_mrz(photo, today=TODAY, engine=_engine(monkeypatch, _Found(text)))
    assert isinstance(reading, MrzReading)
    assert reading.lines == LINES
    assert not reading.certain
    assert reading.engine == "passporteye"


def test_two_photos_that_agree_are_not_certain_either(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = examine([photo, photo], today=TODAY, engine=_engine(monkeypatch, _Found(TD3))).reading
    assert reading is not None
    assert (reading.lines, reading.certain) == (LINES, False)


@pytest.mark.parametrize(
    "answer",
    [None, _Found(""), _Found("A\nB"), ValueError("of scikit-image"), _Found("<" * 500)],
    ids=["none", "empty", "short", "error", "long"],
)
def test_it_finds_nothing(answer: object, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    examination = examine([photo], today=TODAY, engine=_engine(monkeypatch, answer))
    assert examination.reading is None
    assert examination.advice == (Advice.NO_MRZ,)


@pytest.mark.parametrize("failure", [MemoryError(), FileNotFoundError("tesseract"), OSError("no space left")])
def test_a_machine_that_gives_no_more_is_no_photo_without_a_zone(
    failure: Exception, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tesseract removed meanwhile, a full disk, a memory limit: the process ends, and the service says so."""
    with pytest.raises(type(failure)):
        examine([photo], today=TODAY, engine=_engine(monkeypatch, failure))


def test_passporteye_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "passporteye", None)
    with pytest.raises(EngineMissingError, match="passporteye is not installed") as caught:
        PassportEyeEngine()
    assert not isinstance(caught.value, TesseractMissingError)


@pytest.mark.parametrize("languages", [OSError("tesseract is not in your PATH"), [], ["osd", "swe"]])
def test_tesseract_that_is_not_installed(languages: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """pytesseract raises an OSError where the program is missing, and lists what data there is."""
    with pytest.raises(TesseractMissingError, match="needs Tesseract and its English data"):
        _engine(monkeypatch, languages=languages)
