"""Verdicts of the Play Integrity API, read here with the keys of the owner of the app (RFC 7516, RFC 7515).

Google's servers are asked nothing: the Play Console hands out an AES key and a public key ("manage and download my
response encryption keys"), and a token is a JWS (ES256) inside a JWE (A256KW, A256GCM).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from mrtd.crypto.keys import parse_spki
from mrtd.errors import MrtdError
from service.adapters.attestation.apple import client_data_hash
from service.adapters.attestation.keys import is_p256
from service.domain.attestation import AttestationPolicy
from service.domain.errors import ConfigurationError
from service.domain.integrity import IntegrityAttention, IntegrityVerdict

#: Real tokens have some 2 KiB.
MAX_TOKEN: Final = 16 * 1024
MAX_KEY_FILE: Final = 4096
#: A token is asked for with the challenge in hand.
MAX_AGE: Final = timedelta(minutes=10)
AHEAD: Final = timedelta(minutes=2)

_AES_KEY: Final = 32
_LABELS: Final = frozenset(
    {"MEETS_BASIC_INTEGRITY", "MEETS_DEVICE_INTEGRITY", "MEETS_STRONG_INTEGRITY", "MEETS_VIRTUAL_INTEGRITY"}
)
_REQUIRED: Final = frozenset({"MEETS_DEVICE_INTEGRITY", "MEETS_STRONG_INTEGRITY"})


class NoIntegritySignal:
    """Reads no token, and says so whenever one is shown."""

    def read(self, token: str | None, key: str, challenge: bytes, at: datetime) -> IntegrityVerdict:
        """Nothing is known, which people are told."""
        return IntegrityVerdict(() if token is None else (IntegrityAttention.NOT_READ,))


@dataclass(frozen=True, slots=True)
class PlayIntegrity:
    """Reads tokens with the two keys of an app."""

    decryption_key: OctKey = field(repr=False)
    verification_key: ECKey = field(repr=False)
    policy: AttestationPolicy

    @classmethod
    def with_keys(cls, decryption: bytes, verification: bytes, policy: AttestationPolicy) -> PlayIntegrity:
        """With the keys as the Play Console gives them: an AES-256 key, and a SubjectPublicKeyInfo, both in base64.

        Raises:
            ConfigurationError: one is none.
        """
        try:
            secret, public = (base64.b64decode(text.strip(), validate=True) for text in (decryption, verification))
            if len(secret) != _AES_KEY or not is_p256(parse_spki(public)):
                raise ConfigurationError("Play Integrity: not an AES-256 key and a P-256 key")
            return cls(OctKey.import_key(secret), ECKey.import_key(_pem(public)), policy)
        except (binascii.Error, ValueError, MrtdError, JoseError):
            raise ConfigurationError("Play Integrity: a key cannot be read") from None

    def read(self, token: str | None, key: str, challenge: bytes, at: datetime) -> IntegrityVerdict:
        """As `service.domain.integrity.IntegritySignal`."""
        if token is None:
            return IntegrityVerdict((IntegrityAttention.NOT_SHOWN,))
        payload = self._payload(token)
        if payload is None:
            return IntegrityVerdict((IntegrityAttention.UNREADABLE,))
        request = tuple(_about_request(payload, self.policy.packages, client_data_hash(challenge, key), at))
        labels = _labels(payload)
        attentions = (*request, *_about_app(payload, self.policy), *_about_device(labels))
        return IntegrityVerdict(tuple(dict.fromkeys(attentions)), () if request else labels)

    def _payload(self, token: str) -> Mapping[str, object] | None:
        """What Google signed; None where it did not, or not for us."""
        if len(token) > MAX_TOKEN:
            return None
        try:
            opened = jwe.decrypt_compact(token, self.decryption_key, algorithms=["A256KW", "A256GCM"]).plaintext
            signed = jws.deserialize_compact(opened or b"", self.verification_key, algorithms=["ES256"]).payload
            tree = json.loads(signed, object_pairs_hook=_once, parse_constant=_refuse)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return tree if isinstance(tree, dict) else None


def _about_request(
    payload: Mapping[str, object], packages: frozenset[str], expected: bytes, at: datetime
) -> Iterator[IntegrityAttention]:
    request = _member(payload, "requestDetails")
    if request.get("requestPackageName") not in packages:
        yield IntegrityAttention.OTHER_APP
    bound = request.get("requestHash", request.get("nonce"))
    wanted = base64.urlsafe_b64encode(expected).rstrip(b"=")
    if not isinstance(bound, str) or not hmac.compare_digest(bound.rstrip("=").encode(), wanted):
        yield IntegrityAttention.OTHER_REQUEST
    age = _age(request.get("timestampMillis"), at)
    if age is None or not -AHEAD <= age <= MAX_AGE:
        yield IntegrityAttention.OLD


def _about_app(payload: Mapping[str, object], policy: AttestationPolicy) -> Iterator[IntegrityAttention]:
    app = _member(payload, "appIntegrity")
    if app.get("appRecognitionVerdict") != "PLAY_RECOGNIZED":
        yield IntegrityAttention.APP_NOT_RECOGNISED
        return
    digests = app.get("certificateSha256Digest")
    signers = frozenset(map(_digest, digests)) if isinstance(digests, list) else frozenset()
    if app.get("packageName") not in policy.packages or not signers or not signers <= policy.signers:
        yield IntegrityAttention.OTHER_APP


def _labels(payload: Mapping[str, object]) -> tuple[str, ...]:
    """The known ones; what others would mean, nobody here knows."""
    stated = _member(payload, "deviceIntegrity").get("deviceRecognitionVerdict")
    return tuple(sorted({label for label in stated if label in _LABELS})) if isinstance(stated, list) else ()


def _about_device(labels: tuple[str, ...]) -> Iterator[IntegrityAttention]:
    if _REQUIRED.isdisjoint(labels):
        yield IntegrityAttention.DEVICE_NOT_MET


def _member(tree: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = tree.get(name)
    return value if isinstance(value, dict) else {}


def _age(milliseconds: object, at: datetime) -> timedelta | None:
    text = str(milliseconds) if isinstance(milliseconds, str | int) else ""
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        return None
    try:
        return at - datetime.fromtimestamp(int(text) / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _digest(text: object) -> bytes:
    """A digest in base64url without padding; nobody's where it is none."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a key twice")
    return tree


def _refuse(_text: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def _pem(spki: bytes) -> bytes:
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(spki) + b"-----END PUBLIC KEY-----\n"
