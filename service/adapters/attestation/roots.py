"""The authorities that attestations end at: public keys, shipped with the product or imported by an operator."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from mrtd.crypto.keys import PublicKey, key_digest, parse_spki
from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from service.domain.devices import Platform
from service.domain.errors import ConfigurationError

#: The publisher's list has two roots; a longer one is another file.
MAX_ROOTS: Final = 64
MAX_ROOTS_FILE: Final = 1024 * 1024

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")

#: Digest of the value of a key -> its name and the key.
Roots = Mapping[bytes, tuple[str, PublicKey]]


def pinned_roots(platform: Platform) -> Roots:
    """The keys that this product ships for a platform."""
    listed = tomllib.loads(files(__package__).joinpath("roots.toml").read_text("utf-8"))["root"]
    return MappingProxyType(
        dict(_entry(root["name"], _pinned(root)) for root in listed if root["platform"] == platform.value)
    )


def imported_roots(data: bytes) -> Roots:
    """The keys in a file of the publisher: a JSON array of certificates in PEM. Their own validity does not matter.

    Raises:
        ConfigurationError: no such file.
    """
    try:
        listed = json.loads(data) if len(data) <= MAX_ROOTS_FILE else None
        if not isinstance(listed, list) or not 0 < len(listed) <= MAX_ROOTS:
            raise ConfigurationError("attestation roots: not a JSON array of certificates in PEM")
        return MappingProxyType(dict(_imported(text) for text in listed))
    except (ValueError, RecursionError, MrtdError):
        raise ConfigurationError("attestation roots: a certificate in the file cannot be read") from None


def _imported(text: object) -> tuple[bytes, tuple[str, PublicKey]]:
    match = _PEM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("no certificate in PEM")
    certificate = Certificate.parse(base64.b64decode("".join(match[1].split()), validate=True))
    return _entry(f"imported-{hashlib.sha256(certificate.spki).hexdigest()[:16]}", certificate.public_key())


def _pinned(root: Mapping[str, str]) -> PublicKey:
    try:
        spki = base64.b64decode(root["key"], validate=True)
    except binascii.Error:
        raise ConfigurationError("attestation roots: a pinned key is damaged") from None
    if hashlib.sha256(spki).hexdigest() != root["sha256"]:
        raise ConfigurationError("attestation roots: a pinned key is damaged")
    return parse_spki(spki)


def _entry(name: str, key: PublicKey) -> tuple[bytes, tuple[str, PublicKey]]:
    return key_digest(key), (name, key)
