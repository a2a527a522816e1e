"""`passkoll mrz read`: photos in, one object a line out, and never a certainty that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from service import wiring
from service.adapters.ocr_pool import OcrPool
from service.domain.photo import MAX_IMAGE_BYTES
from tests.service.adapters.ocr_stub import LINES
from tests.service.adapters.test_ocr_pool import STUB
from tests.service.cli.conftest import Run, Validate, lines

AT = ("--at", "2026-11-24")


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "photo_reader", lambda _engine: OcrPool(command=STUB))


@pytest.fixture
def photo(tmp_path: Path):
    """`photo("name", "words of the stub")`; its path."""

    def write(name: str, words: bytes) -> str:
        (tmp_path / name).write_bytes(words)
        return str(tmp_path / name)

    return write


def test_each_photo_is_an_object(run: Run, validate: Validate, photo) -> None:
    paths = [
        photo("exact.jpg", b"lines " + "|".join(LINES).encode()),
        photo("weak.jpg", b"weak"),
        photo("unread.jpg", b"nothing"),
        photo("no photo.txt", b'answer {"fault": "unsupported_format"}'),
        str(Path(photo("x", b"")).with_name("missing.jpg")),
    ]
    result = run("mrz", "read", *paths, *AT, "--json")
    assert result.exit_code == 2
    found = lines(result)
    for line in found:
        validate("mrz-reading", line)
    assert [line["file"] for line in found] == paths
    exact, weak, unread, no_photo, missing = found
    assert (exact["lines"], exact["certain"], exact["weak"], exact["advice"]) == (list(LINES), True, [], [])
    assert exact["fields"]["document_number"] == "L898902C3"
    assert (weak["certain"], weak["weak"], weak["advice"], weak["valid"]) == (False, [[1, 6]], ["blur"], True)
    assert (unread["lines"], unread["certain"], unread["engine"], unread["advice"]) == (
        None,
        False,
        "onnx",
        ["glare"],
    )
    assert no_photo == {"file": paths[3], "error": "unsupported_format"}
    assert missing == {"file": paths[4], "error": "No such file or directory"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (b"lines " + "|".join(LINES).encode(), 0),
        (b"lines " + "|".join((LINES[0], LINES[1][:-1] + "1")).encode(), 1),
        (b"weak", 1),
        (b"nothing", 1),
        (b"die", 2),
    ],
    ids=["exact", "wrong digit", "weak", "nothing", "died"],
)
def test_exit_status(run: Run, photo, words: bytes, code: int) -> None:
    assert run("mrz", "read", photo("a.jpg", words), *AT).exit_code == code


def test_text_marks_the_weak_characters(run: Run, photo) -> None:
    result = run("mrz", "read", photo("weak.jpg", b"weak"), *AT)
    shown = result.stdout.splitlines()
    line = next(number for number, text in enumerate(shown) if text == LINES[0])
    assert shown[line + 1] == "     ^"
    assert "to be confirmed" in result.stdout
    assert "advice: blur" in result.stdout


def test_together_is_one_document(run: Run, validate: Validate, photo) -> None:
    paths = [photo(f"{number}.jpg", b"count") for number in range(3)]
    (found,) = lines(run("mrz", "read", "--together", *paths, *AT, "--json"))
    validate("mrz-reading", found)
    assert (found["file"], found["files"], found["advice"]) == (paths[0], paths, ["cut_off"])
    assert run("mrz", "read", "--together", *paths, *paths).exit_code == 2


def test_a_photo_beyond_the_limit(run: Run, photo) -> None:
    result = run("mrz", "read", photo("big.jpg", b"x" * (MAX_IMAGE_BYTES + 1)), *AT, "--json")
    assert [line["error"] for line in lines(result)] == ["too_large"]


def test_an_engine_that_is_not_there(run: Run, photo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "photo_reader", lambda _engine: OcrPool(command=(*STUB, "broken")))
    result = run("mrz", "read", photo("a.jpg", b"nothing"), "--engine", "passporteye")
    assert result.exit_code == 2
    assert "passporteye cannot be started" in result.stderr
