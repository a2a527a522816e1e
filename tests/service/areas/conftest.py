"""A service whose callers are whatever a test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from service import wiring
from service.app import application
from service.domain.identity import Caller, Presented, Principal, Role
from service.settings import Settings
from tests.service.conftest import ManualClock
from tests.service.photo_reader import PlannedReader

ORGANISATION = "Specimen organisation"


class WrittenIdentity:
    """An identity whose tokens say who comes, in JSON: never anywhere but in tests of who may see what."""

    def authenticate(self, presented: Presented) -> Principal | None:
        """The principal that the token spells out."""
        if presented.scheme != "bearer":
            return None
        said = json.loads(bytes.fromhex(presented.token))
        scopes = said.get("scopes")
        return Principal(
            said.get("id", "pe_one"),
            said.get("organisation", ORGANISATION),
            frozenset(map(Caller, said.get("callers", ["app", "reviewer"]))),
            frozenset(map(Role, said.get("roles", ["id_administrator"]))),
            areas=None if said.get("areas") is None else frozenset(said["areas"]),
            device=said.get("device", "de_one"),
            session=said.get("session", "ss_one"),
            signed_in_at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
            only=said.get("only"),
            scopes=None if scopes is None else frozenset(scopes),
        )

    def banner(self) -> tuple[str, ...]:
        """Nothing unusual."""
        return ()


@pytest.fixture
def services(settings: Settings, clock: ManualClock) -> Iterator[wiring.Services]:
    """The use cases over an empty database."""
    wired = wiring.wire(settings, clock=clock, identity=WrittenIdentity(), reader=PlannedReader())
    yield wired
    wired.close()


@pytest.fixture
def client(services: wiring.Services) -> Iterator[TestClient]:
    """An HTTP client."""
    with TestClient(application(services), raise_server_exceptions=False) as client:
        yield client


def headers(key: str = "one", reason: str | None = None, **said) -> dict[str, str]:
    """What somebody sends with a request."""
    token = json.dumps(said).encode().hex()
    sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    return sent if reason is None else sent | {"X-Passkoll-Reason-Code": reason}


@pytest.fixture
def opened(client: TestClient) -> Callable[..., str]:
    """Opens a verification; its path."""

    def do(body: dict[str, object] | None = None, **said) -> str:
        wish = {"kind": "reserve_card_no_pnr"} | (body or {})
        answer = client.post("/v1/verifications", json=wish, headers=headers(**said))
        assert answer.status_code == 201, answer.text
        return answer.json()["links"]["self"]

    return do
