"""Real App Attest objects of a developer's app: each verifies at its time, to the values beside it."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from service.adapters.attestation.app_attest import read_attestation
from service.adapters.attestation.apple import AppleJudge
from service.adapters.attestation.roots import pinned_roots
from service.domain.attestation import (
    REQUIRED,
    AppleEvidence,
    AttestationPolicy,
    Refusal,
)
from service.domain.devices import KeyProtection, Platform
from tests.service.attestation.real import APPLE, apple_records

pytestmark = pytest.mark.real

#: The real objects are bound to data of their own, so the key is any.
KEY = "A" * 43


def _policy(record: dict[str, object], *, development: bool = True) -> AttestationPolicy:
    app = f"{record['teamIdentifier']}.{record['bundleIdentifier']}"
    return AttestationPolicy(apps=frozenset({app, "ABCDE12345.se.example.other"}), development=development)


def _judge(policy: AttestationPolicy) -> AppleJudge:
    return AppleJudge(pinned_roots(Platform.IOS), policy)


def _octets(record: dict[str, object], name: str) -> bytes:
    return base64.b64decode(record[name])


def _at(record: dict[str, object]) -> datetime:
    return datetime.fromisoformat(record["timestamp"])


def _evidence(record: dict[str, object]) -> AppleEvidence:
    return AppleEvidence(_octets(record, "attestationBase64"), _octets(record, "keyIdBase64"))


def _spki(record: dict[str, object]) -> bytes:
    key = load_pem_public_key(record["publicKey"].encode())
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("name", APPLE)
def test_an_attestation_verifies_at_its_time(real_data: Path, name: str) -> None:
    (record,) = apple_records(real_data, name, "attestation")
    data_hash = _octets(record, "clientDataHashSha256Base64")
    report = _judge(_policy(record)).judge_hash(_evidence(record), KEY, data_hash, _at(record))
    assert report.refusals == ()
    assert report.accepted
    assert {finding.check for finding in report.findings} == REQUIRED[Platform.IOS]
    assert report.protection is KeyProtection.SECURE_ENCLAVE
    assert report.app_attest_key == _spki(record)
    app = f"{record['teamIdentifier']}.{record['bundleIdentifier']}"
    assert report.facts == {
        "root": "apple-app-attest",
        "environment": record["environment"],
        "app": hashlib.sha256(app.encode()).hexdigest(),
    }


@pytest.mark.parametrize("name", APPLE)
def test_the_object_reads_as_an_independent_reader_reads_it(real_data: Path, name: str) -> None:
    (record,) = apple_records(real_data, name, "attestation")
    theirs = cbor2.loads(_octets(record, "attestationBase64"))
    ours = read_attestation(_octets(record, "attestationBase64"))
    assert ours.auth_data == theirs["authData"]
    assert list(ours.x5c) == theirs["attStmt"]["x5c"]
    assert ours.credential.credential_id == _octets(record, "keyIdBase64")
    numbers = load_pem_public_key(record["publicKey"].encode()).public_numbers()
    assert (ours.credential.x, ours.credential.y) == (numbers.x, numbers.y)


@pytest.mark.parametrize("name", APPLE)
def test_a_released_app_alone_counts_by_default(real_data: Path, name: str) -> None:
    (record,) = apple_records(real_data, name, "attestation")
    data_hash = _octets(record, "clientDataHashSha256Base64")
    policy = _policy(record, development=False)
    report = _judge(policy).judge_hash(_evidence(record), KEY, data_hash, _at(record))
    assert report.refusals == (Refusal.DEVELOPMENT_APP,)
    assert not report.accepted


def test_what_is_wrong_is_named(real_data: Path) -> None:
    (record,) = apple_records(real_data, APPLE[0], "attestation")
    data_hash, evidence, at = _octets(record, "clientDataHashSha256Base64"), _evidence(record), _at(record)
    judge = _judge(_policy(record))
    stranger = _judge(AttestationPolicy(apps=frozenset({"6MURL8TA57.se.example.other"}), development=True))
    nobody = AppleJudge({}, _policy(record))
    other_key = AppleEvidence(evidence.attestation, bytes(32))
    assert judge.judge_hash(evidence, KEY, bytes(32), at).refusals == (Refusal.WRONG_CHALLENGE,)
    assert judge.judge_hash(evidence, KEY, data_hash, at + timedelta(days=3)).refusals == (
        Refusal.CERTIFICATE_EXPIRED,
    )
    assert stranger.judge_hash(evidence, KEY, data_hash, at).refusals == (Refusal.WRONG_APP,)
    assert nobody.judge_hash(evidence, KEY, data_hash, at).refusals == (Refusal.ROOT_UNKNOWN,)
    assert judge.judge_hash(other_key, KEY, data_hash, at).refusals == (Refusal.WRONG_KEY, Refusal.WRONG_CREDENTIAL)


@pytest.mark.parametrize("name", APPLE)
def test_an_assertion_verifies(real_data: Path, name: str) -> None:
    for record in apple_records(real_data, name, "assertion"):
        judge = _judge(_policy(record))
        assertion, data_hash = _octets(record, "assertionBase64"), _octets(record, "clientDataHashSha256Base64")
        report = judge.judge_assertion_hash(assertion, _spki(record), 0, data_hash)
        assert report.accepted
        assert report.counter == record["counter"]


def test_an_assertion_that_is_not_accepted(real_data: Path) -> None:
    record = apple_records(real_data, APPLE[0], "assertion")[0]
    other = apple_records(real_data, APPLE[1], "assertion")[0]
    assertion, data_hash = _octets(record, "assertionBase64"), _octets(record, "clientDataHashSha256Base64")
    judge = _judge(_policy(record))
    assert judge.judge_assertion_hash(assertion, _spki(record), 1, data_hash).refusals == (Refusal.COUNTER_NOT_GROWN,)
    assert judge.judge_assertion_hash(assertion, _spki(other), 0, data_hash).refusals == (Refusal.BAD_SIGNATURE,)
    assert judge.judge_assertion_hash(assertion, _spki(record), 0, bytes(32)).refusals == (Refusal.BAD_SIGNATURE,)
    assert judge.judge_assertion_hash(assertion, b"", 0, data_hash).refusals == (Refusal.BAD_SIGNATURE,)
    stranger = _judge(AttestationPolicy())
    assert stranger.judge_assertion_hash(assertion, _spki(record), 0, data_hash).refusals == (Refusal.WRONG_APP,)
