"""The judge that the settings make."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from mrtd.pki.realm import Realm
from service.domain.attestation import AndroidEvidence, Attention, AttestationPolicy, Refusal
from service.domain.devices import KeyProtection
from service.domain.errors import ConfigurationError
from service.domain.integrity import IntegrityAttention
from service.settings import Settings
from service.wiring.attestation import attestation_judge, attestation_policy
from tests.service.attestation.authorities import (
    APP,
    AndroidAuthority,
    AppleAuthority,
    Attest,
    assertion,
    p256,
    spki,
    thumbprint,
)
from tests.service.attestation.key_descriptions import NOW, PACKAGE, SIGNER, Stated
from tests.service.attestation.test_apple import client_data
from tests.service.attestation.test_play_integrity import GOOGLE, SECRET, payload, sealed, signed, url64

AUTHORITY = AndroidAuthority()
KEY = p256("dpop")


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    """As an operator of these tests' phones would have them."""
    (tmp_path / "roots.json").write_bytes(AUTHORITY.roots_file)
    status_list = tmp_path / "status.json"
    status_list.write_text('{"entries": {}}')
    os.utime(status_list, (NOW.timestamp(), NOW.timestamp()))
    return {
        "attestation_roots": tmp_path / "roots.json",
        "attestation_status_list": status_list,
        "android_packages": f"{PACKAGE}, se.example.older",
        "android_signers": SIGNER.hex(":").upper(),
        "apple_apps": APP,
    }


def evidence(token: str | None = None) -> AndroidEvidence:
    return AndroidEvidence(AUTHORITY.evidence(KEY.public_key(), Stated()).chain, token)


def test_a_phone_of_an_imported_root(settings: dict[str, object]) -> None:
    report = attestation_judge(Settings(**settings)).judge(evidence(), thumbprint(KEY), b"challenge", NOW)
    assert report.accepted
    assert report.attentions == ()
    assert report.facts["root"].startswith("imported-")


def test_without_the_file_of_roots_the_pinned_ones_alone_count(settings: dict[str, object]) -> None:
    settings["attestation_roots"] = None
    report = attestation_judge(Settings(**settings)).judge(evidence(), thumbprint(KEY), b"challenge", NOW)
    assert Refusal.ROOT_UNKNOWN in report.refusals


def test_without_a_status_list_no_android_phone_enrols(settings: dict[str, object]) -> None:
    settings["attestation_status_list"] = None
    report = attestation_judge(Settings(**settings)).judge(evidence(), thumbprint(KEY), b"challenge", NOW)
    assert report.refusals == (Refusal.STATUS_LIST_MISSING,)


def test_the_age_of_the_status_list(settings: dict[str, object]) -> None:
    at = NOW + timedelta(days=8)
    chain = AUTHORITY.evidence(KEY.public_key(), Stated(created_at=at))
    judged = {
        word: attestation_judge(Settings(**settings, attestation_status_old=word)).judge(
            chain, thumbprint(KEY), b"challenge", at
        )
        for word in ("refuse", "tell")
    }
    assert judged["refuse"].refusals == (Refusal.STATUS_LIST_OLD,)
    assert judged["tell"].accepted
    assert judged["tell"].attentions == (Attention.STATUS_LIST_OLD,)
    patient = Settings(**settings, attestation_status_days=9)
    assert attestation_judge(patient).judge(chain, thumbprint(KEY), b"challenge", at).accepted


def test_an_apple_phone_is_judged_by_apples_root_alone(settings: dict[str, object]) -> None:
    """Whoever may import roots of Android must not make iPhones with them."""
    apple = AppleAuthority().evidence(p256("app attest"), client_data(), Attest())
    report = attestation_judge(Settings(**settings)).judge(apple, thumbprint(KEY), b"challenge", NOW)
    assert report.refusals == (Refusal.ROOT_UNKNOWN,)


def test_the_policy(settings: dict[str, object]) -> None:
    found = attestation_policy(Settings(**settings, android_protection="strongbox", android_patch_level=202601))
    assert found == AttestationPolicy(
        packages=frozenset({PACKAGE, "se.example.older"}),
        signers=frozenset({SIGNER}),
        apps=frozenset({APP}),
        protections=frozenset({KeyProtection.STRONGBOX, KeyProtection.SECURE_ENCLAVE}),
        minimum_patch_level=202601,
    )
    assert attestation_policy(Settings()) == AttestationPolicy()


def test_developers_apps_are_for_specimens_alone() -> None:
    assert attestation_policy(Settings(apple_development=True)).development
    with pytest.raises(ConfigurationError, match="PASSKOLL_APPLE_DEVELOPMENT"):
        attestation_policy(Settings(apple_development=True, realm=Realm.PRODUCTION))


@pytest.mark.parametrize("value", ["", "ab", "zz" * 32, f"{'00' * 32} {'11' * 32}"], ids=range(4))
def test_signers_that_are_none(value: str) -> None:
    if value:
        with pytest.raises(ValidationError, match="SHA-256 digests"):
            Settings(android_signers=value)
    else:
        assert Settings(android_signers=value).android_signers == frozenset()


@pytest.mark.parametrize("name", ["attestation_roots", "attestation_status_list"])
def test_a_file_that_is_not_there_stops_the_start(settings: dict[str, object], tmp_path: Path, name: str) -> None:
    settings[name] = tmp_path / "absent"
    with pytest.raises(ConfigurationError):
        attestation_judge(Settings(**settings))


def _with_keys(settings: dict[str, object], folder: Path) -> dict[str, object]:
    (folder / "decryption").write_bytes(base64.b64encode(SECRET) + b"\n")
    (folder / "verification").write_bytes(base64.b64encode(spki(GOOGLE)) + b"\n")
    return settings | {
        "play_integrity_decryption_key": folder / "decryption",
        "play_integrity_verification_key": folder / "verification",
    }


def test_a_token_of_play_integrity_is_a_signal(settings: dict[str, object], tmp_path: Path) -> None:
    """It says something to people; it neither lets a phone in nor keeps one out."""
    bound = url64(hashlib.sha256(client_data()).digest())
    details = {**payload()["requestDetails"], "requestHash": bound}
    token = sealed(signed(json.dumps(payload(requestDetails=details)).encode()))
    judge = attestation_judge(Settings(**_with_keys(settings, tmp_path)))
    report = judge.judge(evidence(token), thumbprint(KEY), b"challenge", NOW)
    assert report.accepted
    assert report.facts["integrity"] == "MEETS_DEVICE_INTEGRITY MEETS_STRONG_INTEGRITY"
    assert report.signals == ()
    for shown, signal in ((None, IntegrityAttention.NOT_SHOWN), ("nonsense", IntegrityAttention.UNREADABLE)):
        report = judge.judge(evidence(shown), thumbprint(KEY), b"challenge", NOW)
        assert report.accepted
        assert report.signals == (signal,)
        assert "integrity" not in report.facts
    without = attestation_judge(Settings(**settings)).judge(evidence(token), thumbprint(KEY), b"challenge", NOW)
    assert without.accepted
    assert without.attentions == (IntegrityAttention.NOT_READ,)
    refused = AndroidEvidence(AUTHORITY.evidence(KEY.public_key(), Stated(locked=False)).chain, token)
    assert judge.judge(refused, thumbprint(KEY), b"challenge", NOW).refusals == (Refusal.BOOTLOADER_UNLOCKED,)


def test_keys_of_play_integrity_come_in_twos(settings: dict[str, object], tmp_path: Path) -> None:
    both = _with_keys(settings, tmp_path)
    for name in ("play_integrity_decryption_key", "play_integrity_verification_key"):
        with pytest.raises(ConfigurationError, match="both of its keys"):
            attestation_judge(Settings(**both | {name: None}))
        with pytest.raises(ConfigurationError, match="cannot be read"):
            attestation_judge(Settings(**both | {name: tmp_path / "absent"}))
        (tmp_path / "long").write_bytes(b"A" * 5000)
        with pytest.raises(ConfigurationError, match="Play Integrity"):
            attestation_judge(Settings(**both | {name: tmp_path / "long"}))


def test_an_assertion_through_the_same_judge(settings: dict[str, object]) -> None:
    judge = attestation_judge(Settings(**settings))
    made = assertion(p256("app attest"), client_data(), 1)
    assert judge.judge_assertion(made, spki(p256("app attest")), 0, thumbprint(KEY), b"challenge").accepted
