"""Phones are let in by a one-time code and two people (SECURITY.md 7.2), and everything else stays outside."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service.adapters.db.device_tables import device_keys, devices, enrolments
from service.domain.devices import fingerprint
from service.domain.identity import Role
from tests.service.conftest import ManualClock
from tests.service.devices.world import NONE, ORIGIN, Console, World
from tests.service.tokens.keys import Key, base64url

UNKNOWN_CODE = "A" * 26
NOBODY = "de_" + "A" * 26


def problem(answer) -> tuple[int, str]:
    """Status and code."""
    return answer.status_code, answer.json()["code"]


def test_a_phone_is_let_in_by_two(world: World, first: Console, second: Console) -> None:
    phone = world.phone()
    invitation = first.invite()
    answer = phone.enrol(invitation["code"])
    assert answer.status_code == 201
    assert answer.json() == {
        "id": phone.id,
        "status": "pending",
        "platform": "harness",
        "protection": "software",
        "fingerprint": phone.fingerprint,
    }
    assert phone.ask_token().json()["error"] == "invalid_client"

    confirmed = second.confirm(phone)
    assert confirmed.status_code == 200
    assert confirmed.json()["status"] == "active"
    assert confirmed.json()["enrolled_by"] == first.person.id
    assert confirmed.json()["confirmed_by"] == second.person.id
    assert phone.ask_token().status_code == 200
    about_devices = [action for action in world.actions() if action.startswith("device_")]
    assert about_devices == ["device_invited", "device_enrolled", "device_confirmed"]


def test_the_qr_code_is_no_link_and_says_where_and_what(world: World, first: Console) -> None:
    answer = first.post("/v1/devices/invitations").json()
    assert answer["qr"].startswith("PKE1_")
    assert "://" not in answer["qr"]
    assert answer["svg"].startswith("<svg")
    assert "script" not in answer["svg"]
    assert "href" not in answer["svg"]
    invitation = first.invite()
    assert invitation["origin"] == ORIGIN
    assert set(invitation) == {"origin", "code", "challenge"}
    # 128 bits in base32, 32 octets in base64url
    assert (len(invitation["code"]), len(invitation["challenge"])) == (26, 43)


def test_codes_and_challenges_are_never_the_same(first: Console) -> None:
    made = [first.invite() for _ in range(5)]
    assert len({one["code"] for one in made} | {one["challenge"] for one in made}) == 10


def test_the_challenge_can_be_asked_for(world: World, first: Console) -> None:
    invitation = first.invite()
    answer = world.client.post("/v1/devices/challenges", json={"code": invitation["code"]})
    assert answer.status_code == 200
    assert answer.json()["challenge"] == invitation["challenge"]
    # asking uses nothing up
    assert world.phone().enrol(invitation["code"]).status_code == 201


def test_no_code_lies_in_the_database(world: World, first: Console) -> None:
    code = first.invite()["code"]
    with world.services.database.engine.connect() as connection:
        rows = connection.execute(enrolments.select()).all()
    assert len(rows) == 1
    assert code not in repr(rows)


@pytest.mark.parametrize("path", ["/v1/devices", "/v1/devices/challenges"])
def test_used_old_and_unknown_codes_look_the_same(
    world: World, first: Console, clock: ManualClock, path: str
) -> None:
    used, old = first.invite()["code"], first.invite()["code"]
    assert world.phone().enrol(used).status_code == 201

    def answer(code: str) -> dict:
        phone = world.phone()
        body = {"code": code} | ({"attestation": NONE} if path == "/v1/devices" else {})
        got = world.client.post(path, json=body, headers={"DPoP": phone.proof("POST", path)})
        return {"status": got.status_code} | {
            name: value for name, value in got.json().items() if name != "request_id"
        }

    first_answer = answer(used)
    assert (first_answer["status"], first_answer["code"]) == (404, "not_found")
    assert answer(UNKNOWN_CODE) == first_answer
    # five minutes, and not a second longer
    clock.advance(minutes=5)
    assert answer(old) == first_answer


def test_a_code_lives_until_its_last_second(world: World, first: Console, clock: ManualClock) -> None:
    code = first.invite()["code"]
    clock.advance(minutes=4, seconds=59)
    assert world.phone().enrol(code).status_code == 201


def test_without_a_proof_nothing_is_used_up(world: World, first: Console) -> None:
    code = first.invite()["code"]
    phone, thief = world.phone(), world.phone()
    wrong = (
        "",
        "rubbish",
        thief.proof("POST", "/v1/pairings"),
        thief.proof("GET", "/v1/devices"),
        thief.key.proof("POST", "https://elsewhere.example/v1/devices", world.clock.now()),
        thief.proof("POST", "/v1/devices", token="a token that was somewhere else"),
    )
    for proof in wrong:
        assert problem(thief.enrol(code, proof=proof)) == (401, "invalid_proof")
    assert phone.enrol(code).status_code == 201


def test_one_proof_enrols_once(world: World, first: Console) -> None:
    phone = world.phone()
    proof = phone.proof("POST", "/v1/devices")
    assert phone.enrol(first.invite()["code"], proof=proof).status_code == 201
    assert problem(phone.enrol(first.invite()["code"], proof=proof)) == (401, "invalid_proof")


def test_a_key_is_enrolled_once(world: World, first: Console, second: Console, stranger: Console) -> None:
    phone = world.enrolled(first, second)
    again = world.phone(phone.key)
    code = first.invite()["code"]
    assert problem(again.enrol(code)) == (409, "conflict")
    # nor in another organisation
    assert problem(again.enrol(stranger.invite()["code"])) == (409, "conflict")
    # and what was refused used nothing up
    assert world.phone().enrol(code).status_code == 201


def test_the_key_of_a_revoked_phone_is_never_enrolled_again(world: World, first: Console, second: Console) -> None:
    phone = world.enrolled(first, second)
    assert first.delete(f"/v1/devices/{phone.id}").status_code == 204
    assert problem(world.phone(phone.key).enrol(first.invite()["code"])) == (409, "conflict")
    with world.services.database.engine.connect() as connection:
        assert len(connection.execute(device_keys.select()).all()) == 1


def test_of_two_phones_with_one_code_one_is_let_in(world: World, first: Console) -> None:
    """Both looked the code up before either used it."""
    code = first.invite()["code"]
    enrol = world.services.phones.enrol
    late = world.phone()
    judge = type(enrol.judge).__call__
    answers = []

    def judging(*arguments):
        if not answers:
            answers.append(None)
            answers[0] = late.enrol(code)
        return judge(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(enrol.judge), "__call__", judging)
        loser = world.phone().enrol(code)
    assert answers[0].status_code == 201
    assert problem(loser) == (404, "not_found")
    with world.services.database.engine.connect() as connection:
        assert len(connection.execute(devices.select()).all()) == 1


class TestConfirmation:
    """By a second person, who looks at the phone."""

    def test_not_by_who_invited_it(self, world: World, first: Console) -> None:
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        assert problem(first.confirm(phone)) == (409, "same_person")

    def test_not_by_a_second_account_of_that_person(self, world: World, first: Console) -> None:
        twin = world.person("TWIN", hsa_id=first.person.hsa_id.lower() + "x", personal_number=None)
        other = world.person("OTHER", personal_number=first.person.personal_number)
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        assert problem(twin.confirm(phone)) == (409, "identifiers_unverified")
        assert problem(other.confirm(phone)) == (409, "second_account")
        assert phone.ask_token().json()["error"] == "invalid_client"

    def test_not_with_the_fingerprint_of_another_key(self, world: World, first: Console, second: Console) -> None:
        """A thief's phone was enrolled; the one in the administrator's hand shows another fingerprint."""
        thief, phone = world.phone(), world.phone()
        thief.enrol(first.invite()["code"])
        assert problem(second.confirm(thief, phone.fingerprint)) == (422, "fingerprint_mismatch")
        assert world.recorded()[-1] == ("device_not_recognised", {"device": thief.id})
        assert thief.ask_token().json()["error"] == "invalid_client"

    @pytest.mark.parametrize("change", [lambda digits: digits[:-1], lambda digits: digits + "0", lambda _: "0"])
    def test_a_fingerprint_is_compared_whole(self, world: World, first: Console, second: Console, change) -> None:
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        assert problem(second.confirm(phone, change(phone.fingerprint))) == (422, "fingerprint_mismatch")

    def test_it_may_be_written_in_any_case_and_groups(self, world: World, first: Console, second: Console) -> None:
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        assert second.confirm(phone, phone.fingerprint.upper().replace(" ", "-")).status_code == 200

    def test_the_console_does_not_show_what_is_to_be_compared(
        self, world: World, first: Console, second: Console
    ) -> None:
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        listed = second.get("/v1/devices")
        assert listed.json()["devices"][0]["fingerprint"] is None
        assert phone.fingerprint not in listed.text
        second.confirm(phone)
        assert second.get("/v1/devices").json()["devices"][0]["fingerprint"] == phone.fingerprint

    def test_once(self, world: World, first: Console, second: Console) -> None:
        phone = world.enrolled(first, second)
        answer = second.confirm(phone)
        assert problem(answer) == (409, "wrong_state")
        assert answer.json()["state"] == "active"

    def test_not_a_day_later(self, world: World, first: Console, clock: ManualClock) -> None:
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        clock.advance(hours=24)
        assert problem(world.person("LATE").confirm(phone)) == (409, "wrong_state")

    def test_not_after_it_was_revoked(self, world: World, first: Console, second: Console) -> None:
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        assert second.delete(f"/v1/devices/{phone.id}").status_code == 204
        answer = second.confirm(phone)
        assert problem(answer) == (409, "wrong_state")
        assert answer.json()["state"] == "revoked"

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.RESPONSIBLE_ISSUER, Role.TRUST_ADMINISTRATOR])
    def test_not_without_the_role(self, world: World, first: Console, role: Role) -> None:
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        nobody = world.person("NOBODY", role)
        assert problem(nobody.confirm(phone)) == (403, "forbidden")
        assert problem(nobody.post("/v1/devices/invitations")) == (403, "forbidden")
        assert problem(nobody.delete(f"/v1/devices/{phone.id}")) == (403, "forbidden")


class TestOtherOrganisations:
    """What belongs to another one does not exist."""

    def test_its_phones_are_as_if_they_were_not(
        self, world: World, first: Console, second: Console, stranger: Console
    ) -> None:
        phone = world.phone()
        phone.enrol(first.invite()["code"])
        body = {"fingerprint": phone.fingerprint}

        def answers(device: str) -> list[dict]:
            got = (
                stranger.post(f"/v1/devices/{device}/confirm", body),
                stranger.delete(f"/v1/devices/{device}"),
            )
            return [
                {"status": one.status_code, "headers": sorted(one.headers)} | one.json() | {"request_id": None}
                for one in got
            ]

        assert answers(phone.id) == answers(NOBODY)
        assert {one["status"] for one in answers(phone.id)} == {404}
        assert stranger.get("/v1/devices").json() == {"devices": []}
        assert second.confirm(phone).status_code == 200

    def test_a_code_makes_a_phone_of_the_organisation_that_made_it(
        self, world: World, first: Console, stranger: Console
    ) -> None:
        phone = world.phone()
        phone.enrol(stranger.invite()["code"])
        assert first.get("/v1/devices").json() == {"devices": []}
        assert [one["id"] for one in stranger.get("/v1/devices").json()["devices"]] == [phone.id]


def test_the_list_can_be_narrowed(world: World, first: Console, second: Console, clock: ManualClock) -> None:
    active = world.enrolled(first, second)
    clock.advance(seconds=1)
    pending = world.phone()
    pending.enrol(first.invite()["code"])
    clock.advance(seconds=1)
    revoked = world.enrolled(first, second)
    first.delete(f"/v1/devices/{revoked.id}")

    def ids(query: str) -> list[str]:
        return [one["id"] for one in first.get(f"/v1/devices{query}").json()["devices"]]

    assert ids("") == [revoked.id, pending.id, active.id]
    assert ids("?status=pending") == [pending.id]
    assert ids("?status=active") == [active.id]
    assert ids("?status=revoked") == [revoked.id]
    assert first.get("/v1/devices?status=lost").status_code == 422


def test_the_fingerprint_is_the_one_of_rfc_7638() -> None:
    """RFC 7638 §3.1 gives a key and its thumbprint, also as octets: 55, 54, 203, 177, 120, 124 ..."""
    assert fingerprint("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs") == "3736 cbb1 787c b830 9c77 ee8c 3705 c5e1"


def test_keys_are_on_the_curve_that_phones_have(world: World, first: Console) -> None:
    other = Key(ec.generate_private_key(ec.SECP384R1()))
    code = first.invite()["code"]
    body = {"code": code, "attestation": NONE}
    numbers = other.private.public_key().public_numbers()
    coordinates = {"x": base64url(numbers.x.to_bytes(48)), "y": base64url(numbers.y.to_bytes(48))}
    jwk = {"kty": "EC", "crv": "P-384"} | coordinates
    proof = Key().proof("POST", f"{ORIGIN}/v1/devices", world.clock.now(), header={"jwk": jwk})
    assert problem(world.client.post("/v1/devices", json=body, headers={"DPoP": proof})) == (401, "invalid_proof")
    assert world.phone().enrol(code).status_code == 201
