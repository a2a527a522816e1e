"""Tokens of Play Integrity, made here by cryptography alone, step by step as RFC 7516 and RFC 7515 write them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.attestation.play_integrity import MAX_TOKEN, NoIntegritySignal, PlayIntegrity
from service.domain.attestation import AttestationPolicy
from service.domain.errors import ConfigurationError
from service.domain.integrity import IntegrityAttention, IntegrityVerdict
from tests.budgets import light
from tests.service.attestation.authorities import p256, spki, thumbprint
from tests.service.attestation.key_descriptions import NOW, PACKAGE, SIGNER

SECRET = bytes(range(32))
GOOGLE = p256("google")
KEY = thumbprint(p256("phone"))
CHALLENGE = b"challenge"
POLICY = AttestationPolicy(packages=frozenset({PACKAGE}), signers=frozenset({SIGNER}))
READER = PlayIntegrity.with_keys(base64.b64encode(SECRET), base64.b64encode(spki(GOOGLE)), POLICY)


def url64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


BOUND = url64(hashlib.sha256(CHALLENGE + base64.urlsafe_b64decode(KEY + "=")).digest())


def payload(**changes: object) -> dict[str, object]:
    """A verdict of a phone as it should be, in the form that the documentation shows."""
    return {
        "requestDetails": {
            "requestPackageName": PACKAGE,
            "requestHash": BOUND,
            "timestampMillis": str(int(NOW.timestamp() * 1000)),
        },
        "appIntegrity": {
            "appRecognitionVerdict": "PLAY_RECOGNIZED",
            "packageName": PACKAGE,
            "certificateSha256Digest": [url64(SIGNER)],
            "versionCode": "42",
        },
        "deviceIntegrity": {"deviceRecognitionVerdict": ["MEETS_DEVICE_INTEGRITY", "MEETS_STRONG_INTEGRITY"]},
        "accountDetails": {"appLicensingVerdict": "LICENSED"},
        **changes,
    }


def signed(content: bytes, *, key: ec.EllipticCurvePrivateKey = GOOGLE, alg: str = "ES256") -> bytes:
    """A compact JWS (RFC 7515 §7.1)."""
    head = url64(json.dumps({"alg": alg}).encode()) + "." + url64(content)
    r, s = decode_dss_signature(key.sign(head.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{head}.{url64(r.to_bytes(32) + s.to_bytes(32))}".encode()


def sealed(content: bytes, *, secret: bytes = SECRET, alg: str = "A256KW", enc: str = "A256GCM") -> str:
    """A compact JWE (RFC 7516 §7.1)."""
    head = url64(json.dumps({"alg": alg, "enc": enc}).encode())
    key, nonce = os.urandom(32), os.urandom(12)
    both = AESGCM(key).encrypt(nonce, content, head.encode())
    parts = (aes_key_wrap(secret, key), nonce, both[:-16], both[-16:])
    return ".".join([head, *map(url64, parts)])


def token(**changes: object) -> str:
    return sealed(signed(json.dumps(payload(**changes)).encode()))


def read(text: str, **asked: object) -> IntegrityVerdict:
    return READER.read(text, asked.get("key", KEY), asked.get("challenge", CHALLENGE), asked.get("at", NOW))


def test_a_phone_as_it_should_be() -> None:
    assert read(token()) == IntegrityVerdict((), ("MEETS_DEVICE_INTEGRITY", "MEETS_STRONG_INTEGRITY"))


def test_a_classic_request() -> None:
    """It has a nonce, which comes back with padding or without."""
    details = dict(payload()["requestDetails"])
    details["nonce"] = details.pop("requestHash") + "="
    assert read(token(requestDetails=details)).attentions == ()


def _details(**changes: object) -> dict[str, object]:
    return {"requestDetails": {**payload()["requestDetails"], **changes}}


def _app(**changes: object) -> dict[str, object]:
    return {"appIntegrity": {**payload()["appIntegrity"], **changes}}


def _device(*labels: str) -> dict[str, object]:
    return {"deviceIntegrity": {"deviceRecognitionVerdict": list(labels)}}


@pytest.mark.parametrize(
    ("changes", "attention"),
    [
        (_details(requestPackageName="se.example.other"), IntegrityAttention.OTHER_APP),
        (_details(requestHash=url64(bytes(32))), IntegrityAttention.OTHER_REQUEST),
        (_details(requestHash=None), IntegrityAttention.OTHER_REQUEST),
        (_details(requestHash="ö"), IntegrityAttention.OTHER_REQUEST),
        (_details(timestampMillis="0"), IntegrityAttention.OLD),
        (_details(timestampMillis="-1"), IntegrityAttention.OLD),
        (_details(timestampMillis="9" * 16), IntegrityAttention.OLD),
        (_details(timestampMillis=None), IntegrityAttention.OLD),
        (_app(appRecognitionVerdict="UNRECOGNIZED_VERSION"), IntegrityAttention.APP_NOT_RECOGNISED),
        (_app(appRecognitionVerdict="UNEVALUATED"), IntegrityAttention.APP_NOT_RECOGNISED),
        ({"appIntegrity": {}}, IntegrityAttention.APP_NOT_RECOGNISED),
        (_app(packageName="se.example.other"), IntegrityAttention.OTHER_APP),
        (_app(certificateSha256Digest=[url64(bytes(32))]), IntegrityAttention.OTHER_APP),
        (_app(certificateSha256Digest=[]), IntegrityAttention.OTHER_APP),
        (_app(certificateSha256Digest=[1, "ö", "A"]), IntegrityAttention.OTHER_APP),
        (_device(), IntegrityAttention.DEVICE_NOT_MET),
        (_device("MEETS_BASIC_INTEGRITY"), IntegrityAttention.DEVICE_NOT_MET),
        (_device("MEETS_VIRTUAL_INTEGRITY"), IntegrityAttention.DEVICE_NOT_MET),
        (_device("MEETS_ANYTHING"), IntegrityAttention.DEVICE_NOT_MET),
        ({"deviceIntegrity": "MEETS_DEVICE_INTEGRITY"}, IntegrityAttention.DEVICE_NOT_MET),
    ],
    ids=range(20),
)
def test_what_people_are_told(changes: dict[str, object], attention: IntegrityAttention) -> None:
    assert read(token(**changes)).attentions == (attention,)


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert read(token(requestDetails={}, appIntegrity={}, deviceIntegrity={})).attentions == (
        IntegrityAttention.OTHER_APP,
        IntegrityAttention.OTHER_REQUEST,
        IntegrityAttention.OLD,
        IntegrityAttention.APP_NOT_RECOGNISED,
        IntegrityAttention.DEVICE_NOT_MET,
    )


def test_a_token_of_another_request_says_nothing_of_the_phone() -> None:
    for asked in (
        {"challenge": b"another"},
        {"key": thumbprint(p256("thief"))},
        {"at": NOW + timedelta(minutes=11)},
        {"at": NOW - timedelta(minutes=3)},
    ):
        verdict = read(token(), **asked)
        assert verdict.attentions
        assert verdict.labels == ()


def test_tokens_that_cannot_be_read() -> None:
    content = json.dumps(payload()).encode()
    unsigned = url64(b'{"alg":"none"}') + "." + url64(content) + "."
    doubled = content.replace(b'{"requestDetails"', b'{"requestDetails": {}, "requestDetails"', 1)
    assert doubled != content
    for text in (
        "",
        "a.b.c",
        "." * 4,
        signed(content).decode(),
        sealed(signed(content, key=p256("stranger"))),
        sealed(signed(content), secret=bytes(32)),
        sealed(signed(content, alg="ES384")),
        sealed(unsigned.encode()),
        sealed(content),
        sealed(signed(content), alg="dir"),
        sealed(signed(content), enc="A128GCM"),
        sealed(signed(b"[]")),
        sealed(signed(b"{")),
        sealed(signed(b'{"a": NaN}')),
        sealed(signed(doubled)),
        token() + "A" * MAX_TOKEN,
        "ö.ö.ö.ö.ö",
    ):
        assert read(text) == IntegrityVerdict((IntegrityAttention.UNREADABLE,))


@light
@given(st.integers(0, 400), st.characters(codec="ascii"))
def test_a_changed_token_never_fails(place: int, put: str) -> None:
    text = token()
    at = place % len(text)
    verdict = read(text[:at] + put + text[at + 1 :])
    assert verdict.attentions in ((), (IntegrityAttention.UNREADABLE,))


def test_without_keys_nothing_is_read_and_everybody_is_told() -> None:
    nobody = NoIntegritySignal()
    assert nobody.read(token(), KEY, CHALLENGE, NOW) == IntegrityVerdict((IntegrityAttention.NOT_READ,))
    assert nobody.read(None, KEY, CHALLENGE, NOW) == IntegrityVerdict(())


def test_with_keys_a_phone_that_shows_nothing_is_told() -> None:
    assert READER.read(None, KEY, CHALLENGE, NOW) == IntegrityVerdict((IntegrityAttention.NOT_SHOWN,))


@pytest.mark.parametrize(
    ("decryption", "verification"),
    [
        (b"", base64.b64encode(spki(GOOGLE))),
        (base64.b64encode(bytes(16)), base64.b64encode(spki(GOOGLE))),
        (b"no base64!", base64.b64encode(spki(GOOGLE))),
        (base64.b64encode(SECRET), b""),
        (base64.b64encode(SECRET), base64.b64encode(b"no key")),
        (base64.b64encode(SECRET), base64.b64encode(spki(ec.generate_private_key(ec.SECP384R1())))),
    ],
    ids=["empty", "short", "no-base64", "no-key", "nonsense", "p-384"],
)
def test_keys_that_are_none(decryption: bytes, verification: bytes) -> None:
    with pytest.raises(ConfigurationError, match="Play Integrity"):
        PlayIntegrity.with_keys(decryption, verification, POLICY)


def test_keys_are_not_in_a_repr() -> None:
    assert base64.b64encode(SECRET).decode() not in repr(READER)
    assert "OctKey" not in repr(READER)
