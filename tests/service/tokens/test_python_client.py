"""The client in Python against the service: what it signs, how it renews its token, and a whole portal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jws
from joserfc.jwk import ECKey

from service.client.dpop import (
    DpopSession,
    SigningKey,
    Token,
    TokenEndpoint,
    TokenRefusedError,
    assertion,
    proof,
)
from service.client.portal import PortalError, PortalRun
from tests.service.counter import Counter
from tests.service.tokens.keys import Key
from tests.service.tokens.world import (
    DEVICE,
    ISSUER,
    ORIGIN,
    PORTAL,
    SUBJECT_TYPE,
    World,
)

URL = "https://id.example.se/v1/verifications"


def pem(key: Key) -> bytes:
    """The private key, as `passkoll client add --generate` writes it."""
    return key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def parts(text: str, key: Key) -> tuple[dict, dict]:
    """Header and payload of what was signed by a key."""
    found = jws.deserialize_compact(text, ECKey.import_key(key.jwk), algorithms=["ES256"])
    return dict(found.headers()), json.loads(found.payload)


class TestWhatIsSigned:
    """By the RFCs, not by our own reader."""

    key = Key()
    signing = SigningKey.load(pem(key))

    def test_the_thumbprint(self) -> None:
        assert self.signing.thumbprint == self.key.thumbprint
        assert self.signing.jwk == self.key.jwk

    def test_a_proof(self) -> None:
        header, claims = parts(proof(self.signing, "GET", f"{URL}?mine=true#x", 1_700_000_000.9, "token"), self.key)
        assert header == {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.jwk}
        assert len(claims.pop("jti")) >= 16
        # SHA-256 of "token": 3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0
        ath = "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A"
        assert claims == {"htm": "GET", "htu": URL, "iat": 1_700_000_000, "ath": ath}

    def test_an_assertion(self) -> None:
        header, claims = parts(assertion(self.signing, PORTAL, ISSUER, 1_700_000_000), self.key)
        assert header == {"typ": "JWT", "alg": "ES256", "kid": self.key.thumbprint}
        assert len(claims.pop("jti")) >= 16
        expected = {"iss": PORTAL, "sub": PORTAL, "aud": ISSUER, "iat": 1_700_000_000, "exp": 1_700_000_030}
        assert claims == expected

    def test_keys_of_other_kinds(self) -> None:
        public = json.dumps(self.key.jwk).encode()
        for octets in (b"", b"{}", b"x", b"-----BEGIN PRIVATE KEY-----\n", public, b'{"kty":"oct","k":"AAAA"}'):
            with pytest.raises(ValueError, match="private P-256 key"):
                SigningKey.load(octets)
        other = ECKey.generate_key("P-384").as_pem(private=True)
        with pytest.raises(ValueError, match="private P-256 key"):
            SigningKey.load(other)

    def test_a_jwk_is_read_as_well(self) -> None:
        written = ECKey.import_key(pem(self.key)).as_dict(private=True)
        assert SigningKey.load(json.dumps(written).encode()).thumbprint == self.key.thumbprint

    def test_nothing_secret_is_shown(self) -> None:
        assert "secret" not in repr(Token("secret", 0, ""))


def endpoint(world: World, key: SigningKey, client: str, **options) -> TokenEndpoint:
    """Where tokens are, over the test's connection."""
    now = lambda: world.now().timestamp()  # noqa: E731
    return TokenEndpoint(ORIGIN, client, key, audience=ISSUER, clock=now, http=world.client, **options)


def session(world: World, key: SigningKey, provider) -> DpopSession:
    """Requests over the test's connection."""
    return DpopSession(ORIGIN, key, provider, clock=lambda: world.now().timestamp(), http=world.client)


def test_a_system(world: World) -> None:
    key = SigningKey.load(pem(world.portal))
    tokens = endpoint(world, key, PORTAL)
    portal = session(world, key, tokens.client_credentials)
    assert portal.request("GET", "/v1/verifications?mine=true").status_code == 200


def test_a_system_with_a_key_for_its_proofs(world: World) -> None:
    key, proofs = SigningKey.load(pem(world.portal)), SigningKey.generate()
    tokens = endpoint(world, key, PORTAL, proof_key=proofs)
    portal = session(world, proofs, lambda: tokens.client_credentials("verifications"))
    assert portal.request("GET", "/v1/verifications?mine=true").status_code == 200


def test_a_person_on_a_phone(world: World) -> None:
    key = SigningKey.load(pem(world.phone))
    code = world.sign_in(world.person())
    token = endpoint(world, key, DEVICE).exchange(code, SUBJECT_TYPE)
    assert token.scope == "capture read"
    phone = session(world, key, lambda: token)
    body = {"kind": "reserve_card_no_pnr"}
    answer = phone.request("POST", "/v1/verifications", json=body, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 201


class TestRenewal:
    """A token is replaced before its end, and once where the service does not know it any more."""

    def test_before_its_end(self, world: World) -> None:
        key = SigningKey.load(pem(world.portal))
        tokens, given = endpoint(world, key, PORTAL), []

        def provide() -> Token:
            given.append(tokens.client_credentials())
            return given[-1]

        portal = session(world, key, provide)
        for minutes, count in ((0, 1), (9, 1), (0.5, 2), (9, 2)):
            world.clock.advance(minutes=minutes)
            assert portal.request("GET", "/v1/verifications?mine=true").status_code == 200
            assert len(given) == count

    def test_after_somebody_ended_it(self, world: World) -> None:
        key = SigningKey.load(pem(world.portal))
        tokens = endpoint(world, key, PORTAL)
        first = tokens.client_credentials()
        tokens.revoke(first)
        pending = iter([first, tokens.client_credentials()])
        portal = session(world, key, lambda: next(pending))
        assert portal.request("GET", "/v1/verifications?mine=true").status_code == 200

    def test_not_for_ever(self, world: World) -> None:
        key = SigningKey.load(pem(world.portal))
        portal = session(world, key, lambda: Token("x" * 43, world.now().timestamp() + 600, ""))
        assert portal.request("GET", "/v1/verifications?mine=true").status_code == 401

    def test_a_refusal_has_a_code(self, world: World) -> None:
        key = SigningKey.generate()
        with pytest.raises(TokenRefusedError, match=r"^invalid_client$"):
            endpoint(world, key, PORTAL).client_credentials()
        with pytest.raises(TokenRefusedError, match=r"^invalid_scope$"):
            endpoint(world, SigningKey.load(pem(world.portal)), PORTAL).client_credentials("capture")


class TestAPortal:
    """`passkoll portal simulate`, whose waiting is what happens at the counter."""

    def run(self, world: World, at_the_counter, **options) -> PortalRun:
        """One order."""
        settled = {"order_reference": "order-1", "audience": "https://portal.example"} | options
        return PortalRun(
            ORIGIN,
            PORTAL,
            SigningKey.load(pem(world.portal)),
            **settled,
            http=world.client,
            clock=lambda: world.now().timestamp(),
            sleep=at_the_counter,
        )

    def test_from_order_to_card(self, world: World, counter: Counter, document) -> None:
        run = self.run(world, lambda _seconds: counter.approved(document, "order-1"))
        steps = list(run.steps())
        assert [step.name for step in steps] == ["configuration", "order", "verified", "result", "consumed"]
        assert steps[3].facts["level"] == "specimen"
        assert steps[3].facts["audience_checked"] is True
        told = json.dumps([dict(step.facts) for step in steps])
        assert "MARTA" not in told.upper()
        with pytest.raises(PortalError, match="nobody approved"):
            list(replace(run, sleep=lambda _seconds: world.clock.advance(minutes=11)).steps())

    def test_for_another_audience(self, world: World, counter: Counter, document) -> None:
        run = self.run(
            world, lambda _seconds: counter.approved(document, "order-1"), audience="https://second.example"
        )
        with pytest.raises(PortalError, match="wrong_audience"):
            list(run.steps())

    def test_nobody_comes(self, world: World) -> None:
        waited = []

        def wait(seconds: float) -> None:
            waited.append(seconds)
            world.clock.advance(seconds=120)

        with pytest.raises(PortalError, match="nobody approved a verification for the order; it is open"):
            list(self.run(world, wait).steps())
        assert waited == [2.0] * 5

    def test_with_another_key(self, world: World) -> None:
        run = replace(self.run(world, None), key=SigningKey.generate())
        with pytest.raises(PortalError, match="no token: invalid_client"):
            list(run.steps())
