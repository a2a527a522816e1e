"""An authenticator of software, and the browser in front of it, written from the WebAuthn specification.

Nothing of the service's library is used here: only CBOR, hashes and signatures.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "https://passkoll.example"
RP_ID = "passkoll.example"
#: WebAuthn §6.1: user present, user verified, attested credential data.
UP, UV, AT = 0x01, 0x04, 0x40


def b64(octets: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def un64(text: str) -> bytes:
    """What was written so."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Credential:
    """A key of one relying party."""

    id: bytes
    key: ec.EllipticCurvePrivateKey
    handle: bytes
    counter: int = 0


@dataclass
class Authenticator:
    """What an employee has in the pocket. Attackers change what it says."""

    credentials: list[Credential] = field(default_factory=list)
    origin: str = ORIGIN
    rp_id: str = RP_ID
    flags: int = UP | UV
    #: by how much the counter grows with each use; 0: it counts nothing
    step: int = 1
    client_data: dict[str, Any] = field(default_factory=dict)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """`navigator.credentials.create()` (§6.3.2), as `toJSON()` writes it; attestation `none`."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = Credential(os.urandom(32), key, un64(options["user"]["id"]))
        self.credentials.append(made)
        numbers = key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(made.id).to_bytes(2) + made.id + cbor2.dumps(cose)
        data = self._data(self.flags | AT, made.counter) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": b64(self._client_data("webauthn.create", options["challenge"])),
            "attestationObject": b64(attestation),
        }
        return {"id": b64(made.id), "rawId": b64(made.id), "type": "public-key", "response": response}

    def get(self, options: dict[str, Any], credential: Credential | None = None) -> dict[str, Any]:
        """`navigator.credentials.get()` (§6.3.3)."""
        allowed = [un64(found["id"]) for found in options.get("allowCredentials", [])]
        fitting = [found for found in self.credentials if not allowed or found.id in allowed]
        used = credential or fitting[0]
        used.counter += self.step
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._data(self.flags, used.counter)
        signed = used.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64(client_data),
            "authenticatorData": b64(data),
            "signature": b64(signed),
            "userHandle": b64(used.handle),
        }
        return {"id": b64(used.id), "rawId": b64(used.id), "type": "public-key", "response": response}

    def _data(self, flags: int, counter: int) -> bytes:
        """Authenticator data (§6.1)."""
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + counter.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        """Client data (§5.8.1)."""
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | self.client_data).encode()
