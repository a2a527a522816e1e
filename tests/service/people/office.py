"""The office of the tests: people with their keys, each at a browser of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

from service import wiring
from service.app import application
from service.domain.account_rules import Acting
from service.domain.identity import Role
from service.usecases.invite_person import Written
from tests.service.people.authenticator import ORIGIN, Authenticator

ORGANISATION = "Specimen organisation"
OPERATOR = Acting("operator", ORGANISATION)
PASSWORD = "a long line of words for a test"


@dataclass
class Browser:
    """A browser that keeps its cookies, and the CSRF token of its page."""

    client: TestClient
    csrf: str | None = None

    def request(self, method: str, path: str, **sent: Any):
        """A request of our own page."""
        headers = dict(sent.pop("headers", {}))
        if self.csrf is not None:
            headers.setdefault("X-Passkoll-CSRF", self.csrf)
        return self.client.request(method, path, headers=headers, **sent)

    def get(self, path: str, **sent: Any):
        """GET."""
        return self.request("GET", path, **sent)

    def post(self, path: str, body: object = None, **sent: Any):
        """POST with a JSON body."""
        return self.request("POST", path, **({} if body is None else {"json": body}), **sent)

    @property
    def cookie(self) -> str | None:
        """Of the session."""
        return self.client.cookies.get("__Host-passkoll")


@dataclass
class Member:
    """A person with an authenticator."""

    id: str
    keys: Authenticator
    browser: Browser


@dataclass
class Office:
    """The service, and those who work with it."""

    services: wiring.Services
    browsers: list[TestClient] = field(default_factory=list)

    def browser(self) -> Browser:
        """A browser that nobody used yet."""
        client = TestClient(application(self.services), base_url=ORIGIN, raise_server_exceptions=False)
        self.browsers.append(client)
        return Browser(client)

    def invite(self, *roles: Role, written: Written | None = None, areas: frozenset[str] | None = None):
        """An invitation by the operator."""
        name = written or Written(("Test", f"Person {len(self.browsers)}"))
        return self.services.staff.invite(OPERATOR, name, frozenset(roles), areas)

    def member(self, *roles: Role, written: Written | None = None, password: str | None = None) -> Member:
        """Somebody who accepted an invitation with a passkey, and a password where one is given."""
        invited = self.invite(*roles, written=written)
        browser, keys = self.browser(), Authenticator()
        offer = browser.post("/v1/invitations/show", {"code": invited.code}).json()
        body = {"code": invited.code, "registration": keys.create(offer["public_key"])}
        if password is not None:
            body |= {"login": f"login-{invited.person.id}", "password": password}
        answer = browser.post("/v1/invitations/accept", body)
        assert answer.status_code == 201, answer.text
        return Member(answer.json()["person"], keys, browser)

    def signed_in(self, *roles: Role, written: Written | None = None) -> Member:
        """The same, signed in by passkey."""
        member = self.member(*roles, written=written)
        assert self.sign_in(member).status_code == 200
        return member

    def sign_in(self, member: Member, **begin: Any):
        """Sign in by passkey, in the member's browser."""
        begun = member.browser.post("/v1/sign-ins", {"method": "passkey", **begin}).json()
        assertion = member.keys.get(begun["public_key"])
        answer = member.browser.post(f"/v1/sign-ins/{begun['id']}", {"assertion": assertion})
        if answer.status_code == 200 and answer.json()["me"] is not None:
            member.browser.csrf = answer.json()["me"]["csrf"]
        return answer

    def step_up(self, member: Member, **begin: Any):
        """Prove it anew by passkey."""
        begun = member.browser.post("/v1/sessions/step-up", {"method": "passkey", **begin}).json()
        assertion = member.keys.get(begun["public_key"])
        answer = member.browser.post(f"/v1/sign-ins/{begun['id']}", {"assertion": assertion})
        if answer.status_code == 200:
            member.browser.csrf = answer.json()["me"]["csrf"]
        return answer


def code_of(answer) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]
