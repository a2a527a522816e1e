"""The recogniser: forms it refuses, light it does not mind, and lines of three cuts of OCR-B that it never met."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from mrz.errors import MrzError
from mrz.ocr import recognise
from mrz.ocr.line_image import ALPHABET, CAP_HEIGHT, CHARACTER_WIDTH, LINE_HEIGHT, MAX_LINE_WIDTH, STRIDE
from mrz.ocr.recognise import LineImageError, Recogniser, stretch
from tests.conftest import ROOT

CUTS = ("OCR-B_10_BT", "OCRB", "OCR_B_MT")
LINES_OF_A_CUT = 16


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def noise(width: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (LINE_HEIGHT, width), np.uint8)


@pytest.mark.parametrize(
    "line",
    [
        np.zeros((LINE_HEIGHT + 1, 300), np.uint8),
        np.zeros((LINE_HEIGHT, 300, 3), np.uint8),
        np.zeros((LINE_HEIGHT, 300), np.float32),
        np.zeros((LINE_HEIGHT, MAX_LINE_WIDTH + 1), np.uint8),
        np.zeros((LINE_HEIGHT, recognise.MIN_LINE_WIDTH - 1), np.uint8),
        np.zeros((0, 0), np.uint8),
    ],
    ids=["rows", "colour", "float", "wide", "narrow", "empty"],
)
def test_other_forms_are_refused(recogniser: Recogniser, line: np.ndarray) -> None:
    with pytest.raises(LineImageError) as error:
        recogniser.log_probabilities([noise(300), line])
    assert isinstance(error.value, MrzError)


def test_more_lines_than_any_caller_needs_are_refused(recogniser: Recogniser) -> None:
    with pytest.raises(LineImageError):
        recogniser.log_probabilities([noise(24)] * (recognise.MAX_LINES + 1))


def test_no_line_gives_no_result(recogniser: Recogniser) -> None:
    assert recogniser.log_probabilities([]) == []


def test_every_frame_is_a_distribution_and_results_keep_the_order(recogniser: Recogniser) -> None:
    widths = [300, 24, MAX_LINE_WIDTH, 301, 302, 303, 304, 29, 300, 300, 300]
    results = recogniser.log_probabilities([noise(width, width) for width in widths])
    for width, frames in zip(widths, results, strict=True):
        assert frames.shape == (-(-width // STRIDE), len(ALPHABET) + 1)
        assert frames.dtype == np.float32
        np.testing.assert_allclose(np.exp(frames.astype(np.float64)).sum(axis=1), 1.0, atol=1e-4)


def test_flat_surfaces_read_as_nothing(recogniser: Recogniser) -> None:
    flat = [np.full((LINE_HEIGHT, 500), grey, np.uint8) for grey in (0, 128, 255)]
    assert [best_path(frames) for frames in recogniser.log_probabilities(flat)] == ["", "", ""]


@pytest.mark.parametrize("grey", [0, 7, 200, 255])
def test_stretch_leaves_a_flat_surface_flat(grey: int) -> None:
    assert np.ptp(stretch(np.full((LINE_HEIGHT, 100), grey, np.uint8))) == 0


def test_stretch_does_not_mind_the_light() -> None:
    """Half the light and a veil over it change rounding alone."""
    line = noise(300)
    veiled = (line // 2 + 60).astype(np.uint8)
    np.testing.assert_allclose(stretch(line), stretch(veiled), atol=0.02)


def test_stretch_spans_black_and_white() -> None:
    stretched = stretch((noise(300) // 8 + 100).astype(np.uint8))
    assert (stretched.min(), stretched.max()) == (0.0, 1.0)


@pytest.mark.real
@pytest.mark.parametrize("cut", CUTS)
def test_lines_in_cuts_that_were_never_trained_on(real_data: Path, recogniser: Recogniser, cut: str) -> None:
    """The best path alone, without grammar or check digits, reads every line."""
    lines = list(lines_of(real_data / "fonts" / "eval_lines", cut))
    assert len(lines) == LINES_OF_A_CUT
    results = recogniser.log_probabilities([image for _, image in lines])
    assert [best_path(frames) for frames in results] == [text for text, _ in lines]


@pytest.mark.real
def test_a_line_reads_the_same_alone_and_in_company(real_data: Path, recogniser: Recogniser) -> None:
    lines = [image for _, image in lines_of(real_data / "fonts" / "eval_lines", CUTS[0])]
    together = recogniser.log_probabilities(lines)
    alone = [recogniser.log_probabilities([line])[0] for line in lines]
    assert [best_path(frames) for frames in together] == [best_path(frames) for frames in alone]


def best_path(frames: np.ndarray) -> str:
    """Repeats merged, blanks dropped (Graves et al. 2006, section 3.2)."""
    text, before = "", 0
    for index in frames.argmax(axis=1):
        if index not in (before, 0):
            text += ALPHABET[index - 1]
        before = index
    return text


def lines_of(folder: Path, cut: str) -> Iterator[tuple[str, np.ndarray]]:
    """Text and line image of every line of a page, cut out along its box file (origin at the lower left)."""
    page = cv2.imread(str(folder / f"eng.{cut}.exp0.tif"), cv2.IMREAD_GRAYSCALE)
    boxes = (folder / f"eng.{cut}.exp0.box").read_text(encoding="utf-8")
    for row in boxes.split("\n\t"):  # a tabulator with a box of its own ends a line
        entries = [entry.split(" ") for entry in row.splitlines() if entry[0] in ALPHABET]
        glyphs = [entry for entry in entries if len(entry) == len(("char", "left", "bottom", "right", "top", "page"))]
        text = "".join(g[0] for g in glyphs)
        left, bottom, right, top = np.array([[int(v) for v in g[1:5]] for g in glyphs]).T
        capitals = [i for i, char in enumerate(text) if char.isalpha() and char not in "QJ"]
        foot = page.shape[0] - np.median(bottom[capitals])
        cap = np.median((top - bottom)[capitals])
        middles = (left + right) / 2
        pitch = (middles[-1] - middles[0]) / (len(text) - 1)
        yield text, line_image(page, middles[0] - pitch, middles[-1] + pitch, foot - cap / 2, cap, pitch)


def line_image(page: np.ndarray, left: float, right: float, middle: float, cap: float, pitch: float) -> np.ndarray:
    """The form of `mrz.ocr.line_image`: average of four by four samples for each pixel."""
    fine = 4
    x, y = fine * CHARACTER_WIDTH / pitch, fine * CAP_HEIGHT / cap
    matrix = np.array([[x, 0, -x * left], [0, y, fine * LINE_HEIGHT / 2 - y * middle]])
    width = round((right - left) * x / fine)
    large = cv2.warpAffine(page, matrix, (width * fine, LINE_HEIGHT * fine), borderValue=255)
    return cv2.resize(large, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA)


def test_onnxruntime_tells_nobody(tmp_path: Path) -> None:
    """Its telemetry leaves a session and a device number behind; it is off by itself where CI is set."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    environment = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT)}
    program = "from mrz.ocr.recognise import Recogniser; Recogniser()"
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert {path.name for path in tmp_path.rglob("*")} == {"home", "tmp"}
