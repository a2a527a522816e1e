"""What must stand before the service leaves this machine (SECURITY.md 4.5, 7.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrtd.pki.realm import Realm
from service.domain.errors import ConfigurationError
from service.domain.proxies import networks_of
from service.exposure import is_loopback, require_safe_exposure
from service.run import running
from service.settings import Settings
from service.wiring.network import trusted_proxies

EVERYWHERE = "0.0.0.0"  # noqa: S104 what these tests are about
TLS = {"tls_certificate": Path("tls.pem"), "tls_key": Path("tls.key")}
PROXY = {"trusted_proxies": networks_of("10.0.0.1")}
NAME = {"public_origin": "https://passkoll.example"}
PRODUCTION = {"realm": Realm.PRODUCTION}
EXPOSED = {"expose_specimen": True}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"host": "::1"},
        {"host": "localhost"},
        PRODUCTION | NAME,
        {"host": EVERYWHERE} | EXPOSED | TLS | NAME,
        {"host": EVERYWHERE} | EXPOSED | PROXY | NAME,
        {"host": EVERYWHERE} | PRODUCTION | TLS | NAME,
        {"host": "192.0.2.1"} | PRODUCTION | PROXY | NAME,
        {"host": "::"} | PRODUCTION | TLS | NAME,
    ],
)
def test_allowed(given: dict[str, object]) -> None:
    require_safe_exposure(Settings(**given))


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"host": EVERYWHERE}, "--expose-specimen"),
        ({"host": "::"} | TLS | NAME, "--expose-specimen"),
        ({"host": "service.example"} | TLS | NAME, "--expose-specimen"),
        ({"host": EVERYWHERE} | EXPOSED, "PASSKOLL_TLS_CERTIFICATE"),
        ({"host": EVERYWHERE} | EXPOSED | NAME, "PASSKOLL_TRUSTED_PROXIES"),
        ({"host": EVERYWHERE} | PRODUCTION | NAME, "PASSKOLL_TLS_CERTIFICATE"),
        ({"host": EVERYWHERE} | EXPOSED | TLS, "PASSKOLL_PUBLIC_ORIGIN"),
        (
            {"host": EVERYWHERE} | EXPOSED | PROXY | {"public_origin": "http://localhost:8000"},
            "PASSKOLL_PUBLIC_ORIGIN",
        ),
        # the production realm, wherever it listens
        (PRODUCTION, "PASSKOLL_PUBLIC_ORIGIN"),
        (PRODUCTION | {"public_origin": "http://localhost:8000"}, "PASSKOLL_PUBLIC_ORIGIN"),
        ({"host": EVERYWHERE} | PRODUCTION | TLS, "PASSKOLL_PUBLIC_ORIGIN"),
    ],
)
def test_refused_and_told_what_to_set(given: dict[str, object], missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        require_safe_exposure(Settings(**given))


def test_nothing_is_made_before_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError), running(Settings(host=EVERYWHERE, port=0, data_dir=tmp_path / "data")):
        pass
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("given", "only_secure"),
    [
        ({}, False),
        ({"host": EVERYWHERE} | PROXY, True),
        ({"host": EVERYWHERE} | TLS, False),
        ({"host": "127.0.0.1"} | PROXY, False),
    ],
)
def test_beyond_this_machine_nothing_is_answered_in_the_clear(given: dict[str, object], only_secure: bool) -> None:
    assert trusted_proxies(Settings(**given)).only_secure is only_secure


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("localhost.example", False),
        ("0.0.0.0", False),  # noqa: S104
        ("", False),
        ("::ffff:192.0.2.1", False),
        ("2130706433", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSKOLL_TRUSTED_PROXIES", "10.0.0.1, fd00::/8")
    monkeypatch.setenv("PASSKOLL_FORWARDED_HEADER", "forwarded")
    settings = Settings()
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.1/32", "fd00::/8"]
    assert trusted_proxies(settings).header == "forwarded"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "everybody"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("FORWARDED_HEADER", "both"),
        ("LIMIT_SIGN_IN", "0"),
    ],
)
def test_wrong_settings_stop_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PASSKOLL_{name}", value)
    with pytest.raises(ValueError, match=name.lower()):
        Settings()
