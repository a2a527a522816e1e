"""What a thief does with a token, a proof or a phone, on both databases and across replicas (SECURITY.md 7.1)."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from service.domain.clients import ClientKind
from service.domain.devices import DeviceStatus
from service.domain.identity import Caller, Presented, Principal
from service.domain.people import PersonStatus
from service.domain.tokens import CALLERS, SCOPES_OF, TokenKind
from tests.service.tokens.keys import Key
from tests.service.tokens.world import (
    ACCESS_TOKEN,
    DEVICE,
    EXCHANGE,
    ISSUER,
    ORGANISATION,
    ORIGIN,
    OTHER_PORTAL,
    PERSON,
    PORTAL,
    PORTAL_SCOPES,
    SESSION,
    World,
)

CASES = "/v1/verifications"
LIST = f"{CASES}?mine=true"


def unknown(answer, error: str | None = "invalid_token") -> None:
    """Nobody is known by that."""
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    told = "" if error is None else f', error="{error}"'
    assert answer.headers["www-authenticate"] == 'DPoP algs="ES256"' + told


def unproven(answer) -> None:
    """The token is good, and nothing proves that its owner sent it."""
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_proof")
    assert answer.headers["www-authenticate"] == 'DPoP algs="ES256", error="invalid_dpop_proof"'


class TestAStolenToken:
    """It is worth nothing without its key."""

    def test_as_a_bearer_token(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        for scheme in ("Bearer", "bearer", "Basic", "Token", ""):
            unknown(world.client.get(LIST, headers={"Authorization": f"{scheme} {token}"}))

    def test_without_a_proof(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        unproven(world.client.get(LIST, headers={"Authorization": f"DPoP {token}"}))

    def test_with_the_proof_of_another_key(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        unproven(world.call("GET", LIST, Key(), token))

    def test_with_a_proof_of_its_key_for_another_token(self, world: World) -> None:
        token, other = world.given(world.portal, PORTAL), world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=other)
        unproven(world.call("GET", LIST, world.portal, token, proof=proof))

    def test_with_a_proof_without_a_token(self, world: World) -> None:
        """Such as one that was made for the token endpoint, or for enrolment."""
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now())
        unproven(world.call("GET", LIST, world.portal, token, proof=proof))

    def test_with_a_proof_that_names_its_key_but_not_by_it(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        forged = Key().proof("GET", ORIGIN + CASES, world.now(), token=token, header={"jwk": world.portal.jwk})
        unproven(world.call("GET", LIST, world.portal, token, proof=forged))

    def test_a_token_that_nobody_gave(self, world: World) -> None:
        for token in ("x" * 43, "", " ", "å"):
            unknown(world.call("GET", LIST, world.portal, token, headers=self.shown(world, token)))

    def shown(self, world: World, token: str) -> list[tuple[str, bytes]]:
        """Headers as octets: not every text is one that a client would send."""
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)
        return [("Authorization", f"DPoP {token}".encode()), ("DPoP", proof.encode())]


class TestAProofOfAnother:
    """A proof is for one request, once."""

    @pytest.mark.parametrize(
        ("method", "url"),
        [
            ("POST", ORIGIN + CASES),
            ("GET", ORIGIN + "/v1/results"),
            ("GET", "https://testserver" + CASES),
            ("GET", "http://127.0.0.1" + CASES),
        ],
    )
    def test_for_something_else(self, world: World, method: str, url: str) -> None:
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof(method, url, world.now(), token=token)
        unproven(world.call("GET", LIST, world.portal, token, proof=proof))

    @pytest.mark.parametrize("host", ["thief.example", "testserver:80", "TESTSERVER"])
    def test_the_host_header_changes_nothing(self, world: World, host: str) -> None:
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", f"http://thief.example{CASES}", world.now(), token=token)
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof, "Host": host, "X-Forwarded-Host": "thief.example"}
        unproven(world.client.get(LIST, headers=headers))
        good = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)
        assert world.client.get(LIST, headers=headers | {"DPoP": good}).status_code == 200

    def test_again(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)
        assert world.call("GET", LIST, world.portal, token, proof=proof).status_code == 200
        unproven(world.call("GET", LIST, world.portal, token, proof=proof))

    def test_the_same_id_in_another_proof(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        first = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token, jti="one")
        second = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token, jti="one", nonce="x")
        assert world.call("GET", LIST, world.portal, token, proof=first).status_code == 200
        unproven(world.call("GET", LIST, world.portal, token, proof=second))

    def test_again_at_another_replica(self, world: World, replica) -> None:
        _, other = replica()
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)
        assert world.call("GET", LIST, world.portal, token, proof=proof).status_code == 200
        unproven(world.call("GET", LIST, world.portal, token, proof=proof, at=other))
        assert world.call("GET", LIST, world.portal, token, at=other).status_code == 200

    def test_at_both_replicas_at_once(self, world: World, replica) -> None:
        _, other = replica()
        token = world.given(world.portal, PORTAL)
        for _ in range(4):
            proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)

            def send(at: TestClient, proof: str = proof) -> int:
                return world.call("GET", LIST, world.portal, token, proof=proof, at=at).status_code

            with ThreadPoolExecutor(4) as pool:
                codes = list(pool.map(send, [world.client, other] * 2))
            assert sorted(codes) == [200, 401, 401, 401]

    def test_an_assertion_at_both_replicas(self, world: World, replica) -> None:
        _, other = replica()
        assertion = world.portal.assertion(PORTAL, ISSUER, world.now())
        assert world.token(world.portal, PORTAL, assertion=assertion).status_code == 200
        answer = world.token(world.portal, PORTAL, assertion=assertion, at=other)
        assert answer.json()["error"] == "invalid_client"

    def test_after_what_was_used_is_forgotten(self, world: World) -> None:
        """What is deleted is too old to be taken again."""
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)
        assert world.call("GET", LIST, world.portal, token, proof=proof).status_code == 200
        for _ in range(8):
            world.clock.advance(seconds=30)
            world.services.tokens.forget()
            unproven(world.call("GET", LIST, world.portal, token, proof=proof))
        with world.services.database.changing() as work:
            assert work.used_ids.forget(world.now()) == 0

    def test_old_and_early(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        for seconds in (-31, 31):
            at = world.now() + timedelta(seconds=seconds)
            proof = world.portal.proof("GET", ORIGIN + CASES, at, token=token)
            unproven(world.call("GET", LIST, world.portal, token, proof=proof))


class TestHeaders:
    """One way of saying who it is, once."""

    def test_two_tokens(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)
        headers = [("Authorization", f"DPoP {token}")] * 2 + [("DPoP", proof)]
        unknown(world.client.get(LIST, headers=headers))

    def test_two_schemes(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)
        headers = [("Authorization", f"DPoP {token}"), ("Authorization", f"Bearer {token}"), ("DPoP", proof)]
        unknown(world.client.get(LIST, headers=headers))
        unknown(world.client.get(LIST, headers=list(reversed(headers))))

    def test_two_proofs(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        proofs = [("DPoP", world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)) for _ in range(2)]
        unproven(world.client.get(LIST, headers=[("Authorization", f"DPoP {token}"), *proofs]))

    def test_a_token_and_a_session(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        proof = world.portal.proof("GET", ORIGIN + CASES, world.now(), token=token)
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof, "Cookie": "__Host-passkoll=x"}
        unknown(world.client.get(LIST, headers=headers))

    def test_nothing(self, world: World) -> None:
        unknown(world.client.get(LIST), None)
        unknown(world.client.get(LIST, headers={"DPoP": "x"}), None)

    @pytest.mark.parametrize(
        "shown",
        [
            {"scheme": "dpop", "token": "x", "session": "s"},
            {"scheme": "bearer", "token": "x", "session": "s"},
            {"scheme": "several", "session": "s"},
            {"proof": "p", "session": "s"},
            {},
            {"scheme": "several"},
            {"scheme": "bearer", "token": "x"},
        ],
        ids=repr,
    )
    def test_a_session_counts_alone(self, world: World, shown: dict) -> None:
        class Everybody:
            def principal(self, _presented: Presented) -> Principal:
                return Principal("pe_x", ORGANISATION, frozenset({Caller.STAFF}))

        identity = replace(world.services.tokens.identity, sessions=Everybody())
        assert identity.authenticate(Presented("GET", "/", "testserver", ORIGIN, **shown)) is None
        alone = Presented("GET", "/", "testserver", ORIGIN, session="s")
        assert identity.authenticate(alone).callers == {Caller.STAFF}


class TestInMidFlow:
    """What is taken away counts at the next request."""

    def test_a_token_runs_out(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        world.clock.advance(minutes=10, seconds=-1)
        assert world.call("GET", LIST, world.portal, token).status_code == 200
        world.clock.advance(seconds=1)
        unknown(world.call("GET", LIST, world.portal, token))

    def test_a_device_is_revoked(self, world: World) -> None:
        """Between two steps of a verification: nothing more is stored."""
        token = world.app()
        case = world.open(world.phone, token).json()["links"]["self"]
        with world.services.database.changing() as work:
            work.devices.save(replace(work.devices.find(DEVICE), status=DeviceStatus.REVOKED, revoked_at=world.now()))
        body = {"lines": ["NOTHING"], "source": "app_ocr"}
        unknown(world.call("POST", f"{case}/mrz", world.phone, token, json=body))
        assert world.token(world.phone, DEVICE).json()["error"] == "invalid_client"

    def test_a_device_has_another_key(self, world: World) -> None:
        token, new = world.app(), Key()
        with world.services.database.changing() as work:
            known = work.devices.find(DEVICE)
            work.devices.save(replace(known, key=new.thumbprint, public_key=json.dumps(new.jwk)))
        unknown(world.call("GET", LIST, world.phone, token))

    def test_a_device_is_of_another_organisation(self, world: World) -> None:
        """No use case moves one; if a row says so all the same, the token is none of that organisation."""
        token = world.app()
        with world.services.database.changing() as work:
            row = work.access_tokens.find(_digest(token))
            work.access_tokens.revoke(row.digest)
            work.access_tokens.add(replace(row, organisation="Another organisation"))
        unknown(world.call("GET", LIST, world.phone, token))

    @pytest.mark.parametrize("status", [PersonStatus.LOCKED, PersonStatus.INVITED])
    def test_a_person_is_locked(self, world: World, status: PersonStatus) -> None:
        token = world.app()
        with world.services.database.changing() as work:
            work.people.save(replace(work.people.find(PERSON), status=status))
        unknown(world.call("GET", LIST, world.phone, token))

    def test_a_person_loses_a_role(self, world: World) -> None:
        token = world.app()
        with world.services.database.changing() as work:
            work.people.save(replace(work.people.find(PERSON), roles=frozenset()))
        answer = world.open(world.phone, token)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    @pytest.mark.parametrize("how", ["ended", "over"])
    def test_a_person_signs_out(self, world: World, how: str) -> None:
        """What was made of a sign-in ends with it; before that, it counts."""
        if how == "over":
            # a minute before the longest time of a session
            world.clock.advance(hours=10, minutes=-1)
        token = world.app()
        assert world.call("GET", LIST, world.phone, token).status_code == 200
        if how == "ended":
            with world.services.database.changing() as work:
                work.sessions.end(SESSION, world.now())
        else:
            world.clock.advance(minutes=1)
        unknown(world.call("GET", LIST, world.phone, token))
        renewal = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
        assert world.token(world.phone, DEVICE, **renewal).json()["error"] == "invalid_grant"

    def test_a_client_is_revoked(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        with world.services.database.changing() as work:
            work.clients.save(replace(work.clients.find(PORTAL), revoked_at=world.now()))
        unknown(world.call("GET", LIST, world.portal, token))

    def test_a_client_loses_a_scope(self, world: World) -> None:
        token = world.given(world.portal, PORTAL)
        with world.services.database.changing() as work:
            work.clients.save(replace(work.clients.find(PORTAL), scopes=frozenset({"results"})))
        assert world.open(world.portal, token).json()["code"] == "insufficient_scope"

    @pytest.mark.parametrize("whose", ["client", "person", "session"])
    def test_all_tokens_of_one_end(self, world: World, whose: str) -> None:
        token, other = world.app(), world.given(world.portal, PORTAL)
        with world.services.database.changing() as work:
            ended = {
                "client": lambda: work.access_tokens.revoke_client(DEVICE),
                "person": lambda: work.access_tokens.revoke_person(PERSON),
                "session": lambda: work.access_tokens.revoke_session("ss_" + "S" * 26),
            }[whose]()
        assert ended == 1
        unknown(world.call("GET", LIST, world.phone, token))
        assert world.call("GET", LIST, world.portal, other).status_code == 200


class TestOrganisations:
    """What belongs to another organisation does not exist."""

    def test_a_portal_of_another_one(self, world: World) -> None:
        key = Key()
        with world.services.database.changing() as work:
            stranger = world.system(OTHER_PORTAL, key, ClientKind.PORTAL, "https://b.example", *PORTAL_SCOPES)
            work.clients.add(replace(stranger, organisation="Another organisation"))
        case = world.open(world.portal, world.given(world.portal, PORTAL)).json()["links"]["self"]
        token = world.given(key, OTHER_PORTAL)
        never = f"{CASES}/vs_" + "A" * 26
        for path in ("", "/result"):
            real, none = (world.call("GET", it + path, key, token) for it in (case, never))
            assert (real.status_code, real.json()["code"]) == (404, "not_found")
            assert (none.status_code, none.json()["code"]) == (404, "not_found")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def test_every_kind_of_token_is_a_caller_and_has_scopes() -> None:
    assert CALLERS.keys() == SCOPES_OF.keys() == set(TokenKind)
