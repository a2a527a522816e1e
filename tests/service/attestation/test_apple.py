"""App Attest objects of an authority of these tests: one as it should be, and each way to be wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service.adapters.attestation.apple import AppleJudge, client_data_hash
from service.domain.attestation import (
    REQUIRED,
    AppleEvidence,
    AttestationPolicy,
    AttestationReport,
    MalformedAttestationError,
    Refusal,
)
from service.domain.devices import KeyProtection, Platform
from tests.service.attestation.authorities import (
    APP,
    APPLE_NONCE,
    DEVELOPMENT,
    AppleAuthority,
    Attest,
    Issuer,
    assertion,
    named,
    p256,
    spki,
    thumbprint,
)
from tests.service.attestation.key_descriptions import NOW

AUTHORITY = AppleAuthority()
#: App Attest's own key, and the one that the phone enrols with.
ATTEST_KEY = p256("app attest")
KEY = p256("dpop")
POLICY = AttestationPolicy(apps=frozenset({APP}))
CHALLENGE = b"challenge"


def client_data(challenge: bytes = CHALLENGE, key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    """Challenge and thumbprint, put together here as an app would."""
    return challenge + base64.urlsafe_b64decode(thumbprint(key) + "=")


def judged(evidence: AppleEvidence, *, policy: AttestationPolicy = POLICY, **asked: object) -> AttestationReport:
    judge = AppleJudge(AUTHORITY.roots, policy)
    return judge.judge(evidence, thumbprint(KEY), CHALLENGE, asked.get("at", NOW))


def of(said: Attest) -> AppleEvidence:
    return AUTHORITY.evidence(ATTEST_KEY, client_data(), said)


def test_an_app_as_it_should_be() -> None:
    report = judged(of(Attest()))
    assert report.refusals == ()
    assert report.accepted
    assert {finding.check for finding in report.findings} == REQUIRED[Platform.IOS]
    assert report.protection is KeyProtection.SECURE_ENCLAVE
    assert report.key == thumbprint(KEY)
    assert report.app_attest_key == spki(ATTEST_KEY)
    app = hashlib.sha256(APP.encode()).hexdigest()
    assert report.facts == {"root": "test", "environment": "production", "app": app}


@pytest.mark.parametrize(
    ("said", "refusals"),
    [
        (Attest(app="ABCDE12345.se.example.other"), (Refusal.WRONG_APP,)),
        (Attest(counter=1), (Refusal.COUNTER_NOT_ZERO,)),
        (Attest(aaguid=DEVELOPMENT), (Refusal.DEVELOPMENT_APP,)),
        (Attest(aaguid=bytes(16)), (Refusal.UNKNOWN_ENVIRONMENT,)),
        (Attest(credential_id=bytes(32)), (Refusal.WRONG_CREDENTIAL,)),
        (Attest(nonce=bytes(32)), (Refusal.WRONG_CHALLENGE,)),
        (Attest(with_nonce=False), (Refusal.NOT_ATTESTED, Refusal.WRONG_CHALLENGE)),
    ],
    ids=lambda value: None if isinstance(value, Attest) else "-".join(value),
)
def test_an_app_that_is_refused(said: Attest, refusals: tuple[Refusal, ...]) -> None:
    report = judged(of(said))
    assert report.refusals == refusals
    assert not report.accepted


def test_a_developers_app_counts_where_the_policy_says_so() -> None:
    policy = AttestationPolicy(apps=frozenset({APP}), development=True)
    assert judged(of(Attest(aaguid=DEVELOPMENT)), policy=policy).accepted
    assert judged(of(Attest(aaguid=bytes(16))), policy=policy).refusals == (Refusal.UNKNOWN_ENVIRONMENT,)


@pytest.mark.parametrize(
    "data",
    [lambda: client_data(b"of another"), lambda: client_data(key=p256("thief")), lambda: CHALLENGE],
    ids=["other-challenge", "other-key", "without-key"],
)
def test_an_attestation_that_is_bound_to_something_else(data: Callable[[], bytes]) -> None:
    assert judged(AUTHORITY.evidence(ATTEST_KEY, data())).refusals == (Refusal.WRONG_CHALLENGE,)


def test_an_empty_policy_lets_nobody_in() -> None:
    assert judged(of(Attest()), policy=AttestationPolicy()).refusals == (Refusal.WRONG_APP,)


def test_a_certificate_that_is_over() -> None:
    assert judged(of(Attest()), at=NOW + timedelta(days=31)).refusals == (Refusal.CERTIFICATE_EXPIRED,)


def test_a_leaf_of_a_stranger() -> None:
    tree = cbor2.loads(of(Attest()).attestation)
    nonce = hashlib.sha256(tree["authData"] + hashlib.sha256(client_data()).digest()).digest()
    extensions = ((APPLE_NONCE, b"\x30\x24\xa1\x22\x04\x20" + nonce, False),)
    forger = Issuer(p256("forger"), named("apple ca"))
    tree["attStmt"]["x5c"][0] = forger.certify("x", ATTEST_KEY.public_key(), ca=False, extensions=extensions)
    forged = AppleEvidence(cbor2.dumps(tree), of(Attest()).key_id)
    assert judged(forged).refusals == (Refusal.CHAIN_BROKEN,)


def test_an_authority_that_is_a_stranger() -> None:
    stranger = AppleJudge({}, POLICY)
    report = stranger.judge(of(Attest()), thumbprint(KEY), CHALLENGE, NOW)
    assert report.refusals == (Refusal.ROOT_UNKNOWN,)
    assert report.facts["root"] == "unknown"


def test_a_credential_of_another_key_than_the_leaf() -> None:
    """Object and leaf are of two keys: neither the nonce nor the key id of the leaf fits."""
    mine, other = (AUTHORITY.evidence(p256(name), client_data()) for name in ("app attest", "another"))
    tree, theirs = cbor2.loads(mine.attestation), cbor2.loads(other.attestation)
    tree["attStmt"]["x5c"] = theirs["attStmt"]["x5c"]
    report = judged(AppleEvidence(cbor2.dumps(tree), mine.key_id))
    assert report.refusals == (Refusal.WRONG_CHALLENGE, Refusal.WRONG_KEY, Refusal.WRONG_CREDENTIAL)


def test_a_leaf_on_another_curve() -> None:
    tree = cbor2.loads(of(Attest()).attestation)
    nonce = hashlib.sha256(tree["authData"] + hashlib.sha256(client_data()).digest()).digest()
    extensions = ((APPLE_NONCE, b"\x30\x24\xa1\x22\x04\x20" + nonce, False),)
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    tree["attStmt"]["x5c"][0] = AUTHORITY.ca.certify("x", key, ca=False, extensions=extensions)
    report = judged(AppleEvidence(cbor2.dumps(tree), of(Attest()).key_id))
    assert report.refusals == (Refusal.KEY_TYPE, Refusal.WRONG_CREDENTIAL)


# --- assertions


def test_an_assertion_as_it_should_be() -> None:
    judge = AppleJudge(AUTHORITY.roots, POLICY)
    made = assertion(ATTEST_KEY, client_data(), 3)
    report = judge.judge_assertion(made, spki(ATTEST_KEY), 2, thumbprint(KEY), CHALLENGE)
    assert report.accepted
    assert report.counter == 3


def test_assertions_that_are_refused() -> None:
    judge = AppleJudge(AUTHORITY.roots, POLICY)
    key, name = spki(ATTEST_KEY), thumbprint(KEY)

    def refusals(made: bytes, counter: int = 0) -> tuple[Refusal, ...]:
        return judge.judge_assertion(made, key, counter, name, CHALLENGE).refusals

    assert refusals(assertion(ATTEST_KEY, client_data(), 3), 3) == (Refusal.COUNTER_NOT_GROWN,)
    assert refusals(assertion(ATTEST_KEY, client_data(), 0)) == (Refusal.COUNTER_NOT_GROWN,)
    assert refusals(assertion(p256("thief"), client_data(), 1)) == (Refusal.BAD_SIGNATURE,)
    assert refusals(assertion(ATTEST_KEY, client_data(b"older"), 1)) == (Refusal.BAD_SIGNATURE,)
    assert refusals(assertion(ATTEST_KEY, client_data(key=p256("thief")), 1)) == (Refusal.BAD_SIGNATURE,)
    assert refusals(assertion(ATTEST_KEY, client_data(), 1, "ABCDE12345.x")) == (Refusal.WRONG_APP,)


# --- what cannot be read


def test_objects_that_cannot_be_read() -> None:
    good = cbor2.loads(of(Attest()).attestation)
    auth_data = good["authData"]
    for changed, code in (
        ({"fmt": "packed"}, "bad_attestation"),
        ({"attStmt": b""}, "bad_attestation"),
        ({"attStmt": {"x5c": good["attStmt"]["x5c"]}}, "bad_attestation"),
        ({"attStmt": {"x5c": ["text", "text"], "receipt": b""}}, "bad_attestation"),
        ({"attStmt": {"x5c": [], "receipt": b""}}, "chain_length"),
        ({"attStmt": {"x5c": [b"x", b"x"], "receipt": b""}}, "truncated"),
        ({"more": 1}, "other_members"),
        ({"authData": auth_data[:54]}, "bad_authenticator_data"),
        ({"authData": auth_data + b"\x00"}, "bad_authenticator_data"),
        ({"authData": auth_data[:32] + b"\xc0" + auth_data[33:]}, "bad_authenticator_data"),
    ):
        with pytest.raises(MalformedAttestationError, match=code):
            judged(AppleEvidence(cbor2.dumps({**good, **changed}), bytes(32)))
    for octets, code in (
        (b"", "bad_cbor"),
        (of(Attest()).attestation + b"\x00", "trailing_bytes"),
        (bytes(65 * 1024), "too_long"),
        (b"\x81" * 100, "too_deep"),
        (cbor2.dumps(cbor2.CBORTag(28, {})), "unexpected_cbor"),
    ):
        with pytest.raises(MalformedAttestationError, match=code):
            judged(AppleEvidence(octets, bytes(32)))


@pytest.mark.parametrize(
    "value",
    [b"", b"\x04\x20" + bytes(32), b"\x30\x00", b"\x30\x02\xa1\x00", b"\x30\x05\xa1\x03\x02\x01\x00"],
    ids=["empty", "octets", "no-member", "nothing-inside", "integer"],
)
def test_a_nonce_that_cannot_be_read(value: bytes) -> None:
    tree = cbor2.loads(of(Attest()).attestation)
    leaf = AUTHORITY.ca.certify("x", ATTEST_KEY.public_key(), ca=False, extensions=((APPLE_NONCE, value, False),))
    tree["attStmt"]["x5c"][0] = leaf
    with pytest.raises(MalformedAttestationError):
        judged(AppleEvidence(cbor2.dumps(tree), bytes(32)))


def test_assertions_that_cannot_be_read() -> None:
    judge = AppleJudge(AUTHORITY.roots, POLICY)
    good = cbor2.loads(assertion(ATTEST_KEY, client_data(), 1))
    for octets, code in (
        (b"\xa0", "other_members"),
        (cbor2.dumps({**good, "signature": "text"}), "bad_assertion"),
        (cbor2.dumps({**good, "authenticatorData": bytes(36)}), "bad_authenticator_data"),
        (bytes(1025), "too_long"),
    ):
        with pytest.raises(MalformedAttestationError, match=code):
            judge.judge_assertion(octets, spki(ATTEST_KEY), 0, thumbprint(KEY), CHALLENGE)


def test_what_is_asked_must_be_something() -> None:
    with pytest.raises(ValueError, match="no challenge"):
        client_data_hash(b"", thumbprint(KEY))
    with pytest.raises(ValueError, match="no RFC 7638 thumbprint"):
        client_data_hash(CHALLENGE, "A" * 42 + "B")  # the last digit has bits that mean nothing
    assert client_data_hash(CHALLENGE, thumbprint(KEY)) == hashlib.sha256(client_data()).digest()


def test_nothing_of_the_phone_is_in_a_repr() -> None:
    assert repr(of(Attest())) == "AppleEvidence()"
