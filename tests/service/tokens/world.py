"""A service with a phone, two portals and a person, all of them known by keys alone, as over HTTP."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.testclient import TestClient

from service import wiring
from service.domain.clients import Client, ClientKind
from service.domain.devices import Device, DeviceStatus, KeyProtection, Platform
from service.domain.identity import Role
from service.domain.people import Person, PersonStatus, SignedIn
from service.domain.sessions import Session
from tests.service.tokens.keys import ASSERTION_TYPE, Key

ISSUER = "https://specimen.passkoll.invalid"
ORGANISATION = "Specimen organisation"
ORIGIN = "http://testserver"
TOKEN_URL = f"{ORIGIN}/v1/oauth/token"
DEVICE, PORTAL, OTHER_PORTAL, HARNESS, PERSON = (
    prefix + name.ljust(26, "A")
    for prefix, name in (("de_", "PHONE"), ("cl_", "PORTAL"), ("cl_", "OTHER"), ("cl_", "HARNESS"), ("pe_", "PERSON"))
)
SESSION = "ss_" + "S" * 26
PORTAL_SCOPES = ("orders", "results", "verifications")
SUBJECT_TYPE = "urn:passkoll:token-type:sign-in-code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


@dataclass
class SignInPage:
    """Knows who signed in, for which key: what `SubjectTokens` is asked, without a page."""

    codes: dict[tuple[str, str, str], SignedIn] = field(default_factory=dict)

    def verify(self, token: str, token_type: str, device_key: str, organisation: str) -> SignedIn | None:
        """Once for each code, and only for the key that it was made for."""
        found = self.codes.pop((token, token_type, device_key), None)
        return found if found is not None and found.person.organisation == organisation else None


@dataclass
class World:
    """Everybody who asks, with their keys."""

    services: wiring.Services
    client: TestClient
    page: SignInPage
    clock: object
    phone: Key = field(default_factory=Key)
    portal: Key = field(default_factory=Key)
    harness: Key = field(default_factory=Key)

    def now(self) -> datetime:
        """The time of the service."""
        return self.clock.now()

    def ask(self, **form: str) -> dict:
        """The form of a request for a token."""
        return {"client_assertion_type": ASSERTION_TYPE} | form

    def token(
        self,
        key: Key,
        client: str,
        *,
        proof: str | None = None,
        assertion: str | None = None,
        headers: dict | None = None,
        at: TestClient | None = None,
        **form: str,
    ):
        """The answer to a request for a token; by default one that is given."""
        proof = key.proof("POST", TOKEN_URL, self.now()) if proof is None else proof
        assertion = key.assertion(client, ISSUER, self.now()) if assertion is None else assertion
        body = self.ask(**{"grant_type": "client_credentials", "client_assertion": assertion} | form)
        sent = {"DPoP": proof} if headers is None else headers
        return (at or self.client).post("/v1/oauth/token", data=body, headers=sent)

    def given(self, key: Key, client: str, **form: str) -> str:
        """A token."""
        answer = self.token(key, client, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def sign_in(self, person: Person, key: Key | None = None) -> str:
        """A code of somebody who signed in on the phone, a moment ago."""
        code = uuid.uuid4().hex
        signed_in = SignedIn(person, SESSION, self.now(), ("passkey",))
        self.page.codes[code, SUBJECT_TYPE, (key or self.phone).thumbprint] = signed_in
        return code

    def for_person(self, **form: str):
        """The answer to an exchange of a fresh sign-in."""
        code = self.sign_in(self.person())
        return self.token(
            self.phone,
            DEVICE,
            **{"grant_type": EXCHANGE, "subject_token": code, "subject_token_type": SUBJECT_TYPE} | form,
        )

    def app(self, **form: str) -> str:
        """A token of the person on the phone."""
        answer = self.for_person(**form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def call(self, method: str, path: str, key: Key, token: str, *, at: TestClient | None = None, **options):
        """A request with a token and a fresh proof; `proof` and `headers` replace them."""
        proof = options.pop("proof", None) or key.proof(method, ORIGIN + path, self.now(), token=token)
        headers = options.pop("headers", None) or {"Authorization": f"DPoP {token}", "DPoP": proof}
        if method == "POST":
            headers = {"Idempotency-Key": str(uuid.uuid4())} | headers
        return (at or self.client).request(method, path, headers=headers, **options)

    def open(self, key: Key, token: str, **body: str):
        """Open a verification."""
        return self.call("POST", "/v1/verifications", key, token, json={"kind": "reserve_card_no_pnr"} | body)

    def person(self, organisation: str = ORGANISATION, status: PersonStatus = PersonStatus.ACTIVE) -> Person:
        """The administrator."""
        role = frozenset({Role.ID_ADMINISTRATOR})
        return Person(PERSON, organisation, role, None, status, self.now(), names=("TEST", "PERSON"))

    def session(self) -> Session:
        """The sign-in of the administrator on the phone."""
        now = self.now()
        return Session(
            SESSION, PERSON, ("passkey",), now, now, now, now + timedelta(hours=10), device_key=self.phone.thumbprint
        )

    def device(self, **changes: object) -> Device:
        """The phone, enrolled and confirmed."""
        key = self.phone
        known = {
            "id": DEVICE,
            "organisation": ORGANISATION,
            "key": key.thumbprint,
            "public_key": json.dumps(key.jwk),
            "platform": Platform.HARNESS,
            "protection": KeyProtection.SOFTWARE,
            "status": DeviceStatus.ACTIVE,
            "enrolled_at": self.now(),
            "enrolled_by": PERSON,
        }
        return Device(**known | changes)

    def system(self, client_id: str, key: Key, kind: ClientKind, audience: str, *scopes: str) -> Client:
        """A registered client."""
        keys = (json.dumps(key.jwk),)
        return Client(client_id, ORGANISATION, kind, client_id, audience, frozenset(scopes), keys, self.now())

    def settle(self) -> None:
        """Make everybody known."""
        with self.services.database.changing() as work:
            work.people.add(self.person())
            work.sessions.add(self.session(), "0" * 64)
            work.devices.add(self.device())
            kind = ClientKind.PORTAL
            work.clients.add(self.system(PORTAL, self.portal, kind, "https://portal.example", *PORTAL_SCOPES))
            work.clients.add(
                self.system(HARNESS, self.harness, ClientKind.HARNESS, "https://harness.example", "inspections")
            )
