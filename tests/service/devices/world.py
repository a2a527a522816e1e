"""Two administrators with consoles, one of another organisation, and phones that anybody may hold."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.testclient import TestClient

from service import wiring
from service.adapters.db.audit_tables import audit_trail
from service.domain.accounts import digest_of
from service.domain.identity import Role
from service.domain.people import Person, PersonStatus
from service.domain.sessions import Session, csrf_token
from tests.service.tokens.keys import ASSERTION_TYPE, Key, base64url

ISSUER = "https://specimen.passkoll.invalid"
ORIGIN = "http://testserver"
ORGANISATION = "Specimen organisation"
ELSEWHERE = "Another organisation"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SIGN_IN_CODE = "urn:passkoll:token-type:sign-in-code"
NONE = {"format": "none"}


@dataclass
class Console:
    """Somebody who is signed in at a console, by a real session."""

    client: TestClient
    person: Person
    cookie: str
    session: str

    def request(self, method: str, path: str, **options):
        """A request of the page."""
        headers = {"Cookie": f"__Host-passkoll={self.cookie}", "X-Passkoll-CSRF": csrf_token(self.cookie)}
        return self.client.request(method, path, headers=headers, **options)

    def get(self, path: str):
        """GET."""
        return self.request("GET", path)

    def post(self, path: str, json: object = None):
        """POST."""
        return self.request("POST", path, **({} if json is None else {"json": json}))

    def delete(self, path: str):
        """DELETE."""
        return self.request("DELETE", path)

    def invite(self) -> dict:
        """What the QR code on the screen says."""
        answer = self.post("/v1/devices/invitations")
        assert answer.status_code == 201, answer.text
        return read_qr(answer.json()["qr"], "PKE1")

    def confirm(self, phone: Phone, fingerprint: str | None = None):
        """Confirm a phone with what it shows."""
        body = {"fingerprint": fingerprint or phone.fingerprint}
        return self.post(f"/v1/devices/{phone.id}/confirm", body)

    def pair(self) -> tuple[str, str]:
        """Open a pairing: its path, and the code on the screen."""
        answer = self.post("/v1/pairings")
        assert answer.status_code == 201, answer.text
        return f"/v1/pairings/{answer.json()['id']}", read_qr(answer.json()["qr"], "PKP1")["code"]


@dataclass
class Phone:
    """A phone with a key, as its maker would program it from the documents."""

    client: TestClient
    clock: object
    key: Key = field(default_factory=Key)
    id: str = ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical key (RFC 7638), the first 32 hexadecimal digits, in fours."""
        digits = base64.urlsafe_b64decode(self.key.thumbprint + "=").hex()[:32]
        return " ".join(digits[at : at + 4] for at in range(0, 32, 4))

    def proof(self, method: str, path: str, token: str | None = None) -> str:
        """A DPoP proof for a request."""
        return self.key.proof(method, ORIGIN + path, self.clock.now(), token=token)

    def enrol(self, code: str, attestation: dict = NONE, *, proof: str | None = None):
        """Ask to be enrolled."""
        body = {"code": code, "attestation": attestation}
        headers = {"DPoP": self.proof("POST", "/v1/devices") if proof is None else proof}
        answer = self.client.post("/v1/devices", json=body, headers=headers)
        if answer.status_code == 201:
            self.id = answer.json()["id"]
        return answer

    def ask_token(self, **form: str):
        """Ask for a token; by default for the phone itself."""
        body = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.key.assertion(self.id, ISSUER, self.clock.now()),
        } | form
        headers = {"DPoP": self.proof("POST", "/v1/oauth/token")}
        return self.client.post("/v1/oauth/token", data=body, headers=headers)

    def token(self, **form: str) -> str:
        """A token."""
        answer = self.ask_token(**form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def exchange(self, code: str):
        """Ask for a token for the person of a sign-in code."""
        return self.ask_token(grant_type=EXCHANGE, subject_token=code, subject_token_type=SIGN_IN_CODE)

    def request(self, method: str, path: str, token: str, **options):
        """A request with a token."""
        headers = {"Authorization": f"DPoP {token}", "DPoP": self.proof(method, path, token)}
        return self.client.request(method, path, headers=headers | {"Idempotency-Key": str(uuid.uuid4())}, **options)

    def post(self, path: str, token: str, json: object = None):
        """POST."""
        return self.request("POST", path, token, **({} if json is None else {"json": json}))

    def get(self, path: str, token: str):
        """GET."""
        return self.request("GET", path, token)

    def claim(self, code: str):
        """Claim a pairing, as the phone by itself."""
        return self.post("/v1/pairings/claim", self.token(), {"code": code})


@dataclass
class World:
    """Everybody."""

    services: wiring.Services
    client: TestClient
    clock: object

    def now(self) -> float:
        """Seconds since 1970."""
        return self.clock.now().timestamp()

    def person(self, name: str, *roles: Role, organisation: str = ORGANISATION, **changes: object) -> Console:
        """Somebody with verified identifiers, signed in by a passkey a moment ago."""
        person_id = "pe_" + name.ljust(26, "A")
        with self.services.database.changing() as work:
            known = {
                "names": ("Test", name.title()),
                "born": "1970-01-01",
                "hsa_id": f"SE2321000016-{name}",
                "personal_number": work.people.digest(f"19700101{len(work.people.of(organisation)):04}"),
                "vouched_by": ("pe_V", "pe_W"),
            }
            person = Person(
                person_id,
                organisation,
                frozenset(roles or (Role.ID_ADMINISTRATOR,)),
                None,
                PersonStatus.ACTIVE,
                self.clock.now(),
                **known | changes,
            )
            work.people.add(person)
        return self.console(person)

    def console(self, person: Person, method: str = "passkey") -> Console:
        """Another console where somebody signed in."""
        cookie, now = secrets.token_urlsafe(32), self.clock.now()
        session = "ss_" + base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")
        with self.services.database.changing() as work:
            work.sessions.add(
                Session(session, person.id, (method,), now, now, now, now + timedelta(hours=10)), digest_of(cookie)
            )
        return Console(self.client, person, cookie, session)

    def phone(self, key: Key | None = None) -> Phone:
        """A phone that nobody knows yet."""
        return Phone(self.client, self.clock, key or Key())

    def enrolled(self, first: Console, second: Console) -> Phone:
        """A phone that two people let in."""
        phone = self.phone()
        answer = phone.enrol(first.invite()["code"])
        assert answer.status_code == 201, answer.text
        answer = second.confirm(phone)
        assert answer.status_code == 200, answer.text
        return phone

    def signed_in(self, phone: Phone, console: Console) -> str:
        """A token of the person at the console on the phone, by pairing."""
        path, code = console.pair()
        claimed = phone.claim(code).json()
        assert console.post(f"{path}/confirm").status_code == 200
        answer = phone.exchange(claimed["sign_in_code"])
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def recorded(self) -> list[tuple[str, dict]]:
        """What the audit trail says was done, oldest first, and how."""
        with self.services.database.engine.connect() as connection:
            rows = connection.execute(audit_trail.select().order_by(audit_trail.c.number)).all()
        return [(row.action, json.loads(row.details)) for row in rows]

    def actions(self) -> list[str]:
        """What was done alone."""
        return [action for action, _ in self.recorded()]


def read_qr(text: str, kind: str) -> dict:
    """The members of the text of a QR code, as an app reads it."""
    first, _, rest = text.partition("_")
    assert first == kind
    return json.loads(base64.urlsafe_b64decode(rest + "=" * (-len(rest) % 4)))


def android(*chain: bytes) -> dict:
    """The member of a request for the chain of an Android key."""
    return {"format": "android", "chain": [base64url(certificate) for certificate in chain]}
