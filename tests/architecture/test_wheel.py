"""The wheel is whole: from it, in an empty folder, the commands work without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tracked sources and unpacked where nothing else lies."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT], check=True, cwd=folder
    )
    (wheel,) = folder.glob("passkoll-*.whl")
    target = folder / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", target, wheel], check=True, cwd=folder)
    return target


def _passkoll(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys, mrtd, mrz, service\n"
        f"assert all(m.__file__.startswith({str(installed)!r}) for m in (mrtd, mrz, service)), 'not the wheel'\n"
        "from service.cli import main\nsys.argv[0] = 'passkoll'\nmain()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    answer = _passkoll(installed, tmp_path, "demo")
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    for word in ("verified", "refused"):
        assert word in answer.stdout.lower()
    assert list(tmp_path.iterdir()) == [], "the demo leaves nothing behind"


def test_the_check_table_is_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    answer = _passkoll(installed, tmp_path, "checks", "--json")
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert len([json.loads(line) for line in answer.stdout.splitlines()]) > 50
