"""`POST /v1/oauth/token` and `/v1/oauth/revoke` over HTTP, on both databases: what is given, and every refusal."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from starlette.testclient import TestClient

from service import wiring
from service.adapters.db.token_tables import access_tokens, clients, used_ids
from service.app import application
from service.domain.clients import ClientKind
from service.domain.devices import DeviceStatus, KeyProtection, Platform
from service.domain.identity import Presented
from service.domain.jobs import Job, JobKind
from service.domain.one_time import code_digest, one_time_code
from service.domain.people import PersonStatus
from service.domain.sign_in_codes import SignInCode
from service.domain.tokens import OAuthErrorCode
from service.settings import Settings
from tests.service.photo_reader import PlannedReader
from tests.service.tokens.keys import ASSERTION_TYPE, Key, compact, hs256, seconds
from tests.service.tokens.world import (
    ACCESS_TOKEN,
    DEVICE,
    EXCHANGE,
    HARNESS,
    ISSUER,
    ORGANISATION,
    ORIGIN,
    OTHER_PORTAL,
    PERSON,
    PORTAL,
    SESSION,
    SUBJECT_TYPE,
    TOKEN_URL,
    World,
)

UNKNOWN = "cl_" + "Z" * 26


def refused(answer, code: str) -> None:
    """An error as RFC 6749 §5.2 has it, and nothing else."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"error", "error_description", "request_id"}
    assert body["error"] == code, body
    # RFC 6749 §5.2: printable ASCII without quotes and backslashes
    assert all(" " <= character <= "~" and character not in '"\\' for character in body["error_description"])


class TestWhatIsGiven:
    """Each kind of token, and what its bearer is."""

    def test_a_portal(self, world: World) -> None:
        answer = world.token(world.portal, PORTAL)
        assert answer.status_code == 200
        body = answer.json()
        token = body.pop("access_token")
        assert body == {"token_type": "DPoP", "expires_in": 600, "scope": "orders results verifications"}
        assert len(token) == 43  # 256 bits in base64url
        assert answer.headers["cache-control"] == "no-store"
        assert world.open(world.portal, token).status_code == 201

    def test_a_portal_asks_for_less(self, world: World) -> None:
        answer = world.token(world.portal, PORTAL, scope="results")
        assert answer.json()["scope"] == "results"
        opened = world.open(world.portal, answer.json()["access_token"])
        assert (opened.status_code, opened.json()["code"]) == (403, "insufficient_scope")
        assert opened.headers["www-authenticate"] == 'DPoP algs="ES256", error="insufficient_scope"'

    def test_a_harness(self, world: World) -> None:
        token = world.given(world.harness, HARNESS)
        assert world.call("POST", "/v1/inspections", world.harness, token, json={}).status_code == 422
        assert world.open(world.harness, token).json()["code"] == "forbidden"

    def test_a_phone_by_itself_may_not_touch_cases(self, world: World) -> None:
        answer = world.token(world.phone, DEVICE)
        assert answer.json()["scope"] == ""
        assert world.open(world.phone, answer.json()["access_token"]).json()["code"] == "forbidden"

    def test_a_person_on_a_phone(self, world: World) -> None:
        answer = world.for_person()
        body = answer.json()
        token = body.pop("access_token")
        assert body == {
            "token_type": "DPoP",
            "expires_in": 600,
            "scope": "capture read",
            "issued_token_type": ACCESS_TOKEN,
        }
        opened = world.open(world.phone, token)
        assert opened.status_code == 201
        shown = world.call("GET", opened.json()["links"]["self"], world.phone, token)
        assert shown.status_code == 200

    def test_the_principal_of_a_person_on_a_phone(self, world: World) -> None:
        """`sub` is the person, `act` the phone; when the person was there is when they signed in."""
        signed_in_at = world.now()
        token = world.app()
        world.clock.advance(minutes=5)
        who = self.seen(world, world.phone, token)
        assert (who.id, who.device, who.organisation) == (PERSON, DEVICE, ORGANISATION)
        assert {caller.value for caller in who.callers} == {"app"}
        assert {role.value for role in who.roles} == {"id_administrator"}
        assert (who.session, who.signed_in_at) == (SESSION, signed_in_at)
        assert (who.only, who.scopes) == (None, {"capture", "read"})

    def test_a_person_on_a_phone_reads_only(self, world: World) -> None:
        token = world.app(scope="read")
        assert world.open(world.phone, token).json()["code"] == "insufficient_scope"
        assert world.call("GET", "/v1/verifications?mine=true", world.phone, token).status_code == 200

    def test_a_token_of_a_person_can_never_review_or_fetch(self, world: World) -> None:
        """SECURITY.md 7.4."""
        token = world.app()
        case = world.open(world.phone, token).json()["links"]["self"]
        for method, path in (("POST", f"{case}/reviews"), ("GET", f"{case}/result"), ("GET", f"{case}/portrait")):
            answer = world.call(method, path, world.phone, token, **({"json": {}} if method == "POST" else {}))
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    def test_the_phone_of_a_holder(self, world: World) -> None:
        order, key = "or_" + "O" * 26, Key()
        device = self.holder(world, key, order)
        token = world.given(key, device)
        who = self.seen(world, key, token)
        assert ({caller.value for caller in who.callers}, who.only, who.id) == ({"holder"}, order, device)
        assert who.scopes == {"capture", "read"}

    def test_the_phone_of_a_holder_acts_for_no_member_of_staff(self, world: World) -> None:
        key = Key()
        device = self.holder(world, key, "or_" + "O" * 26)
        code = world.sign_in(world.person(), key)
        answer = world.token(key, device, grant_type=EXCHANGE, subject_token=code, subject_token_type=SUBJECT_TYPE)
        refused(answer, "unauthorized_client")

    def holder(self, world: World, key: Key, order: str) -> str:
        """The phone of a holder."""
        device = "de_" + "H" * 26
        with world.services.database.changing() as work:
            public = world.device().public_key.replace(world.phone.jwk["x"], key.jwk["x"])
            public = public.replace(world.phone.jwk["y"], key.jwk["y"])
            work.devices.add(
                world.device(id=device, key=key.thumbprint, public_key=public, enrolled_by=None, order=order)
            )
        return device

    def seen(self, world: World, key: Key, token: str):
        """Who the service takes the bearer for."""
        proof = key.proof("GET", f"{ORIGIN}/anywhere", world.now(), token=token)
        return world.services.tokens.identity.authenticate(
            Presented("GET", "/anywhere", "testserver", ORIGIN, "dpop", token, proof)
        )

    def test_a_token_is_renewed_until_the_sign_in_is_too_old(self, world: World) -> None:
        token = world.app()
        signed_in_at, renewed = world.now(), 0
        while world.now() + timedelta(minutes=9) < signed_in_at + timedelta(hours=10):
            world.clock.advance(minutes=9)
            token = world.given(
                world.phone, DEVICE, grant_type=EXCHANGE, subject_token=token, subject_token_type=ACCESS_TOKEN
            )
            renewed += 1
        assert renewed == 66
        world.clock.advance(minutes=9)
        answer = world.token(
            world.phone, DEVICE, grant_type=EXCHANGE, subject_token=token, subject_token_type=ACCESS_TOKEN
        )
        refused(answer, "invalid_grant")

    def digest(self, token: str) -> str:
        """SHA-256."""
        return hashlib.sha256(token.encode()).hexdigest()

    def test_a_renewed_token_has_no_more_scopes(self, world: World) -> None:
        token = world.app(scope="read")
        renewal = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
        assert world.token(world.phone, DEVICE, **renewal).json()["scope"] == "read"
        refused(world.token(world.phone, DEVICE, scope="capture", **renewal), "invalid_scope")

    def test_only_its_digest_is_kept(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        with world.services.database.engine.connect() as connection:
            rows = connection.execute(select(access_tokens)).all() + connection.execute(select(used_ids)).all()
        assert self.digest(token) in {row[0] for row in rows}
        assert token not in repr(rows)

    def test_it_is_in_the_audit_trail(self, world: World) -> None:
        world.given(world.portal, PORTAL)
        world.app()
        with world.services.database.reading() as work:
            rows = [row for row in work.audit.rows() if row["action"] == "token_issued"]
        assert [json.loads(row["details"]) for row in rows] == [
            {"kind": "portal", "client": PORTAL},
            {"kind": "app", "client": DEVICE},
        ]


class TestRequests:
    """What is no request of an OAuth client (RFC 6749 §3.2)."""

    @pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "x"])
    def test_other_grants(self, world: World, grant: str) -> None:
        refused(world.token(world.portal, PORTAL, grant_type=grant), "unsupported_grant_type")

    def test_no_grant(self, world: World) -> None:
        refused(world.token(world.portal, PORTAL, grant_type=""), "invalid_request")

    def test_another_body(self, world: World) -> None:
        form = world.ask(grant_type="client_credentials")
        refused(world.client.post("/v1/oauth/token", json=form), "invalid_request")
        refused(world.client.post("/v1/oauth/token"), "invalid_request")

    @pytest.mark.parametrize(
        "content",
        [b"grant_type", b"a=%ff", b"\xff=1", b"a=1&a=1", b"grant_type=a&grant_type=b", b"a=1&" * 40 + b"b=1"],
    )
    def test_what_is_no_form(self, world: World, content: bytes) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        refused(world.client.post("/v1/oauth/token", content=content, headers=headers), "invalid_request")

    def test_parameters_in_the_address(self, world: World) -> None:
        """They would end in logs of proxies."""
        answer = world.client.post("/v1/oauth/token?grant_type=client_credentials", data=world.ask())
        refused(answer, "invalid_request")

    def test_two_ways_of_saying_who_it_is(self, world: World) -> None:
        proof = world.portal.proof("POST", TOKEN_URL, world.now())
        for headers in ({"Authorization": "Basic Og=="}, {"Authorization": "DPoP x"}):
            refused(world.token(world.portal, PORTAL, headers={"DPoP": proof} | headers), "invalid_request")
        refused(world.token(world.portal, PORTAL, client_secret="x"), "invalid_request")

    def test_what_is_too_long(self, world: World) -> None:
        refused(world.token(world.portal, PORTAL, scope="x" * 8193), "invalid_request")
        answer = world.token(world.portal, PORTAL, scope="x" * 17_000)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    def test_unknown_parameters_are_ignored(self, world: World) -> None:
        assert world.token(world.portal, PORTAL, whatever="1", client_id=PORTAL).status_code == 200

    @pytest.mark.parametrize("scope", ["capture", "results admin", "results  orders", " ", "RESULTS"])
    def test_scopes_that_a_portal_has_not(self, world: World, scope: str) -> None:
        refused(world.token(world.portal, PORTAL, scope=scope), "invalid_scope")

    def test_a_phone_by_itself_has_no_scope(self, world: World) -> None:
        refused(world.token(world.phone, DEVICE, scope="capture"), "invalid_scope")

    def test_no_answer_repeats_what_was_sent(self, world: World) -> None:
        secret = "L898902C3"
        for form in (
            {"grant_type": secret},
            {"scope": secret},
            {"client_id": secret},
            {secret: "1", "scope": secret},
        ):
            assert secret not in world.token(world.portal, PORTAL, **form).text


class TestAssertions:
    """RFC 7523 §3 and SECURITY.md 7.1; from outside every refusal looks the same."""

    def refused(
        self, world: World, assertion: str, key: Key | None = None, client: str = PORTAL, **form: str
    ) -> None:
        """`invalid_client`, whatever it was."""
        answer = world.token(key or world.portal, client, assertion=assertion, **form)
        refused(answer, "invalid_client")
        assert answer.json()["error_description"] == "client_assertion is missing, or proves no client that may ask"

    @pytest.mark.parametrize(
        "audience",
        [
            TOKEN_URL,
            ORIGIN,
            "https://other.example",
            ISSUER + "/",
            [ISSUER],
            [ISSUER, "https://other.example"],
            None,
            5,
        ],
        ids=repr,
    )
    def test_it_is_for_us_alone(self, world: World, audience: object) -> None:
        self.refused(world, world.portal.assertion(PORTAL, audience, world.now()))

    @pytest.mark.parametrize(
        "times",
        [
            {"exp": 0},
            {"exp": -1},
            {"exp": 61},
            {"exp": 86_400},
            {"exp": None},
            {"iat": 6},
            {"nbf": 6},
            {"exp": 10**12},
        ],
        ids=repr,
    )
    def test_it_lives_for_a_minute(self, world: World, times: dict) -> None:
        now = seconds(world.now())
        claims = {name: None if offset is None else now + offset for name, offset in times.items()}
        self.refused(world, world.portal.assertion(PORTAL, ISSUER, world.now(), **claims))

    @pytest.mark.parametrize("times", [{"exp": 1}, {"exp": 60}, {"iat": 5}, {"nbf": 5}, {"iat": None}], ids=repr)
    def test_a_minute_is_enough(self, world: World, times: dict) -> None:
        now = seconds(world.now())
        claims = {name: None if offset is None else now + offset for name, offset in times.items()}
        assertion = world.portal.assertion(PORTAL, ISSUER, world.now(), **claims)
        assert world.token(world.portal, PORTAL, assertion=assertion).status_code == 200

    @pytest.mark.parametrize(
        "claims",
        [
            {"iss": UNKNOWN},
            {"sub": UNKNOWN},
            {"iss": None},
            {"sub": None},
            {"jti": None},
            {"jti": ""},
            {"sub": DEVICE},
        ],
        ids=repr,
    )
    def test_it_names_one_client(self, world: World, claims: dict) -> None:
        self.refused(world, world.portal.assertion(PORTAL, ISSUER, world.now(), **claims))

    def test_it_counts_once(self, world: World) -> None:
        assertion = world.portal.assertion(PORTAL, ISSUER, world.now())
        assert world.token(world.portal, PORTAL, assertion=assertion).status_code == 200
        self.refused(world, assertion)

    def test_one_that_is_refused_later_is_used_up_all_the_same(self, world: World) -> None:
        assertion = world.portal.assertion(PORTAL, ISSUER, world.now())
        refused(world.token(world.portal, PORTAL, assertion=assertion, scope="x"), "invalid_scope")
        self.refused(world, assertion)

    def test_ids_of_two_clients_may_be_the_same(self, world: World) -> None:
        for key, client in ((world.portal, PORTAL), (world.harness, HARNESS)):
            assertion = key.assertion(client, ISSUER, world.now(), jti="one")
            assert world.token(key, client, assertion=assertion).status_code == 200

    def test_nobody_else_signs_it(self, world: World) -> None:
        self.refused(world, Key().assertion(PORTAL, ISSUER, world.now()))
        self.refused(world, world.harness.assertion(PORTAL, ISSUER, world.now()))

    def test_none_and_secrets(self, world: World) -> None:
        now = seconds(world.now())
        claims = {"iss": PORTAL, "sub": PORTAL, "aud": ISSUER, "jti": "j", "exp": now + 30}
        with world.services.database.engine.connect() as connection:
            registered = connection.execute(select(clients.c["keys"]).where(clients.c.id == PORTAL)).scalar_one()[0]
        self.refused(world, compact({"alg": "none"}, claims, lambda _octets: b""))
        self.refused(world, hs256(registered.encode(), {}, claims))

    def test_a_proof_is_no_assertion(self, world: World) -> None:
        claims = {"iss": PORTAL, "sub": PORTAL, "aud": ISSUER, "exp": seconds(world.now()) + 30}
        self.refused(world, world.portal.proof("POST", TOKEN_URL, world.now(), **claims))

    @pytest.mark.parametrize("assertion", ["", "x", "a.b.c", "." * 3, "x" * 5000, "é.é.é"])
    def test_what_is_none(self, world: World, assertion: str) -> None:
        self.refused(world, assertion)

    def test_its_type_is_named(self, world: World) -> None:
        assertion = world.portal.assertion(PORTAL, ISSUER, world.now())
        saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
        self.refused(world, assertion, client_assertion_type=saml)
        self.refused(world, assertion, client_assertion_type="")

    def test_another_client_id_beside_it(self, world: World) -> None:
        self.refused(world, world.portal.assertion(PORTAL, ISSUER, world.now()), client_id=HARNESS)

    def test_nobody_is_known_like_somebody_who_was(self, world: World) -> None:
        """An id that never was, one that was revoked and one with another key: one answer."""
        with world.services.database.changing() as work:
            work.clients.save(replace(work.clients.find(HARNESS), revoked_at=world.now()))
        for client in (UNKNOWN, HARNESS, OTHER_PORTAL, "x", "de_" + "Z" * 26):
            self.refused(world, world.harness.assertion(client, ISSUER, world.now()), world.harness, client)

    @pytest.mark.parametrize("status", [DeviceStatus.PENDING, DeviceStatus.REVOKED])
    def test_a_phone_that_may_not_act(self, world: World, status: DeviceStatus) -> None:
        key, device = Key(), "de_" + "P" * 26
        with world.services.database.changing() as work:
            public = json.dumps(key.jwk)
            work.devices.add(world.device(id=device, key=key.thumbprint, public_key=public, status=status))
        self.refused(world, key.assertion(device, ISSUER, world.now()), key, device)


class TestExchange:
    """RFC 8693: for whom a phone may act."""

    def exchange(self, world: World, **form: str):
        """By default one that is granted."""
        code = world.sign_in(world.person())
        asked = {"grant_type": EXCHANGE, "subject_token": code, "subject_token_type": SUBJECT_TYPE} | form
        return world.token(world.phone, DEVICE, **asked)

    def test_it_is_granted(self, world: World) -> None:
        assert self.exchange(world, requested_token_type=ACCESS_TOKEN).status_code == 200

    def test_a_code_of_the_service_itself(self, world: World) -> None:
        """As pairing and our own sign-in page make it, judged by what the service is wired with."""
        wired = world.services
        issue = replace(wired.tokens.issue, subjects=wired.staff.subjects)
        joined = replace(wired, tokens=replace(wired.tokens, issue=issue), identity=wired.tokens.identity)
        world.client.app.state.services = joined
        code, now = one_time_code(b"\1" * 16), world.now()
        kept = SignInCode(
            world.phone.thumbprint, ORGANISATION, PERSON, SESSION, now, ("passkey",), now + timedelta(seconds=60)
        )
        with wired.database.changing() as work:
            work.sign_in_codes.issue(code_digest(code), kept)
        answer = self.exchange(world, subject_token=code)
        assert answer.status_code == 200, answer.text
        assert world.open(world.phone, answer.json()["access_token"]).status_code == 201
        refused(self.exchange(world, subject_token=code), "invalid_grant")

    def test_a_sign_in_counts_once(self, world: World) -> None:
        code = world.sign_in(world.person())
        assert self.exchange(world, subject_token=code).status_code == 200
        refused(self.exchange(world, subject_token=code), "invalid_grant")

    def test_a_sign_in_on_another_phone(self, world: World) -> None:
        refused(self.exchange(world, subject_token=world.sign_in(world.person(), Key())), "invalid_grant")

    def test_a_person_of_another_organisation(self, world: World) -> None:
        code = world.sign_in(world.person("Another organisation"))
        refused(self.exchange(world, subject_token=code), "invalid_grant")

    @pytest.mark.parametrize("status", [PersonStatus.LOCKED, PersonStatus.INVITED])
    def test_a_person_who_may_not_act(self, world: World, status: PersonStatus) -> None:
        refused(self.exchange(world, subject_token=world.sign_in(world.person(status=status))), "invalid_grant")

    @pytest.mark.parametrize(
        "kind", ["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:saml2"]
    )
    def test_other_types_prove_nobody(self, world: World, kind: str) -> None:
        refused(self.exchange(world, subject_token_type=kind), "invalid_grant")

    @pytest.mark.parametrize(
        ("form", "code"),
        [
            ({"subject_token": ""}, "invalid_request"),
            ({"subject_token_type": ""}, "invalid_request"),
            ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
            ({"actor_token": "x", "actor_token_type": ACCESS_TOKEN}, "invalid_request"),
            ({"resource": "https://other.example"}, "invalid_target"),
            ({"audience": "https://other.example"}, "invalid_target"),
            ({"scope": "results"}, "invalid_scope"),
        ],
        ids=repr,
    )
    def test_what_is_not_offered(self, world: World, form: dict, code: str) -> None:
        refused(self.exchange(world, **form), code)

    def test_systems_act_for_nobody(self, world: World) -> None:
        code = world.sign_in(world.person(), world.portal)
        asked = {"grant_type": EXCHANGE, "subject_token": code, "subject_token_type": SUBJECT_TYPE}
        refused(world.token(world.portal, PORTAL, **asked), "unauthorized_client")

    @pytest.mark.parametrize("whose", ["portal", "device", "nobody"])
    def test_another_token_is_no_token_of_a_person(self, world: World, whose: str) -> None:
        token = {
            "portal": lambda: world.given(world.portal, PORTAL),
            "device": lambda: world.given(world.phone, DEVICE),
            "nobody": lambda: "x",
        }[whose]()
        refused(self.exchange(world, subject_token=token, subject_token_type=ACCESS_TOKEN), "invalid_grant")

    def test_a_token_that_ran_out_renews_nothing(self, world: World) -> None:
        token = world.app()
        world.clock.advance(minutes=10)
        refused(self.exchange(world, subject_token=token, subject_token_type=ACCESS_TOKEN), "invalid_grant")

    def test_a_locked_person_renews_nothing(self, world: World) -> None:
        token = world.app()
        with world.services.database.changing() as work:
            work.people.save(replace(work.people.find(PERSON), status=PersonStatus.LOCKED))
        refused(self.exchange(world, subject_token=token, subject_token_type=ACCESS_TOKEN), "invalid_grant")

    def test_a_phone_whose_attestation_is_old(self, world: World) -> None:
        """By itself it may renew its attestation; people do not work with it until then."""
        key, device = Key(), "de_" + "T" * 26
        with world.services.database.changing() as work:
            work.devices.add(
                world.device(
                    id=device,
                    key=key.thumbprint,
                    public_key=json.dumps(key.jwk),
                    platform=Platform.ANDROID,
                    protection=KeyProtection.STRONGBOX,
                    attested_at=world.now(),
                )
            )

        def exchange():
            code = world.sign_in(world.person(), key)
            return world.token(key, device, grant_type=EXCHANGE, subject_token=code, subject_token_type=SUBJECT_TYPE)

        assert exchange().status_code == 200
        world.clock.advance(days=91)
        refused(exchange(), "unauthorized_client")
        assert world.token(key, device).status_code == 200


class TestProofs:
    """RFC 9449 §5: no token without the proof of the key that it is bound to."""

    def test_without_one(self, world: World) -> None:
        refused(world.token(world.portal, PORTAL, headers={}), "invalid_dpop_proof")

    def test_two(self, world: World) -> None:
        proofs = [("DPoP", world.portal.proof("POST", TOKEN_URL, world.now())) for _ in range(2)]
        refused(world.token(world.portal, PORTAL, headers=proofs), "invalid_dpop_proof")

    @pytest.mark.parametrize(
        ("method", "url"),
        [
            ("GET", TOKEN_URL),
            ("POST", f"{ORIGIN}/v1/oauth/revoke"),
            ("POST", "https://testserver/v1/oauth/token"),
            ("POST", "http://thief.example/v1/oauth/token"),
        ],
    )
    def test_for_something_else(self, world: World, method: str, url: str) -> None:
        proof = world.portal.proof(method, url, world.now())
        refused(world.token(world.portal, PORTAL, proof=proof), "invalid_dpop_proof")

    def test_the_host_header_counts_for_nothing(self, world: World) -> None:
        proof = world.portal.proof("POST", "http://thief.example/v1/oauth/token", world.now())
        headers = {
            "DPoP": proof,
            "Host": "thief.example",
            "X-Forwarded-Host": "thief.example",
            "Forwarded": "host=thief.example",
        }
        refused(world.token(world.portal, PORTAL, headers=headers), "invalid_dpop_proof")
        good = headers | {"DPoP": world.portal.proof("POST", TOKEN_URL, world.now())}
        assert world.token(world.portal, PORTAL, headers=good).status_code == 200

    def test_an_assertion_of_a_phone_in_the_hands_of_a_thief(self, world: World) -> None:
        """The key of the proof must be the enrolled one: a stolen assertion binds no token to another key."""
        thief = Key()
        assertion = world.phone.assertion(DEVICE, ISSUER, world.now())
        proof = thief.proof("POST", TOKEN_URL, world.now())
        refused(world.token(world.phone, DEVICE, assertion=assertion, proof=proof), "invalid_dpop_proof")

    def test_a_token_of_a_portal_is_bound_to_the_key_of_its_proof(self, world: World) -> None:
        session = Key()
        proof = session.proof("POST", TOKEN_URL, world.now())
        token = world.token(world.portal, PORTAL, proof=proof).json()["access_token"]
        assert world.open(session, token).status_code == 201
        assert world.open(world.portal, token).json()["code"] == "invalid_proof"

    def test_a_stranger_fills_no_table(self, world: World) -> None:
        for _ in range(3):
            refused(world.token(Key(), PORTAL), "invalid_client")
        with world.services.database.engine.connect() as connection:
            assert connection.execute(select(used_ids)).all() == []


class TestRevocation:
    """RFC 7009."""

    def revoke(self, world: World, key: Key, client: str, token: str, **form: str):
        """Ask for an end."""
        assertion = key.assertion(client, ISSUER, world.now())
        body = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, "token": token} | form
        return world.client.post("/v1/oauth/revoke", data=body)

    def test_a_token_ends(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        answer = self.revoke(world, world.portal, PORTAL, token, token_type_hint="access_token")
        assert (answer.status_code, answer.content) == (200, b"")
        assert world.open(world.portal, token).status_code == 401
        with world.services.database.reading() as work:
            rows = [row for row in work.audit.rows() if row["action"] == "token_revoked"]
        assert [json.loads(row["details"]) for row in rows] == [{"kind": "portal", "client": PORTAL}]

    def test_of_a_person_by_the_phone(self, world: World) -> None:
        token = world.app()
        assert self.revoke(world, world.phone, DEVICE, token).status_code == 200
        assert world.open(world.phone, token).status_code == 401

    def test_that_of_somebody_else_lives_on(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        answers = [self.revoke(world, world.harness, HARNESS, text) for text in (token, "x", str(uuid.uuid4()))]
        assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"")}
        assert world.open(world.portal, token).status_code == 201

    def test_nobody_may_ask_without_proof(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        refused(self.revoke(world, Key(), PORTAL, token), "invalid_client")
        refused(self.revoke(world, world.portal, PORTAL, ""), "invalid_request")
        assert world.open(world.portal, token).status_code == 201


def test_every_error_has_a_test() -> None:
    """Each code of the endpoint is the expectation of a test above."""
    text = Path(__file__).read_text()
    assert [code for code in OAuthErrorCode if f'"{code.value}"' not in text] == []


def test_what_the_endpoint_offers(world: World) -> None:
    """RFC 8414: everything that is named there is so."""
    offered = world.client.get("/.well-known/oauth-authorization-server").json()
    assert (offered["issuer"], offered["token_endpoint"]) == (ISSUER, TOKEN_URL)
    assert offered["revocation_endpoint"] == f"{ORIGIN}/v1/oauth/revoke"
    assert offered["grant_types_supported"] == ["client_credentials", EXCHANGE]
    assert offered["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert offered["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "PS256"]
    assert offered["dpop_signing_alg_values_supported"] == ["ES256"]
    assert world.client.get(offered["jwks_uri"].removeprefix(ORIGIN)).status_code == 200


def test_a_public_origin_is_what_proofs_are_for(world: World, settings, clock) -> None:
    """And nothing else is: neither the address of this machine, nor what a header says."""
    origin = "https://id.example.se"
    wired = wiring.wire(settings.model_copy(update={"public_origin": origin}), clock=clock, reader=PlannedReader())
    with TestClient(application(wired), raise_server_exceptions=False) as client:
        proof = world.portal.proof("POST", f"{origin}/v1/oauth/token", world.now())
        assert world.token(world.portal, PORTAL, proof=proof, at=client).status_code == 200
        refused(world.token(world.portal, PORTAL, at=client), "invalid_dpop_proof")
        offered = client.get("/.well-known/oauth-authorization-server").json()
        assert offered["token_endpoint"] == f"{origin}/v1/oauth/token"


@pytest.mark.parametrize(
    "origin",
    ["https://id.example.se/", "https://ID.example.se", "http://id.example.se", "id.example.se", "https://a b", ""],
)
def test_what_is_no_public_origin(origin: str) -> None:
    with pytest.raises(ValidationError):
        Settings(public_origin=origin)


def test_what_ended_is_deleted_at_night(world: World) -> None:
    world.given(world.portal, PORTAL)
    world.clock.advance(minutes=9)
    kept = world.given(world.portal, PORTAL)
    world.clock.advance(minutes=4)
    job = Job(JobKind.PURGE, JobKind.PURGE.value, world.now(), key=JobKind.PURGE.value)
    with world.services.database.changing() as work:
        work.jobs.enqueue(job)
    while world.services.run_jobs({JobKind.PURGE}) is not None:
        pass
    with world.services.database.engine.connect() as connection:
        digests = connection.execute(select(access_tokens.c.digest)).scalars().all()
        assert digests == [hashlib.sha256(kept.encode()).hexdigest()]
        assert connection.execute(select(used_ids)).all() == []


def test_a_client_is_of_one_kind(world: World) -> None:
    """A portal whose registration names a scope of others gets none of it."""
    key = Key()
    with world.services.database.changing() as work:
        work.clients.add(
            world.system(OTHER_PORTAL, key, ClientKind.PORTAL, "https://second.example", "results", "capture")
        )
    assert world.token(key, OTHER_PORTAL).json()["scope"] == "results"
    refused(world.token(key, OTHER_PORTAL, scope="capture"), "invalid_scope")
