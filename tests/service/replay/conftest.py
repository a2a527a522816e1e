"""Case folders, and a real service of Utopia on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from service import log
from service.replay.options import Options
from service.run import running
from service.settings import Settings
from tests.service.cli.conftest import Run, Validate, lines, validate
from tests.service.cli.conftest import run as plain_run
from tests.service.replay.casebook import NOW, Casebook

__all__ = ["plain_run", "validate"]


@pytest.fixture
def run(plain_run: Run, validate: Validate) -> Run:
    """The command; every line that `replay --json` prints is as its schema says."""

    def invoke(*arguments: str) -> Result:
        result = plain_run(*arguments)
        if "--json" in arguments and arguments[:2] != ("replay", "diff"):
            for line in lines(result):
                validate("replay", line)
        return result

    return invoke


@pytest.fixture
def casebook(tmp_path: Path) -> Casebook:
    """An empty one."""
    return Casebook(tmp_path / "book")


@pytest.fixture
def filled(casebook: Casebook) -> Casebook:
    """One with four cases."""
    casebook.fill()
    return casebook


@pytest.fixture
def options() -> Options:
    """Nothing laid over the cases."""
    return Options(now=NOW)


@dataclass(frozen=True)
class RunningService:
    """A service, and the folder of its data."""

    url: str
    data: Path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that trusts Utopia and whose clock stands where the cases want it."""
    log.configure("error")  # the lines of requests would stand among those of the command
    folder = tmp_path_factory.mktemp("service")
    book = Casebook(folder / "book")
    # each replay makes people, who sign in from this one address
    settings = Settings(
        data_dir=folder / "data", trust=(book.trust,), port=0, specimen_clock=NOW, limit_sign_in=1_000_000
    )
    with running(settings) as service:
        yield RunningService(service.url, settings.data_dir)
