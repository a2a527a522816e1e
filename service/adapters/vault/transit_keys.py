"""The master key in a key service: the transit engine of HashiCorp Vault or OpenBao, over HTTPS."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, Final

import httpx2
import structlog

from service.domain.errors import ConfigurationError
from service.domain.vault import StorageUnavailableError, UnreadableError, WrappedKey
from service.log import named

log: Final = structlog.get_logger("passkoll.keys")

#: Nobody waits longer for a key.
TIMEOUT_S: Final = 5.0
#: What the engine answers, `vault:v1:` and base64: the version stands in it.
_CIPHERTEXT: Final = re.compile(r"vault:v([1-9][0-9]{0,8}):[A-Za-z0-9+/=]+")
#: The engine refuses what does not open with this status, as it does a request that makes no sense.
_REFUSED: Final = 400


class TransitKeyProvider:
    """Answers `service.domain.vault.KeyProvider` with a key of type `aes256-gcm96`.

    The key is made by an operator, not exportable and not deletable; the token needs `update` on `encrypt`, `decrypt`
    and `keys/NAME/rotate` and `read` on `keys/NAME`, and nothing else. `context` goes along as associated data.
    """

    def __init__(self, client: httpx2.Client, key: str) -> None:
        self._client: Final = client
        self._key: Final = key

    @classmethod
    def open(
        cls, url: str, token: str, key: str, *, transport: httpx2.BaseTransport | None = None
    ) -> TransitKeyProvider:
        """The key service at `url` (`https://bao.example:8200/v1/transit`).

        Raises:
            ConfigurationError: not https, or the service has no such key for this token.
        """
        if not url.startswith("https://"):
            raise ConfigurationError("the address of the key service begins with https://")
        client = httpx2.Client(
            base_url=url.rstrip("/") + "/",
            headers={"X-Vault-Token": token, "X-Vault-Request": "true"},
            timeout=TIMEOUT_S,
            follow_redirects=False,
            transport=transport,
        )
        provider = cls(client, key)
        try:
            provider.versions()
        except (StorageUnavailableError, UnreadableError):
            raise ConfigurationError(f"the key service shows this token no aes256-gcm96 key {key}") from None
        return provider

    def wrap(self, secret: bytes, context: bytes) -> WrappedKey:
        answer = self._post(f"encrypt/{self._key}", plaintext=_base64(secret), associated_data=_base64(context))
        sealed = answer.get("ciphertext")
        parts = _CIPHERTEXT.fullmatch(sealed) if isinstance(sealed, str) else None
        if parts is None:
            raise StorageUnavailableError
        return WrappedKey(parts[1], parts[0].encode())

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        try:
            sealed = wrapped.data.decode("ascii")
        except UnicodeDecodeError:
            raise UnreadableError from None
        parts = _CIPHERTEXT.fullmatch(sealed)
        if parts is None or parts[1] != wrapped.master:
            raise UnreadableError
        answer = self._post(f"decrypt/{self._key}", ciphertext=sealed, associated_data=_base64(context))
        try:
            return base64.b64decode(answer["plaintext"], validate=True)
        except (KeyError, TypeError, binascii.Error):
            raise StorageUnavailableError from None

    def versions(self) -> Sequence[str]:
        answer = self._send("GET", f"keys/{self._key}")
        known = answer.get("keys")
        if answer.get("type") != "aes256-gcm96" or not isinstance(known, dict):
            raise StorageUnavailableError
        return tuple(sorted(known, key=int))

    def rotate(self) -> str:
        self._post(f"keys/{self._key}/rotate")
        return self.versions()[-1]

    def _post(self, path: str, **content: str) -> dict[str, Any]:
        return self._send("POST", path, content)

    def _send(self, method: str, path: str, content: dict[str, str] | None = None) -> dict[str, Any]:
        """The `data` of an answer."""
        try:
            answer = self._client.request(method, path, json=content)
            if answer.status_code == _REFUSED and path.startswith("decrypt/"):
                raise UnreadableError
            answer.raise_for_status()
            data = answer.json()["data"] if answer.content else {}
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            log.error("the key service does not answer", **named(error))
            raise StorageUnavailableError from None
        return data if isinstance(data, dict) else {}


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
