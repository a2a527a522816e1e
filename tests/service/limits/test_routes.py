"""Limits over HTTP: whom they stop, whom they do not, and what happens where nobody can count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from service import wiring
from service.app import application
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.rate_limits import CODE, Limit, per_minute
from service.domain.vault import StorageUnavailableError, UnreadableError
from service.settings import Settings
from service.usecases.limit_requests import LimitRequests
from tests.service.areas.conftest import WrittenIdentity, headers
from tests.service.conftest import ManualClock
from tests.service.photo_reader import PlannedReader
from tests.service.postgres import SERVER

CASE = "/v1/verifications/vs_" + "A" * 26
TOKEN = "/v1/oauth/token"
FORM = {"grant_type": "client_credentials"}


@contextmanager
def replica(
    settings: Settings, clock: ManualClock, address: str = "192.0.2.43", **limits: int
) -> Iterator[TestClient]:
    """A service over the database of these settings, asked from an address."""
    chosen = settings.model_copy(update={f"limit_{name}": count for name, count in limits.items()})
    services = wiring.wire(chosen, clock=clock, identity=WrittenIdentity(), reader=PlannedReader())
    with TestClient(application(services), client=(address, 50_000), raise_server_exceptions=False) as client:
        yield client


def statuses(client: TestClient, times: int, method: str = "GET", path: str = CASE, **options) -> list[int]:
    """What each of several requests was answered with."""
    return [client.request(method, path, **options).status_code for _ in range(times)]


def test_signing_in_is_limited_by_address(settings: Settings, clock: ManualClock) -> None:
    with replica(settings, clock, sign_in=3) as client:
        found = statuses(client, 5, "POST", TOKEN, data=FORM)
        assert 429 not in found[:3]
        assert found[3:] == [429, 429]
        answer = client.post(TOKEN, data=FORM)
        assert (answer.json()["code"], answer.headers["retry-after"]) == ("too_many_requests", "60")
        # public texts are counted apart, and so is everybody else
        assert client.get("/.well-known/jwks.json").status_code == 200
        clock.advance(seconds=60)
        assert client.post(TOKEN, data=FORM).status_code != 429


@pytest.mark.skipif(SERVER is None, reason="needs PostgreSQL")
@pytest.mark.parametrize("settings", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_brute_force_across_replicas(settings: Settings, clock: ManualClock) -> None:
    """Whoever spreads attempts over two replicas of one database has no more of them, and a restart gives none."""
    with replica(settings, clock, sign_in=6) as one, replica(settings, clock, sign_in=6) as other:
        found = [client.post(TOKEN, data=FORM).status_code for _ in range(5) for client in (one, other)]
    assert [status == 429 for status in found] == [False] * 6 + [True] * 4
    with replica(settings, clock, sign_in=6) as again:
        assert again.post(TOKEN, data=FORM).status_code == 429
    with replica(settings, clock, address="192.0.2.44", sign_in=6) as neighbour:
        assert neighbour.post(TOKEN, data=FORM).status_code != 429


def test_a_network_is_one_address(settings: Settings, clock: ManualClock) -> None:
    """Whoever has one IPv6 address has 2^64 of them."""
    with replica(settings, clock, sign_in=2) as client:
        services = client.app.state.services
        for number in range(2):
            services.limit_requests.sign_in(f"2001:db8::{number:x}")
        with pytest.raises(ServiceError):
            services.limit_requests.sign_in("2001:db8::ffff")
        services.limit_requests.sign_in("2001:db8:0:1::1")


def test_strangers_are_limited_and_lock_out_no_neighbour(settings: Settings, clock: ManualClock) -> None:
    with replica(settings, clock, strangers=3) as client:
        assert statuses(client, 5) == [401, 401, 401, 429, 429]
        # at the same address, behind the same wall
        assert client.get(CASE, headers=headers()).status_code == 404


def test_a_person_is_limited_whatever_the_address(settings: Settings, clock: ManualClock) -> None:
    with replica(settings, clock, known=3) as client:
        assert statuses(client, 4, headers=headers()) == [404, 404, 404, 429]
        assert client.get(CASE, headers=headers(id="pe_two")).status_code == 404
        # the same id in another organisation is somebody else
        assert client.get(CASE, headers=headers(organisation="Another")).status_code == 404


def test_what_is_refused_by_the_table_counts_too(settings: Settings, clock: ManualClock) -> None:
    with replica(settings, clock, known=2) as client:
        assert statuses(client, 3, path=f"{CASE}/result", headers=headers()) == [403, 403, 429]


def test_reading_is_limited(settings: Settings, clock: ManualClock) -> None:
    with replica(settings, clock, reading=2) as client:
        assert statuses(client, 3, path="/v1/catalogue") == [200, 200, 429]


class Broken:
    """A limiter that cannot count."""

    def __init__(self, error: ServiceError) -> None:
        self.error = error

    def hit(self, limit: Limit, whom: str) -> None:
        """Always."""
        raise self.error


@pytest.mark.parametrize("error", [StorageUnavailableError(), UnreadableError(), ServiceError(ProblemCode.NOT_READY)])
def test_where_nobody_can_count_nobody_signs_in_and_everybody_else_goes_on(error: ServiceError) -> None:
    limits = LimitRequests(Broken(error), per_minute(1, 1, 1, 1))
    for refused in (lambda: limits.sign_in("192.0.2.43"), lambda: limits.target(CODE, "case")):
        with pytest.raises(ServiceError) as raised:
            refused()
        assert raised.value.code is ProblemCode.NOT_READY
    limits.reading("192.0.2.43")
    limits.stranger("192.0.2.43")
    limits.known(Principal("pe_one", "Organisation", frozenset({Caller.APP})))


def test_a_fault_in_counting_is_no_reason_to_go_on() -> None:
    """Only what says that nobody can count is passed over; anything else is a fault of this software."""
    limits = LimitRequests(Broken(ServiceError(ProblemCode.INTERNAL_ERROR)), per_minute(1, 1, 1, 1))
    with pytest.raises(ServiceError):
        limits.reading("192.0.2.43")
