"""What settings lead to, and what stops a start."""

from __future__ import annotations

import sys

import pytest
from pydantic import SecretStr

from service.adapters.vault.opening import open_safe, secret
from service.domain.errors import ConfigurationError
from service.domain.vault import StorageUnavailableError
from service.settings import KeyProviderName, Settings
from tests.service.vault.conftest import RANDOM


def opened(settings: Settings, clock, *, holds_sealed: bool = False):
    return open_safe(settings, clock, RANDOM, holds_sealed=holds_sealed)


def test_by_default_all_of_it_is_in_the_data_folder(tmp_path, clock) -> None:
    safe = opened(Settings(data_dir=tmp_path / "data"), clock)
    safe.blobs.put("a" * 32, b"sealed")
    found = {
        path.relative_to(tmp_path / "data").as_posix() for path in (tmp_path / "data").rglob("*") if path.is_file()
    }
    assert found == {"keys/master.json", "blobs/" + "a" * 32}


def test_stores_elsewhere(tmp_path, clock) -> None:
    settings = Settings(data_dir=tmp_path / "data", epochs=str(tmp_path / "keys"), blobs="memory:///")
    opened(settings, clock).blobs.put("a" * 32, b"sealed")
    assert not (tmp_path / "data" / "blobs").exists()
    assert not (tmp_path / "data" / "keys" / "epochs").exists()
    assert (tmp_path / "keys").is_dir()


def test_a_database_that_is_sealed_by_other_keys(tmp_path, clock) -> None:
    with pytest.raises(ConfigurationError, match="empty"):
        opened(Settings(data_dir=tmp_path / "data"), clock, holds_sealed=True)
    assert not (tmp_path / "data" / "keys" / "master.json").exists()


@pytest.mark.parametrize("name", ["epochs", "blobs"])
def test_an_address_of_no_store(tmp_path, clock, name: str) -> None:
    address = "nonsense://user:marker-password@host"
    with pytest.raises(ConfigurationError) as refused:
        opened(Settings(data_dir=tmp_path, **{name: address}), clock)
    assert "marker" not in str(refused.value)


def test_a_store_of_epochs_that_is_away(tmp_path, clock, monkeypatch) -> None:
    from service.adapters.blobs import LocalObjects

    def away(_self):
        raise StorageUnavailableError

    monkeypatch.setattr(LocalObjects, "listing", away)
    with pytest.raises(ConfigurationError, match="cannot be reached"):
        opened(Settings(data_dir=tmp_path), clock)


@pytest.mark.parametrize(
    "changes",
    [
        {"key_provider": KeyProviderName.PKCS11},
        {"key_provider": KeyProviderName.PKCS11, "pkcs11_module": "/none.so", "pkcs11_token": "t"},
        {"key_provider": KeyProviderName.PKCS11, "pkcs11_module": "/none.so", "pkcs11_token": "t", "pkcs11_pin": "1"},
        {"key_provider": KeyProviderName.TRANSIT},
        {"key_provider": KeyProviderName.TRANSIT, "transit_url": "https://bao.example/v1/transit"},
        {
            "key_provider": KeyProviderName.TRANSIT,
            "transit_url": "http://127.0.0.1:9/v1/transit",
            "transit_token": "s",
        },
        {"key_provider": KeyProviderName.TRANSIT, "transit_url": "https://127.0.0.1:9/v1/t", "transit_token": "s"},
    ],
    ids=range(7),
)
def test_what_is_not_set_or_not_there_stops_the_start(tmp_path, clock, changes: dict) -> None:
    with pytest.raises(ConfigurationError):
        opened(Settings(data_dir=tmp_path, **changes), clock)


def test_without_the_extra(tmp_path, clock, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "service.adapters.vault.pkcs11_keys", None)
    settings = Settings(data_dir=tmp_path, key_provider=KeyProviderName.PKCS11)
    with pytest.raises(ConfigurationError, match="passkoll\\[pkcs11\\]"):
        opened(settings, clock)


def test_secrets_come_from_one_place(tmp_path) -> None:
    file = tmp_path / "pin"
    file.write_text("4711\n")
    assert secret("PIN", SecretStr("0815"), None) == "0815"
    assert secret("PIN", None, file) == "4711"
    for value, path in ((None, None), (SecretStr("0815"), file), (None, tmp_path / "none")):
        with pytest.raises(ConfigurationError, match="PIN"):
            secret("PIN", value, path)


def test_no_secret_is_in_the_repr_of_the_settings(tmp_path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        pkcs11_pin="marker-1",
        transit_token="marker-2",
        blobs="s3://marker-3",
        epochs="s3://marker-4",
    )
    assert "marker" not in repr(settings)
