"""`serve --specimen-clock`: a service at another time, for specimens alone."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from mrtd.pki.realm import Realm
from service import wiring
from service.adapters.system import SpecimenClock
from service.cli import app
from service.domain.errors import ConfigurationError
from service.domain.identity import Presented, Principal
from service.settings import Settings
from tests.service.cli.test_server import environment

THEN = datetime(2016, 6, 1, 12, tzinfo=UTC)


class Somebody:
    """Answers `service.domain.ports.Identity` in any realm."""

    def authenticate(self, presented: Presented) -> Principal | None:
        return None

    def banner(self) -> tuple[str, ...]:
        return ()


def test_the_clock_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([100.0, 100.4, 161.2])
    monkeypatch.setattr("service.adapters.system.time.monotonic", lambda: next(ticks))
    clock = SpecimenClock(THEN.astimezone(), Realm.SPECIMEN)
    assert clock.now() == THEN
    assert clock.now() == THEN + timedelta(seconds=61)


def test_the_production_realm_refuses_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, realm=Realm.PRODUCTION, specimen_clock=THEN)
    with pytest.raises(ConfigurationError, match="refused in the production realm"):
        wiring.wire(settings, identity=Somebody())


def test_the_service_judges_by_it(tmp_path: Path) -> None:
    wired = wiring.wire(Settings(data_dir=tmp_path, specimen_clock=THEN))
    assert THEN <= wired.inspect_dump.clock.now() < THEN + timedelta(minutes=5)
    wired.close()


@pytest.mark.parametrize("text", ["2", "2016-06-01", "2016-06-01T12:00:00", "yesterday"])
def test_a_time_without_a_zone_is_none(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSKOLL_SPECIMEN_CLOCK", text)
    with pytest.raises(ValidationError):
        Settings()
    monkeypatch.setenv("PASSKOLL_SPECIMEN_CLOCK", "2016-06-01T14:00:00+02:00")
    assert Settings().specimen_clock == THEN


def test_the_operator_is_told(tmp_path: Path) -> None:
    """Before the address, and by its name."""
    program = [sys.executable, "-c", "from service.cli import main; main()", "serve", "--port", "0"]
    with subprocess.Popen(
        [*program, "--specimen-clock", "2016-06-01T12:00:00Z"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path / "data"),
    ) as service:
        assert service.stdout is not None
        told = [next(service.stdout)]
        while not told[-1].startswith("listening"):
            told.append(next(service.stdout))
        service.terminate()
    assert told[0].startswith("UNSAFE: the clock started at 2016-06-01T12:00:00+00:00")


@pytest.mark.parametrize("text", ["yesterday", "2016-06-01T12:00:00", "1016-06-01"])
def test_a_wrong_time_ends_with_2(text: str) -> None:
    found = CliRunner().invoke(app, ["serve", "--specimen-clock", text])
    assert found.exit_code == 2
    assert "--specimen-clock" in found.stderr
