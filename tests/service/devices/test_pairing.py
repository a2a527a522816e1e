"""A console lends its sign-in to the phone in somebody's hand, and to no other (SECURITY.md 7.2)."""

from __future__ import annotations

import pytest

from service.adapters.db.device_tables import pairings, sign_in_codes
from service.domain.identity import Role
from service.domain.pairing import comparison_number
from tests.service.conftest import ManualClock
from tests.service.devices.test_enrolment import problem
from tests.service.devices.world import Console, Phone, World

UNKNOWN_CODE = "A" * 26
NOBODY = "/v1/pairings/pa_" + "A" * 26
KIND = {"kind": "reserve_card_no_pnr"}


@pytest.fixture
def phone(world: World, first: Console, second: Console) -> Phone:
    """A phone that was let in."""
    return world.enrolled(first, second)


def test_a_sign_in_is_lent(world: World, first: Console, phone: Phone) -> None:
    path, code = first.pair()
    opened = first.get(path).json()
    assert (opened["state"], opened["number"], opened["device"]) == ("open", None, None)

    claimed = phone.claim(code)
    assert claimed.status_code == 200
    shown = claimed.json()
    assert shown["administrator"] == "Test First"
    assert shown["organisation"] == "Specimen organisation"
    console = first.get(path).json()
    assert console["state"] == "claimed"
    assert console["device"] == {"id": phone.id, "platform": "harness", "model": None}
    assert console["number"] == shown["number"]
    assert len(shown["number"]) == 4
    assert shown["number"].isdecimal()

    token = phone.token()
    assert phone.get(path, token).json()["state"] == "claimed"
    # before the person said so, the phone holds nothing that counts
    assert phone.exchange(shown["sign_in_code"]).json()["error"] == "invalid_grant"
    assert first.post(f"{path}/confirm").json()["state"] == "confirmed"
    assert phone.get(path, token).json()["state"] == "confirmed"

    answer = phone.exchange(shown["sign_in_code"])
    assert answer.status_code == 200
    app = answer.json()["access_token"]
    opened_case = phone.post("/v1/verifications", app, KIND)
    assert opened_case.status_code == 201
    # once
    assert phone.exchange(shown["sign_in_code"]).json()["error"] == "invalid_grant"
    steps = [action for action in world.actions() if action.startswith("pairing_")]
    assert steps == ["pairing_opened", "pairing_claimed", "pairing_confirmed"]


def test_no_secret_lies_in_the_database(world: World, first: Console, phone: Phone) -> None:
    path, code = first.pair()
    sign_in_code = phone.claim(code).json()["sign_in_code"]
    first.post(f"{path}/confirm")
    with world.services.database.engine.connect() as connection:
        rows = [*connection.execute(pairings.select()), *connection.execute(sign_in_codes.select())]
    assert len(rows) == 2
    assert code not in repr(rows)
    assert sign_in_code not in repr(rows)


class TestQrJacking:
    """Somebody else sees the code on the screen."""

    def test_a_phone_of_another_organisation_gets_nothing_and_spoils_nothing(
        self, world: World, first: Console, stranger: Console, phone: Phone
    ) -> None:
        helper = world.person("HELPER", *Role, organisation=stranger.person.organisation)
        thief = world.enrolled(stranger, helper)
        path, code = first.pair()
        assert without_id(thief.claim(code)) == without_id(thief.claim(UNKNOWN_CODE))
        assert problem(thief.claim(code)) == (404, "not_found")
        assert first.get(path).json()["state"] == "open"
        assert phone.claim(code).status_code == 200
        assert without_id(thief.get(path, thief.token())) == without_id(thief.get(NOBODY, thief.token()))

    def test_who_comes_second_is_refused_and_spoils_nothing(
        self, world: World, first: Console, second: Console, phone: Phone
    ) -> None:
        late = world.enrolled(first, second)
        path, code = first.pair()
        shown = phone.claim(code).json()
        assert problem(late.claim(code)) == (404, "not_found")
        assert problem(late.get(path, late.token())) == (404, "not_found")
        assert first.get(path).json()["device"]["id"] == phone.id
        assert first.post(f"{path}/confirm").status_code == 200
        assert phone.exchange(shown["sign_in_code"]).status_code == 200

    def test_the_console_shows_the_phone_of_a_thief_who_came_first(
        self, world: World, first: Console, second: Console, phone: Phone
    ) -> None:
        """The person sees another phone than their own, whose number none of theirs shows, and says nothing."""
        thief = world.enrolled(first, second)
        path, code = first.pair()
        shown = thief.claim(code).json()
        assert problem(phone.claim(code)) == (404, "not_found")
        assert first.get(path).json()["device"]["id"] == thief.id
        assert thief.exchange(shown["sign_in_code"]).json()["error"] == "invalid_grant"

    def test_a_phone_that_nobody_let_in_cannot_even_ask(self, world: World, first: Console) -> None:
        pending = world.phone()
        pending.enrol(first.invite()["code"])
        _, code = first.pair()
        assert pending.ask_token().json()["error"] == "invalid_client"
        proof = {"DPoP": pending.proof("POST", "/v1/pairings/claim")}
        assert world.client.post("/v1/pairings/claim", json={"code": code}, headers=proof).status_code == 401

    def test_a_code_that_was_stolen_from_the_phone_is_for_its_key_alone(
        self, world: World, first: Console, second: Console, phone: Phone
    ) -> None:
        thief = world.enrolled(first, second)
        path, code = first.pair()
        stolen = phone.claim(code).json()["sign_in_code"]
        first.post(f"{path}/confirm")
        assert thief.exchange(stolen).json()["error"] == "invalid_grant"
        # and the theft did not use it up
        assert phone.exchange(stolen).status_code == 200


class TestConfirmation:
    """By the very sign-in that opened it."""

    def test_not_by_another_person(self, first: Console, second: Console, phone: Phone) -> None:
        path, code = first.pair()
        phone.claim(code)
        assert without_id(second.post(f"{path}/confirm")) == without_id(second.post(f"{NOBODY}/confirm"))
        assert problem(second.get(path)) == (404, "not_found")
        assert first.get(path).json()["state"] == "claimed"

    def test_not_by_another_sign_in_of_the_same_person(self, world: World, first: Console, phone: Phone) -> None:
        elsewhere = world.console(first.person)
        path, code = first.pair()
        phone.claim(code)
        assert problem(elsewhere.post(f"{path}/confirm")) == (404, "not_found")
        assert problem(elsewhere.get(path)) == (404, "not_found")

    def test_not_by_the_phone(self, first: Console, phone: Phone) -> None:
        path, code = first.pair()
        phone.claim(code)
        assert problem(phone.post(f"{path}/confirm", phone.token())) == (403, "forbidden")

    def test_not_before_a_phone_claimed_it(self, first: Console) -> None:
        path, _ = first.pair()
        answer = first.post(f"{path}/confirm")
        assert problem(answer) == (409, "wrong_state")
        assert answer.json()["state"] == "open"

    def test_once(self, first: Console, phone: Phone) -> None:
        path, code = first.pair()
        phone.claim(code)
        assert first.post(f"{path}/confirm").status_code == 200
        answer = first.post(f"{path}/confirm")
        assert problem(answer) == (409, "wrong_state")
        assert answer.json()["state"] == "confirmed"

    def test_not_when_the_phone_was_revoked_meanwhile(self, first: Console, second: Console, phone: Phone) -> None:
        path, code = first.pair()
        shown = phone.claim(code).json()
        second.delete(f"/v1/devices/{phone.id}")
        assert problem(first.post(f"{path}/confirm")) == (409, "wrong_state")
        assert phone.exchange(shown["sign_in_code"]).json()["error"] == "invalid_client"


class TestTime:
    """A minute from the code on the screen to the word of the person, and one for the phone."""

    def test_the_code(self, first: Console, phone: Phone, clock: ManualClock) -> None:
        path, code = first.pair()
        clock.advance(seconds=60)
        assert problem(phone.claim(code)) == (404, "not_found")
        assert first.get(path).json()["state"] == "expired"

    def test_the_last_second(self, first: Console, phone: Phone, clock: ManualClock) -> None:
        path, code = first.pair()
        clock.advance(seconds=59)
        assert phone.claim(code).status_code == 200
        assert first.post(f"{path}/confirm").status_code == 200

    def test_the_confirmation(self, first: Console, phone: Phone, clock: ManualClock) -> None:
        path, code = first.pair()
        shown = phone.claim(code).json()
        clock.advance(seconds=60)
        assert problem(first.post(f"{path}/confirm")) == (409, "wrong_state")
        assert phone.exchange(shown["sign_in_code"]).json()["error"] == "invalid_grant"

    def test_the_sign_in_code(self, first: Console, phone: Phone, clock: ManualClock) -> None:
        path, code = first.pair()
        shown = phone.claim(code).json()
        first.post(f"{path}/confirm")
        clock.advance(seconds=60)
        assert phone.exchange(shown["sign_in_code"]).json()["error"] == "invalid_grant"


def test_a_pairing_is_opened_by_who_works_with_the_app(world: World) -> None:
    for role in set(Role) - {Role.ID_ADMINISTRATOR}:
        nobody = world.person(role.value.upper().replace("_", ""), role)
        assert problem(nobody.post("/v1/pairings")) == (403, "forbidden")


def test_a_password_alone_is_not_lent(world: World, first: Console) -> None:
    console = world.console(first.person, "pwd")
    assert problem(console.post("/v1/pairings")) == (403, "step_up_required")


def test_a_page_of_another_origin_opens_none(first: Console) -> None:
    headers = {"Cookie": f"__Host-passkoll={first.cookie}"}
    assert first.client.post("/v1/pairings", headers=headers).status_code == 401


def test_every_number_can_come() -> None:
    assert comparison_number(bytes(8)) == "0000"
    assert comparison_number((9999).to_bytes(8)) == "9999"
    assert comparison_number((10_007).to_bytes(8)) == "0007"
    # 2^64 - 1 = 18446744073709551615
    assert comparison_number(b"\xff" * 8) == "1615"


def without_id(answer) -> dict:
    """An answer, but for what names the request."""
    return {"status": answer.status_code, "headers": sorted(answer.headers)} | answer.json() | {"request_id": None}
