"""`verify` against signatures of pyca and python-ecdsa, forgeries included."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import ecdsa
import gmpy2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from ecdsa import curves as ecdsa_curves
from hypothesis import given
from hypothesis import strategies as st

from mrtd.crypto.algorithms import Scheme, SignatureAlgorithm
from mrtd.crypto.digests import DIGEST_SIZES
from mrtd.crypto.ec_params import BY_NAME
from mrtd.crypto.keys import EcPublicKey, RsaPublicKey
from mrtd.crypto.signatures import ecdsa_values, verify
from mrtd.errors import UnsupportedError
from tests.budgets import light
from tests.mrtd.lds.build import der

HASHES = {
    "sha1": hashes.SHA1(),  # noqa: S303
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
PYCA_CURVES = {
    "secp192r1": ec.SECP192R1(),
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}
ECDSA_CURVES = {
    "brainpoolP160r1": ecdsa_curves.BRAINPOOLP160r1,
    "brainpoolP192r1": ecdsa_curves.BRAINPOOLP192r1,
    "brainpoolP224r1": ecdsa_curves.BRAINPOOLP224r1,
    "brainpoolP320r1": ecdsa_curves.BRAINPOOLP320r1,
}
MESSAGE = b"LDSSecurityObject"


def pkcs1(name: str) -> SignatureAlgorithm:
    return SignatureAlgorithm(Scheme.RSA_PKCS1, name, None, None, "1.2.840.113549.1.1.11")


def pss(name: str, salt: int) -> SignatureAlgorithm:
    return SignatureAlgorithm(Scheme.RSA_PSS, name, salt, name, "1.2.840.113549.1.1.10")


def ecdsa_with(name: str) -> SignatureAlgorithm:
    return SignatureAlgorithm(Scheme.ECDSA, name, None, None, "1.2.840.10045.4.3.2")


@pytest.fixture(scope="module", params=[(1024, 65537), (1031, 65537), (2048, 3), (3072, 65537)], ids=str)
def rsa_key(request: pytest.FixtureRequest) -> rsa.RSAPrivateKey:
    bits, exponent = request.param
    return rsa.generate_private_key(exponent, bits)


def rsa_public(private: rsa.RSAPrivateKey) -> RsaPublicKey:
    numbers = private.public_key().public_numbers()
    return RsaPublicKey(numbers.n, numbers.e)


@pytest.mark.parametrize("name", HASHES)
def test_pkcs1(rsa_key: rsa.RSAPrivateKey, name: str) -> None:
    key = rsa_public(rsa_key)
    signature = rsa_key.sign(MESSAGE, padding.PKCS1v15(), HASHES[name])
    assert verify(key, pkcs1(name), MESSAGE, signature)
    assert not verify(key, pkcs1(name), MESSAGE + b".", signature)
    assert not verify(key, pkcs1("sha1" if name == "sha256" else "sha256"), MESSAGE, signature)
    assert not verify(key, pkcs1(name), MESSAGE, signature[:-1])
    assert not verify(key, pkcs1(name), MESSAGE, b"\x00" + signature)
    assert not verify(key, pss(name, 20), MESSAGE, signature)
    assert not verify(key, ecdsa_with(name), MESSAGE, signature)


@pytest.mark.parametrize("salt", [0, 20, 32])
@pytest.mark.parametrize("name", HASHES)
def test_pss_with_exactly_the_declared_salt(rsa_key: rsa.RSAPrivateKey, name: str, salt: int) -> None:
    key = rsa_public(rsa_key)
    signature = rsa_key.sign(MESSAGE, padding.PSS(padding.MGF1(HASHES[name]), salt), HASHES[name])
    assert verify(key, pss(name, salt), MESSAGE, signature)
    assert not verify(key, pss(name, salt + 1), MESSAGE, signature)
    assert not verify(key, pss(name, salt), MESSAGE + b".", signature)
    assert not verify(key, pkcs1(name), MESSAGE, signature)


def test_pss_salt_longer_than_the_key_allows(rsa_key: rsa.RSAPrivateKey) -> None:
    key = rsa_public(rsa_key)
    assert not verify(key, pss("sha256", 1024), MESSAGE, bytes((key.bits + 7) // 8))


def test_signature_not_below_the_modulus(rsa_key: rsa.RSAPrivateKey) -> None:
    key = rsa_public(rsa_key)
    signature = rsa_key.sign(MESSAGE, padding.PKCS1v15(), HASHES["sha256"])
    size = len(signature)
    shifted = int.from_bytes(signature) + key.n
    if shifted < 1 << (8 * size):
        assert not verify(key, pkcs1("sha256"), MESSAGE, shifted.to_bytes(size))
    assert not verify(key, pkcs1("sha256"), MESSAGE, b"\xff" * size)


def block(size: int, digest_info: bytes) -> bytes:
    return b"\x00\x01" + b"\xff" * (size - 3 - len(digest_info)) + b"\x00" + digest_info


def digest_info(parameters: bytes, hashed: bytes) -> bytes:
    oid = der(0x06, bytes.fromhex("608648016503040201"))
    return der(0x30, der(0x30, oid, parameters), der(0x04, hashed))


def raw_sign(private: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    numbers = private.private_numbers()
    return pow(int.from_bytes(encoded), numbers.d, numbers.public_numbers.n).to_bytes(len(encoded))


@pytest.mark.parametrize(("parameters", "good"), [(b"\x05\x00", True), (b"", True), (b"\x04\x00", False)])
def test_digest_info_with_and_without_null(rsa_key: rsa.RSAPrivateKey, parameters: bytes, good: bool) -> None:
    key = rsa_public(rsa_key)
    hashed = hashlib.sha256(MESSAGE).digest()
    encoded = block((key.bits + 7) // 8, digest_info(parameters, hashed))
    assert verify(key, pkcs1("sha256"), MESSAGE, raw_sign(rsa_key, encoded)) is good


def test_lenient_blocks_are_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    key = rsa_public(rsa_key)
    size = (key.bits + 7) // 8
    info = digest_info(b"\x05\x00", hashlib.sha256(MESSAGE).digest())
    padded = block(size, info)
    variants = {
        "type 2": b"\x00\x02" + padded[2:],
        "short padding, garbage behind": (b"\x00\x01" + b"\xff" * 8 + b"\x00" + info).ljust(size, b"\x00"),
        "hole in the padding": padded[:10] + b"\xfe" + padded[11:],
        "long form length": block(size, b"\x30\x81" + info[1:]),
        "octet behind": block(size, info + b"\x00"),
    }
    for name, encoded in variants.items():
        assert not verify(key, pkcs1("sha256"), MESSAGE, raw_sign(rsa_key, encoded)), name


def test_forgery_with_exponent_three() -> None:
    """Bleichenbacher 2006: a cube whose upper octets look signed, garbage below; no private key is used."""
    key = RsaPublicKey(rsa.generate_private_key(3, 3072).public_key().public_numbers().n, 3)
    size = 3072 // 8
    info = digest_info(b"\x05\x00", hashlib.sha256(MESSAGE).digest())
    head = b"\x00\x01" + b"\xff" * 8 + b"\x00" + info
    target = int.from_bytes(head.ljust(size, b"\xff"))
    root = int(gmpy2.iroot(target, 3)[0])
    forged = (root**3).to_bytes(size)
    assert forged.startswith(head), "the forgery would deceive a verifier that parses"
    assert pow(root, 3, key.n) == root**3
    assert not verify(key, pkcs1("sha256"), MESSAGE, root.to_bytes(size))


def test_a_pss_only_key_refuses_pkcs1() -> None:
    private = rsa.generate_private_key(65537, 2048)
    key = replace(rsa_public(private), pss_only=True)
    assert not verify(key, pkcs1("sha256"), MESSAGE, private.sign(MESSAGE, padding.PKCS1v15(), HASHES["sha256"]))
    signature = private.sign(MESSAGE, padding.PSS(padding.MGF1(HASHES["sha256"]), 32), HASHES["sha256"])
    assert verify(key, pss("sha256", 32), MESSAGE, signature)


def test_pss_without_parameters_cannot_be_decided() -> None:
    key = rsa_public(rsa.generate_private_key(65537, 2048))
    with pytest.raises(UnsupportedError):
        verify(key, SignatureAlgorithm(Scheme.RSA_PSS, "sha256", None, None, ""), MESSAGE, bytes(256))


def signed_by_pyca(curve: str, name: str) -> tuple[EcPublicKey, int, int]:
    private = ec.generate_private_key(PYCA_CURVES[curve])
    numbers = private.public_key().public_numbers()
    signature = private.sign(MESSAGE, ec.ECDSA(HASHES[name]))
    return EcPublicKey(BY_NAME[curve], numbers.x, numbers.y, explicit=True), *utils.decode_dss_signature(signature)


def signed_by_python_ecdsa(curve: str, name: str) -> tuple[EcPublicKey, int, int]:
    private = ecdsa.SigningKey.generate(ECDSA_CURVES[curve])
    public = private.verifying_key.pubkey.point
    hashed = hashlib.new(name, MESSAGE).digest()
    r, s = private.sign_digest(hashed, sigencode=lambda r, s, _order: (int(r), int(s)), allow_truncate=True)
    return EcPublicKey(BY_NAME[curve], int(public.x()), int(public.y()), explicit=False), r, s


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("curve", BY_NAME)
def test_ecdsa(curve: str, name: str) -> None:
    key, r, s = signed_by_pyca(curve, name) if curve in PYCA_CURVES else signed_by_python_ecdsa(curve, name)
    size = key.curve.order_octets
    signature = utils.encode_dss_signature(r, s)
    plain = r.to_bytes(size) + s.to_bytes(size)
    algorithm = ecdsa_with(name)
    assert verify(key, algorithm, MESSAGE, signature)
    assert verify(key, algorithm, MESSAGE, plain, raw_ecdsa=True)
    assert not verify(key, algorithm, MESSAGE, plain)
    assert not verify(key, algorithm, MESSAGE, signature, raw_ecdsa=True)
    assert not verify(key, algorithm, MESSAGE + b".", signature)
    assert not verify(key, ecdsa_with("sha1" if name == "sha512" else "sha512"), MESSAGE, signature)
    assert not verify(key, algorithm, MESSAGE, utils.encode_dss_signature(s, r))
    assert not verify(key, pkcs1(name), MESSAGE, signature)


def test_every_curve_is_tested() -> None:
    assert set(BY_NAME) == set(PYCA_CURVES) | set(ECDSA_CURVES)


@pytest.mark.parametrize("curve", ["secp256r1", "brainpoolP224r1"])
def test_values_out_of_range(curve: str) -> None:
    key = EcPublicKey(BY_NAME[curve], BY_NAME[curve].gx, BY_NAME[curve].gy, explicit=False)
    n, size = key.curve.n, key.curve.order_octets
    for r, s in ((0, 1), (1, 0), (n, 1), (1, n), (n + 1, 1)):
        assert not verify(key, ecdsa_with("sha256"), MESSAGE, utils.encode_dss_signature(r, s))
        if max(r, s) < 1 << (8 * size):
            plain = r.to_bytes(size) + s.to_bytes(size)
            assert not verify(key, ecdsa_with("sha256"), MESSAGE, plain, raw_ecdsa=True)


def test_only_strict_der_is_read() -> None:
    key, r, s = signed_by_pyca("secp256r1", "sha256")
    strict = utils.encode_dss_signature(r, s)
    two = strict[2:]
    variants = {
        "trailing octet": strict + b"\x00",
        "long length": b"\x30\x81" + strict[1:],
        "third integer": der(0x30, two + b"\x02\x01\x01"),
        "padded integer": der(0x30, der(0x02, b"\x00\x00" + r.to_bytes(32)), der(0x02, s.to_bytes(33))),
        "negative integer": der(0x30, der(0x02, (r | 1 << 255).to_bytes(32)), der(0x02, s.to_bytes(33))),
        "indefinite": b"\x30\x80" + two + b"\x00\x00",
        "empty integer": der(0x30, der(0x02), der(0x02, b"\x01")),
        "octet strings": der(0x30, der(0x04, b"\x01"), der(0x04, b"\x01")),
        "huge": der(0x30, der(0x02, b"\x01" * 5000), der(0x02, b"\x01")),
        "empty": b"",
    }
    assert verify(key, ecdsa_with("sha256"), MESSAGE, strict)
    for name, signature in variants.items():
        assert not verify(key, ecdsa_with("sha256"), MESSAGE, signature), name


@light
@given(st.binary(max_size=160), st.booleans())
def test_any_octets_are_judged(signature: bytes, raw: bool) -> None:
    key = EcPublicKey(BY_NAME["secp521r1"], BY_NAME["secp521r1"].gx, BY_NAME["secp521r1"].gy, explicit=False)
    values = ecdsa_values(key, signature, raw=raw)
    assert values is None or all(0 < value < key.curve.n for value in values)


def test_digest_sizes_are_those_of_hashlib() -> None:
    assert {name: hashlib.new(name).digest_size for name in HASHES} == DIGEST_SIZES
