"""`passkoll keys list` and `rotate`, over a data folder."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from service.cli.app import app
from service.settings import Settings
from service.wiring import open_database
from tests.service.findings import case
from tests.service.vault.test_kept import LINES


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder in which something is sealed."""
    for name in ("PASSKOLL_DATABASE_URL", "PASSKOLL_KEY_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    from service.domain.verification import State

    database = open_database(Settings(data_dir=tmp_path / "data"))
    with database.changing() as work:
        work.verifications.add(case(State.MRZ_CAPTURED))
        work.captures.add("vs_A", LINES)
    database.engine.dispose()
    return tmp_path / "data"


def run(*arguments) -> dict:
    done = CliRunner().invoke(app, ["keys", *map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_rotation(data) -> None:
    before = run("list", "--data", data)
    assert len(before["versions"]) == 1
    assert [epoch["retention"] for epoch in before["epochs"]] == ["holder"]
    rotated = run("rotate", "--as", "anna", "--data", data)
    assert rotated["wrapped"] == 1
    after = run("list", "--data", data)
    assert after["versions"] == [*before["versions"], rotated["version"]]
    assert after["epochs"] == before["epochs"]
    with open_database(Settings(data_dir=data)).reading() as work:
        assert work.captures.of("vs_A") == [LINES]
        (row,) = [row for row in work.audit.rows() if "master_key_rotated" in str(row)]
        assert rotated["version"] in str(row)


def test_no_key_is_printed(data) -> None:
    (key,) = json.loads((data / "keys" / "master.json").read_text())["keys"]
    for arguments in (["list"], ["list", "--json"], ["rotate", "--as", "anna"]):
        done = CliRunner().invoke(app, ["keys", *arguments, "--data", str(data)])
        assert done.exit_code == 0
        assert key["k"] not in done.output


def test_what_is_wrong_is_a_sentence(data) -> None:
    for arguments in (["rotate", "--as", " "], ["rotate", "--as", "a\nb"]):
        done = CliRunner().invoke(app, ["keys", *arguments, "--data", str(data)])
        assert done.exit_code != 0
        assert "Traceback" not in done.output
    (data / "keys" / "master.json").chmod(0o644)
    done = CliRunner().invoke(app, ["keys", "list", "--data", str(data)])
    assert done.exit_code != 0
    assert "chmod 600" in done.output
