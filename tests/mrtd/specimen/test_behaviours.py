"""How chips err: the answers opened with the public key, by hand and by pyca."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.chip import AS_DECLARED, BEHAVIOURS, SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.recipe import Setting
from tests.mrtd.specimen.judging import CHALLENGE


@pytest.fixture(scope="module")
def rsa_document() -> SpecimenDocument:
    return Setting(ALL_PROFILES["aa-rsa2048-sha256"]).issuer().issue(MARTA)


@pytest.fixture(scope="module")
def ec_document() -> SpecimenDocument:
    return Setting(ALL_PROFILES["aa-secp256r1-sha256"]).issuer().issue(MARTA)


def answer(document: SpecimenDocument, name: str) -> bytes:
    return SpecimenChip(document, behaviour=BEHAVIOURS[name]).sign_challenge(CHALLENGE)


def opened(document: SpecimenDocument, name: str) -> bytes:
    key = document.active_authentication_key
    assert key is not None
    assert isinstance(key.private, rsa.RSAPrivateKey)
    numbers = key.private.public_key().public_numbers()
    return pow(int.from_bytes(answer(document, name)), numbers.e, numbers.n).to_bytes(256)


@pytest.mark.parametrize(
    ("name", "header", "trailer", "hash_name"),
    [
        ("as-declared", "6A", "34CC", "sha256"),
        ("leading-zero", "6A", "34CC", "sha256"),
        ("sha1-instead", "6A", "BC", "sha1"),
        ("sha512-instead", "6A", "35CC", "sha512"),
        ("total-recovery-header", "4A", "34CC", "sha256"),
        ("padded-header", "6BBBBA", "34CC", "sha256"),
        ("trailer-of-ripemd-160", "6A", "31CC", "sha1"),
        ("trailer-33cc", "6A", "33CC", "sha1"),
        ("trailer-bc-over-sha256", "6A", "BC", "sha256"),
        ("trailer-of-another-hash", "6A", "35CC", "sha256"),
        ("no-trailer", "6A", "", "sha256"),
    ],
)
def test_block(rsa_document: SpecimenDocument, name: str, header: str, trailer: str, hash_name: str) -> None:
    block = opened(rsa_document, name)
    first, last = bytes.fromhex(header), bytes.fromhex(trailer)
    assert block.startswith(first)
    assert block.endswith(last)
    inner = block[len(first) : len(block) - len(last)]
    size = hashlib.new(hash_name).digest_size
    assert inner[-size:] == hashlib.new(hash_name, inner[:-size] + CHALLENGE).digest()


@pytest.mark.parametrize("name", ["another-message", "reversed-challenge", "longer-message"])
def test_another_m2_was_signed(rsa_document: SpecimenDocument, name: str) -> None:
    block = opened(rsa_document, name)
    m1, digest = block[1:-34], block[-34:-2]
    assert digest != hashlib.sha256(m1 + CHALLENGE).digest()
    messages = {
        "another-message": bytes.fromhex("FEDCBA9876543210"),
        "reversed-challenge": bytes.fromhex("EFCDAB8967452301"),
        "longer-message": CHALLENGE + b"\x00",
    }
    assert digest == hashlib.sha256(m1 + messages[name]).digest()


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_lengths(rsa_document: SpecimenDocument, ec_document: SpecimenDocument, kind: str) -> None:
    document, size = (rsa_document, 256) if kind == "rsa" else (ec_document, 64)
    assert answer(document, "leading-zero")[0] == 0
    lengths = {name: len(answer(document, name)) for name in BEHAVIOURS if name != "der-encoded"}
    assert lengths.pop("zero-before") == size + 1
    assert lengths.pop("last-octet-left-out") == size - 1
    assert lengths.pop("leading-zero-left-out") < size
    assert lengths.pop("empty") == 0
    assert set(lengths.values()) == {size}


@pytest.mark.parametrize(
    ("name", "hash_function"),
    [("as-declared", hashes.SHA256()), ("leading-zero", hashes.SHA256()), ("sha512-instead", hashes.SHA512())],
)
def test_ecdsa_by_pyca(ec_document: SpecimenDocument, name: str, hash_function: hashes.HashAlgorithm) -> None:
    key = ec_document.active_authentication_key
    assert key is not None
    assert isinstance(key.private, ec.EllipticCurvePrivateKey)
    given = answer(ec_document, name)
    signature = encode_dss_signature(int.from_bytes(given[:32]), int.from_bytes(given[32:]))
    key.private.public_key().verify(signature, CHALLENGE, ec.ECDSA(hash_function))


def test_the_nonce_is_that_of_rfc_6979(ec_document: SpecimenDocument) -> None:
    """pyca derives it as well, so DER-encoded both signatures are equal."""
    key = ec_document.active_authentication_key
    assert key is not None
    assert isinstance(key.private, ec.EllipticCurvePrivateKey)
    scheme = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    assert answer(ec_document, "der-encoded") == key.private.sign(CHALLENGE, scheme)


def test_the_usual_chip_does_as_declared() -> None:
    assert BEHAVIOURS["as-declared"] is AS_DECLARED
