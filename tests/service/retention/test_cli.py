"""The commands: what they print, and how they end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from service.cli.app import app
from service.cli.retention import FreezeName, RuleName, ThawName
from service.domain.freeze import FreezeReason, ThawReason
from service.domain.retention import RetentionRule
from service.domain.verification import State
from tests.service.retention.conftest import EVIDENCE, HOLDER, House


@pytest.fixture
def real(house: House, monkeypatch) -> House:
    """As an operator has it: settings from the environment, and the clock of the machine."""
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(house.settings.data_dir))
    if house.settings.database_url is not None:
        monkeypatch.setenv("PASSKOLL_DATABASE_URL", house.settings.database_url)
    house.clock.time = datetime.now(UTC).replace(microsecond=0)
    return house


def run(*words: object, code: int = 0) -> str:
    found = CliRunner().invoke(app, [str(word) for word in words])
    assert found.exit_code == code, found.output
    return found.stdout


def test_the_names_are_those_of_the_domain() -> None:
    for names, members in ((RuleName, RetentionRule), (FreezeName, FreezeReason), (ThawName, ThawReason)):
        assert [name.value for name in names] == [member.value for member in members]


def test_a_decision_is_recorded_shown_and_carried_out(real: House) -> None:
    case_id = real.add(1, State.CONSUMED, at=real.clock.time - timedelta(days=10))
    shown = json.loads(run("retention", "show", "--json"))
    assert {rule["rule"]: rule["hours"] for rule in shown["rules"]} == {
        "portrait": 24,
        "holder": 30 * 24,
        "evidence": (3653 + 180) * 24,
        "failed": 30 * 24,
    }
    assert (shown["due"], shown["last_run"]) == ({"portrait": 1}, None)
    assert "no decision" in run("retention", "show")
    decided = ("--decision", "RS 2026-1", "--decided-on", "2026-01-01", "--as", "anna")
    run("retention", "set", "holder", "--period", "9d", *decided)
    run("retention", "set", "holder", "--period", "1d", *decided, code=1)
    run("retention", "set", "holder", "--period", "9 days", *decided, code=2)
    assert sum(json.loads(run("retention", "run", "--dry-run", "--as", "anna", "--json"))["due"].values()) == 2
    assert real.living(case_id) != {EVIDENCE}
    assert sum(json.loads(run("retention", "run", "--as", "anna", "--json"))["erased"].values()) == 2
    assert real.living(case_id) == {EVIDENCE}
    records = [json.loads(line) for line in run("retention", "records", "--json").splitlines()]
    assert {(r["class"], r["count"], r["decision"], r["run_by"]) for r in records} == {
        ("holder", 1, "RS 2026-1", "anna"),
        ("portrait", 1, "passkoll-default", "anna"),
    }


def test_a_pause_needs_somebody_who_knows_the_time(real: House) -> None:
    now = real.clock.time
    real.clock.advance(days=-10)
    real.purge("service")
    run("retention", "run", "--as", "anna", code=1)
    run("retention", "run", "--as", "anna", "--time-is", (now - timedelta(days=10)).isoformat(), code=2)
    run("retention", "run", "--as", "anna", "--time-is", now.isoformat())
    run("retention", "run", "--as", "anna")


def test_freezing_takes_one_and_thawing_two(real: House) -> None:
    case_id = real.add(1, State.REFUSED)
    run("retention", "freeze", case_id, "--reason", "legal_claim", "--as", "anna")
    run("retention", "unfreeze", case_id, "--reason", "case_closed", "--as", "anna")
    run("retention", "unfreeze", case_id, "--reason", "case_closed", "--as", "anna", code=1)
    assert "no longer" in run("retention", "unfreeze", case_id, "--reason", "case_closed", "--as", "bo")


def test_backup_and_restore(real: House, tmp_path) -> None:
    case_id = real.add(1, State.REFUSED)
    keys = tmp_path / "keys.json"
    run("backup", tmp_path / "backup", "--include-keys", keys, "--as", "anna")
    run("backup", tmp_path / "backup", "--as", "anna", code=1)
    run("retention", "run", "--as", "anna")
    restore = ("restore", tmp_path / "backup", "--as", "anna")
    real.database.engine.dispose()
    run(*restore, code=1)
    assert json.loads(run(*restore, "--replace", "--json"))["erased_again"] == 1
    assert "1 erasures" in run(*restore, "--replace", "--keys", keys)
    again = real.opened_again()
    assert again.living(case_id) == {HOLDER, EVIDENCE}
    again.database.engine.dispose()
