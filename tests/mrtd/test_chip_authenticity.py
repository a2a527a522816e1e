"""The truth table of chip authenticity: what is supported, sent, signed and bound decides, nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import core, keys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from mrtd.evidence import (
    CLAIMED,
    ActiveAuthenticationResponse,
    EvidenceSource,
    IssuedChallenge,
    Provenance,
)
from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus
from mrtd.inspection.chip_authenticity import ChipSecurity, check
from mrtd.inspection.reason import Reason
from mrtd.lds import dg14, dg15
from mrtd.lds.dg14 import Dg14
from mrtd.lds.dg15 import Dg15
from tests.budgets import light

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHALLENGE = bytes.fromhex("a1a2a3a4a5a6a7a8")
AA = ("aa.key", "aa.algorithm_declared", "aa.signature", "aa.challenge_bound")
CA = ("ca.key", "ca.secure_messaging", "ca.rebind", "ca.claimed")
PACE_CAM = ("pace_cam.token", "pace_cam.card_security", "pace_cam.mapping", "pace_cam.same_session")
PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"
PLAIN_SHA1 = "0.4.0.127.0.7.1.1.4.1.1"
RIPEMD160 = "0.4.0.127.0.7.1.1.4.1.6"

P256 = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
BRAINPOOL = ec.derive_private_key(0xBEEF, ec.BrainpoolP256R1())


def spki(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2)
    return bytes([tag]) + length + body


def info(protocol: str, *parts: bytes) -> bytes:
    return tlv(0x30, core.ObjectIdentifier(protocol).dump(), *parts)


def group14(*infos: bytes) -> Dg14:
    return dg14.parse(tlv(0x6E, tlv(0x31, *infos)))


def group15(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = P256) -> Dg15:
    return dg15.parse(tlv(0x6F, spki(private)))


def aa_info(algorithm: str) -> bytes:
    return info("2.23.136.1.1.5", core.Integer(1).dump(), core.ObjectIdentifier(algorithm).dump())


def ca_key(private: ec.EllipticCurvePrivateKey = BRAINPOOL, key_id: int | None = None) -> bytes:
    return info("0.4.0.127.0.7.2.2.1.2", spki(private), *([] if key_id is None else [core.Integer(key_id).dump()]))


def ca_info(cipher: int = 2, key_id: int | None = None, family: int = 2) -> bytes:
    protocol = f"0.4.0.127.0.7.2.2.3.{family}.{cipher}"
    return info(protocol, core.Integer(1).dump(), *([] if key_id is None else [core.Integer(key_id).dump()]))


def signed(
    name: type[hashes.HashAlgorithm] = hashes.SHA256, challenge: bytes = CHALLENGE, *, der: bool = False
) -> ActiveAuthenticationResponse:
    signature = P256.sign(challenge, ec.ECDSA(name()))
    r, s = decode_dss_signature(signature)
    return ActiveAuthenticationResponse(challenge, signature if der else r.to_bytes(32) + s.to_bytes(32))


GOOD = ChipSecurity(
    pa_passed=True,
    dg14=group14(aa_info(PLAIN_SHA256), ca_key(), ca_info()),
    dg15=group15(),
    dg14_listed=True,
    dg15_listed=True,
    dg14_hash_passed=True,
    dg15_hash_passed=True,
    response=signed(),
)


def issued(
    challenge: bytes = CHALLENGE, *, seconds: float = 3, max_age_s: int = 120, used: bool = False
) -> Provenance:
    answered = AT - timedelta(seconds=10)
    times = answered - timedelta(seconds=seconds), answered
    return Provenance(EvidenceSource.DUMP, IssuedChallenge(challenge, *times, max_age_s, used))


def judged(security: ChipSecurity, provenance: Provenance = CLAIMED) -> dict[str, tuple[str, str | None]]:
    """Status and reason by check, `pa.algorithms` by subject."""
    found: dict[str, tuple[str, str | None]] = {}
    for result in check(security, provenance):
        name = result.subject if result.id == "pa.algorithms" else result.id
        assert name not in found
        found[name] = (result.status.value, None if result.reason is None else result.reason.value)
    return found


def one(check_id: str, security: ChipSecurity, provenance: Provenance = CLAIMED) -> CheckResult:
    return next(result for result in check(security, provenance) if result.id == check_id)


# --- the whole table, by what the signed security object lists


def test_a_chip_that_signs_the_servers_challenge() -> None:
    assert judged(GOOD, issued()) == {
        "aa.key": ("PASSED", None),
        "aa.algorithm_declared": ("PASSED", None),
        "aa.signature": ("PASSED", None),
        "aa.challenge_bound": ("PASSED", None),
        "AA": ("PASSED", None),
        "ca.key": ("PASSED", None),
        "ca.secure_messaging": ("NOT_PERFORMED", "not_performed"),
        "ca.rebind": ("NOT_PERFORMED", "not_performed"),
        "ca.claimed": ("NOT_APPLICABLE", "not_sent"),
        "CA": ("PASSED", None),
        **dict.fromkeys(PACE_CAM, ("NOT_APPLICABLE", "not_live")),
        "evidence.freshness": ("PASSED", None),
    }


def test_nothing_counts_before_passive_authentication() -> None:
    found = judged(replace(GOOD, pa_passed=False), issued())
    assert found == {
        **dict.fromkeys(AA + CA + PACE_CAM, ("NOT_PERFORMED", "pa_not_passed")),
        "evidence.freshness": ("PASSED", None),
    }


def test_an_issuer_that_signed_neither_group() -> None:
    """Files that the sender adds prove nothing: only the signed list says what a chip supports."""
    found = judged(replace(GOOD, dg14_listed=False, dg15_listed=False), issued())
    assert all(found[row] == ("NOT_APPLICABLE", "not_supported") for row in AA + CA)
    assert "AA" not in found
    assert "CA" not in found


def test_a_dg14_without_a_chip_authentication_key() -> None:
    found = judged(replace(GOOD, dg14=group14(aa_info(PLAIN_SHA256), ca_info())))
    assert all(found[row] == ("NOT_APPLICABLE", "not_supported") for row in CA)
    assert found["aa.signature"] == ("PASSED", None)


def test_listed_groups_that_were_not_sent_are_never_unsupported() -> None:
    absent = replace(GOOD, dg14=None, dg15=None, dg14_hash_passed=False, dg15_hash_passed=False)
    found = judged(absent, issued())
    assert found["aa.key"] == found["ca.key"] == ("NOT_PERFORMED", "not_sent")
    assert found["aa.signature"] == ("NOT_PERFORMED", "earlier_step")
    assert found["aa.algorithm_declared"] == ("NOT_PERFORMED", "earlier_step")
    assert found["ca.secure_messaging"] == found["ca.rebind"] == ("NOT_PERFORMED", "not_performed")
    assert all(found[row][1] != "not_supported" for row in AA + CA)


def test_a_key_with_another_hash_than_the_signed_one_does_not_count() -> None:
    """A clone that brings its own DG15 signs well, and gains nothing."""
    found = judged(replace(GOOD, dg14_hash_passed=False, dg15_hash_passed=False), issued())
    assert found["aa.key"] == found["ca.key"] == ("NOT_PERFORMED", "earlier_step")
    assert found["aa.signature"] == ("NOT_PERFORMED", "earlier_step")
    assert "AA" not in found
    assert "CA" not in found


def test_groups_that_cannot_be_read_give_no_key() -> None:
    found = judged(replace(GOOD, dg14=None, dg15=None), issued())
    assert found["aa.key"] == found["ca.key"] == ("NOT_PERFORMED", "earlier_step")


def test_a_dump_without_a_response() -> None:
    found = judged(replace(GOOD, response=None), issued())
    assert found["aa.key"] == ("PASSED", None)
    assert found["aa.signature"] == found["aa.challenge_bound"] == ("NOT_PERFORMED", "not_sent")


# --- the signature


def test_a_response_by_another_key() -> None:
    found = judged(replace(GOOD, dg15=group15(ec.derive_private_key(77, ec.SECP256R1()))), issued())
    assert found["aa.signature"] == ("FAILED", "bad_signature")


def test_a_response_in_der_is_remarked_upon() -> None:
    assert judged(replace(GOOD, response=signed(der=True)))["aa.signature"] == ("PASSED", "der_encoded")


def test_a_response_over_another_challenge_than_it_says() -> None:
    forged = ActiveAuthenticationResponse(CHALLENGE, signed(challenge=bytes(8)).response)
    found = judged(replace(GOOD, response=forged), issued())
    assert found["aa.signature"] == ("FAILED", "bad_signature")


def test_a_declared_hash_is_the_only_one() -> None:
    assert judged(replace(GOOD, response=signed(hashes.SHA1)))["aa.signature"] == ("FAILED", "bad_signature")
    security = replace(GOOD, dg14=group14(aa_info(PLAIN_SHA1)), response=signed(hashes.SHA1))
    assert judged(security)["aa.signature"] == ("PASSED", None)
    assert one("aa.algorithm_declared", security).facts == {"hash": "sha1", "oid": PLAIN_SHA1}


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        (hashes.SHA1, True),
        (hashes.SHA224, True),
        (hashes.SHA256, False),
        (hashes.SHA384, False),
        (hashes.SHA512, False),
    ],
)
def test_an_undeclared_hash_is_named(name: type[hashes.HashAlgorithm], weak: bool) -> None:
    security = replace(GOOD, dg14=group14(ca_key(), ca_info()), response=signed(name))
    result = one("aa.algorithm_declared", security)
    assert (result.status, result.reason) == (CheckStatus.PASSED, Reason.ALGORITHM_UNDECLARED)
    assert result.facts == {"hash": name.name.replace("-", ""), "oid": None, "weak_hash": weak}
    assert one("aa.signature", security).facts == {"scheme": "ecdsa", "hash": name.name.replace("-", "")}


def test_an_undeclared_hash_without_a_good_signature_stays_unknown() -> None:
    found = judged(replace(GOOD, dg14_listed=False, response=None))
    assert found["aa.algorithm_declared"] == ("INDETERMINATE", "algorithm_undeclared")


def test_keeping_dg14_back_hides_no_weak_hash() -> None:
    """Where the sender left DG14 out, nobody knows what it declares; the weak hash is still named."""
    security = replace(GOOD, dg14=None, dg14_hash_passed=False, response=signed(hashes.SHA1))
    result = one("aa.algorithm_declared", security)
    assert (result.status, result.reason) == (CheckStatus.INDETERMINATE, Reason.ALGORITHM_UNDECLARED)
    assert result.facts["weak_hash"] is True


@pytest.mark.parametrize("algorithms", [(RIPEMD160,), (PLAIN_SHA1, PLAIN_SHA256)])
def test_a_declaration_that_names_no_one_hash_stops_there(algorithms: tuple[str, ...]) -> None:
    found = judged(replace(GOOD, dg14=group14(*map(aa_info, algorithms))), issued())
    assert found["aa.algorithm_declared"] == ("INDETERMINATE", "algorithm_undeclared")
    assert found["aa.signature"] == ("NOT_PERFORMED", "earlier_step")


# --- whose challenge


@pytest.mark.parametrize(
    ("provenance", "expected"),
    [
        (CLAIMED, ("INDETERMINATE", "claimed")),
        (issued(), ("PASSED", None)),
        (issued(seconds=0), ("PASSED", None)),
        (issued(seconds=120), ("PASSED", None)),
        (issued(seconds=120.5), ("INDETERMINATE", "challenge_expired")),
        (issued(seconds=-1), ("INDETERMINATE", "challenge_expired")),
        (issued(seconds=31, max_age_s=30), ("INDETERMINATE", "challenge_expired")),
        (issued(bytes(8)), ("FAILED", "other_challenge")),
        (issued(CHALLENGE[:7]), ("FAILED", "other_challenge")),
        (issued(bytes(8), seconds=500, used=True), ("FAILED", "other_challenge")),
        (issued(used=True), ("FAILED", "challenge_used")),
        (issued(seconds=500, used=True), ("FAILED", "challenge_used")),
    ],
)
def test_whose_challenge_was_signed(provenance: Provenance, expected: tuple[str, str | None]) -> None:
    found = judged(GOOD, provenance)
    assert found["aa.challenge_bound"] == expected
    assert found["aa.signature"] == ("PASSED", None), "whose challenge it is does not change who signed"


@pytest.mark.parametrize(
    ("seconds", "reason"), [(2, None), (60, None), (60.1, Reason.SLOW), (119, Reason.SLOW), (500, Reason.SLOW)]
)
def test_slow_answers_are_remarked_upon(seconds: float, reason: Reason | None) -> None:
    result = one("evidence.freshness", GOOD, issued(seconds=seconds))
    assert (result.status, result.reason) == (CheckStatus.PASSED, reason)
    assert result.facts == {"max_age_s": 120, "seconds": int(seconds)}


def test_freshness_needs_a_challenge_of_the_server() -> None:
    assert judged(GOOD)["evidence.freshness"] == ("NOT_APPLICABLE", "no_evidence")


# --- the keys


def broken_point() -> Dg15:
    value = keys.PublicKeyInfo.load(spki(P256))
    point = bytearray(value["public_key"].native)
    point[-1] ^= 1
    value["public_key"] = keys.ECPointBitString(bytes(point))
    return dg15.parse(tlv(0x6F, value.dump(force=True)))


def unknown_curve() -> Dg15:
    """secp256k1 is no curve of travel documents."""
    return group15(ec.derive_private_key(5, ec.SECP256K1()))


def unknown_algorithm() -> Dg15:
    algorithm = tlv(0x30, core.ObjectIdentifier("1.3.101.112").dump())
    return dg15.parse(tlv(0x6F, tlv(0x30, algorithm, tlv(0x03, bytes(33)))))


def odd_modulus_length() -> Dg15:
    number = keys.RSAPublicKey({"modulus": (1 << 1024) + 1, "public_exponent": 65537})
    return dg15.parse(tlv(0x6F, keys.PublicKeyInfo.wrap(number, "rsa").dump()))


def short_modulus() -> Dg15:
    number = keys.RSAPublicKey({"modulus": (1 << 1007) + 1, "public_exponent": 65537})
    return dg15.parse(tlv(0x6F, keys.PublicKeyInfo.wrap(number, "rsa").dump()))


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (broken_point(), ("FAILED", "bad_key")),
        (short_modulus(), ("FAILED", "bad_key")),
        (unknown_curve(), ("INDETERMINATE", "unknown_curve")),
        (unknown_algorithm(), ("INDETERMINATE", "unsupported_algorithm")),
        (odd_modulus_length(), ("INDETERMINATE", "unsupported_algorithm")),
    ],
)
def test_unfit_active_authentication_keys(group: Dg15, expected: tuple[str, str]) -> None:
    found = judged(replace(GOOD, dg15=group), issued())
    assert found["aa.key"] == expected
    assert found["aa.signature"] == ("NOT_PERFORMED", "earlier_step")


@pytest.mark.parametrize(
    ("infos", "expected", "ciphers"),
    [
        ([ca_key(), ca_info(2)], ("PASSED", None), "AES-128"),
        ([ca_key(), ca_info(1), ca_info(4)], ("PASSED", None), "3DES AES-256"),
        ([ca_key()], ("PASSED", None), "3DES"),
        ([ca_key(key_id=13), ca_info(2, key_id=13)], ("PASSED", None), "AES-128"),
        ([ca_key(key_id=13), ca_key(P256, 72), ca_info(3, key_id=72)], ("PASSED", None), "AES-192"),
        ([ca_key(key_id=13), ca_info(2, key_id=14)], ("INDETERMINATE", "no_matching_info"), None),
        ([ca_key(key_id=13), ca_info(2)], ("INDETERMINATE", "no_matching_info"), None),
        ([ca_key(), ca_info(2, family=1)], ("INDETERMINATE", "no_matching_info"), None),
        ([ca_key(), ca_info(9)], ("INDETERMINATE", "no_matching_info"), None),
        ([ca_key(key_id=1), ca_key(P256, 1), ca_info(2, key_id=1)], ("INDETERMINATE", "no_matching_info"), None),
        (
            [ca_key(ec.derive_private_key(5, ec.SECP256K1())), ca_info()],
            ("INDETERMINATE", "unknown_curve"),
            "AES-128",
        ),
        ([info("0.4.0.127.0.7.2.2.1.2", broken_point().spki), ca_info()], ("FAILED", "bad_key"), "AES-128"),
        ([info("0.4.0.127.0.7.2.2.1.7", spki(P256)), ca_info()], ("INDETERMINATE", "no_matching_info"), None),
    ],
)
def test_chip_authentication_keys(infos: list[bytes], expected: tuple[str, str | None], ciphers: str | None) -> None:
    result = one("ca.key", replace(GOOD, dg14=group14(*infos)))
    assert (result.status, result.reason) == expected
    assert result.facts.get("ciphers") == ciphers


def test_rsa_is_no_key_of_chip_authentication() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    wrong = info("0.4.0.127.0.7.2.2.1.2", spki(private))
    assert judged(replace(GOOD, dg14=group14(wrong, ca_info())))["ca.key"] == ("FAILED", "bad_key")


def test_strength_is_stated_for_policies() -> None:
    facts = {result.subject: result.facts for result in check(GOOD, issued()) if result.id == "pa.algorithms"}
    strong = {"key": "EC", "bits": 256, "weak_hash": False, "weak_key": False}
    assert facts == {
        "AA": {**strong, "curve": "secp256r1", "hash": "sha256"},
        "CA": {**strong, "curve": "brainpoolP256r1", "hash": None},
    }
    weak = replace(GOOD, dg14_listed=False, response=signed(hashes.SHA1))
    result = one("pa.algorithms", weak)
    assert (result.reason, result.facts["weak_hash"]) == (Reason.WEAK_ALGORITHM, True)


def test_rsa_names_its_hash_in_the_signature() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 as many chips have
    numbers = private.private_numbers()
    m1 = bytes(range(93))
    block = b"\x6a" + m1 + hashlib.sha256(m1 + CHALLENGE).digest() + b"\x34\xcc"
    response = pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(128)
    security = replace(GOOD, dg15=group15(private), response=ActiveAuthenticationResponse(CHALLENGE, response))
    found = judged(security, issued())
    assert found["aa.algorithm_declared"] == ("NOT_APPLICABLE", None)
    assert found["aa.signature"] == found["aa.challenge_bound"] == ("PASSED", None)
    assert found["AA"] == ("PASSED", "weak_algorithm")
    assert one("pa.algorithms", security).facts["weak_key"] is True


# --- real documents


@pytest.mark.real
def test_a_real_chip_with_its_own_dg15(real_data: Path) -> None:
    vector = json.loads((real_data / "vectors/aa_rsa_gmrtd.json").read_text())
    response = ActiveAuthenticationResponse(
        bytes.fromhex(vector["evidence_nonce"]), bytes.fromhex(vector["evidence_signature"])
    )
    security = replace(GOOD, dg15=dg15.parse(bytes.fromhex(vector["dg15"])), response=response)
    assert judged(security)["aa.signature"] == ("PASSED", None)
    assert judged(security)["aa.challenge_bound"] == ("INDETERMINATE", "claimed")
    assert judged(security, issued(response.challenge))["aa.challenge_bound"] == ("PASSED", None)
    assert judged(security, issued())["aa.challenge_bound"] == ("FAILED", "other_challenge")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "key", "ciphers"),
    [
        ("KR_2020/DG14.bin", "brainpoolP224r1", "3DES"),
        ("specimen_DE_bsi2008/DG14.bin", "brainpoolP224r1", "3DES"),
        ("specimen_DE_bsi_tr03105/DG14.bin", "brainpoolP224r1", "3DES"),
        ("loose_dgs/DG6E_0bdf42c0.bin", "brainpoolP256r1", "AES-128"),
        ("loose_dgs/DG6E_56139d69.bin", "brainpoolP256r1", "3DES"),
        ("loose_dgs/DG6E_9e7dbda6.bin", "brainpoolP256r1", "AES-256"),
        ("loose_dgs/DG6E_aff8c921.bin", "brainpoolP256r1", "AES-128"),
    ],
)
def test_chip_authentication_keys_of_real_documents(real_data: Path, name: str, key: str, ciphers: str) -> None:
    group = dg14.parse((real_data / "chips" / name).read_bytes())
    result = one("ca.key", replace(GOOD, dg14=group))
    assert result.status is CheckStatus.PASSED
    assert (result.facts["key"], result.facts["ciphers"]) == (key, ciphers)
    assert result.facts["inferred"] is (name == "KR_2020/DG14.bin"), "KR names no ChipAuthenticationInfo"


@pytest.mark.real
@pytest.mark.parametrize("name", ["DG6E_5f6c9ef2", "DG6E_a1253f7c"])
def test_real_groups_that_hold_no_key(real_data: Path, name: str) -> None:
    group = dg14.parse((real_data / f"chips/loose_dgs/{name}.bin").read_bytes())
    assert judged(replace(GOOD, dg14=group))["ca.key"] == ("NOT_APPLICABLE", "not_supported")


# --- properties

securities = st.builds(
    ChipSecurity,
    pa_passed=st.booleans(),
    dg14=st.sampled_from([None, GOOD.dg14, group14(ca_key(key_id=3)), group14(aa_info(RIPEMD160))]),
    dg15=st.sampled_from([None, GOOD.dg15, broken_point(), unknown_curve(), odd_modulus_length()]),
    dg14_listed=st.booleans(),
    dg15_listed=st.booleans(),
    dg14_hash_passed=st.booleans(),
    dg15_hash_passed=st.booleans(),
    response=st.one_of(
        st.none(),
        st.just(GOOD.response),
        st.builds(ActiveAuthenticationResponse, st.binary(max_size=9), st.binary(max_size=80)),
    ),
)
provenances = st.sampled_from([CLAIMED, issued(), issued(bytes(8)), issued(used=True), issued(seconds=400)])


@light
@given(securities, provenances)
def test_every_check_is_reported_once_whatever_comes(security: ChipSecurity, provenance: Provenance) -> None:
    results = check(security, provenance)
    ids = [result.id for result in results if result.id != "pa.algorithms"]
    mine = [row for row in CHECKS if row.startswith(("aa.", "ca.", "pace_cam."))]
    assert sorted(ids) == sorted([*mine, "evidence.freshness"])


@light
@given(securities, provenances)
def test_a_proof_needs_everything_at_once(security: ChipSecurity, provenance: Provenance) -> None:
    """Only a signed key, its signature and the server's own fresh challenge together are a proof."""
    found = judged(security, provenance)
    proven = all(found[row][0] == "PASSED" for row in ("aa.key", "aa.signature", "aa.challenge_bound"))
    assert proven == (
        security.pa_passed
        and security.dg15_listed
        and security.dg15_hash_passed
        and security.dg15 is GOOD.dg15
        and security.response == GOOD.response
        and provenance.challenge is not None
        and provenance == issued()
        and not (security.dg14_hash_passed and security.dg14_listed and _no_one_hash(security.dg14))
    )
    assert found["ca.secure_messaging"][0] != "PASSED", "no dump proves Chip Authentication"


def _no_one_hash(group: Dg14 | None) -> bool:
    """Whether DG14 declares a hash that nobody here knows."""
    infos = () if group is None else group.security_infos.active_authentication_infos
    return any(found.signature_algorithm == RIPEMD160 for found in infos)
