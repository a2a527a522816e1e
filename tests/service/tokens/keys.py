"""Keys and signed texts of phones and systems, made with `cryptography` alone: none of it by code of the service."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def base64url(octets: bytes) -> str:
    """Without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def compact(header: dict, claims: dict, sign) -> str:
    """A compact JWS (RFC 7515 §7.1)."""
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{base64url(sign(signed.encode()))}"


def seconds(at: datetime) -> int:
    """A NumericDate."""
    return int(at.timestamp())


@dataclass
class Key:
    """A P-256 key in software."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def jwk(self) -> dict:
        """The public part (RFC 7518 §6.2.1)."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": base64url(numbers.x.to_bytes(32)),
            "y": base64url(numbers.y.to_bytes(32)),
        }

    @cached_property
    def thumbprint(self) -> str:
        """RFC 7638 §3: required members in lexicographic order, no white space, SHA-256."""
        members = {name: self.jwk[name] for name in ("crv", "kty", "x", "y")}
        return base64url(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())

    def sign(self, octets: bytes) -> bytes:
        """ES256 (RFC 7518 §3.4)."""
        r, s = decode_dss_signature(self.private.sign(octets, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def proof(
        self, method: str, url: str, at: datetime, *, token: str | None = None, header: dict | None = None, **claims
    ):
        """A DPoP proof (RFC 9449 §4.2); `header` and `claims` replace what belongs there, None takes it away."""
        says = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": seconds(at)}
        if token is not None:
            says["ath"] = base64url(hashlib.sha256(token.encode()).digest())
        written = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk} | (header or {})
        return compact(_without_none(written), _without_none(says | claims), self.sign)

    def assertion(self, client: str, audience: object, at: datetime, *, header: dict | None = None, **claims) -> str:
        """Who the holder of this key is (RFC 7523 §3)."""
        now = seconds(at)
        says = {
            "iss": client,
            "sub": client,
            "aud": audience,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 30,
        }
        return compact(_without_none({"alg": "ES256"} | (header or {})), _without_none(says | claims), self.sign)


def hs256(secret: bytes, header: dict, claims: dict) -> str:
    """A JWS by a secret: what a service must not mistake a public key for (RFC 8725 §2.1)."""

    def sign(octets: bytes) -> bytes:
        made = hmac.HMAC(secret, hashes.SHA256())
        made.update(octets)
        return made.finalize()

    return compact(header | {"alg": "HS256"}, claims, sign)


@dataclass
class RsaKey:
    """An RSA key that signs by PS256 (RFC 7518 §3.5)."""

    private: rsa.RSAPrivateKey

    @property
    def jwk(self) -> dict:
        """The public part (RFC 7518 §6.3.1)."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "n": base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
            "e": base64url(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8)),
        }

    def sign(self, octets: bytes) -> bytes:
        """PS256."""
        return self.private.sign(octets, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def _without_none(members: dict) -> dict:
    return {name: value for name, value in members.items() if value is not None}
