"""The libraries stay light and pure."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "fastapi", "onnxruntime", "sqlalchemy", "pydantic", "PIL")


@pytest.mark.parametrize("package", ["mrz", "mrtd", "mrtd.inspection"])
def test_importing_a_library_loads_nothing_heavy(package: str) -> None:
    script = f"import sys, {package}; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_mrz_loads_neither_mrtd_nor_service() -> None:
    script = "import sys, mrz; print([name for name in sys.modules if name.split('.')[0] in ('mrtd', 'service')])"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
