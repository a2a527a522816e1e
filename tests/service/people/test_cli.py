"""`passkoll admin`: from the two invitations of `passkoll init` to people who vouch for each other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from service import wiring
from service.cli.app import app
from service.domain.people import PersonStatus
from service.domain.sign_in import Method
from service.settings import Settings
from service.wiring.staff import sign_in_policy
from tests.service.people.office import Office
from tests.service.photo_reader import PlannedReader

HSA_ID, NUMBER = "SE2321000016-100A", "196408233234"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the installation lies."""
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def admin(*arguments: str, given: str = "") -> Result:
    """One command."""
    return CliRunner().invoke(app, ["admin", *arguments, "--json"], input=given)


def answer(*arguments: str, given: str = "") -> dict:
    """The one object that it prints."""
    result = admin(*arguments, given=given)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def accept(folder: Path, person: str) -> None:
    """They made it theirs."""
    with wiring.administer_staff(Settings(data_dir=folder)) as staff, staff.database.changing() as work:
        work.people.save(replace(work.people.find(person), status=PersonStatus.ACTIVE))


def test_init_invites_the_first_two_and_nobody_after_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # the command sets it for its process, which here is that of the test
    monkeypatch.setenv("PASSKOLL_SETTINGS", "passkoll.env")
    monkeypatch.delenv("PASSKOLL_SETTINGS")
    first = CliRunner().invoke(app, ["init", "--data", "data"])
    assert first.exit_code == 0, first.output
    lines = [line.split() for line in first.stdout.splitlines() if line.startswith("invitation ")]
    assert len(lines) == 2
    again = CliRunner().invoke(app, ["init"])
    assert "invitation" not in again.stdout
    monkeypatch.delenv("PASSKOLL_SETTINGS", raising=False)
    settings = Settings(data_dir=tmp_path / "data", public_origin="https://passkoll.example")
    wired = wiring.wire(settings, reader=PlannedReader())
    office = Office(replace(wired, identity=wired.tokens.identity))
    for _, person, code, *_ in lines:
        offer = office.browser().post("/v1/invitations/show", {"code": code})
        assert offer.status_code == 200
        with wired.database.reading() as work:
            assert work.people.find(person).roles == {"system_administrator"}
    wired.close()


def test_from_the_first_administrator_to_one_who_is_identified(folder: Path) -> None:
    one, two = (
        answer("invite", "--name", name, "--role", "system_administrator", "--as", "operator")
        for name in ("Ann Ek", "von Ek, Bo Erik")
    )
    assert (two["given_name"], two["family_name"]) == ("Bo Erik", "von Ek")
    assert len(one["invitation"]) == 43
    for person in (one, two):
        accept(folder, person["id"])
    refused = admin("invite", "--name", "Mal Ory", "--role", "system_administrator", "--as", "operator")
    assert refused.exit_code == 2
    assert "active system administrator" in refused.stderr
    known = ("--hsa-id", HSA_ID.lower(), "--born", "1964-08-23", "--personal-number", "--as", one["id"])
    third = answer("invite", "--name", "Åsa Ek", "--role", "id_administrator", *known, given=NUMBER + "\n")
    assert (third["hsa_id"], third["identified"]) == (HSA_ID, False)
    seen = ("vouch", third["id"], "--hsa-id", HSA_ID, "--personal-number")
    assert answer(*seen, "--as", one["id"], given=NUMBER + "\n")["identified"] is False
    assert "already_recorded" in admin(*seen, "--as", one["id"], given=NUMBER + "\n").stderr
    assert admin(*seen, "--as", "operator", given=NUMBER + "\n").exit_code == 1
    assert answer(*seen, "--as", two["id"], given=NUMBER + "\n")["identified"] is True
    assert {person["id"] for person in map(json.loads, admin("list").stdout.splitlines())} == {
        one["id"],
        two["id"],
        third["id"],
    }
    assert "own_account" in admin("lock", one["id"], "--as", one["id"]).stderr
    assert answer("lock", two["id"], "--as", one["id"])["status"] == "locked"
    assert answer("unlock", two["id"], "--as", one["id"])["status"] == "invited"
    changed = answer("roles", third["id"], "--role", "auditor", "--area", "norr", "--as", one["id"])
    assert (changed["roles"], changed["areas"]) == (["auditor"], ["norr"])
    assert answer("reset", third["id"], "--as", one["id"])["invitation"] != third["invitation"]
    renamed = answer("identify", third["id"], "--name", "Åsa Ekman", "--as", one["id"])
    assert (renamed["hsa_id"], renamed["vouched_by"]) == (None, [])


def test_people_read_it_too(folder: Path) -> None:
    CliRunner().invoke(app, ["admin", "invite", "--name", "Ann Ek", "--as", "operator"])
    shown = CliRunner().invoke(app, ["admin", "list"]).stdout
    assert "NOT IDENTIFIED (0 of 2 vouch)" in shown
    assert "Ann Ek" in shown


@pytest.mark.parametrize(
    "wrong",
    [
        ("--name", "Ann"),
        ("--name", "Ann Ek", "--born", "23/8 1964"),
        ("--name", "Ann Ek", "--hsa-id", "232100"),
        ("--name", "Ann Ek", "--personal-number"),
        ("--name", "Ann Ek", "--role", "emperor"),
    ],
    ids=["name", "born", "hsa", "number", "role"],
)
def test_what_cannot_be(folder: Path, wrong: tuple[str, ...]) -> None:
    assert admin("invite", *wrong, "--as", "operator", given="1964\n").exit_code == 2


def test_a_link_signs_in_once(folder: Path) -> None:
    person = answer("invite", "--name", "Ann Ek", "--role", "id_administrator", "--as", "operator")["id"]
    link = answer("sign-in-link", person, "--as", "operator")["link"]
    settings = Settings(data_dir=folder, public_origin="https://passkoll.example")
    wired = wiring.wire(settings, reader=PlannedReader())
    office = Office(replace(wired, identity=wired.tokens.identity))
    browser = office.browser()

    def sign_in(code: str):
        begun = browser.post("/v1/sign-ins", {"method": "link"}).json()
        return browser.post(f"/v1/sign-ins/{begun['id']}", {"link": code})

    assert sign_in("A" * 43).status_code == 403
    assert sign_in(link).status_code == 200
    assert browser.get("/v1/me").json()["id"] == person
    assert sign_in(link).status_code == 403
    wired.close()


@pytest.mark.parametrize(
    "changed",
    [{"PASSKOLL_REALM": "production"}, {"PASSKOLL_HOST": "10.0.0.1"}],
    ids=["production", "beyond loopback"],
)
def test_there_are_no_links_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    person = answer("invite", "--name", "Ann Ek", "--as", "operator")["id"]
    refused = admin("sign-in-link", person, "--as", "operator")
    assert refused.exit_code == 1
    assert "forbidden" in refused.stderr
    assert Method.LINK not in sign_in_policy(Settings()).methods
