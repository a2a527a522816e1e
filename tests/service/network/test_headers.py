"""Security headers on every answer, HSTS over https alone, and nothing in the clear where proxies bring TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from service import wiring
from service.api import security_headers
from service.app import application
from service.domain.proxies import TrustedProxies, networks_of
from service.settings import Settings
from service.usecases.show_verification import ShowVerification
from tests.service import two_persons
from tests.service.photo_reader import PlannedReader

HSTS = "strict-transport-security"
PROXY, STRANGER = "10.0.0.1", "192.0.2.43"
EXPECTED = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@contextmanager
def asked(services: wiring.Services, peer: str = "testclient", scheme: str = "http") -> Iterator[TestClient]:
    """A client at an address."""
    with TestClient(
        application(services), base_url=f"{scheme}://passkoll", client=(peer, 50_000), raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> wiring.Services:
    """A service behind a proxy."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), trusted_proxies=networks_of(PROXY))
    return two_persons.wire(settings, reader=PlannedReader())


def test_every_answer_has_them(services, monkeypatch: pytest.MonkeyPatch) -> None:
    token = {"Authorization": f"Bearer {services.identity.tokens[0]}"}
    case = "/v1/verifications/vs_" + "A" * 26

    def broken(*_arguments):
        raise ZeroDivisionError

    with asked(services) as client:
        answers = [
            client.get("/v1/health/live"),
            client.get("/openapi.json"),
            client.get("/none"),
            client.get(case),
            client.get(case, headers=token),
            client.put(case, headers=token),
            client.post("/v1/verifications", content=b"x" * 20_000, headers=token),
            client.options("/v1/verifications"),
        ]
        monkeypatch.setattr(ShowVerification, "__call__", broken)
        answers.append(client.get(case, headers=token))
    assert [answer.status_code for answer in answers] == [200, 200, 404, 401, 404, 405, 413, 405, 500]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
        assert HSTS not in answer.headers


@pytest.mark.parametrize(
    ("peer", "scheme", "sent", "expected"),
    [
        (STRANGER, "https", {}, True),
        (STRANGER, "http", {}, False),
        (PROXY, "http", {"X-Forwarded-For": STRANGER, "X-Forwarded-Proto": "https"}, True),
        (PROXY, "http", {"X-Forwarded-For": STRANGER, "X-Forwarded-Proto": "http"}, False),
        # RFC 6797 §7.2: nobody is made to believe it by a header of their own
        (STRANGER, "http", {"X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": "https"}, False),
    ],
)
def test_hsts_over_https_alone(services, peer: str, scheme: str, sent: dict[str, str], expected: bool) -> None:
    with asked(services, peer, scheme) as client:
        assert (HSTS in client.get("/v1/health/live", headers=sent).headers) is expected


@pytest.mark.parametrize("secure", [False, True])
def test_pages_may_have_a_policy_of_their_own(monkeypatch: pytest.MonkeyPatch, secure: bool) -> None:
    """The longest path that fits counts; everything else stays as it is."""
    pages = {"/console": "default-src 'self'", "/console/help": "default-src 'none'"}
    monkeypatch.setattr(security_headers, "PAGE_POLICIES", pages)
    found = {
        path: security_headers.security_headers(path, secure=secure)["Content-Security-Policy"]
        for path in ("/console/a", "/console/help/b", "/v1/verifications", "/")
    }
    plain = EXPECTED["content-security-policy"]
    assert list(found.values()) == ["default-src 'self'", "default-src 'none'", plain, plain]


def test_beyond_this_machine_nothing_is_answered_in_the_clear(tmp_path) -> None:
    """A port without TLS that somebody reaches beside the proxy."""
    proxies = TrustedProxies(networks_of(PROXY), only_secure=True)
    wired = two_persons.wire(Settings(data_dir=tmp_path), reader=PlannedReader())
    object.__setattr__(wired, "proxies", proxies)
    secure = {"X-Forwarded-For": STRANGER, "X-Forwarded-Proto": "https"}
    with asked(wired, PROXY) as client:
        assert client.get("/v1/catalogue", headers=secure).status_code == 200
        plain = client.get("/v1/catalogue")
        assert (plain.status_code, plain.json()["code"]) == (403, "forbidden")
        assert {name: plain.headers.get(name) for name in EXPECTED} == EXPECTED
        # probes come from beside
        assert client.get("/v1/health/ready").status_code == 200
        assert client.get("/v1/catalogue", headers=secure | {"X-Forwarded-Proto": "http"}).status_code == 403
    wired = two_persons.wire(Settings(data_dir=tmp_path), reader=PlannedReader())
    object.__setattr__(wired, "proxies", proxies)
    with asked(wired, STRANGER) as client:
        assert client.get("/v1/catalogue", headers=secure).status_code == 403
