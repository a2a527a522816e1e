"""ISO/IEC 9796-2 scheme 1, against real chips, BouncyCastle and hand-made blocks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from mrtd.crypto import iso9796
from mrtd.crypto.keys import RsaPublicKey, parse_spki
from mrtd.errors import MalformedError, UnsupportedError
from mrtd.lds import dg15
from tests.budgets import light

CHALLENGE = bytes.fromhex("0102030405060708")
TRAILERS = {"sha1": "bc", "sha224": "38cc", "sha256": "34cc", "sha384": "36cc", "sha512": "35cc"}


@pytest.fixture(scope="module")
def pair() -> rsa.RSAPrivateNumbers:
    """Of the size that many chips have, and small enough for the test of values beyond the modulus."""
    while True:
        numbers = rsa.generate_private_key(public_exponent=65537, key_size=1024).private_numbers()  # noqa: S505
        if numbers.public_numbers.n >> 1020 < 0xC:
            return numbers


def public(pair: rsa.RSAPrivateNumbers) -> RsaPublicKey:
    return RsaPublicKey(pair.public_numbers.n, pair.public_numbers.e)


def representative(name: str, m2: bytes = CHALLENGE, size: int = 128) -> bytes:
    """A block as the standard asks, of `size` octets."""
    trailer = bytes.fromhex(TRAILERS[name])
    m1 = bytes(range(1, 256))[: size - 1 - hashlib.new(name).digest_size - len(trailer)]
    return b"\x6a" + m1 + hashlib.new(name, m1 + m2).digest() + trailer


def sign(pair: rsa.RSAPrivateNumbers, block: bytes) -> bytes:
    return pow(int.from_bytes(block), pair.d, pair.public_numbers.n).to_bytes(128)


# --- others' signatures


def read_key(value: dict[str, str]) -> RsaPublicKey:
    data = bytes.fromhex(value["value"])
    key = parse_spki(dg15.parse(data).spki if value["kind"] == "dg15" else data)
    assert isinstance(key, RsaPublicKey)
    return key


@pytest.mark.real
@pytest.mark.parametrize("number", [0, 1, 2])
def test_signatures_of_a_real_passport_and_of_bouncycastle(real_data: Path, number: int) -> None:
    vector = json.loads((real_data / "vectors/aa_rsa_pymrtd.json").read_text())[number]
    key, challenge = read_key(vector["public_key"]), bytes.fromhex(vector["challenge"])
    signature = bytes.fromhex(vector["signature"])
    assert iso9796.verify(key, challenge, signature) == "sha1"
    opened = pow(int.from_bytes(signature), key.e, key.n).to_bytes(key.bits // 8)
    blocks = [opened, (key.n - int.from_bytes(opened)).to_bytes(key.bits // 8)]
    block = next(block for block in blocks if block[0] == iso9796.HEADER)
    assert iso9796.parse_representative(block).m1.hex() == vector["recovered_m1"]


@pytest.mark.real
def test_a_real_chip_with_a_two_octet_trailer(real_data: Path) -> None:
    vector = json.loads((real_data / "vectors/aa_rsa_gmrtd.json").read_text())
    key = read_key({"kind": "dg15", "value": vector["dg15"]})
    nonce, signature = bytes.fromhex(vector["evidence_nonce"]), bytes.fromhex(vector["evidence_signature"])
    assert key.bits == 1792
    assert iso9796.verify(key, nonce, signature) == "sha256"
    assert iso9796.verify(key, bytes(8), signature) is None


@pytest.mark.real
@pytest.mark.parametrize("number", range(5))
def test_representatives_of_every_trailer(real_data: Path, number: int) -> None:
    vector = json.loads((real_data / "vectors/aa_iso9796_decoded_f.json").read_text())[number]
    found = iso9796.parse_representative(bytes.fromhex(vector["f"]))
    assert found.hash == vector["hash"].lower()
    assert found.m1.hex() == vector["exp_m1"].lower()
    assert found.digest.hex() == vector["exp_d"]
    challenge = bytes.fromhex(vector["rnd_ifd"])
    assert hashlib.new(found.hash, found.m1 + challenge).digest() == found.digest


@pytest.mark.real
def test_n_minus_s_is_the_same_signature(real_data: Path) -> None:
    """A signer may send either of s and n - s."""
    for vector in json.loads((real_data / "vectors/aa_rsa_pymrtd.json").read_text()):
        key = read_key(vector["public_key"])
        other = (key.n - int(vector["signature"], 16)).to_bytes(key.bits // 8)
        assert iso9796.verify(key, bytes.fromhex(vector["challenge"]), other) == "sha1"


# --- every rule of the scheme


@pytest.mark.parametrize("name", TRAILERS)
def test_every_hash_and_both_roots(pair: rsa.RSAPrivateNumbers, name: str) -> None:
    signature = sign(pair, representative(name))
    assert iso9796.verify(public(pair), CHALLENGE, signature) == name
    other = (pair.public_numbers.n - int.from_bytes(signature)).to_bytes(128)
    assert iso9796.verify(public(pair), CHALLENGE, other) == name


@pytest.mark.parametrize("name", TRAILERS)
def test_another_challenge_does_not_verify(pair: rsa.RSAPrivateNumbers, name: str) -> None:
    signature = sign(pair, representative(name, m2=b"\x01\x02\x03\x04\x05\x06\x07\x09"))
    assert iso9796.verify(public(pair), CHALLENGE, signature) is None


@pytest.mark.parametrize("header", [0x4A, 0x4B, 0x60, 0x6B, 0x00])
def test_only_the_header_6a(pair: rsa.RSAPrivateNumbers, header: int) -> None:
    block = bytes([header]) + representative("sha256")[1:]
    assert iso9796.verify(public(pair), CHALLENGE, sign(pair, block)) is None


@pytest.mark.parametrize("trailer", ["33cc", "31cc", "37cc", "34cd", "3acc", "00cc"])
def test_only_the_named_trailers(pair: rsa.RSAPrivateNumbers, trailer: str) -> None:
    block = representative("sha256")[:-2] + bytes.fromhex(trailer)
    assert iso9796.verify(public(pair), CHALLENGE, sign(pair, block)) is None


def test_a_trailer_does_not_speak_for_another_hash(pair: rsa.RSAPrivateNumbers) -> None:
    block = representative("sha384")[:-2] + bytes.fromhex(TRAILERS["sha512"])
    assert iso9796.verify(public(pair), CHALLENGE, sign(pair, block)) is None


def test_a_block_with_room_for_garbage_does_not_verify(pair: rsa.RSAPrivateNumbers) -> None:
    """M1 of fewer bits than c - 4: what a lenient reader would skip, this one hashes."""
    trailer, m1 = bytes.fromhex("34cc"), b"\x11" * 20
    inner = b"\x6a" + m1 + hashlib.sha256(m1 + CHALLENGE).digest() + trailer
    for block in (inner.rjust(128, b"\0"), inner[:1] + bytes(128 - len(inner)) + inner[1:], inner.ljust(128, b"\0")):
        assert iso9796.verify(public(pair), CHALLENGE, sign(pair, block)) is None


def test_the_signature_is_as_long_as_the_modulus(pair: rsa.RSAPrivateNumbers) -> None:
    key, signature = public(pair), sign(pair, representative("sha256"))
    for wrong in (b"", signature[:-1], signature[1:], signature + b"\0", b"\0" + signature):
        assert iso9796.verify(key, CHALLENGE, wrong) is None


def test_values_beyond_the_modulus_are_no_signature(pair: rsa.RSAPrivateNumbers) -> None:
    key = public(pair)
    for value in (0, key.n, 2**1024 - 1):
        assert iso9796.verify(key, CHALLENGE, value.to_bytes(128)) is None


def test_a_good_signature_plus_the_modulus_is_none(pair: rsa.RSAPrivateNumbers) -> None:
    """s + n opens to the same block: one signature must not have two encodings of one length."""
    n = pair.public_numbers.n
    for last in range(64):
        challenge = bytes([0] * 7 + [last])
        value = int.from_bytes(sign(pair, representative("sha256", challenge)))
        value = min(value, n - value)
        assert iso9796.verify(public(pair), challenge, value.to_bytes(128)) == "sha256"
        if value + n < 1 << 1024:
            assert iso9796.verify(public(pair), challenge, (value + n).to_bytes(128)) is None
            return
    pytest.fail("no signature is small enough")


def test_keys_that_the_scheme_cannot_use() -> None:
    with pytest.raises(MalformedError, match="key_too_short"):
        iso9796.check_key(RsaPublicKey((1 << 1015) + 1, 65537))
    with pytest.raises(UnsupportedError, match="modulus_bits"):
        iso9796.check_key(RsaPublicKey((1 << 1024) + 1, 65537))
    with pytest.raises(UnsupportedError, match="unsupported_algorithm"):
        iso9796.check_key(RsaPublicKey((1 << 1023) + 1, 65537, pss_only=True))


@pytest.mark.parametrize("block", ["", "6a", "bc", "6abc", "6a34cc", "6a" + "00" * 20 + "bc"])
def test_blocks_too_short_for_their_hash(block: str) -> None:
    with pytest.raises(MalformedError):
        iso9796.parse_representative(bytes.fromhex(block))


# --- properties


@light
@given(st.binary(max_size=160))
def test_only_typed_errors_leave_the_parser(block: bytes) -> None:
    try:
        found = iso9796.parse_representative(block)
    except MalformedError:
        return
    trailer = 1 if found.hash == "sha1" else 2
    assert 1 + len(found.m1) + len(found.digest) + trailer == len(block)


@light
@given(bit=st.integers(0, 1023), name=st.sampled_from(sorted(TRAILERS)))
def test_no_flipped_bit_verifies(pair: rsa.RSAPrivateNumbers, bit: int, name: str) -> None:
    signature = int.from_bytes(sign(pair, representative(name))) ^ (1 << bit)
    assert iso9796.verify(public(pair), CHALLENGE, signature.to_bytes(128)) is None


@light
@given(bit=st.integers(0, 1023), name=st.sampled_from(sorted(TRAILERS)))
def test_no_flipped_bit_of_the_block_verifies(pair: rsa.RSAPrivateNumbers, bit: int, name: str) -> None:
    """The whole block is consumed: not one bit of it may be anything else."""
    block = (int.from_bytes(representative(name)) ^ (1 << bit)).to_bytes(128)
    if int.from_bytes(block) < pair.public_numbers.n:
        assert iso9796.verify(public(pair), CHALLENGE, sign(pair, block)) is None
