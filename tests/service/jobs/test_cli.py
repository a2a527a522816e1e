"""`passkoll webhooks` and `passkoll worker` as people use them."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service import wiring
from service.domain.events import Event, EventType
from service.domain.jobs import JobKind
from service.settings import Settings
from tests.service.cli.conftest import Run, run
from tests.service.jobs.conftest import Portal

__all__ = ["run"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an empty service."""
    for name in ("DATABASE_URL", "REALM", "ORGANISATION"):
        monkeypatch.delenv(f"PASSKOLL_{name}", raising=False)
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_the_life_of_an_endpoint(run: Run, data: Path, portal: Portal) -> None:
    added = run("webhooks", "add", portal.url, "--as", "me", "--event", "result.consumed", "--json")
    assert added.exit_code == 0, added.stderr
    endpoint = json.loads(added.stdout)
    assert endpoint["types"] == ["result.consumed"]
    assert endpoint["secret"].startswith("whsec_")
    listed = run("webhooks", "list", "--json")
    assert json.loads(listed.stdout) == {name: value for name, value in endpoint.items() if name != "secret"}
    assert endpoint["secret"] not in run("webhooks", "list").stdout
    assert run("webhooks", "test", endpoint["id"]).exit_code == 0
    portal.status = 500
    tried = run("webhooks", "test", endpoint["id"], "--json")
    assert tried.exit_code == 3
    assert json.loads(tried.stdout)["problem"] == "http_500"
    renewed = json.loads(run("webhooks", "renew-secret", endpoint["id"], "--as", "me", "--json").stdout)
    assert renewed["secret"] != endpoint["secret"]
    assert run("webhooks", "enable", endpoint["id"], "--as", "me").exit_code == 0
    assert run("webhooks", "remove", endpoint["id"], "--as", "me").exit_code == 0
    assert run("webhooks", "list").stdout == ""


def test_dead_letters(run: Run, data: Path, portal: Portal) -> None:
    endpoint = json.loads(run("webhooks", "add", portal.url, "--as", "me", "--json").stdout)
    assert run("webhooks", "dead").exit_code == 0
    settings, long_ago = Settings(), datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    database = wiring.open_database(settings)
    with database.changing() as work:
        event = work.events.emit(Event(EventType.RESULT_CONSUMED, "vs_1", settings.organisation, long_ago))
        work.jobs.bury(work.jobs.lease({JobKind.DELIVER}, "w", long_ago), long_ago, "http_500")
    database.engine.dispose()
    shown = run("webhooks", "dead", "--json")
    assert shown.exit_code == 1
    letter = json.loads(shown.stdout)
    assert (letter["endpoint"], letter["event"], letter["problem"]) == (endpoint["id"], event.id, "http_500")
    assert "http_500, 1 attempts" in run("webhooks", "dead").stdout
    for wrong in (["retry"], ["retry", "--all", str(letter["number"])], ["retry", "999"]):
        assert run("webhooks", *wrong).exit_code == 2
    assert json.loads(run("webhooks", "retry", str(letter["number"]), "--json").stdout) == {"retried": 1}
    assert run("webhooks", "retry", "--all").stdout.startswith("0 ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "http://portal.example/", "--as", "me"],
        ["add", "https://portal.example/"],
        ["add", "https://portal.example/", "--as", " "],
        ["add", "https://portal.example/", "--as", "me", "--event", "everything"],
        ["remove", "we_none", "--as", "me"],
        ["test", "we_none"],
    ],
)
def test_mistakes_end_with_2(run: Run, data: Path, arguments: list[str]) -> None:
    found = run("webhooks", *arguments)
    assert found.exit_code == 2
    assert "Traceback" not in found.stderr


def test_wrong_settings(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSKOLL_WORKER", "two")
    for command in (["webhooks", "list"], ["worker"]):
        found = run(*command)
        assert found.exit_code == 2
        assert "worker" in found.stderr


def test_a_worker_that_did_not_start_blocks_no_signal(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its process starts later inherits the mask: a `serve` that could not be told to end."""
    monkeypatch.setenv("PASSKOLL_WORKER", "two")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert run("worker").exit_code == 2
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_private_hosts_are_names_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSKOLL_WEBHOOK_PRIVATE_HOSTS", "portal.intranet.example, Other.Example,")
    assert Settings().webhook_private_hosts == {"portal.intranet.example", "other.example"}
