"""The command line in this process and as a process of its own, and its schemas."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from typer.testing import CliRunner

from service import schemas
from service.cli import app

Run = Callable[..., Result]
Validate = Callable[[str, object], None]


@pytest.fixture
def run() -> Run:
    """`run("mrz", "parse", "-", stdin="...")`; standard output and error apart."""

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return invoke


def lines(result: Result) -> list[dict[str, Any]]:
    """The objects that a command printed, one a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def process(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, "-c", "from service.cli import main; main()", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="session")
def validate() -> Validate:
    """`validate("report", value)` fails with the path of what does not fit."""
    contents = {name: schemas.load(name) for name in schemas.names()}
    registry: Registry[Any] = Registry().with_resources(
        (content["$id"], Resource.from_contents(content)) for content in contents.values()
    )

    def check(name: str, value: object) -> None:
        validator = Draft202012Validator(contents[name], registry=registry, format_checker=FormatChecker())
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        assert not errors, errors

    return check
