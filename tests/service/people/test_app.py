"""Signing in in the app: a code for this phone and no other, and what it is exchanged for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.domain.account_rules import Acting
from service.domain.identity import Role
from service.domain.one_time import code_digest
from service.domain.sign_in_codes import SignInCode
from tests.service.people.office import PASSWORD, Office, code_of
from tests.service.people.phone import Phone
from tests.service.tokens.keys import Key

REVIEWER = Role.ID_ADMINISTRATOR
NOBODY = (400, "invalid_grant")


@pytest.fixture
def phone(office: Office, clock) -> Phone:
    """An enrolled phone."""
    return Phone.of(office, clock)


def refused(answer) -> tuple[int, str]:
    """Status and error of OAuth."""
    return answer.status_code, answer.json()["error"]


def test_from_the_passkey_to_the_token_and_out(office: Office, phone: Phone) -> None:
    member = office.member(REVIEWER)
    code = phone.sign_in(member)
    phone.take_token(phone.exchange(code))
    me = phone.get("/v1/me").json()
    assert (me["id"], me["csrf"], me["session"]["methods"]) == (member.id, None, ["passkey"])
    # in a browser the person sees the phone, and ends it
    office.sign_in(member)
    listed = member.browser.get("/v1/sessions").json()["sessions"]
    (there,) = [session for session in listed if not session["current"]]
    assert there["idle_until"] is None
    assert member.browser.request("DELETE", f"/v1/sessions/{there['id']}").status_code == 204
    assert phone.get("/v1/me").status_code == 401


def test_a_code_is_good_once(office: Office, phone: Phone) -> None:
    code = phone.sign_in(office.member(REVIEWER))
    assert phone.exchange(code).status_code == 200
    assert refused(phone.exchange(code)) == NOBODY


def test_a_code_is_good_for_a_minute(office: Office, phone: Phone, clock) -> None:
    code = phone.sign_in(office.member(REVIEWER))
    clock.advance(seconds=60)
    assert refused(phone.exchange(code)) == NOBODY


def test_a_code_is_for_one_phone(office: Office, phone: Phone, clock) -> None:
    thief = Phone.of(office, clock, "B")
    code = phone.sign_in(office.member(REVIEWER))
    assert refused(thief.exchange(code)) == NOBODY
    # and the thief did not use it up
    assert phone.exchange(code).status_code == 200


def test_a_phone_of_another_organisation(office: Office, clock) -> None:
    foreign = Phone.of(office, clock, "C", "Region Syd")
    code = foreign.sign_in(office.member(REVIEWER))
    assert refused(foreign.exchange(code)) == NOBODY


def test_a_sign_in_is_proved_with_the_key_that_it_was_begun_for(office: Office, phone: Phone, clock) -> None:
    member, thief = office.member(REVIEWER), Phone.of(office, clock, "B")
    begun = phone.begin().json()
    body = {"assertion": member.keys.get(begun["public_key"])}
    assert code_of(thief.finish(begun, body)) == (404, "not_found")
    path = f"/v1/sign-ins/{begun['id']}"
    assert code_of(phone.client.post(path, json=body)) == (404, "not_found"), "without a proof"
    wrong = Key().proof("POST", "https://evil.example" + path, clock.now())
    assert code_of(phone.client.post(path, json=body, headers={"DPoP": wrong})) == (401, "invalid_proof")
    assert phone.finish(begun, body).status_code == 200


def test_a_browser_does_not_finish_the_sign_in_of_a_phone(office: Office, phone: Phone) -> None:
    member = office.member(REVIEWER)
    begun = phone.begin().json()
    member.browser.post("/v1/sign-ins", {"method": "passkey"})
    body = {"assertion": member.keys.get(begun["public_key"])}
    assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", body)) == (404, "not_found")


def test_a_phone_does_not_finish_the_sign_in_of_a_browser(office: Office, phone: Phone) -> None:
    member = office.member(REVIEWER)
    begun = member.browser.post("/v1/sign-ins", {"method": "passkey"}).json()
    body = {"assertion": member.keys.get(begun["public_key"])}
    assert code_of(phone.finish(begun, body)) == (404, "not_found")


def test_no_cookie_opens_the_session_of_a_phone(office: Office, phone: Phone) -> None:
    member = office.member(REVIEWER)
    phone.sign_in(member)
    with office.services.database.reading() as work:
        (session,) = work.sessions.of(member.id)
    assert session.device_key == phone.key.thumbprint
    browser = office.browser()
    for guess in (session.id, session.device_key):
        browser.client.cookies.set("__Host-passkoll", guess)
        assert browser.get("/v1/me").status_code == 401


def test_a_person_who_is_locked_between_code_and_token(office: Office, phone: Phone, clock) -> None:
    office.member(Role.SYSTEM_ADMINISTRATOR)
    member = office.member(REVIEWER)
    code = phone.sign_in(member)
    office.services.staff.change.lock(Acting("operator", "Specimen organisation"), member.id)
    assert refused(phone.exchange(code)) == NOBODY


def test_by_password_in_the_app(office: Office, phone: Phone) -> None:
    member = office.member(REVIEWER, password=PASSWORD)
    begun = phone.begin("password").json()
    answer = phone.finish(begun, {"login": f"login-{member.id}", "password": PASSWORD})
    phone.take_token(phone.exchange(answer.json()["sign_in_code"]))
    assert phone.get("/v1/me").json()["session"]["strong"] is False


def test_the_identity_provider_is_asked_by_the_app_itself(phone: Phone) -> None:
    assert code_of(phone.begin("oidc")) == (422, "validation_failed")


@pytest.mark.parametrize("key", ["x", "A" * 42, "A" * 44, "=" * 43], ids=["short", "42", "44", "padding"])
def test_what_is_no_thumbprint(phone: Phone, key: str) -> None:
    assert code_of(phone.begin(key=key)) == (422, "validation_failed")


def test_a_phone_that_was_confirmed_at_the_console(office: Office, phone: Phone, clock) -> None:
    """A code of a pairing names the session of the console; the phone gets one of its own."""
    member = office.signed_in(REVIEWER)
    console = member.browser.get("/v1/me").json()["session"]["id"]

    def paired() -> str:
        code = "A" * 26
        proof = SignInCode(
            phone.key.thumbprint,
            "Specimen organisation",
            member.id,
            console,
            clock.now(),
            ("passkey",),
            clock.now() + timedelta(seconds=60),
        )
        with office.services.database.changing() as work:
            work.sign_in_codes.issue(code_digest(code), proof)
        return code

    phone.take_token(phone.exchange(paired()))
    own = phone.get("/v1/me").json()["session"]["id"]
    assert own != console
    # a step-up at the console does not end what the phone is in the middle of
    assert office.step_up(member).status_code == 200
    assert phone.get("/v1/me").status_code == 200
    # the session that it was confirmed in is over: no second phone comes in by it
    assert refused(phone.exchange(paired())) == NOBODY
    member.browser.request("DELETE", "/v1/sessions")
    phone.take_token(phone.exchange(phone.sign_in(member)))
    assert phone.get("/v1/me").status_code == 200
