"""A phone on which people sign in: its key is of software, and what it sends is made by `cryptography` alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from starlette.testclient import TestClient

from service.app import application
from service.domain.devices import Device, DeviceStatus, KeyProtection, Platform
from tests.service.people.authenticator import ORIGIN
from tests.service.people.office import ORGANISATION, Member, Office
from tests.service.tokens.keys import ASSERTION_TYPE, Key

ISSUER = "https://specimen.passkoll.invalid"
CODE_TYPE = "urn:passkoll:token-type:sign-in-code"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


@dataclass
class Phone:
    """An enrolled phone."""

    id: str
    client: TestClient
    clock: object
    key: Key = field(default_factory=Key)
    token: str | None = None

    @classmethod
    def of(cls, office: Office, clock, name: str = "A", organisation: str = ORGANISATION) -> Phone:
        """One that is enrolled and confirmed."""
        client = TestClient(application(office.services), base_url=ORIGIN, raise_server_exceptions=False)
        phone = cls("de_" + name * 26, client, clock)
        with office.services.database.changing() as work:
            work.devices.add(
                Device(
                    phone.id,
                    organisation,
                    phone.key.thumbprint,
                    json.dumps(phone.key.jwk),
                    Platform.HARNESS,
                    KeyProtection.SOFTWARE,
                    DeviceStatus.ACTIVE,
                    clock.now(),
                    enrolled_by="operator",
                    attested_at=clock.now(),
                    confirmed_by="second operator",
                    confirmed_at=clock.now(),
                )
            )
        return phone

    def proof(self, method: str, path: str) -> str:
        """Of this key, for one request."""
        return self.key.proof(method, ORIGIN + path, self.clock.now(), token=self.token)

    def get(self, path: str):
        """With the token."""
        headers = {"Authorization": f"DPoP {self.token}", "DPoP": self.proof("GET", path)}
        return self.client.get(path, headers=headers)

    def begin(self, method: str = "passkey", *, key: str | None = None):
        """Begin a sign-in for the key of this phone."""
        return self.client.post("/v1/sign-ins", json={"method": method, "device_key": key or self.key.thumbprint})

    def finish(self, begun: dict, body: dict):
        """Prove it, with the key of this phone."""
        path = f"/v1/sign-ins/{begun['id']}"
        return self.client.post(path, json=body, headers={"DPoP": self.proof("POST", path)})

    def sign_in(self, member: Member) -> str:
        """A one-time code for somebody who signed in by passkey."""
        begun = self.begin().json()
        answer = self.finish(begun, {"assertion": member.keys.get(begun["public_key"])})
        assert answer.status_code == 200, answer.text
        assert answer.json()["me"] is None
        assert "set-cookie" not in answer.headers
        return answer.json()["sign_in_code"]

    def exchange(self, subject: str, kind: str = CODE_TYPE):
        """A token for whoever signed in (RFC 8693 §2.1)."""
        self.token, path = None, "/v1/oauth/token"
        form = {
            "grant_type": EXCHANGE,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.key.assertion(self.id, ISSUER, self.clock.now()),
            "subject_token": subject,
            "subject_token_type": kind,
            "scope": "capture read",
        }
        return self.client.post(path, data=form, headers={"DPoP": self.proof("POST", path)})

    def take_token(self, answer) -> None:
        """Use the token of an answer from now on."""
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
