"""Signing in at the identity provider: a real one run here, and one that lies in every way it can."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from service import wiring
from service.adapters.oidc import code_challenge
from service.adapters.system import SystemClock
from service.domain.account_rules import Acting
from service.domain.errors import ConfigurationError
from service.domain.identity import Role
from service.domain.sign_in import nonce_for, own_path
from service.settings import Settings
from service.usecases.invite_person import Written
from tests.service.people.authenticator import ORIGIN
from tests.service.people.office import ORGANISATION, Browser, Office, code_of
from tests.service.people.phone import ID_TOKEN, Phone
from tests.service.people.provider import APP_CLIENT, CLIENT, HSA_ID, LOA3, NUMBER, SECRET, Provider, running
from tests.service.photo_reader import PlannedReader
from tests.service.tokens.keys import base64url

REFUSED = (403, "sign_in_refused")
CALLBACK = "/v1/sign-ins/oidc/callback"
KNOWN = Written(("Asa", "Ek"), None, HSA_ID)
_KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that answers as it should, until a test says otherwise."""
    with running(Provider(key=_KEY)) as found:
        yield found


def with_provider(settings: Settings, issuer: str, **changed: object) -> Settings:
    """Settings of a service that asks it."""
    update = {
        "public_origin": ORIGIN,
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_app_client_id": APP_CLIENT,
    }
    return settings.model_copy(update=update | changed)


@pytest.fixture
def office(settings: Settings, clock, provider: Provider) -> Iterator[Office]:
    """People of an organisation with that provider."""
    with ExitStack() as stack:
        wired = wiring.wire(with_provider(settings, provider.url), clock=clock, reader=PlannedReader())
        stack.callback(wired.close)
        yield Office(replace(wired, identity=wired.tokens.identity))


def begin(browser: Browser, **more: object) -> dict:
    """Begin at the console."""
    return browser.post("/v1/sign-ins", {"method": "oidc", **more}).json()


def come_back(browser: Browser, provider: Provider, clock, begun: dict, **changed: object):
    """The person proves who they are there, and their browser comes back."""
    answer = provider.authorize(begun["redirect"], clock.now()) | changed
    return browser.get(CALLBACK, params={name: value for name, value in answer.items() if value is not None})


def signed_in(office: Office, provider: Provider, clock) -> Browser:
    """Somebody who was invited, signed in."""
    browser = office.browser()
    assert come_back(browser, provider, clock, begin(browser)).status_code == 200
    browser.csrf = browser.get("/v1/me").json()["csrf"]
    return browser


def test_the_challenge_of_rfc_7636() -> None:
    """Appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_what_the_provider_is_asked(office: Office, provider: Provider) -> None:
    asked = {
        name: values[0] for name, values in parse_qs(urlsplit(begin(office.browser())["redirect"]).query).items()
    }
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
    assert asked["redirect_uri"] == f"{ORIGIN}{CALLBACK}"
    assert (asked["code_challenge_method"], asked["acr_values"]) == ("S256", LOA3)
    assert '"acr":{"essential":true,"values":["' + LOA3 + '"]}' in asked["claims"]
    assert all(len(asked[name]) == 43 for name in ("state", "nonce", "code_challenge"))
    assert "prompt" not in asked


def test_somebody_who_was_invited(office: Office, provider: Provider, clock) -> None:
    person = office.invite(Role.ID_ADMINISTRATOR, written=KNOWN).person
    browser = office.browser()
    answer = come_back(browser, provider, clock, begin(browser, return_to="/console/accounts"))
    assert answer.status_code == 200
    assert 'content="0;url=/console/accounts"' in answer.text
    me = browser.get("/v1/me").json()
    assert (me["id"], me["given_name"], me["identified"]) == (person.id, "Åsa", True)
    assert (me["session"]["methods"], me["session"]["strong"]) == (["oidc"], True)
    with office.services.database.reading() as work:
        found = work.people.find(person.id)
        assert found.personal_number == work.people.digest(NUMBER)
    assert (found.born, found.hsa_id, found.status) == ("1964-08-23", HSA_ID, "active")


def test_nobody_comes_in_whom_nobody_invited(office: Office, provider: Provider, clock) -> None:
    other = replace(KNOWN, hsa_id="SE2321000016-100B")
    office.invite(Role.ID_ADMINISTRATOR, written=other)
    office.services.staff.invite(Acting("op", "Region Syd"), KNOWN, frozenset())
    browser = office.browser()
    assert code_of(come_back(browser, provider, clock, begin(browser))) == REFUSED
    assert browser.cookie is None


def test_an_account_with_another_personal_number(office: Office, provider: Provider, clock) -> None:
    office.invite(written=replace(KNOWN, personal_number="198112289874"))
    browser = office.browser()
    assert code_of(come_back(browser, provider, clock, begin(browser))) == REFUSED


def test_a_number_that_only_a_colleague_typed_in_does_not_count(office: Office, provider: Provider, clock) -> None:
    office.invite(written=replace(KNOWN, personal_number=NUMBER))
    provider.claims = {"credentialPersonalIdentityNumber": None}
    assert signed_in(office, provider, clock).get("/v1/me").json()["identified"] is False
    provider.claims = {}
    assert signed_in(office, provider, clock).get("/v1/me").json()["identified"] is True


def test_a_locked_person(office: Office, provider: Provider, clock) -> None:
    person = office.invite(written=KNOWN).person
    office.services.staff.change.lock(Acting("operator", ORGANISATION), person.id)
    browser = office.browser()
    assert code_of(come_back(browser, provider, clock, begin(browser))) == REFUSED


LIES = {
    "another issuer": {"iss": "http://127.0.0.1:1"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another client"},
    "two audiences": {"aud": [CLIENT, "another client"]},
    "no audience": {"aud": None},
    "another azp": {"azp": "another client"},
    "another nonce": {"nonce": "A" * 43},
    "no nonce": {"nonce": None},
    "nonce of another kind": {"nonce": 5},
    "weak acr": {"acr": "http://id.sambi.se/loa/loa2"},
    "no acr": {"acr": None},
    "list of acr": {"acr": [LOA3]},
    "no auth_time": {"auth_time": None},
    "no subject": {"sub": None},
    "no HSA-id": {"employeeHsaId": None},
    "no real HSA-id": {"employeeHsaId": "root"},
    "list of HSA-ids": {"employeeHsaId": [HSA_ID]},
    "no exp": {"exp": None},
    "exp as text": {"exp": "9999999999"},
    "exp beyond all time": {"exp": 1e300, "iat": 1e300},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_says_something_else(office: Office, provider: Provider, clock, lie) -> None:
    office.invite(written=KNOWN)
    provider.claims = lie
    browser = office.browser()
    assert code_of(come_back(browser, provider, clock, begin(browser))) == REFUSED
    assert browser.cookie is None


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("exp", 0), ("iat", 61), ("iat", -601), ("nbf", 61), ("auth_time", 61), ("auth_time", -36001)],
    ids=["expired", "from the future", "old", "not yet", "proved in the future", "proved yesterday"],
)
def test_a_token_of_another_time(office: Office, provider: Provider, clock, name: str, seconds: int) -> None:
    office.invite(written=KNOWN)
    provider.claims = {name: int(clock.now().timestamp()) + seconds}
    browser = office.browser()
    assert code_of(come_back(browser, provider, clock, begin(browser))) == REFUSED


def _none(provider: Provider) -> None:
    provider.header, provider.sign = {"alg": "none"}, lambda _octets: b""


def _secret(provider: Provider) -> None:
    """What the provider and its client share is no key for tokens here (RFC 8725 §2.1)."""
    provider.header = {"alg": "HS256"}
    provider.sign = lambda octets: hmac.digest(SECRET.encode(), octets, "sha256")


def _other_key(provider: Provider) -> None:
    other = Provider(key=rsa.generate_private_key(65537, 2048))
    provider.sign = other.rs256


def _other_id(provider: Provider) -> None:
    provider.header = {"kid": "another"}


def _inside(provider: Provider) -> None:
    other = Provider(key=rsa.generate_private_key(65537, 2048))
    provider.header, provider.sign = {"jwk": other.jwk}, other.rs256


def _critical(provider: Provider) -> None:
    provider.header = {"crit": ["x"], "x": 1}


def _short_key(provider: Provider) -> None:
    weak = Provider(key=rsa.generate_private_key(65537, 1024))  # noqa: S505 the point of it
    provider.jwks, provider.sign = [weak.jwk], weak.rs256


@pytest.mark.parametrize("forge", [_none, _secret, _other_key, _other_id, _inside, _critical, _short_key])
def test_a_token_that_the_provider_did_not_sign(office: Office, provider: Provider, clock, forge) -> None:
    office.invite(written=KNOWN)
    forge(provider)
    browser = office.browser()
    assert code_of(come_back(browser, provider, clock, begin(browser))) == REFUSED


def test_a_new_key_is_looked_for_and_not_at_every_token(
    office: Office, provider: Provider, clock, monkeypatch
) -> None:
    office.invite(written=KNOWN)
    signed_in(office, provider, clock)
    adapter = office.services.staff.begin.provider
    provider.key, provider.kid = rsa.generate_private_key(65537, 2048), "two"
    browser = office.browser()
    assert code_of(come_back(browser, provider, clock, begin(browser))) == REFUSED, "asked a moment ago"
    assert provider.asked.count("/jwks") == 1
    keys, at = adapter._keys
    monkeypatch.setattr(adapter, "_keys", (keys, at - 61))
    signed_in(office, provider, clock)
    assert provider.asked.count("/jwks") == 2


class TestAttacks:
    def test_login_csrf(self, office: Office, provider: Provider, clock) -> None:
        """The attacker's answer in the victim's browser: RFC 9700 §4.7."""
        office.invite(written=KNOWN)
        attacker, victim = office.browser(), office.browser()
        begun = begin(attacker)
        answer = provider.authorize(begun["redirect"], clock.now())
        assert code_of(victim.get(CALLBACK, params=answer)) == REFUSED
        begin(victim)
        assert code_of(victim.get(CALLBACK, params=answer)) == REFUSED, "with another sign-in under way"
        assert victim.cookie is None

    def test_an_answer_is_good_once(self, office: Office, provider: Provider, clock) -> None:
        office.invite(written=KNOWN)
        browser = office.browser()
        answer = provider.authorize(begin(browser)["redirect"], clock.now())
        assert browser.get(CALLBACK, params=answer).status_code == 200
        assert code_of(browser.get(CALLBACK, params=answer)) == REFUSED

    def test_code_injection(self, office: Office, provider: Provider, clock) -> None:
        """A stolen code in the attacker's own answer: RFC 9700 §4.5. PKCE binds it to the sign-in of the victim."""
        office.invite(written=KNOWN)
        victim, attacker = office.browser(), office.browser()
        stolen = provider.authorize(begin(victim)["redirect"], clock.now())["code"]
        answer = provider.authorize(begin(attacker)["redirect"], clock.now()) | {"code": stolen}
        assert code_of(attacker.get(CALLBACK, params=answer)) == REFUSED

    @pytest.mark.parametrize("changed", [{"iss": "https://evil.example"}, {"iss": ""}], ids=["other", "empty"])
    def test_mix_up(self, office: Office, provider: Provider, clock, changed) -> None:
        """RFC 9207 §2.4: the code of another provider is not sent to ours."""
        office.invite(written=KNOWN)
        browser = office.browser()
        assert code_of(come_back(browser, provider, clock, begin(browser), **changed)) == REFUSED
        assert "/token" not in provider.asked

    def test_a_provider_that_names_itself_must(self, office: Office, provider: Provider, clock) -> None:
        provider.metadata = {"authorization_response_iss_parameter_supported": True}
        office.invite(written=KNOWN)
        browser = office.browser()
        assert code_of(come_back(browser, provider, clock, begin(browser), iss=None)) == REFUSED

    @pytest.mark.parametrize(
        "where",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "/console/../../evil",
            "javascript:alert(1)",
            '/console/accounts"><script>',
            "/v1/sessions",
            "/console/accounts\n",
        ],
    )
    def test_open_redirect(self, office: Office, provider: Provider, clock, where: str) -> None:
        assert own_path(where) == "/"
        office.invite(written=KNOWN)
        browser = office.browser()
        answer = come_back(browser, provider, clock, begin(browser, return_to=where))
        assert re.findall(r'(?:url=|href=")([^"]*)"', answer.text) == ["/", "/"]

    @pytest.mark.parametrize("missing", ["state", "code"])
    def test_half_an_answer(self, office: Office, provider: Provider, clock, missing: str) -> None:
        office.invite(written=KNOWN)
        browser = office.browser()
        assert code_of(come_back(browser, provider, clock, begin(browser), **{missing: None})) == REFUSED

    def test_a_parameter_twice(self, office: Office, provider: Provider, clock) -> None:
        office.invite(written=KNOWN)
        browser = office.browser()
        answer = provider.authorize(begin(browser)["redirect"], clock.now())
        twice = [*answer.items(), ("state", answer["state"])]
        assert code_of(browser.get(CALLBACK, params=twice)) == REFUSED

    def test_who_is_refused_there_is_refused_here(self, office: Office, provider: Provider, clock) -> None:
        browser = office.browser()
        state = parse_qs(urlsplit(begin(browser)["redirect"]).query)["state"][0]
        answer = browser.get(CALLBACK, params={"state": state, "error": "access_denied"})
        assert code_of(answer) == REFUSED

    def test_too_late(self, office: Office, provider: Provider, clock) -> None:
        office.invite(written=KNOWN)
        browser = office.browser()
        begun = begin(browser)
        clock.advance(minutes=5)
        assert code_of(come_back(browser, provider, clock, begun)) == REFUSED

    @pytest.mark.parametrize(
        "metadata",
        [
            {"issuer": "https://evil.example"},
            {"token_endpoint": "ftp://127.0.0.1/token"},
            {"jwks_uri": None},
        ],
        ids=["issuer", "scheme", "no keys"],
    )
    def test_metadata_of_somebody_else(self, office: Office, provider: Provider, metadata) -> None:
        provider.metadata = metadata
        answer = office.browser().post("/v1/sign-ins", {"method": "oidc"})
        assert answer.status_code in (403, 503)
        assert "redirect" not in answer.json()

    def test_a_provider_that_is_away(self, office: Office, provider: Provider) -> None:
        provider.down = True
        answer = office.browser().post("/v1/sign-ins", {"method": "oidc"})
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "not_ready", "5")


class TestStepUp:
    DECISION = hashlib.sha256(b"decision").hexdigest()

    def begin(self, browser: Browser) -> dict:
        return browser.post("/v1/sessions/step-up", {"method": "oidc", "decision_hash": self.DECISION}).json()

    def test_they_prove_it_again(self, office: Office, provider: Provider, clock) -> None:
        office.invite(written=KNOWN)
        browser = signed_in(office, provider, clock)
        before, session = browser.cookie, browser.get("/v1/me").json()["session"]
        clock.advance(minutes=10)
        begun = self.begin(browser)
        asked = parse_qs(urlsplit(begun["redirect"]).query)
        assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
        assert come_back(browser, provider, clock, begun).status_code == 200
        after = browser.get("/v1/me").json()["session"]
        assert browser.cookie != before
        assert after["signed_in_at"] > session["signed_in_at"]
        with office.services.database.reading() as work:
            assert work.sessions.find(after["id"]).approves == self.DECISION

    def test_what_they_proved_before_is_no_proof_now(self, office: Office, provider: Provider, clock) -> None:
        office.invite(written=KNOWN)
        browser = signed_in(office, provider, clock)
        old = clock.now()
        clock.advance(minutes=10)
        answer = provider.authorize(self.begin(browser)["redirect"], old)
        provider.claims = {"iat": int(clock.now().timestamp()), "exp": int(clock.now().timestamp()) + 60}
        assert code_of(browser.get(CALLBACK, params=answer)) == REFUSED

    def test_somebody_else_proves_it(self, office: Office, provider: Provider, clock) -> None:
        office.invite(written=KNOWN)
        office.invite(written=replace(KNOWN, hsa_id="SE2321000016-100B"))
        browser = signed_in(office, provider, clock)
        provider.claims = {"employeeHsaId": "SE2321000016-100B", "credentialPersonalIdentityNumber": None}
        assert code_of(come_back(browser, provider, clock, self.begin(browser))) == REFUSED


class TestApp:
    """The app asks the provider by itself (RFC 8252), and shows its ID token at the token endpoint (RFC 8693)."""

    def token(self, provider: Provider, phone: Phone, clock) -> str:
        at = int(clock.now().timestamp())
        return provider.token(APP_CLIENT, nonce_for(phone.key.thumbprint), at)

    def test_the_nonce_binds_it_to_the_phone(self) -> None:
        """docs/android.md says how it is made; here by hand."""
        key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        expected = base64url(hashlib.sha256(b"passkoll sign-in " + key.encode()).digest())
        assert nonce_for(key) == expected

    def test_it_is_exchanged(self, office: Office, provider: Provider, clock) -> None:
        person, phone = office.invite(Role.ID_ADMINISTRATOR, written=KNOWN).person, Phone.of(office, clock)
        token = self.token(provider, phone, clock)
        phone.take_token(phone.exchange(token, ID_TOKEN))
        me = phone.get("/v1/me").json()
        assert (me["id"], me["session"]["methods"]) == (person.id, ["oidc"])
        # the same token again is the same sign-in, and stays ended once it was
        phone.take_token(phone.exchange(token, ID_TOKEN))
        assert phone.get("/v1/me").json()["session"]["id"] == me["session"]["id"]
        with office.services.database.changing() as work:
            work.sessions.end(me["session"]["id"], clock.now())
        assert phone.get("/v1/me").status_code == 401
        assert phone.exchange(token, ID_TOKEN).json()["error"] == "invalid_grant"

    def test_in_the_hands_of_another_phone(self, office: Office, provider: Provider, clock) -> None:
        office.invite(Role.ID_ADMINISTRATOR, written=KNOWN)
        phone, thief = Phone.of(office, clock), Phone.of(office, clock, "B")
        token = self.token(provider, phone, clock)
        assert thief.exchange(token, ID_TOKEN).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize(
        "lie",
        [{"aud": CLIENT}, {"acr": None}, {"nonce": None}, {"exp": 1}, {"auth_time": None}, {"employeeHsaId": "SE1"}],
        ids=["of the console", "no acr", "no nonce", "expired", "no auth_time", "no HSA-id"],
    )
    def test_what_proves_nothing(self, office: Office, provider: Provider, clock, lie) -> None:
        office.invite(Role.ID_ADMINISTRATOR, written=KNOWN)
        phone = Phone.of(office, clock)
        provider.claims = lie
        assert phone.exchange(self.token(provider, phone, clock), ID_TOKEN).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("text", ["", "x", "a.b.c", "a.b", "é"], ids=str)
    def test_what_is_no_token(self, office: Office, clock, text: str) -> None:
        assert Phone.of(office, clock).exchange(text, ID_TOKEN).status_code == 400

    def test_an_unknown_person(self, office: Office, provider: Provider, clock) -> None:
        phone = Phone.of(office, clock)
        assert phone.exchange(self.token(provider, phone, clock), ID_TOKEN).json()["error"] == "invalid_grant"


def test_against_a_real_provider(settings: Settings) -> None:
    """The whole way with software that others wrote: discovery, authorisation, token, keys, and its ID token."""
    claims = {"employeeHsaId": HSA_ID, "credentialPersonalIdentityNumber": NUMBER, "acr": LOA3}
    user = oidc_provider_mock.User(sub="anna", claims=claims)
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as server, ExitStack() as stack:
        issuer = f"http://localhost:{server.server_port}"
        # a name that is the same whether or not it is encoded: not every provider decodes it (RFC 6749 §2.3.1)
        client = {"oidc_client_id": "passkoll", "oidc_client_secret": SecretStr("secret")}
        wired = wiring.wire(with_provider(settings, issuer, **client), clock=SystemClock(), reader=PlannedReader())
        stack.callback(wired.close)
        office = Office(replace(wired, identity=wired.tokens.identity))
        person = office.invite(Role.ID_ADMINISTRATOR, written=KNOWN).person
        browser = office.browser()
        redirect = begin(browser)["redirect"]
        there = httpx.post(redirect, data={"sub": "anna"}, follow_redirects=False)
        assert there.status_code == 302
        back = urlsplit(there.headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == f"{ORIGIN}{CALLBACK}"
        answer = browser.get(f"{CALLBACK}?{back.query}")
        assert answer.status_code == 200, answer.text
        me = browser.get("/v1/me").json()
        assert (me["id"], me["identified"]) == (person.id, True)


@pytest.mark.parametrize(
    "changed",
    [
        {"oidc_client_id": None},
        {"oidc_client_secret": None},
        {"local_accounts": False, "oidc_issuer": None},
    ],
    ids=["no client", "no secret", "nobody could sign in"],
)
def test_half_a_configuration_stops_the_start(settings: Settings, changed) -> None:
    with pytest.raises(ConfigurationError):
        wiring.wire(with_provider(settings, "https://idp.example", **changed), reader=PlannedReader())


@pytest.mark.parametrize(
    "issuer", ["http://idp.example", "https://idp.example/?x=1", "https://idp.example/#x", "idp.example", ""]
)
def test_what_is_no_issuer(issuer: str) -> None:
    with pytest.raises(ValueError, match="https://NAME"):
        Settings(oidc_issuer=issuer)


def test_the_age_of_proofs(office: Office, provider: Provider, clock) -> None:
    """Whoever is remembered by the provider is as fresh here as the proof there."""
    office.invite(Role.SYSTEM_ADMINISTRATOR, written=KNOWN)
    browser = office.browser()
    begun = begin(browser)
    answer = provider.authorize(begun["redirect"], clock.now() - timedelta(hours=3))
    provider.claims = {"iat": int(clock.now().timestamp()), "exp": int(clock.now().timestamp()) + 60}
    assert browser.get(CALLBACK, params=answer).status_code == 200
    browser.csrf = browser.get("/v1/me").json()["csrf"]
    body = {"given_name": "A", "family_name": "B", "roles": []}
    assert code_of(browser.post("/v1/people", body)) == (403, "step_up_required")
