"""Every route with every caller: the table of access is what the service does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi.routing import APIRoute
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient

from service import wiring
from service.api.rate_limit import READING
from service.api.v1.access import ACCESS, PUBLIC, ROLES, SCOPES
from service.app import _ROUTERS, application
from service.domain.identity import Caller, Presented, Principal, Role
from service.settings import Settings
from tests.service.photo_reader import PlannedReader
from tests.service.sockets import WS, shaken

_ALL = [route for router in _ROUTERS for route in router.routes]


@dataclass(frozen=True)
class Route:
    """One row of the table; the method of a WebSocket is `WS`."""

    operation_id: str
    method: str
    path: str


ROUTES = [
    Route(str(route.operation_id), method, route.path)
    for route in _ALL
    if isinstance(route, APIRoute)
    for method in route.methods
] + [Route(route.app.operation_id, WS, route.path) for route in _ALL if isinstance(route, WebSocketRoute)]
A, H, R, P, T = Caller.APP, Caller.HOLDER, Caller.REVIEWER, Caller.PORTAL, Caller.HARNESS
D, S = Caller.DEVICE, Caller.STAFF

#: API.md section 5, written down once more, by method and path.
EXPECTED = {
    ("POST", "/v1/verifications"): {A, H, R, P},
    ("GET", "/v1/verifications"): {A, H, R, P},
    ("GET", "/v1/verifications/{id}"): {A, H, R, P},
    ("POST", "/v1/verifications/{id}/notice"): {A, H},
    ("POST", "/v1/verifications/{id}/mrz"): {A, H},
    ("POST", "/v1/verifications/{id}/mrz-image"): {A, H},
    ("GET", "/v1/verifications/{id}/portrait"): {R},
    ("GET", "/v1/verifications/{id}/page"): {R},
    ("GET", "/v1/verifications/{id}/mrz-crop"): {R},
    ("POST", "/v1/verifications/{id}/chip-challenges"): {A, H},
    ("POST", "/v1/verifications/{id}/chip"): {A, H},
    (WS, "/v1/verifications/{id}/chip/live"): {A, H},
    ("POST", "/v1/verifications/{id}/chip/live/frames"): {A, H},
    ("POST", "/v1/verifications/{id}/status-lookups"): {R},
    ("POST", "/v1/verifications/{id}/reviews"): {R},
    ("POST", "/v1/verifications/{id}/revoke"): {R},
    ("POST", "/v1/verifications/{id}/protect"): {A, R},
    ("POST", "/v1/sign-ins"): None,
    ("POST", "/v1/sign-ins/{id}"): None,
    ("GET", "/v1/sign-ins/oidc/callback"): None,
    ("POST", "/v1/invitations/show"): None,
    ("POST", "/v1/invitations/accept"): None,
    ("GET", "/v1/me"): {A, S},
    ("GET", "/v1/sessions"): {S},
    ("POST", "/v1/sessions/step-up"): {S},
    ("DELETE", "/v1/sessions/{id}"): {S},
    ("DELETE", "/v1/sessions"): {S},
    ("GET", "/v1/people"): {S},
    ("GET", "/v1/people/{id}"): {S},
    ("POST", "/v1/people"): {S},
    ("POST", "/v1/people/{id}/reset"): {S},
    ("PUT", "/v1/people/{id}/roles"): {S},
    ("PUT", "/v1/people/{id}/particulars"): {S},
    ("POST", "/v1/people/{id}/vouch"): {S},
    ("POST", "/v1/people/{id}/lock"): {S},
    ("POST", "/v1/people/{id}/unlock"): {S},
    ("POST", "/v1/verifications/{id}/hand-overs"): {A, R},
    ("POST", "/v1/hand-overs/claim"): {A, R},
    ("POST", "/v1/orders"): {P},
    ("GET", "/v1/orders/{id}"): {P},
    ("POST", "/v1/orders/{id}/events"): {P},
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
    ("GET", "/.well-known/oauth-authorization-server"): None,
    ("POST", "/v1/oauth/token"): None,
    ("POST", "/v1/oauth/revoke"): None,
    ("POST", "/v1/devices/invitations"): {S},
    ("POST", "/v1/devices/challenges"): None,
    ("POST", "/v1/devices"): None,
    ("GET", "/v1/devices"): {S},
    ("POST", "/v1/devices/{id}/confirm"): {S},
    ("DELETE", "/v1/devices/{id}"): {S},
    ("POST", "/v1/devices/{id}/challenges"): {D},
    ("POST", "/v1/devices/{id}/attestations"): {D},
    ("POST", "/v1/pairings"): {S},
    ("POST", "/v1/pairings/claim"): {D},
    ("GET", "/v1/pairings/{id}"): {D, S},
    ("POST", "/v1/pairings/{id}/confirm"): {S},
}
_I, _U, _Y = Role.ID_ADMINISTRATOR, Role.RESPONSIBLE_ISSUER, Role.SYSTEM_ADMINISTRATOR
_COUNTER, _CASES, _OFFICE = {_I}, {_I, _U}, {_I, _U, _Y}

#: Which role lets a person use a route (SECURITY.md 7.5, RULES.md section 6), by method and path; others need none.
EXPECTED_ROLES = {
    ("POST", "/v1/verifications"): _COUNTER,
    ("GET", "/v1/verifications"): _CASES,
    ("GET", "/v1/verifications/{id}"): _CASES,
    ("POST", "/v1/verifications/{id}/notice"): _COUNTER,
    ("POST", "/v1/verifications/{id}/mrz"): _COUNTER,
    ("POST", "/v1/verifications/{id}/mrz-image"): _COUNTER,
    ("GET", "/v1/verifications/{id}/portrait"): _CASES,
    ("GET", "/v1/verifications/{id}/page"): _CASES,
    ("GET", "/v1/verifications/{id}/mrz-crop"): _CASES,
    ("POST", "/v1/verifications/{id}/chip-challenges"): _COUNTER,
    ("POST", "/v1/verifications/{id}/chip"): _COUNTER,
    (WS, "/v1/verifications/{id}/chip/live"): _COUNTER,
    ("POST", "/v1/verifications/{id}/chip/live/frames"): _COUNTER,
    ("POST", "/v1/verifications/{id}/status-lookups"): _COUNTER,
    ("POST", "/v1/verifications/{id}/reviews"): _COUNTER,
    ("POST", "/v1/verifications/{id}/cancel"): _COUNTER,
    ("POST", "/v1/verifications/{id}/revoke"): _CASES,
    ("POST", "/v1/verifications/{id}/protect"): _CASES,
    ("POST", "/v1/verifications/{id}/hand-overs"): _COUNTER,
    ("POST", "/v1/hand-overs/claim"): _COUNTER,
    ("GET", "/v1/people"): _OFFICE,
    ("GET", "/v1/people/{id}"): _OFFICE,
    ("POST", "/v1/people"): {_Y},
    ("POST", "/v1/people/{id}/reset"): {_Y},
    ("PUT", "/v1/people/{id}/roles"): {_Y},
    ("PUT", "/v1/people/{id}/particulars"): {_Y},
    ("POST", "/v1/people/{id}/vouch"): _OFFICE,
    ("POST", "/v1/people/{id}/lock"): {_Y},
    ("POST", "/v1/people/{id}/unlock"): {_Y},
    ("POST", "/v1/devices/invitations"): {_I, _Y},
    ("GET", "/v1/devices"): {_I, _U, _Y, Role.AUDITOR},
    ("POST", "/v1/devices/{id}/confirm"): {_I, _Y},
    ("DELETE", "/v1/devices/{id}"): {_I, _Y},
    ("POST", "/v1/pairings"): _COUNTER,
    ("GET", "/v1/pairings/{id}"): _COUNTER,
    ("POST", "/v1/pairings/{id}/confirm"): _COUNTER,
}


class OneCallerEach:
    """An identity whose token is the name of the caller, and of the one role it has, if not all."""

    def authenticate(self, presented: Presented) -> Principal | None:
        """One principal a kind of caller and role."""
        caller, _, role = presented.token.partition("+")
        return (
            Principal(
                f"person of {caller}",
                "Specimen organisation",
                frozenset({Caller(caller)}),
                frozenset({Role(role)}) if role else frozenset(Role),
                device=f"phone of {caller}",
                session=f"session of {caller}",
                signed_in_at=datetime(2026, 11, 24, tzinfo=UTC),
            )
            if presented.scheme == "bearer" and caller in set(Caller)
            else None
        )

    def banner(self) -> tuple[str, ...]:
        """Nothing unusual."""
        return ()


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that knows one person of each kind, and has patience with all of them."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        limit_known=100_000,
        limit_reading=100_000,
        limit_sign_in=100_000,
        limit_strangers=100_000,
    )
    services = wiring.wire(settings, identity=OneCallerEach(), reader=PlannedReader())
    with TestClient(application(services), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def route_id(route: Route) -> str:
    """The name of a test."""
    return route.operation_id


def call(client: TestClient, route: Route, token: str | None):
    """The route, asked with an empty body of the right kind."""
    prefixes = {"verifications": "vs", "devices": "de", "pairings": "pa", "people": "pe", "orders": "or"}
    prefix = prefixes.get(route.path.split("/")[2] if route.path.startswith("/v1/") else "", "xx")
    path = route.path.replace("{id}", f"{prefix}_" + "A" * 26).replace(
        "{jti}", "0" * 8 + "-0000" * 3 + "-" + "0" * 12
    )
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if route.method == WS:
        return shaken(client, path, headers)
    headers["Idempotency-Key"] = "one"
    if path.endswith("/mrz-image"):
        return client.request(route.method, path, headers=headers | {"Content-Type": "image/jpeg"}, content=b"octets")
    body = {"json": {}} if route.method in ("POST", "PUT") else {}
    return client.request(route.method, path, headers=headers, **body)


def of_people(route: Route) -> set[Caller]:
    """The callers of a route that are people."""
    return (EXPECTED[route.method, route.path] or set()) & {A, R, S}


def test_the_table_is_the_contract() -> None:
    found = {
        (route.method, route.path): None if route.operation_id in PUBLIC else set(ACCESS[route.operation_id])
        for route in ROUTES
    }
    assert found == EXPECTED


def test_the_roles_are_the_contract() -> None:
    found = {
        (route.method, route.path): set(ROLES[route.operation_id]) for route in ROUTES if route.operation_id in ROLES
    }
    assert found == EXPECTED_ROLES


@pytest.mark.parametrize("caller", [None, "", "nobody", *Caller], ids=str)
@pytest.mark.parametrize("route", ROUTES, ids=route_id)
def test_every_route_with_every_caller(strangers: TestClient, route: Route, caller: str | None) -> None:
    answer = call(strangers, route, caller)
    allowed = EXPECTED[route.method, route.path]
    if allowed is None:
        # Public texts are there for everybody; the others want a secret, and an empty body holds none.
        assert answer.status_code in ((200,) if route.operation_id in READING else (303, 400, 401, 403, 404, 422))
    elif caller not in set(Caller):
        told = "" if caller is None else ', error="invalid_token"'
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, f'DPoP algs="ES256"{told}')
    elif caller not in allowed:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    else:
        assert answer.status_code in (200, 201, 204, 404, 409, 422) or _needs_fresh_proof(answer)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("route", "caller"),
    [
        pytest.param(route, caller, id=f"{route.operation_id}-{caller}")
        for route in ROUTES
        for caller in sorted(of_people(route))
    ],
)
def test_every_route_with_every_role_alone(strangers: TestClient, route: Route, caller: Caller, role: Role) -> None:
    answer = call(strangers, route, f"{caller}+{role}")
    needed = EXPECTED_ROLES.get((route.method, route.path))
    if needed is None or role in needed:
        assert answer.status_code in (200, 201, 204, 404, 409, 422) or _needs_fresh_proof(answer)
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_the_role_for_protected_identities_opens_no_route() -> None:
    """It is an extra one (RULES.md section 1): whoever has nothing else has nothing."""
    assert not any(Role.PROTECTED_IDENTITY in roles for roles in EXPECTED_ROLES.values())


def _needs_fresh_proof(answer) -> bool:
    """Some routes want the person to show who they are once more; that is no matter of the table."""
    return answer.status_code in (401, 403) and answer.json()["code"] == "step_up_required"


def test_every_token_with_scopes_needs_one_everywhere() -> None:
    """A route that a token may use, and that is in no table of scopes, would be closed to all tokens."""
    by_token = {Caller.APP, Caller.HOLDER, Caller.PORTAL, Caller.HARNESS}
    assert SCOPES.keys() == {operation for operation, callers in ACCESS.items() if callers & by_token}


@pytest.mark.parametrize("scheme", ["Basic", "bearer-token", "DPoP"])
def test_other_schemes_are_nobody(strangers: TestClient, scheme: str) -> None:
    answer = strangers.get("/v1/verifications/vs_" + "A" * 26, headers={"Authorization": f"{scheme} app"})
    assert answer.status_code == 401
