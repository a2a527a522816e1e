"""A portal, step by step: what one does with the service, for people who build one (docs/portal.md)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx2

from mrtd.pki.realm import Realm
from service.client.dpop import DpopSession, SigningKey, TokenEndpoint, TokenRefusedError
from service.usecases.verify_result import Expected, ResultRefusedError, verify_result

#: Seconds between two questions whether the order is verified; webhooks make them fewer (docs/webhooks.md).
POLL_S: Final = 2.0
_APPROVED: Final = frozenset({"approved", "result_issued"})
_ENDED: Final = frozenset({"cancelled"})

Json = dict[str, Any]


class PortalError(Exception):
    """A step that did not succeed; the text says which and why, and nothing of the person."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done. `facts`: what to tell of it; never what the result says of the person."""

    name: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Service:
    """What the service says of itself."""

    issuer: str
    realm: Realm


@dataclass(frozen=True, slots=True)
class PortalRun:
    """One order from its beginning to its end.

    `audience`: `aud` that results for this portal have; None leaves it unchecked. `wait_s`: how long people have at
    the counter.
    """

    url: str
    client_id: str
    key: SigningKey = field(repr=False)
    order_reference: str
    audience: str | None = None
    kind: str = "reserve_card_no_pnr"
    wait_s: float = 600.0
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30.0, trust_env=False), repr=False)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def steps(self) -> Iterator[Step]:
        """Each step after it was done.

        Raises:
            PortalError: one did not succeed.
        """
        service = self._service()
        yield Step("configuration", {"issuer": service.issuer, "realm": service.realm.value})
        tokens = TokenEndpoint(
            self.url, self.client_id, self.key, audience=service.issuer, clock=self.clock, http=self.http
        )
        session = DpopSession(self.url, self.key, tokens.client_credentials, clock=self.clock, http=self.http)
        try:
            order = self._order(session)
            yield Step("order", {"id": order["id"], "order_reference": self.order_reference, "state": order["state"]})
            verification = self._wait(session, str(order["id"]))
            yield Step("verified", {"verification": verification})
            claims = self._result(session, service, verification)
            yield Step(
                "result", {"jti": claims["jti"], "level": _level(claims), "audience_checked": bool(self.audience)}
            )
            receipt = self._json(
                session,
                "POST",
                f"/v1/results/{claims['jti']}/consume",
                {"order_reference": self.order_reference},
            )
            yield Step("consumed", {"status": receipt.get("status", "consumed")})
        except TokenRefusedError as error:
            raise PortalError(f"no token: {error.code}") from None
        except httpx2.HTTPError as error:
            raise PortalError(f"the service cannot be reached: {type(error).__name__}") from None

    def _service(self) -> Service:
        try:
            answer = self.http.get(f"{self.url.rstrip('/')}/.well-known/passkoll-configuration").json()
            return Service(str(answer["issuer"]), Realm(answer["realm"]))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise PortalError(f"the service cannot be reached: {type(error).__name__}") from None
        except (ValueError, KeyError, TypeError):
            raise PortalError("no configuration there: is this the service?") from None

    def _order(self, session: DpopSession) -> Json:
        body = {"kind": self.kind, "order_reference": self.order_reference}
        return self._json(session, "POST", "/v1/orders", body)

    def _wait(self, session: DpopSession, order: str) -> str:
        """The verification that was approved for the order."""
        until = self.clock() + self.wait_s
        while True:
            shown = self._json(session, "GET", f"/v1/orders/{order}")
            approved = [item["id"] for item in shown["verifications"] if item["state"] in _APPROVED]
            if approved:
                return str(approved[-1])
            if shown["state"] in _ENDED or self.clock() >= until:
                raise PortalError(f"nobody approved a verification for the order; it is {shown['state']}")
            self.sleep(POLL_S)

    def _result(self, session: DpopSession, service: Service, verification: str) -> Mapping[str, Any]:
        """The claims of the result, verified by the keys that the service publishes."""
        answer = self._answer(session, "GET", f"/v1/verifications/{verification}/result")
        keys = self._json(session, "GET", "/.well-known/jwks.json")
        expected = Expected(service.realm, service.issuer, self.audience)
        try:
            verified = verify_result(answer.content, keys, expected, datetime.fromtimestamp(self.clock(), UTC))
        except ResultRefusedError as error:
            raise PortalError(f"the result is not to be believed: {error.code.value}") from None
        if verified.claims["passkoll"].get("order_reference") != self.order_reference:
            raise PortalError("the result is for another order")
        return verified.claims

    def _json(self, session: DpopSession, method: str, path: str, body: Json | None = None) -> Json:
        answer = self._answer(session, method, path, body)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise PortalError(f"{method} {_route(path)}: the answer is no object")
        return found

    def _answer(self, session: DpopSession, method: str, path: str, body: Json | None = None) -> httpx2.Response:
        options: Json = {}
        if body is not None:
            options = {"json": body, "headers": {"Idempotency-Key": str(uuid.uuid4())}}
        answer = session.request(method, path, **options)
        if not answer.is_success:
            raise PortalError(f"{method} {_route(path)}: {answer.status_code} {_code(answer)}")
        return answer


def _level(claims: Mapping[str, Any]) -> object:
    return claims["verified_claims"]["verification"]["assurance_level"]


def _code(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _route(path: str) -> str:
    """The kind of a path; an id is nothing to tell."""
    parts = path.split("/")
    return "/".join("{id}" if "_" in part or part.count("-") == 4 else part for part in parts)
