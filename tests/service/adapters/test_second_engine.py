"""PassportEye and Tesseract themselves, behind the process of the photo reader and behind the command.

They are no part of the locks. PASSKOLL_TEST_PASSPORTEYE names the interpreter of an environment that has Passkoll and
the extra `passporteye`; `.ci/run` makes one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from service import wiring
from service.adapters.ocr_pool import OcrPool, PoolLimits
from service.domain.errors import ProblemCode, ServiceError
from tests.conftest import ROOT
from tests.service.cli.conftest import Run, lines, run  # noqa: F401 a fixture

TODAY = date(2026, 11, 24)
#: Real specimens of which Tesseract reads every character (TD3 and TD2).
READ = ("pe_pass-ltu.jpg", "pe_pass2-uto.jpg")
#: How long reading one takes is not what is tested here.
PATIENT = PoolLimits(start_s=120, picture_s=120)


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that has the extra."""
    interpreter = os.environ.get("PASSKOLL_TEST_PASSPORTEYE")
    if interpreter is None:
        pytest.skip("PASSPORTEYE IS NOT TESTED: set PASSKOLL_TEST_PASSPORTEYE=PYTHON")
    return interpreter


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files come to lie."""
    files = tmp_path / "files"
    files.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(files))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return files


@pytest.fixture
def pool(python: str, folder: Path) -> Iterator[OcrPool]:
    """The engine in its process, as `passkoll mrz read` has it."""
    command = (python, "-P", "-m", "service.adapters.ocr_worker", "passporteye")
    opened = OcrPool(engine="passporteye", limits=PATIENT, command=command)
    yield opened
    opened.close()


def printed(real_data: Path, name: str) -> tuple[str, ...]:
    """The lines of a specimen, as a person wrote them down."""
    rows = (real_data / "mrz-images" / "labels.tsv").read_text(encoding="utf-8").splitlines()
    (row,) = [row for row in rows if row.startswith(f"{name}\t")]
    return tuple(row.split("\t")[2].split("|"))


@pytest.mark.real
@pytest.mark.parametrize("name", READ)
def test_it_reads_specimens_and_is_not_certain(pool: OcrPool, folder: Path, real_data: Path, name: str) -> None:
    examination = pool.examine([(real_data / "mrz-images" / name).read_bytes()], TODAY)
    reading = examination.reading
    assert reading is not None
    assert reading.document.lines == printed(real_data, name)
    assert (reading.document.valid, reading.certain, reading.engine) == (True, False, "passporteye")
    assert reading.weak
    assert list(folder.rglob("tess_*")) == []
    pool.close()
    assert list(folder.iterdir()) == []


def test_without_tesseract_it_does_not_start(pool: OcrPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ServiceError) as caught:
        pool.examine([b"photo"], TODAY)
    assert caught.value.code is ProblemCode.NOT_READY


@pytest.mark.real
def test_the_command(
    run: Run,  # noqa: F811
    pool: OcrPool,
    real_data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wiring, "photo_reader", lambda _engine: pool)
    photo = real_data / "mrz-images" / READ[0]
    result = run("mrz", "read", str(photo), "--engine", "passporteye", "--json")
    assert result.exit_code == 1, result.stderr
    (found,) = lines(result)
    assert (found["lines"], found["certain"]) == (list(printed(real_data, READ[0])), False)


def test_the_command_says_what_is_missing(
    run: Run,  # noqa: F811
    pool: OcrPool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wiring, "photo_reader", lambda _engine: pool)
    monkeypatch.setenv("PATH", "/nonexistent")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"photo")
    result = run("mrz", "read", str(photo), "--engine", "passporteye")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "it needs the extra passporteye and Debian's tesseract-ocr" in result.stderr
