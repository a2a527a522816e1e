"""Keys of clients: read from what their operators send, or made for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.adapters.proofs import AnyKey, client_key, public_members
from service.domain.clients import ClientError, ClientProblem
from service.domain.proofs import ProofRefusedError

#: A JWK of an RSA key with 4096 bits has about 1 KiB.
MAX_FILE: Final = 16 * 1024
_PEM: Final = b"-----BEGIN PUBLIC KEY-----"


def public_jwk(octets: bytes) -> str:
    """The key in a file: a public JWK, a JWK Set of one, or a PEM file of a public key; as a JWK with its thumbprint.

    Raises:
        ClientError: `unusable_key`: another kind of file or key, or a private one: that never leaves its owner.
    """
    if len(octets) > MAX_FILE:
        raise ClientError(ClientProblem.UNUSABLE_KEY)
    try:
        key = client_key(_of_pem(octets) if octets.lstrip().startswith(_PEM) else _of_json(octets))
    except (ProofRefusedError, JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise ClientError(ClientProblem.UNUSABLE_KEY) from None
    return _written(key)


def generate() -> tuple[bytes, str]:
    """A new P-256 key: the private one as PEM (PKCS #8), for its owner alone, and the public one as a JWK."""
    key = ECKey.generate_key("P-256")
    private = key.private_key
    if private is None:
        raise AssertionError("a key that was just made")
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, _written(client_key(key.as_dict(private=False)))


def thumbprint_of(jwk: str) -> str:
    """The RFC 7638 thumbprint of a key that was registered: its `kid`."""
    return client_key(json.loads(jwk)).thumbprint()


def _written(key: AnyKey) -> str:
    return json.dumps(public_members(key) | {"kid": key.thumbprint()}, sort_keys=True)


def _of_pem(octets: bytes) -> Mapping[str, Any]:
    loaded = serialization.load_pem_public_key(octets)
    pem = loaded.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        return dict(ECKey.import_key(pem).as_dict(private=False))
    except (JoseError, ValueError, TypeError, AttributeError):
        return dict(RSAKey.import_key(pem).as_dict(private=False))


def _of_json(octets: bytes) -> object:
    found = json.loads(octets)
    keys = found.get("keys")
    if keys is None:
        return found
    return keys[0] if len(keys) == 1 else None
