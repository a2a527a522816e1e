"""`passkoll scan` in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from service.cli import app

Run = Callable[..., Result]

#: The time of the specimens.
AT = "2026-11-24T09:30:00Z"


@pytest.fixture
def run() -> Run:
    """`run("scan", "--reader", "specimen:pace-gm")`; standard output and error apart."""

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return invoke


def answer(result: Result) -> dict[str, Any]:
    """The one object that a command printed."""
    (line,) = result.stdout.splitlines()
    told: dict[str, Any] = json.loads(line)
    return told
