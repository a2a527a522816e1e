"""The master key in a token: SoftHSM, through the same code as any other."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from service.adapters.vault.opening import open_safe
from service.domain.errors import ConfigurationError
from service.domain.retention import RetentionClass
from service.domain.vault import Epoch, StorageUnavailableError, UnreadableError, WrappedKey
from service.settings import KeyProviderName, Settings
from tests.service.vault.conftest import RANDOM

pkcs11 = pytest.importorskip("pkcs11")
from pkcs11.exceptions import PKCS11Error  # noqa: E402

from service.adapters.signing_pkcs11 import TokenSession  # noqa: E402
from service.adapters.vault.pkcs11_keys import Pkcs11KeyProvider  # noqa: E402

MODULE = next(
    (
        path
        for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so"))
        if path.exists()
    ),
    None,
)
PIN = "497231"
SECRET = bytes(range(32))


@pytest.fixture
def token(tmp_path, monkeypatch):
    """A new token of its own; the library reads its configuration anew."""
    if MODULE is None:
        if os.environ.get("CI") == "true":
            pytest.fail("SoftHSM is missing: apt install softhsm2")
        pytest.skip("PKCS#11 IS NOT TESTED: apt install softhsm2")
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    command = ["softhsm2-util", "--init-token", "--free", "--label", "passkoll", "--so-pin", "12345678", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True)
    pkcs11.lib(str(MODULE)).reinitialize()
    return TokenSession(str(MODULE), "passkoll", PIN)


@pytest.fixture
def provider(token) -> Pkcs11KeyProvider:
    return Pkcs11KeyProvider.open(token, "master", RANDOM, may_begin=True)


def test_the_first_start_makes_the_key(token, provider) -> None:
    assert provider.versions() == ("00000001",)
    assert Pkcs11KeyProvider.open(token, "master", RANDOM, may_begin=False).versions() == ("00000001",)


def test_a_missing_key_is_not_replaced_where_something_is_sealed(token) -> None:
    with pytest.raises(ConfigurationError, match="no key other"):
        Pkcs11KeyProvider.open(token, "other", RANDOM, may_begin=False)


def test_wrapping_and_rotation(provider) -> None:
    old = provider.wrap(SECRET, b"context")
    assert SECRET not in old.data
    assert provider.rotate() == "00000002"
    assert provider.wrap(SECRET, b"context").master == "00000002"
    assert provider.unwrap(old, b"context") == SECRET


def test_every_changed_octet_is_noticed(provider) -> None:
    wrapped = provider.wrap(SECRET, b"context")
    for place in range(len(wrapped.data)):
        changed = bytearray(wrapped.data)
        changed[place] ^= 1
        with pytest.raises(UnreadableError):
            provider.unwrap(WrappedKey(wrapped.master, bytes(changed)), b"context")


def test_what_does_not_fit_does_not_open(provider) -> None:
    wrapped = provider.wrap(SECRET, b"context")
    provider.rotate()
    for wrong, context in (
        (wrapped, b"other"),
        (WrappedKey("00000002", wrapped.data), b"context"),
        (WrappedKey("00000009", wrapped.data), b"context"),
        (WrappedKey("no number", wrapped.data), b"context"),
        (WrappedKey(wrapped.master, b""), b"context"),
    ):
        with pytest.raises(UnreadableError):
            provider.unwrap(wrong, context)


def test_the_key_cannot_be_taken_out(token, provider) -> None:
    from pkcs11 import Attribute, ObjectClass

    def value(session):
        return session.get_key(ObjectClass.SECRET_KEY, label="master")[Attribute.VALUE]

    from service.domain.errors import ServiceError

    with pytest.raises((PKCS11Error, ServiceError)):
        token.use(value)


def test_two_versions_of_one_name_are_refused(token, provider) -> None:
    from pkcs11 import KeyType

    token.use(lambda session: session.generate_key(KeyType.AES, 256, id=b"\0\0\0\1", label="master", store=True))
    with pytest.raises(StorageUnavailableError):
        provider.wrap(SECRET, b"context")


def test_a_wrong_pin_stops_the_start(token, tmp_path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Pkcs11KeyProvider.open(TokenSession(str(MODULE), "passkoll", "0000"), "master", RANDOM, may_begin=True)
    assert "0000" not in str(refused.value)


def test_settings_lead_to_it(token, tmp_path, clock) -> None:
    """The whole way: the PIN from a file, an epoch key under the token, read by another process."""
    secret = tmp_path / "pin"
    secret.write_text(PIN + "\n")
    settings = Settings(
        data_dir=tmp_path / "data",
        key_provider=KeyProviderName.PKCS11,
        pkcs11_module=MODULE,
        pkcs11_token="passkoll",
        pkcs11_pin_file=secret,
    )
    epoch = Epoch(RetentionClass.HOLDER, "2026-11")
    key = open_safe(settings, clock, RANDOM, holds_sealed=False).epochs.key_to_wrap_with(epoch)
    assert open_safe(settings, clock, RANDOM, holds_sealed=False).epochs.key(epoch) == key
    assert not (tmp_path / "data" / "keys" / "master.json").exists()
