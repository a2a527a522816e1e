"""`passkoll audit` as people run it: exit status, words, and files for their reader alone."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service import wiring
from service.cli import app
from service.settings import Settings
from tests.service.audit.test_export import unzipped, zipped
from tests.service.audit.trail import all_rows, execute, forge, rewritten, unprotect, write


@pytest.fixture
def run(anchored: Settings, monkeypatch: pytest.MonkeyPatch):
    """`run("verify")` over the database of the settings."""
    for name in ("data_dir", "database_url", "audit_anchor"):
        value = getattr(anchored, name)
        if value is not None:
            monkeypatch.setenv(f"PASSKOLL_{name.upper()}", str(value))

    def invoke(*arguments: object):
        result = CliRunner().invoke(app, ["audit", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return invoke


@pytest.fixture
def keys(services: wiring.Services, tmp_path: Path) -> Path:
    """The keys of the service in a file."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(dict(services.signer.public_keys())))
    return path


@pytest.fixture
def case(counter, document) -> str:
    """A case that waits for its first review."""
    return counter.checked(document).rpartition("/")[2]


def test_a_whole_trail(run, database, audit) -> None:
    write(database, 3)
    audit.make_checkpoint()
    for options in ((), ("--anchor", "settings"), ("--anchor", audit.anchor.folder)):
        result = run("verify", *options)
        assert result.exit_code == 0, result.output
        assert "WHOLE" in result.stdout
        assert "3 entries of 1 organisations fit" in result.stdout
    assert json.loads(run("verify", "--json", "--anchor", "settings").stdout) == {
        "whole": True,
        "entries": 3,
        "organisations": 1,
        "signed_to": 3,
        "anchored": 1,
        "breaks": [],
    }


def test_a_trail_that_is_not_whole(run, database) -> None:
    write(database, 3)
    unprotect(database.engine)
    execute(database.engine, "UPDATE audit_trail SET action = 'cancelled' WHERE number = 2")
    result = run("verify")
    assert result.exit_code == 1
    assert "NOT WHOLE entry 2: changed" in result.stdout
    told = run("verify", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["breaks"] == [{"number": 2, "how": "changed"}]


def test_a_trail_that_was_made_anew_shows_by_the_anchor_alone(run, database, audit) -> None:
    write(database, 3)
    audit.make_checkpoint()
    unprotect(database.engine)
    execute(database.engine, "DELETE FROM audit_checkpoints")
    forge(database.engine, rewritten([row | {"action": "cancelled"} for row in all_rows(database)]))
    assert run("verify").exit_code == 0
    result = run("verify", "--anchor", "settings")
    assert result.exit_code == 1
    assert "entry 3: checkpoint_differs" in result.stdout


def test_an_anchor_that_does_not_answer(run, database, tmp_path: Path) -> None:
    write(database, 1)
    result = run("verify", "--anchor", tmp_path / "nowhere")
    assert (result.exit_code, result.stderr) == (3, "passkoll: anchor_unreadable\n")
    assert run("verify", "--anchor", "http://archive.example/").exit_code == 2


def test_no_database_is_no_whole_trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that was mistyped must not read as good."""
    monkeypatch.delenv("PASSKOLL_DATABASE_URL", raising=False)
    result = CliRunner().invoke(app, ["audit", "verify", "--data", str(tmp_path / "typo")])
    assert result.exit_code == 2
    assert "no database here" in result.stderr


def test_a_case_from_export_to_recheck(run, case: str, keys: Path, trust: Path, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    result = run("export", case, "--out", out, "--as", "auditor")
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    found = run("recheck", out, "--jwks", keys)
    assert found.exit_code == 0, found.output
    assert "FAILED" not in found.stdout
    told = json.loads(run("recheck", out, "--jwks", keys, "--json").stdout)
    assert (told["good"], told["verification"], told["erased"]) == (True, case, [])
    assert told["findings"][0] == {"part": "manifest", "status": "PASSED", "detail": "16"}
    inspected = {"part": "inspection", "status": "NOT_PERFORMED", "detail": "no_trust_store"}
    assert told["findings"][-1] == inspected
    with_trust = run("recheck", out, "--jwks", keys, "--trust", trust, "--realm", "specimen", "--json")
    assert with_trust.exit_code == 0
    assert json.loads(with_trust.stdout)["findings"][-1]["status"] == "PASSED"


def test_without_keys_of_ones_own_it_is_not_good(run, case: str, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    assert run("export", case, "--out", out).exit_code == 0
    result = run("recheck", out)
    assert result.exit_code == 1
    assert "INDETERMINATE keys: keys_of_the_archive" in result.stdout


def test_the_account_of_the_machine_takes_it_where_nobody_is_named(run, case: str, services, tmp_path: Path) -> None:
    assert run("export", case, "--out", tmp_path / "case.zip").exit_code == 0
    with services.database.reading() as work:
        person = work.audit.person(work.audit.of(case)[-1].actor)
    assert person.startswith("account:")


def test_a_changed_archive(run, case: str, keys: Path, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    assert run("export", case, "--out", out).exit_code == 0
    files = unzipped(out.read_bytes())
    out.write_bytes(zipped({**files, "report.json": files["report.json"] + b" "}))
    result = run("recheck", out, "--jwks", keys)
    assert result.exit_code == 1
    assert "FAILED report: not_the_report" in result.stdout


def test_files_are_never_replaced(run, case: str, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    out.write_text("mine")
    assert run("export", case, "--out", out).exit_code == 2
    assert out.read_text() == "mine"


def test_what_cannot_be_exported_leaves_no_file(run, case: str, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    result = run("export", "vs_NONE", "--out", out)
    assert (result.exit_code, result.stderr) == (1, "passkoll: not_found\n")
    assert not out.exists()
    assert run("export", case, "--out", tmp_path / "no" / "case.zip").exit_code == 2


def test_what_is_no_archive(run, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    assert run("recheck", path).exit_code == 2
    path.write_text("no zip")
    result = run("recheck", path)
    assert result.exit_code == 2
    keys = tmp_path / "keys"
    keys.write_text("{")
    assert run("recheck", path, "--jwks", keys).exit_code == 2
