"""Training: strings as the standard prints them, batches from a seed alone, and a short run that learns."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mrz import parse
from mrz.ocr.line_image import ALPHABET, LINE_HEIGHT, MAX_LINE_WIDTH, STRIDE
from mrz.ocr.training import batches, lines
from mrz.ocr.training.batches import TRAINING, VALIDATION, Press
from mrz.ocr.training.differences import GAP, compare, read_greedily
from mrz.ocr.training.faces import OCR_B_FILES, load

FONTS = (Path("/usr/share/fonts"),)
SEED = 41


def fonts(real_data: Path) -> tuple[Path, ...]:
    folders = (*FONTS, real_data / "fonts")
    found = {path.name for folder in folders for path in folder.rglob("*.[ot]tf")}
    if not found.issuperset(OCR_B_FILES):
        pytest.skip("the cuts of OCR-B are not installed: apt-get install fonts-ocr-b")
    return folders


@pytest.fixture(scope="module")
def press(real_data: Path) -> Press:
    return Press(SEED, fonts(real_data))


def test_it_is_said_where_missing_faces_come_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FileNotFoundError, match=r"OCRB\.otf, .*fonts-ocr-b.*github\.com/raisty"):
        load((tmp_path,))
    pytest.importorskip("torch", reason="training needs the extra `train`")
    from mrz.ocr.training.__main__ import main

    with pytest.raises(SystemExit) as caught:
        main(["--out", str(tmp_path / "lines.onnx"), "--fonts", str(tmp_path)])
    assert caught.value.code == 2
    assert "raisty_OCR-B.ttf" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [12, 20, 30, 36, 44])
def test_lines_have_their_length_and_the_alphabet_of_the_zone(length: int) -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(200):
        line = lines.make_line(rng, length)
        assert len(line) == length
        assert set(line) <= set(ALPHABET)


@pytest.mark.parametrize("length", sorted(lines.FORMATS))
def test_true_zones_are_valid(length: int) -> None:
    import datetime

    rng = np.random.default_rng(SEED)
    for mrz_format in lines.FORMATS[length]:
        for _ in range(50):
            zone = parse("\n".join(lines._zone(rng, mrz_format)), today=datetime.date(2026, 11, 24))
            assert zone.valid
            assert zone.format is mrz_format


def test_every_character_is_taught_in_every_neighbourhood_of_look_alikes() -> None:
    """A network that sees 0 in numbers alone learns numbers: each character of a pair comes often."""
    rng = np.random.default_rng(SEED)
    counts = Counter("".join(lines.make_line(rng, 44) for _ in range(1500)))
    assert set(counts) == set(ALPHABET)
    rarest = min(counts[char] for char in "0O1I2Z5S8B6GDQK<")
    assert rarest > 0.01 * counts.total()


@pytest.mark.real
def test_no_line_of_a_test_picture_is_printed(real_data: Path) -> None:
    labels = (real_data / "mrz-images" / "labels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    held_back = {line for label in labels for line in label.split("\t")[2].split("|")}
    assert held_back
    rng = np.random.default_rng(SEED)
    assert held_back.isdisjoint(lines.make_line(rng, length) for length in (30, 36, 44) for _ in range(1500))


@pytest.mark.real
def test_a_batch_comes_from_seed_and_number_alone(real_data: Path, press: Press) -> None:
    first, again = press.batch(3, 6), Press(SEED, fonts(real_data)).batch(3, 6)
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.frames, again.frames)
    assert first.texts == again.texts
    assert press.batch(4, 6).texts != first.texts
    assert Press(SEED + 1, fonts(real_data)).batch(3, 6).texts != first.texts


@pytest.mark.real
def test_validation_prints_other_lines_than_training(real_data: Path, press: Press) -> None:
    assert Press(SEED, fonts(real_data), VALIDATION).batch(3, 6).texts != press.batch(3, 6).texts
    assert TRAINING != VALIDATION


@pytest.mark.real
def test_line_images_have_the_agreed_form_and_middles_in_order(press: Press) -> None:
    for number in range(6):
        batch = press.batch(number, 8)
        assert batch.images.dtype == np.uint8
        assert batch.images.shape[1] == LINE_HEIGHT
        assert batch.images.shape[2] <= MAX_LINE_WIDTH
        assert batch.images.shape[2] % STRIDE == 0
        for text, frames in zip(batch.texts, batch.frames, strict=True):
            assert "".join(ALPHABET[target - 1] for target in frames if target > 0) == text


def test_differences_are_counted_by_pair() -> None:
    """Levenshtein distance: one exchanged, one missing, one added, in lines of 5, 4 and 3."""
    result = compare([("AB0CD", "ABOCD"), ("K<<L", "K<L"), ("123", "1723"), ("XY", "XY")])
    assert (result.lines, result.characters, result.errors, result.exact_lines) == (4, 14, 3, 1)
    assert set(result.confusions) == {("0", "O", 1), ("<", GAP, 1), (GAP, "7", 1)}


def test_the_best_path_merges_repeats_between_blanks() -> None:
    path = [0, 11, 11, 0, 11, 12, 0]
    frames = np.full((len(path), 38), -9.0, np.float32)
    frames[np.arange(len(path)), path] = 0.0
    assert read_greedily(frames) == "AAB"


@pytest.mark.real
def test_a_short_run_learns_and_exports_what_it_learned(real_data: Path, press: Press) -> None:
    """Loss falls well below chance; ONNX says what PyTorch says, and carries its metadata."""
    torch = pytest.importorskip("torch", reason="training needs the extra `train`")
    onnx = pytest.importorskip("onnx", reason="training needs the extra `train`")
    from mrz.ocr.recognise import Recogniser
    from mrz.ocr.training.evaluate import fit_temperature, score_batches
    from mrz.ocr.training.export import TOLERANCE, export
    from mrz.ocr.training.network import Calibrated, LineNetwork
    from mrz.ocr.training.teach import loss_of, teach, to_tensor

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    network = LineNetwork()
    held_out = press.batch(100_000, 16)
    before = float(loss_of(network(to_tensor(held_out)), held_out).detach())
    averaged = teach(network, press.batches(16), 40)
    scores = score_batches(averaged, [held_out])
    assert float(loss_of(scores[0], held_out)) < 0.7 * before
    model = Calibrated(averaged, fit_temperature([held_out], scores))
    data = export(model, {"seed": str(SEED)})
    assert {entry.key: entry.value for entry in onnx.load_from_string(data).metadata_props} == {"seed": str(SEED)}
    line = held_out.images[0]
    with torch.no_grad():
        expected = model(torch.from_numpy(np.stack([line]))[None].float() / 255)[0].numpy()
    got = Recogniser.of(data).session.run(None, {"lines": (line / np.float32(255))[None, None]})[0][0]
    np.testing.assert_allclose(got, expected, atol=TOLERANCE)
    assert math.isclose(float(np.exp(got[0]).sum()), 1.0, abs_tol=1e-4)
    assert batches.ANY_TARGET < 0
