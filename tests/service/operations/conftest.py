"""An installation as an operator has it: a folder, a file of settings, commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-c", "from service.cli import main; main()")


def environment(**changes: str) -> dict[str, str]:
    """Ours, without any setting but those of `changes`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PASSKOLL_")}
    return kept | changes


Passkoll = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def passkoll(tmp_path: Path) -> Passkoll:
    """Run the command in an empty folder; keywords are variables of its environment."""

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env=environment(**changes),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
