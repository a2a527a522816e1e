"""Active Authentication, against real chips' signatures and those of pyca and python-ecdsa."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import ecdsa
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from mrtd.crypto.ec_params import named
from mrtd.crypto.keys import EcPublicKey, RsaPublicKey, parse_spki
from mrtd.errors import MalformedError
from mrtd.lds import dg15
from mrtd.protocols import active_authentication
from mrtd.protocols.active_authentication import DECLARED_HASHES, AaRemark, AaScheme, hash_order, verify
from tests.budgets import light

CHALLENGE = bytes.fromhex("1122334455667788")
HASHES = {
    "sha1": hashes.SHA1(),  # noqa: S303 chips sign with it
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
CURVES = {
    "1.2.840.10045.3.1.7": ec.SECP256R1(),
    "1.3.132.0.34": ec.SECP384R1(),
    "1.3.132.0.35": ec.SECP521R1(),
    "1.3.36.3.3.2.8.1.1.7": ec.BrainpoolP256R1(),
}


def key_and_signature(
    curve_oid: str, hash_name: str, challenge: bytes = CHALLENGE
) -> tuple[EcPublicKey, bytes, bytes]:
    """A key, the plain signature and the same in DER."""
    private = ec.generate_private_key(CURVES[curve_oid])
    numbers = private.public_key().public_numbers()
    der = private.sign(challenge, ec.ECDSA(HASHES[hash_name]))
    key = EcPublicKey(named(curve_oid), numbers.x, numbers.y, explicit=False)
    r, s = decode_dss_signature(der)
    size = key.curve.order_octets
    return key, r.to_bytes(size) + s.to_bytes(size), der


@pytest.mark.real
def test_a_real_chip_that_signs_with_sha1_on_brainpool(real_data: Path) -> None:
    """The vector's note says "per contract; check": the curve is brainpoolP256r1, and only SHA-1 verifies."""
    vector = json.loads((real_data / "vectors/aa_ecdsa_rarimo.json").read_text())
    key = EcPublicKey(named("1.3.36.3.3.2.8.1.1.7"), int(vector["x"], 16), int(vector["y"], 16), explicit=False)
    challenge, response = bytes.fromhex(vector["challenge"]), bytes.fromhex(vector["r"] + vector["s"])
    found = verify(key, challenge, response, declared_hash=None)
    assert (found.verified, found.scheme, found.hash, found.remark) == (True, AaScheme.ECDSA, "sha1", None)
    for name in ("sha224", "sha256", "sha384", "sha512"):
        assert not verify(key, challenge, response, declared_hash=name).verified


@pytest.mark.real
def test_a_real_chip_that_signs_with_rsa(real_data: Path) -> None:
    vector = json.loads((real_data / "vectors/aa_rsa_gmrtd.json").read_text())
    key = parse_spki(dg15.parse(bytes.fromhex(vector["dg15"])).spki)
    nonce, signature = bytes.fromhex(vector["evidence_nonce"]), bytes.fromhex(vector["evidence_signature"])
    found = verify(key, nonce, signature, declared_hash=None)
    assert (found.verified, found.scheme, found.hash) == (True, AaScheme.ISO_9796_2, "sha256")
    # DG14 declares for ECDSA only: the trailer speaks for RSA
    assert verify(key, nonce, signature, declared_hash="sha1").verified


@pytest.mark.real
def test_the_specimen_key_of_2008_has_a_negative_modulus(real_data: Path) -> None:
    """Its INTEGER lacks the leading zero octet, so by X.690 §8.3 the modulus is negative: no key is read from it."""
    spki = dg15.parse((real_data / "chips/specimen_DE_bsi2008/DG15.bin").read_bytes()).spki
    assert spki[-134:-132] == b"\x80\xcf"
    with pytest.raises(MalformedError, match="bad_key"):
        parse_spki(spki)


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("name", HASHES)
def test_every_hash_is_found_and_named(curve: str, name: str) -> None:
    key, plain, der = key_and_signature(curve, name)
    assert verify(key, CHALLENGE, plain, declared_hash=None).hash == name
    found = verify(key, CHALLENGE, der, declared_hash=None)
    assert (found.verified, found.hash, found.remark) == (True, name, AaRemark.DER_ENCODED)


def test_a_curve_that_only_python_ecdsa_knows() -> None:
    """Dutch passports have brainpoolP320r1 keys."""
    signing = ecdsa.SigningKey.generate(ecdsa.BRAINPOOLP320r1)
    point = signing.verifying_key.pubkey.point
    key = EcPublicKey(named("1.3.36.3.3.2.8.1.1.9"), int(point.x()), int(point.y()), explicit=True)
    plain = signing.sign(CHALLENGE, hashfunc=hashlib.sha256)
    assert verify(key, CHALLENGE, plain, declared_hash=None).hash == "sha256"


def test_a_declared_hash_is_the_only_one() -> None:
    key, plain, der = key_and_signature("1.2.840.10045.3.1.7", "sha384")
    assert verify(key, CHALLENGE, plain, declared_hash="sha384").verified
    assert verify(key, CHALLENGE, der, declared_hash="sha384").verified
    for other in ("sha1", "sha224", "sha256", "sha512"):
        assert not verify(key, CHALLENGE, plain, declared_hash=other).verified
        assert not verify(key, CHALLENGE, der, declared_hash=other).verified


def test_the_order_of_undeclared_hashes() -> None:
    assert hash_order(224) == ("sha224", "sha256", "sha384", "sha512", "sha1")
    assert hash_order(256) == ("sha256", "sha384", "sha512", "sha224", "sha1")
    assert hash_order(320) == ("sha256", "sha384", "sha512", "sha224", "sha1")
    assert hash_order(384) == ("sha384", "sha256", "sha512", "sha224", "sha1")
    assert hash_order(521) == hash_order(512) == ("sha512", "sha256", "sha384", "sha224", "sha1")


def test_declarations_by_tr03111_and_x962() -> None:
    assert DECLARED_HASHES["0.4.0.127.0.7.1.1.4.1.3"] == DECLARED_HASHES["1.2.840.10045.4.3.2"] == "sha256"
    assert "0.4.0.127.0.7.1.1.4.1.6" not in DECLARED_HASHES, "RIPEMD-160 is not of ICAO 9303"
    assert set(DECLARED_HASHES.values()) == set(HASHES)


def test_another_key_or_challenge_does_not_verify() -> None:
    key, plain, der = key_and_signature("1.2.840.10045.3.1.7", "sha256")
    other, _, _ = key_and_signature("1.2.840.10045.3.1.7", "sha256")
    for response in (plain, der):
        assert not verify(other, CHALLENGE, response, declared_hash=None).verified
        assert not verify(key, bytes(8), response, declared_hash=None).verified


@pytest.mark.parametrize("challenge", [b"", b"1234567", b"123456789"])
def test_a_challenge_has_eight_octets(challenge: bytes) -> None:
    key, plain, _ = key_and_signature("1.2.840.10045.3.1.7", "sha256", challenge)
    found = verify(key, challenge, plain, declared_hash=None)
    assert (found.verified, found.hash) == (False, None)


def test_wrong_lengths_and_values_of_r_and_s() -> None:
    key, plain, der = key_and_signature("1.2.840.10045.3.1.7", "sha256")
    n = key.curve.n.to_bytes(32)
    wrong = [
        b"",
        plain[:-1],
        plain + b"\0",
        b"\0" + plain,
        plain[:32],
        der + b"\0",
        bytes(64),
        n + plain[32:],
        plain[:32] + n,
    ]
    for response in wrong:
        assert not verify(key, CHALLENGE, response, declared_hash=None).verified


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.raises(MalformedError, match="key_too_short"):
        active_authentication.check_key(RsaPublicKey((1 << 1007) + 1, 65537))


KEY, PLAIN, DER = key_and_signature("1.2.840.10045.3.1.7", "sha256")


@light
@given(st.one_of(st.binary(max_size=160), st.binary(max_size=80).map(lambda data: DER[:4] + data)))
def test_strangers_bytes_never_verify_and_never_raise(response: bytes) -> None:
    if response not in (PLAIN, DER):
        assert not verify(KEY, CHALLENGE, response, declared_hash=None).verified


@light
@given(bit=st.integers(0, 8 * len(DER) - 1))
def test_no_flipped_bit_verifies(bit: int) -> None:
    flipped = (int.from_bytes(DER) ^ (1 << bit)).to_bytes(len(DER))
    assert not verify(KEY, CHALLENGE, flipped, declared_hash="sha256").verified
    if bit < 8 * len(PLAIN):
        flipped = (int.from_bytes(PLAIN) ^ (1 << bit)).to_bytes(len(PLAIN))
        assert not verify(KEY, CHALLENGE, flipped, declared_hash="sha256").verified
