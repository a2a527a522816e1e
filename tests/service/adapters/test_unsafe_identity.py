"""`UnsafeLoopbackIdentity` refuses every place where it could do harm."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from mrtd.pki.realm import Realm
from service import wiring
from service.adapters.system import SystemRandomness
from service.adapters.unsafe_identity import PERSONS, UnsafeLoopbackIdentity
from service.app import application, create_app
from service.domain.errors import ConfigurationError
from service.domain.identity import Caller, Presented
from service.settings import Settings

LOOPBACK = ["127.0.0.1", "127.8.9.10", "::1", "localhost"]
EVERYWHERE = str(ipaddress.IPv4Address(0))
ELSEWHERE = [EVERYWHERE, "::", "192.0.2.1", "10.0.0.1", "example.org", "", "127.0.0.1.example.org", "2130706433"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback(host: str) -> None:
    assert len(UnsafeLoopbackIdentity(host, Realm.SPECIMEN, "Utopia", SystemRandomness()).tokens) == 2


@pytest.mark.parametrize("host", ELSEWHERE)
def test_no_other_address(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"PASSKOLL_HOST=127\.0\.0\.1"):
        UnsafeLoopbackIdentity(host, Realm.SPECIMEN, "Utopia", SystemRandomness())


def test_not_in_production() -> None:
    with pytest.raises(ConfigurationError, match="PASSKOLL_REALM=specimen"):
        UnsafeLoopbackIdentity("127.0.0.1", Realm.PRODUCTION, "Utopia", SystemRandomness())


@pytest.mark.parametrize("wrong", [{"host": EVERYWHERE}, {"realm": Realm.PRODUCTION}], ids=str)
def test_the_service_does_not_start(tmp_path, wrong: dict) -> None:
    """And leaves nothing behind."""
    with pytest.raises(ConfigurationError, match="UnsafeLoopbackIdentity"):
        create_app(Settings(data_dir=tmp_path / "data", **wrong))
    assert not (tmp_path / "data").exists()


def shown(token: str) -> Presented:
    return Presented("GET", "/v1/verifications", "127.0.0.1", "bearer", token)


def test_tokens_are_random_and_of_two_persons() -> None:
    first = UnsafeLoopbackIdentity("::1", Realm.SPECIMEN, "Utopia", SystemRandomness())
    second = UnsafeLoopbackIdentity("::1", Realm.SPECIMEN, "Utopia", SystemRandomness())
    assert len({*first.tokens, *second.tokens}) == 4
    people = [first.authenticate(shown(token)) for token in first.tokens]
    assert tuple(person.id for person in people) == PERSONS
    assert all(person.callers == frozenset(Caller) for person in people)
    assert all(first.authenticate(shown(token)) is None for token in (*second.tokens, "", "\udc80", "å"))


def test_the_banner_is_loud() -> None:
    identity = UnsafeLoopbackIdentity("::1", Realm.SPECIMEN, "Utopia", SystemRandomness())
    first, *persons = identity.banner()
    assert first.startswith("UNSAFE: UnsafeLoopbackIdentity")
    assert all(token in line for token, line in zip(identity.tokens, persons, strict=True))


@pytest.mark.parametrize("scheme", ["", "dpop", "basic"])
def test_a_token_is_shown_as_a_bearer(scheme: str) -> None:
    identity = UnsafeLoopbackIdentity("::1", Realm.SPECIMEN, "Utopia", SystemRandomness())
    assert identity.authenticate(replace(shown(identity.tokens[0]), scheme=scheme)) is None


@pytest.mark.parametrize(("base_url", "status"), [("http://127.0.0.1", 404), ("http://192.0.2.1", 401)])
def test_another_server_that_binds_more_gets_nothing(tmp_path, base_url: str, status: int) -> None:
    """`uvicorn --host 0.0.0.0` does not ask the settings; the tokens do not work on such an address."""
    services = wiring.wire(Settings(data_dir=tmp_path))
    headers = {"Authorization": f"Bearer {services.identity.tokens[0]}"}
    with TestClient(application(services), base_url=base_url) as client:
        assert client.get("/v1/verifications/vs_" + "A" * 26, headers=headers).status_code == status
