"""The transit engine of Vault and OpenBao, played by a twin that keeps its documented answers."""

from __future__ import annotations

import base64
import json
import os

import httpx2
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.adapters.vault.transit_keys import TransitKeyProvider
from service.domain.errors import ConfigurationError
from service.domain.vault import StorageUnavailableError, UnreadableError, WrappedKey

URL = "https://bao.example:8200/v1/transit"
SECRET = bytes(range(32))


class TransitEngine(httpx2.BaseTransport):
    """`/v1/transit` with one key of type aes256-gcm96, after the API documentation of the engine."""

    def __init__(self) -> None:
        self.keys = {1: os.urandom(32)}
        self.status = 200
        self.answer: object = None
        self.seen: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        if self.status != 200:
            return httpx2.Response(self.status, json={"errors": ["no"]})
        if self.answer is not None:
            return httpx2.Response(200, json=self.answer)
        if request.headers.get("x-vault-token") != "s.token":
            return httpx2.Response(403, json={"errors": ["permission denied"]})
        body = json.loads(request.content) if request.content else {}
        match request.method, request.url.path.removeprefix("/v1/transit/"):
            case "GET", "keys/master":
                known = {str(version): 1_700_000_000 + version for version in self.keys}
                return self.data(type="aes256-gcm96", latest_version=max(self.keys), keys=known)
            case "POST", "keys/master/rotate":
                self.keys[max(self.keys) + 1] = os.urandom(32)
                return httpx2.Response(204)
            case "POST", "encrypt/master":
                version, nonce = max(self.keys), os.urandom(12)
                plain, extra = (base64.b64decode(body[name]) for name in ("plaintext", "associated_data"))
                sealed = nonce + AESGCM(self.keys[version]).encrypt(nonce, plain, extra)
                return self.data(ciphertext=f"vault:v{version}:{base64.b64encode(sealed).decode()}")
            case "POST", "decrypt/master":
                return self.decrypt(body)
        return httpx2.Response(404, json={"errors": []})

    def decrypt(self, body: dict) -> httpx2.Response:
        _, version, text = body["ciphertext"].split(":")
        sealed, extra = base64.b64decode(text), base64.b64decode(body["associated_data"])
        try:
            plain = AESGCM(self.keys[int(version[1:])]).decrypt(sealed[:12], sealed[12:], extra)
        except (KeyError, InvalidTag):
            return httpx2.Response(400, json={"errors": ["cipher: message authentication failed"]})
        return self.data(plaintext=base64.b64encode(plain).decode())

    @staticmethod
    def data(**content) -> httpx2.Response:
        return httpx2.Response(200, json={"data": content})


@pytest.fixture
def engine() -> TransitEngine:
    return TransitEngine()


@pytest.fixture
def provider(engine) -> TransitKeyProvider:
    return TransitKeyProvider.open(URL, "s.token", "master", transport=engine)


def test_wrapping_and_rotation(provider, engine) -> None:
    old = provider.wrap(SECRET, b"context")
    assert old.master == "1"
    assert SECRET not in old.data
    assert provider.rotate() == "2"
    assert provider.versions() == ("1", "2")
    assert provider.wrap(SECRET, b"context").master == "2"
    assert provider.unwrap(old, b"context") == SECRET


def test_versions_are_numbers_and_not_texts(provider, engine) -> None:
    for _ in range(10):
        provider.rotate()
    assert provider.versions()[-1] == "11"


def test_what_does_not_fit_does_not_open(provider, engine) -> None:
    wrapped = provider.wrap(SECRET, b"context")
    provider.rotate()
    for wrong, context in (
        (wrapped, b"other"),
        (WrappedKey("2", wrapped.data), b"context"),
        (WrappedKey("2", wrapped.data.replace(b":v1:", b":v2:")), b"context"),
        (WrappedKey("9", wrapped.data.replace(b":v1:", b":v9:")), b"context"),
        (WrappedKey("1", wrapped.data[:-8] + b"AAAAAAA="), b"context"),
        (WrappedKey("1", b"vault:v1:"), b"context"),
        (WrappedKey("1", b"\xff"), b"context"),
    ):
        with pytest.raises(UnreadableError):
            provider.unwrap(wrong, context)


@pytest.mark.parametrize("status", [301, 400, 403, 404, 429, 500, 503])
def test_a_service_that_refuses_is_unavailable(provider, engine, status: int) -> None:
    wrapped = provider.wrap(SECRET, b"context")
    engine.status = status
    expected = UnreadableError if status == 400 else StorageUnavailableError
    with pytest.raises(expected):
        provider.unwrap(wrapped, b"context")
    for ask in (lambda: provider.wrap(SECRET, b""), provider.versions, provider.rotate):
        with pytest.raises(StorageUnavailableError):
            ask()


@pytest.mark.parametrize("answer", [[], {}, {"data": None}, {"data": {"ciphertext": "plain", "plaintext": "!"}}])
def test_nonsense_is_unavailable(provider, engine, answer) -> None:
    wrapped = provider.wrap(SECRET, b"context")
    engine.answer = answer
    for ask in (lambda: provider.wrap(SECRET, b""), lambda: provider.unwrap(wrapped, b"context"), provider.versions):
        with pytest.raises(StorageUnavailableError):
            ask()


def test_a_service_that_is_away(engine) -> None:
    class Away(httpx2.BaseTransport):
        def handle_request(self, request):
            raise httpx2.ConnectError("connection refused by bao.example", request=request)

    with pytest.raises(ConfigurationError):
        TransitKeyProvider.open(URL, "s.token", "master", transport=Away())


def test_wrong_tokens_keys_and_addresses_stop_the_start(engine) -> None:
    for url, token, key in (
        (URL, "s.other", "master"),
        (URL, "s.token", "unknown"),
        (URL.replace("https", "http"), "s.token", "master"),
    ):
        with pytest.raises(ConfigurationError) as refused:
            TransitKeyProvider.open(url, token, key, transport=engine)
        assert token not in str(refused.value)


def test_a_key_of_another_type_is_refused(engine) -> None:
    """Without authentication of the context, a wrapped key could be moved."""
    engine.answer = {"data": {"type": "aes256-cbc", "keys": {"1": 1}}}
    with pytest.raises(ConfigurationError):
        TransitKeyProvider.open(URL, "s.token", "master", transport=engine)


def test_the_secret_is_in_no_address(provider, engine) -> None:
    provider.wrap(SECRET, b"context")
    shown = "".join(str(request.url) for request in engine.seen)
    assert base64.b64encode(SECRET).decode() not in shown
    assert "s.token" not in shown
