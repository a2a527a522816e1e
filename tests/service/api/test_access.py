"""Every route with every caller: the table of access is what the service does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from service import wiring
from service.api.v1 import inspections, life, meta, photos, portraits, results, verifications
from service.api.v1.access import ACCESS, PUBLIC
from service.app import application
from service.domain.identity import Caller, Presented, Principal, Role
from service.settings import Settings
from tests.service.photo_reader import PlannedReader

ROUTES = [
    route
    for module in (verifications, life, photos, portraits, results, inspections, meta)
    for route in module.router.routes
    if isinstance(route, APIRoute)
]
A, H, R, P, T = Caller.APP, Caller.HOLDER, Caller.REVIEWER, Caller.PORTAL, Caller.HARNESS

#: API.md section 5, written down once more, by method and path.
EXPECTED = {
    ("POST", "/v1/verifications"): {A, H, R, P},
    ("GET", "/v1/verifications"): {A, H, R, P},
    ("GET", "/v1/verifications/{id}"): {A, H, R, P},
    ("POST", "/v1/verifications/{id}/notice"): {A, H},
    ("POST", "/v1/verifications/{id}/mrz"): {A, H},
    ("POST", "/v1/verifications/{id}/mrz-image"): {A, H},
    ("GET", "/v1/verifications/{id}/portrait"): {R},
    ("POST", "/v1/verifications/{id}/chip-challenges"): {A, H},
    ("POST", "/v1/verifications/{id}/chip"): {A, H},
    ("POST", "/v1/verifications/{id}/status-lookups"): {R},
    ("POST", "/v1/verifications/{id}/reviews"): {R},
    ("POST", "/v1/verifications/{id}/revoke"): {R},
    ("POST", "/v1/verifications/{id}/cancel"): {A, H, R, P},
    ("GET", "/v1/verifications/{id}/result"): {P},
    ("POST", "/v1/results/{jti}/consume"): {P},
    ("GET", "/v1/results/{jti}"): {P},
    ("POST", "/v1/inspections"): {T},
    ("GET", "/v1/catalogue"): None,
    ("GET", "/.well-known/jwks.json"): None,
    ("GET", "/.well-known/passkoll-configuration"): None,
    ("GET", "/.well-known/openid-configuration"): None,
    ("GET", "/v1/health/live"): None,
    ("GET", "/v1/health/ready"): None,
}


class OneCallerEach:
    """An identity whose token is the name of the caller."""

    def authenticate(self, presented: Presented) -> Principal | None:
        """One principal a kind of caller."""
        token = presented.token
        return (
            Principal(f"person of {token}", "Specimen organisation", frozenset({Caller(token)}), frozenset(Role))
            if presented.scheme == "bearer" and token in set(Caller)
            else None
        )

    def banner(self) -> tuple[str, ...]:
        """Nothing unusual."""
        return ()


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that knows one person of each kind."""
    services = wiring.wire(
        Settings(data_dir=tmp_path_factory.mktemp("data")), identity=OneCallerEach(), reader=PlannedReader()
    )
    with TestClient(application(services), raise_server_exceptions=False) as client:
        yield client


def route_id(route: APIRoute) -> str:
    """The name of a test."""
    return str(route.operation_id)


def call(client: TestClient, route: APIRoute, token: str | None):
    """The route, asked with an empty body of the right kind."""
    path = route.path.replace("{id}", "vs_" + "A" * 26).replace("{jti}", "0" * 8 + "-0000" * 3 + "-" + "0" * 12)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    (method,) = route.methods
    headers["Idempotency-Key"] = "one"
    if path.endswith("/mrz-image"):
        return client.request(method, path, headers=headers | {"Content-Type": "image/jpeg"}, content=b"octets")
    return client.request(method, path, headers=headers, **({"json": {}} if method == "POST" else {}))


def test_the_table_is_the_contract() -> None:
    found = {
        (method, route.path): None if route.operation_id in PUBLIC else set(ACCESS[route.operation_id])
        for route in ROUTES
        for method in route.methods
    }
    assert found == EXPECTED


@pytest.mark.parametrize("caller", [None, "", "nobody", *Caller], ids=str)
@pytest.mark.parametrize("route", ROUTES, ids=route_id)
def test_every_route_with_every_caller(strangers: TestClient, route: APIRoute, caller: str | None) -> None:
    answer = call(strangers, route, caller)
    (method,) = route.methods
    allowed = EXPECTED[method, route.path]
    if allowed is None:
        assert answer.status_code == 200
    elif caller not in set(Caller):
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    elif caller not in allowed:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    else:
        assert answer.status_code in (201, 404, 422)


@pytest.mark.parametrize("scheme", ["Basic", "bearer-token", "DPoP"])
def test_other_schemes_are_nobody(strangers: TestClient, scheme: str) -> None:
    answer = strangers.get("/v1/verifications/vs_" + "A" * 26, headers={"Authorization": f"{scheme} app"})
    assert answer.status_code == 401
