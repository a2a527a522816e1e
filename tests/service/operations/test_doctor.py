"""`passkoll init` and `passkoll doctor`: everything is made once, and every line says what to do."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from pydantic_settings import DotEnvSettingsSource

from service import wiring
from service.described_settings import WORDS, settings_file, table
from service.domain.diagnosis import Finding, Grade
from service.domain.jobs import Job, JobKind
from service.settings import Settings
from tests.service.conftest import NOW
from tests.service.operations.conftest import Passkoll


@pytest.fixture
def installation(passkoll: Passkoll, tmp_path: Path) -> Path:
    """What `passkoll init` made; the file of settings."""
    made = passkoll("init", "--data", "data")
    assert made.returncode == 0, made.stderr
    return tmp_path / "passkoll.env"


def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in wiring.diagnose(settings)}


def settings_of(file: Path, **changes: object) -> Settings:
    source = DotEnvSettingsSource(Settings, env_file=file)()
    return Settings.model_validate(source | changes)


def test_every_setting_is_described() -> None:
    assert set(WORDS) == set(Settings.model_fields)
    assert all(f"`PASSKOLL_{name.upper()}`" in table() for name in Settings.model_fields)


def test_the_file_says_what_holds(tmp_path: Path) -> None:
    """With every comment taken away it means the same as nothing: what it shows are the defaults."""
    shown = re.sub(r"^#(PASSKOLL_\w+=.+)$", r"\1", settings_file({}), flags=re.MULTILINE)
    file = tmp_path / "all.env"
    file.write_text(shown)
    assert settings_of(file) == Settings()


def test_init_makes_what_serve_needs(installation: Path, tmp_path: Path) -> None:
    assert installation.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    found = findings(settings_of(installation))
    assert {name: one for name, one in found.items() if one.grade is Grade.BAD} == {}
    assert {"settings", "keys"} - set(found) == {"settings"}
    assert {one.name for one in found.values() if one.grade is Grade.WARNING} == {"trust_store", "audit_anchor"}
    assert all(one.to_do for one in found.values() if one.grade is not Grade.GOOD)


def test_init_again_keeps_everything(installation: Path, passkoll: Passkoll, tmp_path: Path) -> None:
    installation.write_text(installation.read_text() + "PASSKOLL_LOG_LEVEL=debug\n")
    before = {path: path.read_bytes() for path in (tmp_path / "data" / "keys").glob("*.json")}
    assert passkoll("init").returncode == 0
    assert settings_of(installation).log_level == "debug"
    assert {path: path.read_bytes() for path in (tmp_path / "data" / "keys").glob("*.json")} == before
    other = passkoll("init", "--data", "elsewhere")
    assert (other.returncode, (tmp_path / "elsewhere").exists()) == (2, False)


def test_the_settings_file_is_taken(installation: Path, passkoll: Passkoll) -> None:
    installation.write_text(installation.read_text() + "PASSKOLL_POLICY=forensic\n")
    shown = json.loads(passkoll("settings", "--json", PASSKOLL_SETTINGS=str(installation)).stdout)
    assert (shown["policy"], "database_url" in shown) == ("forensic", False)
    over = passkoll("settings", "--json", PASSKOLL_SETTINGS=str(installation), PASSKOLL_POLICY="default")
    assert json.loads(over.stdout)["policy"] == "default"
    installation.write_text(installation.read_text() + "PASSKOLL_POLCY=default\n")
    assert passkoll("serve", PASSKOLL_SETTINGS=str(installation)).returncode == 2
    gone = passkoll("serve", PASSKOLL_SETTINGS="none.env")
    assert (gone.returncode, "cannot be read" in gone.stderr) == (2, True)


def test_doctor_makes_nothing(passkoll: Passkoll, tmp_path: Path) -> None:
    found = passkoll("doctor", "--json")
    assert found.returncode == 1
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert all(set(line) == {"name", "grade", "says", "do"} for line in lines)
    assert lines[-1]["name"] == "data_folder"
    assert "passkoll init" in lines[-1]["do"]
    assert list(tmp_path.iterdir()) == []


def test_keys_that_others_may_read(installation: Path, tmp_path: Path) -> None:
    (tmp_path / "data" / "keys" / "master.json").chmod(0o644)
    keys = findings(settings_of(installation))["keys"]
    assert (keys.grade, keys.to_do) == (Grade.BAD, f"chmod 600 {tmp_path}/data/keys/master.json")


def test_lost_keys_are_not_made_anew(installation: Path, tmp_path: Path) -> None:
    (tmp_path / "data" / "keys" / "master.json").unlink()
    assert findings(settings_of(installation))["keys"].grade is Grade.BAD
    assert not (tmp_path / "data" / "keys" / "master.json").exists()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"host": "192.0.2.1"}, "network"),
        ({"metrics_host": "0.0.0.0", "metrics_port": 9100}, "metrics"),  # noqa: S104 warned of, which is the point
        ({"specimen_clock": "2026-06-01T12:00:00Z"}, "clock"),
    ],
)
def test_settings_that_need_care(installation: Path, changes: dict[str, object], name: str) -> None:
    assert findings(settings_of(installation, **changes))[name].grade is Grade.WARNING


def test_an_address_without_a_database(installation: Path) -> None:
    url = "postgresql+psycopg://nobody:secret@127.0.0.1:1/none"
    found = findings(settings_of(installation, database_url=url))["database"]
    assert (found.grade, "secret" in found.says) == (Grade.BAD, False)


def test_a_service_that_runs(services, settings, counter, document) -> None:
    """On both databases: what is there is whole."""
    counter.approved(document)
    found = findings(settings)
    assert {name for name, one in found.items() if one.grade is Grade.BAD} == set()
    assert found["audit_trail"].grade is Grade.GOOD
    assert found["trust_store"].grade is Grade.GOOD
    if settings.database_url is None:
        assert found["database_safety"].grade is Grade.GOOD
    else:
        assert found["database_clock"].grade is Grade.GOOD
        assert found["database_rights"].grade is Grade.WARNING


def test_what_stands_out_of_the_database(services, settings, counter) -> None:
    counter.open()
    with services.database.changing() as work:
        work.jobs.enqueue(Job(JobKind.DELIVER, "ev_1", NOW.replace(year=2020)))
        leased = work.jobs.lease([JobKind.DELIVER], "worker", NOW)
        work.jobs.bury(leased, NOW, "gone")
        work.jobs.enqueue(Job(JobKind.EXPIRE, "vs_1", NOW.replace(year=2020)))
    with services.database.engine.begin() as connection:
        # another digit, whichever stands there
        connection.exec_driver_sql(
            "UPDATE audit_head SET digest = "
            "CASE substr(digest, 1, 1) WHEN 'f' THEN '0' ELSE 'f' END || substr(digest, 2)"
        )
    found = findings(settings)
    assert found["dead_letters"].grade is Grade.WARNING
    assert found["worker"].grade is Grade.WARNING
    assert found["audit_trail"].grade is Grade.BAD


def test_a_shell_reads_the_file_too(tmp_path: Path) -> None:
    file = tmp_path / "shell.env"
    file.write_text(settings_file({"organisation": "Region $HOME & Ö", "data_dir": "/a b"}))
    shown = subprocess.run(
        ["sh", "-c", f'set -a; . {file}; printf \'%s|%s\' "$PASSKOLL_ORGANISATION" "$PASSKOLL_DATA_DIR"'],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert shown.stdout == "Region $HOME & Ö|/a b"
    assert settings_of(file).organisation == "Region $HOME & Ö"
