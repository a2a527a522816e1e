"""docs/scan.md is true: its walk is walked, and it names what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "scan.md").read_text("utf-8")


def test_the_walk(tmp_path: Path) -> None:
    """Every block of shell, one after the other, in an empty folder."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 7
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PASSKOLL_")}
    found = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "trap 'kill $! 2>/dev/null || true' EXIT\n" + "\n".join(blocks)],
        cwd=tmp_path,
        env=environment | {"PATH": path, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "PACE-GM, Chip Authentication, Active Authentication answered: 9 files, 11 round trips" in found.stdout
    assert re.findall(r"^. (checked|refused) vs_", found.stdout, flags=re.MULTILINE) == [
        "checked",
        "checked",
        "checked",
        "refused",
    ]


def test_every_option_that_it_names_is_there() -> None:
    """`--help` of the command, and the page."""
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"}
    shown = subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", "scan", "--help"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    options = set(re.findall(r"passkoll scan[^\n`]*", PAGE))
    named = {option for line in options for option in re.findall(r"--[a-z-]+", line)}
    named |= set(re.findall(r"`(--[a-z-]+)", PAGE))
    assert len(named) > 15
    assert {option for option in named if option != "--specimen-clock" and f" {option} " not in shown} == set()
