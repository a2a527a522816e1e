"""Signing in at the console: invitations, passkeys, passwords, sessions, and those who try to get in without."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from service.adapters.db.people_tables import sessions, sign_ins
from service.domain.identity import Role
from service.domain.people import PersonStatus
from service.usecases.forget_sessions import ForgetSessions
from tests.service.people.authenticator import UP, UV, Authenticator, b64, un64
from tests.service.people.office import PASSWORD, Office, code_of

ADMIN = Role.SYSTEM_ADMINISTRATOR
REFUSED = (403, "sign_in_refused")
GONE = (404, "not_found")


def test_from_an_invitation_to_a_session_and_out_again(office: Office) -> None:
    member = office.member(Role.ID_ADMINISTRATOR)
    assert code_of(member.browser.get("/v1/me")) == (401, "unauthenticated")
    answer = office.sign_in(member)
    assert answer.status_code == 200
    me = member.browser.get("/v1/me").json()
    assert (me["id"], me["roles"], me["organisation"]) == (member.id, ["id_administrator"], "Specimen organisation")
    assert me["csrf"] == answer.json()["me"]["csrf"]
    assert (me["session"]["methods"], me["session"]["strong"]) == (["passkey"], True)
    stolen = member.browser.cookie
    signed_out = member.browser.request("DELETE", f"/v1/sessions/{me['session']['id']}")
    assert signed_out.status_code == 204
    assert member.browser.cookie is None
    # a copy of the cookie is worth nothing after that
    thief = office.browser()
    thief.client.cookies.set("__Host-passkoll", stolen)
    assert code_of(thief.get("/v1/me")) == (401, "unauthenticated")


def test_the_cookie_is_for_this_host_over_tls_alone(office: Office) -> None:
    member = office.member()
    answer = office.sign_in(member)
    (cookie,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith("__Host-passkoll=")]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


def test_only_digests_of_secrets_are_kept(office: Office) -> None:
    member = office.signed_in()
    with office.services.database.engine.connect() as connection:
        kept = connection.execute(select(sessions.c.digest)).scalars().all()
        everything = repr(connection.execute(select(sessions)).all())
    assert kept == [hashlib.sha256(member.browser.cookie.encode()).hexdigest()]
    assert member.browser.cookie not in everything
    assert member.browser.csrf not in everything


class TestInvitations:
    def test_it_is_good_once(self, office: Office) -> None:
        code = office.invite().code
        browser, keys = office.browser(), Authenticator()
        options = browser.post("/v1/invitations/show", {"code": code}).json()["public_key"]
        body = {"code": code, "registration": keys.create(options)}
        assert browser.post("/v1/invitations/accept", body).status_code == 201
        assert code_of(browser.post("/v1/invitations/accept", body)) == GONE
        assert code_of(browser.post("/v1/invitations/show", {"code": code})) == GONE

    def test_it_is_good_for_a_day(self, office: Office, clock) -> None:
        code = office.invite().code
        clock.advance(hours=24, seconds=-1)
        assert office.browser().post("/v1/invitations/show", {"code": code}).status_code == 200
        clock.advance(seconds=1)
        assert code_of(office.browser().post("/v1/invitations/show", {"code": code})) == GONE

    def test_a_guess_is_worth_nothing(self, office: Office) -> None:
        office.invite()
        assert code_of(office.browser().post("/v1/invitations/show", {"code": "A" * 43})) == GONE

    def test_nobody_is_signed_in_by_it(self, office: Office) -> None:
        member = office.member()
        assert member.browser.cookie is None

    @pytest.mark.parametrize(
        ("choice", "pointer", "code"),
        [
            ({}, "/registration", "missing"),
            ({"login": "anna.ek"}, "/password", "missing"),
            ({"password": PASSWORD}, "/login", "missing"),
            ({"login": "anna.ek", "password": "fourteen chars"}, "/password", "too_short"),
            ({"login": "anna.ek", "password": "my name is anna.ek, hello"}, "/password", "too_simple"),
            ({"login": "anna.ek", "password": "ababababababababab"}, "/password", "too_simple"),
        ],
        ids=["nothing", "no password", "no login", "short", "login in it", "two letters"],
    )
    def test_what_is_not_good_enough(self, office: Office, choice, pointer: str, code: str) -> None:
        invited = office.invite()
        answer = office.browser().post("/v1/invitations/accept", {"code": invited.code, **choice})
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
        # and the invitation is still good
        assert office.browser().post("/v1/invitations/show", {"code": invited.code}).status_code == 200

    @pytest.mark.parametrize(
        "attack",
        [
            {"origin": "https://passkoll.example.evil.example"},
            {"rp_id": "evil.example"},
            {"flags": UP},
            {"flags": UV},
            {"client_data": {"type": "webauthn.get"}},
            {"client_data": {"challenge": b64(b"another challenge")}},
            {"client_data": {"crossOrigin": True}},
        ],
        ids=["origin", "relying party", "not verified", "not present", "type", "challenge", "in a frame"],
    )
    def test_a_passkey_that_proves_nothing(self, office: Office, attack) -> None:
        code = office.invite().code
        browser, keys = office.browser(), Authenticator(**attack)
        options = browser.post("/v1/invitations/show", {"code": code}).json()["public_key"]
        answer = browser.post("/v1/invitations/accept", {"code": code, "registration": keys.create(options)})
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": "/registration", "code": "unproven"}]

    def test_somebody_elses_passkey_is_not_registered_again(self, office: Office) -> None:
        member, code = office.member(), office.invite().code
        browser = office.browser()
        options = browser.post("/v1/invitations/show", {"code": code}).json()["public_key"]
        again = Authenticator()
        made = again.create(options)
        # the same credential id with a key of the attacker (WebAuthn §7.1 step 26)
        victim = member.keys.credentials[0].id
        attestation = un64(made["response"]["attestationObject"]).replace(again.credentials[0].id, victim)
        made |= {"id": b64(victim), "rawId": b64(victim)}
        made["response"]["attestationObject"] = b64(attestation)
        answer = browser.post("/v1/invitations/accept", {"code": code, "registration": made})
        assert code_of(answer) == (409, "already_in_use")
        assert office.sign_in(member).status_code == 200

    def test_a_locked_person_accepts_nothing(self, office: Office) -> None:
        invited = office.invite()
        with office.services.database.changing() as work:
            work.people.save(replace(work.people.find(invited.person.id), status=PersonStatus.LOCKED))
        assert code_of(office.browser().post("/v1/invitations/show", {"code": invited.code})) == GONE


class TestPasskeys:
    @pytest.mark.parametrize(
        "attack",
        [
            {"origin": "https://evil.example"},
            {"origin": "http://passkoll.example"},
            {"rp_id": "evil.example"},
            {"flags": UP},
            {"flags": UV},
            {"client_data": {"type": "webauthn.create"}},
            {"client_data": {"challenge": b64(b"c" * 32)}},
            {"client_data": {"crossOrigin": True}},
            {"client_data": {"topOrigin": "https://evil.example"}},
        ],
        ids=["origin", "no TLS", "relying party", "not verified", "not present", "type", "challenge", "frame", "top"],
    )
    def test_what_proves_nothing(self, office: Office, attack) -> None:
        member = office.member()
        for name, value in attack.items():
            setattr(member.keys, name, value)
        assert code_of(office.sign_in(member)) == REFUSED
        assert member.browser.cookie is None

    def test_an_answer_is_good_once(self, office: Office) -> None:
        member = office.member()
        begun = member.browser.post("/v1/sign-ins", {"method": "passkey"}).json()
        body = {"assertion": member.keys.get(begun["public_key"])}
        assert member.browser.post(f"/v1/sign-ins/{begun['id']}", body).status_code == 200
        assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", body)) == GONE
        another = member.browser.post("/v1/sign-ins", {"method": "passkey"}).json()
        assert code_of(member.browser.post(f"/v1/sign-ins/{another['id']}", body)) == REFUSED

    def test_a_counter_that_goes_back_is_a_copy(self, office: Office) -> None:
        member = office.member()
        credential = member.keys.credentials[0]
        credential.counter = 41
        assert office.sign_in(member).status_code == 200
        credential.counter = 40
        assert code_of(office.sign_in(member)) == REFUSED, "42 again"
        credential.counter = 42
        assert office.sign_in(member).status_code == 200

    def test_an_authenticator_that_does_not_count(self, office: Office) -> None:
        member = office.member()
        member.keys.step = 0
        assert office.sign_in(member).status_code == 200
        assert office.sign_in(member).status_code == 200

    def test_another_ones_key_under_ones_own_credential(self, office: Office) -> None:
        victim, attacker = office.member(ADMIN), office.member()
        begun = attacker.browser.post("/v1/sign-ins", {"method": "passkey"}).json()
        forged = attacker.keys.credentials[0]
        forged.id = victim.keys.credentials[0].id
        forged.handle = victim.keys.credentials[0].handle
        body = {"assertion": attacker.keys.get(begun["public_key"], forged)}
        assert code_of(attacker.browser.post(f"/v1/sign-ins/{begun['id']}", body)) == REFUSED

    def test_ones_own_key_with_another_ones_handle(self, office: Office) -> None:
        victim, attacker = office.member(ADMIN), office.member()
        attacker.keys.credentials[0].handle = victim.id.encode()
        assert code_of(office.sign_in(attacker)) == REFUSED

    @pytest.mark.parametrize(
        "garbage",
        [{}, {"id": "x"}, {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}],
        ids=["empty", "half", "no response"],
    )
    def test_what_is_no_assertion(self, office: Office, garbage) -> None:
        browser = office.browser()
        begun = browser.post("/v1/sign-ins", {"method": "passkey"}).json()
        assert code_of(browser.post(f"/v1/sign-ins/{begun['id']}", {"assertion": garbage})) == REFUSED

    def test_five_answers_and_no_more(self, office: Office) -> None:
        member = office.member()
        begun = member.browser.post("/v1/sign-ins", {"method": "passkey"}).json()
        for _ in range(5):
            answer = member.browser.post(f"/v1/sign-ins/{begun['id']}", {"assertion": {}})
            assert code_of(answer) == REFUSED
        good = {"assertion": member.keys.get(begun["public_key"])}
        assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", good)) == GONE

    def test_five_minutes_and_no_longer(self, office: Office, clock) -> None:
        member = office.member()
        begun = member.browser.post("/v1/sign-ins", {"method": "passkey"}).json()
        clock.advance(minutes=5)
        good = {"assertion": member.keys.get(begun["public_key"])}
        assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", good)) == GONE


class TestOtherBrowsers:
    def test_login_csrf_the_sign_in_belongs_to_the_browser_that_began_it(self, office: Office) -> None:
        attacker, victim = office.member(), office.browser()
        begun = attacker.browser.post("/v1/sign-ins", {"method": "passkey"}).json()
        body = {"assertion": attacker.keys.get(begun["public_key"])}
        # the victim's browser is made to send the attacker's proof
        assert code_of(victim.post(f"/v1/sign-ins/{begun['id']}", body)) == GONE
        assert victim.cookie is None
        # with a sign-in of its own under way it is no better
        victim.post("/v1/sign-ins", {"method": "passkey"})
        assert code_of(victim.post(f"/v1/sign-ins/{begun['id']}", body)) == GONE
        assert attacker.browser.post(f"/v1/sign-ins/{begun['id']}", body).status_code == 200

    def test_session_fixation(self, office: Office) -> None:
        attacker, victim = office.signed_in(), office.member(ADMIN)
        planted = attacker.browser.cookie
        victim.browser.client.cookies.set("__Host-passkoll", planted)
        assert office.sign_in(victim).status_code == 200
        jar = victim.browser.client.cookies.jar
        (fresh,) = {found.value for found in jar if found.name == "__Host-passkoll" and found.domain != ""}
        assert fresh != planted
        # what was planted became nobody's, and never the victim's
        assert code_of(attacker.browser.get("/v1/me")) == (401, "unauthenticated")

    def test_a_made_up_cookie_is_nobody(self, office: Office) -> None:
        browser = office.browser()
        browser.client.cookies.set("__Host-passkoll", "A" * 43)
        assert code_of(browser.get("/v1/me")) == (401, "unauthenticated")

    def test_csrf_a_change_needs_the_token_of_this_session(self, office: Office) -> None:
        member, other = office.signed_in(ADMIN), office.signed_in(ADMIN)
        body = {"given_name": "A", "family_name": "B", "roles": []}
        right = member.browser.csrf
        for wrong in (None, "", "x", other.browser.csrf, member.browser.cookie):
            member.browser.csrf = wrong
            assert code_of(member.browser.post("/v1/people", body)) == (401, "unauthenticated")
        member.browser.csrf = right
        assert member.browser.post("/v1/people", body).status_code == 201
        # reading needs none: another origin cannot read the answer
        member.browser.csrf = None
        assert member.browser.get("/v1/me").status_code == 200

    def test_a_token_and_a_cookie_together_are_nobody(self, office: Office) -> None:
        member = office.signed_in()
        answer = member.browser.get("/v1/me", headers={"Authorization": "DPoP abc"})
        assert code_of(answer) == (401, "unauthenticated")


class TestPasswords:
    def sign_in(self, browser, login: str, password: str):
        begun = browser.post("/v1/sign-ins", {"method": "password"}).json()
        return browser.post(f"/v1/sign-ins/{begun['id']}", {"login": login, "password": password})

    def test_it_signs_in_and_is_no_strong_proof(self, office: Office) -> None:
        member = office.member(ADMIN, password=PASSWORD)
        answer = self.sign_in(member.browser, f"LOGIN-{member.id}", PASSWORD)
        assert answer.status_code == 200
        me = answer.json()["me"]
        assert (me["session"]["methods"], me["session"]["strong"]) == (["pwd"], False)
        member.browser.csrf = me["csrf"]
        assert member.browser.get("/v1/people").status_code == 200
        body = {"given_name": "A", "family_name": "B", "roles": []}
        assert code_of(member.browser.post("/v1/people", body)) == (403, "step_up_required")
        with office.services.database.reading() as work:
            (session,) = work.sessions.of(member.id)
        assert not session.is_strong
        # proved anew with the passkey, it is
        assert office.step_up(member).status_code == 200
        assert member.browser.post("/v1/people", body).status_code == 201

    def test_wrong_and_unknown_look_the_same(self, office: Office) -> None:
        member = office.member(password=PASSWORD)
        wrong = self.sign_in(office.browser(), f"login-{member.id}", PASSWORD + "x")
        unknown = self.sign_in(office.browser(), "nobody at all".replace(" ", "."), PASSWORD)
        without = self.sign_in(office.browser(), f"login-{office.member().id}", PASSWORD)
        answers = [(answer.status_code, {**answer.json(), "request_id": ""}) for answer in (wrong, unknown, without)]
        assert answers[0] == answers[1] == answers[2]
        assert answers[0][0] == 403

    def test_a_hash_is_made_for_nobody_too(self, true_passwords, office: Office, monkeypatch) -> None:
        """The time class: what takes long is done whether or not there is such an account."""
        member, made = office.member(password=PASSWORD), []
        hashes = office.services.staff.finish.passwords._hashes
        verify = hashes.verify

        def counted(password: str, against: str) -> bool:
            made.append(against.split("$")[1:4])
            return verify(password, against)

        monkeypatch.setattr(hashes, "verify", counted)
        self.sign_in(office.browser(), f"login-{member.id}", "x" * 15)
        self.sign_in(office.browser(), "nobody", "x" * 15)
        assert len(made) == 2
        assert made[0] == made[1] == ["argon2id", "v=19", "m=65536,t=3,p=4"]

    def test_brute_force_of_one_account_from_many_places(self, office: Office) -> None:
        member = office.member(password=PASSWORD)
        codes = [code_of(self.sign_in(office.browser(), f"login-{member.id}", f"guess {n:010}")) for n in range(11)]
        assert codes[:10] == [REFUSED] * 10
        assert codes[10] == (429, "too_many_requests")
        # the right one comes too late as well, whoever has it
        assert code_of(self.sign_in(office.browser(), f"login-{member.id}", PASSWORD))[0] == 429
        # and the passkey is not locked by it
        assert office.sign_in(member).status_code == 200

    def test_guesses_at_nobody_are_counted_alike(self, office: Office) -> None:
        codes = [code_of(self.sign_in(office.browser(), "nobody", "guess"))[0] for _ in range(11)]
        assert codes == [403] * 10 + [429]

    def test_the_wrong_proof_for_the_method(self, office: Office) -> None:
        member = office.member(password=PASSWORD)
        begun = member.browser.post("/v1/sign-ins", {"method": "passkey"}).json()
        body = {"login": f"login-{member.id}", "password": PASSWORD}
        assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", body)) == REFUSED

    def test_a_password_is_no_step_up(self, office: Office) -> None:
        member = office.signed_in()
        answer = member.browser.post("/v1/sessions/step-up", {"method": "password"})
        assert code_of(answer) == (422, "validation_failed")


class TestSessions:
    def test_idle(self, office: Office, clock) -> None:
        member = office.signed_in()
        for _ in range(3):
            clock.advance(minutes=29)
            assert member.browser.get("/v1/me").status_code == 200
        clock.advance(minutes=30)
        assert member.browser.get("/v1/me").status_code == 401

    def test_ten_hours(self, office: Office, clock) -> None:
        member = office.signed_in()
        for _ in range(23):
            clock.advance(minutes=26)
            assert member.browser.get("/v1/me").status_code == 200
        clock.advance(minutes=2)
        assert member.browser.get("/v1/me").status_code == 401

    def test_a_step_up_does_not_make_the_day_longer(self, office: Office, clock) -> None:
        member = office.signed_in()
        first = member.browser.get("/v1/me").json()["session"]
        clock.advance(minutes=20)
        before = member.browser.cookie
        assert office.step_up(member, decision_hash="ab" * 32).status_code == 200
        session = member.browser.get("/v1/me").json()["session"]
        assert session["id"] != first["id"]
        assert (session["began_at"], session["expires_at"]) == (first["began_at"], first["expires_at"])
        assert session["signed_in_at"] != first["signed_in_at"]
        assert member.browser.cookie != before
        thief = office.browser()
        thief.client.cookies.set("__Host-passkoll", before)
        assert thief.get("/v1/me").status_code == 401

    def test_one_sees_and_ends_ones_own(self, office: Office) -> None:
        member, other = office.signed_in(), office.signed_in()
        second = replace(member, browser=office.browser())
        assert office.sign_in(second).status_code == 200
        listed = member.browser.get("/v1/sessions").json()["sessions"]
        assert [session["current"] for session in listed].count(True) == 1
        assert len(listed) == 2
        (elsewhere,) = [session["id"] for session in listed if not session["current"]]
        foreign = other.browser.get("/v1/me").json()["session"]["id"]
        unknown = "ss_" + "A" * 26
        answers = [member.browser.request("DELETE", f"/v1/sessions/{name}") for name in (foreign, unknown, "x")]
        assert {code_of(answer) for answer in answers} == {GONE}
        assert member.browser.request("DELETE", f"/v1/sessions/{elsewhere}").status_code == 204
        assert second.browser.get("/v1/me").status_code == 401
        assert member.browser.get("/v1/me").status_code == 200
        assert other.browser.get("/v1/me").status_code == 200

    def test_out_everywhere(self, office: Office) -> None:
        member = office.signed_in()
        second = replace(member, browser=office.browser())
        office.sign_in(second)
        assert second.browser.request("DELETE", "/v1/sessions").json() == {"ended": 2}
        assert member.browser.get("/v1/me").status_code == 401

    def test_the_nightly_job_forgets_what_is_over(self, office: Office, clock) -> None:
        office.signed_in()
        database = office.services.database
        forget = ForgetSessions(database, clock)

        def rows() -> tuple[int, int]:
            with database.engine.connect() as connection:
                counted = [
                    connection.execute(select(func.count()).select_from(table)).scalar_one()
                    for table in (sessions, sign_ins)
                ]
            return tuple(counted)

        forget()
        assert rows() == (1, 1)
        clock.advance(days=1, minutes=6)
        forget()
        assert rows() == (1, 0)
        clock.advance(hours=10)
        forget()
        assert rows() == (0, 0)


class TestStepUp:
    def test_the_passkey_signs_the_decision(self, office: Office) -> None:
        member = office.signed_in()
        decision = hashlib.sha256(b"decision").hexdigest()
        begun = member.browser.post("/v1/sessions/step-up", {"method": "passkey", "decision_hash": decision}).json()
        assert un64(begun["public_key"]["challenge"])[32:].hex() == decision
        (allowed,) = begun["public_key"]["allowCredentials"]
        assert un64(allowed["id"]) == member.keys.credentials[0].id
        body = {"assertion": member.keys.get(begun["public_key"])}
        assert member.browser.post(f"/v1/sign-ins/{begun['id']}", body).status_code == 200
        with office.services.database.reading() as work:
            (session,) = work.sessions.of(member.id)
        assert session.approves == decision

    def test_it_is_the_same_person(self, office: Office) -> None:
        member, other = office.signed_in(), office.member()
        begun = member.browser.post("/v1/sessions/step-up", {"method": "passkey"}).json()
        used = other.keys.credentials[0]
        body = {"assertion": other.keys.get(begun["public_key"], used)}
        assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", body)) == REFUSED

    def test_it_is_the_same_session(self, office: Office) -> None:
        member = office.signed_in()
        begun = member.browser.post("/v1/sessions/step-up", {"method": "passkey"}).json()
        body = {"assertion": member.keys.get(begun["public_key"])}
        member.browser.client.cookies.delete("__Host-passkoll")
        assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", body)) == REFUSED

    def test_a_session_that_ended_is_not_revived(self, office: Office, clock) -> None:
        member = office.signed_in()
        begun = member.browser.post("/v1/sessions/step-up", {"method": "passkey"}).json()
        body = {"assertion": member.keys.get(begun["public_key"])}
        with office.services.database.changing() as work:
            work.sessions.end_all(member.id, clock.now())
        assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", body)) == REFUSED


def test_one_case_on_the_screen_of_another_person(office: Office) -> None:
    """The second person's session stands beside the first one's, and touches the one case alone."""
    first = office.signed_in(Role.ID_ADMINISTRATOR)
    second = office.member(Role.ID_ADMINISTRATOR)
    second.browser = first.browser
    own = first.browser.csrf
    case = "vs_" + "A" * 26
    answer = office.sign_in(second, only=case)
    assert answer.status_code == 200
    assert answer.json()["me"]["session"]["only"] == case
    in_case = {"X-Passkoll-Session": "case"}
    assert first.browser.get("/v1/me", headers=in_case).json()["id"] == second.id
    first.browser.csrf = own
    assert first.browser.get("/v1/me").json()["id"] == first.id
