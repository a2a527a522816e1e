"""`passkoll device`: the same rules as at the console, for a person who is named."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from service.cli.app import app
from service.domain.identity import Role
from service.domain.people import PersonStatus
from service.settings import Settings
from tests.service.devices.world import Console, World, read_qr


@pytest.fixture
def command(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    """Runs a command on the database of the service, at its time."""
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(settings.data_dir))
    if settings.database_url is not None:
        monkeypatch.setenv("PASSKOLL_DATABASE_URL", settings.database_url)
    monkeypatch.setattr("service.wiring.devices.clock_of", lambda _settings: world.clock)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["device", *arguments])

    return run


def test_a_phone_is_let_in_and_out(world: World, first: Console, second: Console, command) -> None:
    invited = command("invite", "--as", first.person.id, "--json")
    assert invited.exit_code == 0, invited.output
    content = read_qr(json.loads(invited.output)["qr"], "PKE1")
    assert content["origin"] == "http://127.0.0.1:8000"
    phone = world.phone()
    assert phone.enrol(content["code"]).status_code == 201

    assert [line["status"] for line in lines(command("list", "--as", second.person.id, "--json"))] == ["pending"]
    confirmed = command("confirm", phone.id, phone.fingerprint, "--as", second.person.id)
    assert confirmed.exit_code == 0
    assert confirmed.output.startswith(f"{phone.id}  ACTIVE  harness software")
    assert phone.ask_token().status_code == 200

    assert command("revoke", phone.id, "--as", first.person.id).exit_code == 0
    assert phone.ask_token().json()["error"] == "invalid_client"
    (revoked,) = lines(command("list", "--as", second.person.id, "--status", "revoked", "--json"))
    assert (revoked["id"], revoked["revoked_by"]) == (phone.id, first.person.id)
    about_devices = [action for action in world.actions() if action.startswith("device_")]
    assert about_devices == ["device_invited", "device_enrolled", "device_confirmed", "device_revoked"]
    # `--as` proves nothing: what came from a shell says so, with the account, and what came by HTTP does not
    told = {action: details.get("shell_uid") for action, details in world.recorded() if action in about_devices}
    here = os.getuid()
    assert told == {
        "device_invited": here,
        "device_enrolled": None,
        "device_confirmed": here,
        "device_revoked": here,
    }


def test_the_code_is_shown_as_a_picture_too(first: Console, command) -> None:
    shown = command("invite", "--as", first.person.id, "--url", "https://id.example.se")
    assert shown.exit_code == 0
    assert "█" in shown.output
    (text,) = [line for line in shown.output.splitlines() if line.startswith("PKE1_")]
    assert read_qr(text, "PKE1")["origin"] == "https://id.example.se"


def test_two_people_are_needed_here_too(world: World, first: Console, command) -> None:
    phone = world.phone()
    phone.enrol(first.invite()["code"])
    refused = command("confirm", phone.id, phone.fingerprint, "--as", first.person.id)
    assert refused.exit_code == 1
    assert "same_person" in refused.output
    assert phone.ask_token().json()["error"] == "invalid_client"


def test_the_fingerprint_is_compared_here_too(world: World, first: Console, second: Console, command) -> None:
    phone = world.phone()
    phone.enrol(first.invite()["code"])
    refused = command("confirm", phone.id, world.phone().fingerprint, "--as", second.person.id)
    assert refused.exit_code == 1
    assert "fingerprint_mismatch" in refused.output


def test_who_acts_is_somebody_who_may(world: World, first: Console, stranger: Console, command) -> None:
    auditor = world.person("AUDITOR", Role.AUDITOR)
    locked = world.person("LOCKED")
    with world.services.database.changing() as work:
        work.people.save(replace(locked.person, status=PersonStatus.LOCKED))
    for who, code in ((auditor, "forbidden"), (locked, "forbidden")):
        answer = command("invite", "--as", who.person.id)
        assert (answer.exit_code, code in answer.output) == (1, True)
    assert "not_found" in command("invite", "--as", "anna.berg").output

    phone = world.phone()
    phone.enrol(first.invite()["code"])
    foreign = command("revoke", phone.id, "--as", stranger.person.id)
    assert (foreign.exit_code, "not_found" in foreign.output) == (1, True)
    assert lines(command("list", "--as", stranger.person.id, "--json")) == []


def lines(result: Result) -> list[dict]:
    """The JSON of an answer."""
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]
