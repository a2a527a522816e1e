"""`import mrz` is light, and the package says what it exports."""

from __future__ import annotations

import subprocess
import sys

import mrz
from tests.conftest import ROOT

LOADED = "import sys, mrz; print(*sorted(name.partition('.')[0] for name in sys.modules))"
HEAVY = {
    "numpy",
    "fastapi",
    "onnxruntime",
    "cv2",
    "pi_heif",
    "PIL",
    "cryptography",
    "socket",
    "subprocess",
    "random",
    "pathlib",
}


def test_import_is_light() -> None:
    done = subprocess.run([sys.executable, "-S", "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "mrz" in loaded
    assert not loaded & HEAVY


def test_what_is_exported_exists() -> None:
    assert all(hasattr(mrz, name) for name in mrz.__all__)
    assert callable(mrz.repair)
