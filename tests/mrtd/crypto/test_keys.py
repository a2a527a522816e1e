"""Keys of SubjectPublicKeyInfo, against pyca's encodings, and what must be refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mrtd.crypto.ec_params import BY_NAME, CURVES, Curve
from mrtd.crypto.keys import EcPublicKey, RsaPublicKey, parse_spki
from mrtd.errors import LimitExceededError, MalformedError, MrtdError, UnsupportedError
from tests.budgets import light
from tests.mrtd.crypto.test_ec_params import explicit
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import mutated

RSA_OID = der(0x06, bytes.fromhex("2a864886f70d010101"))
PSS_OID = der(0x06, bytes.fromhex("2a864886f70d01010a"))
EC_OID = der(0x06, bytes.fromhex("2a8648ce3d0201"))
NULL = b"\x05\x00"


def spki(identifier: bytes, key: bytes, unused: int = 0) -> bytes:
    return der(0x30, der(0x30, identifier), der(0x03, bytes([unused]) + key))


def rsa_spki(n: int, e: int, identifier: bytes = RSA_OID + NULL) -> bytes:
    def number(value: int) -> bytes:
        return der(0x02, value.to_bytes(value.bit_length() // 8 + 1))

    return spki(identifier, der(0x30, number(n), number(e)))


def point(curve: Curve, x: int, y: int) -> bytes:
    return b"\x04" + x.to_bytes(curve.octets) + y.to_bytes(curve.octets)


MODULUS = (1 << 2047) | 1


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
def test_rsa_as_pyca_writes_it(bits: int) -> None:
    public = rsa.generate_private_key(65537, bits).public_key()
    key = parse_spki(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    numbers = public.public_numbers()
    assert key == RsaPublicKey(numbers.n, numbers.e)
    assert (key.bits, key.name) == (bits, f"rsa{bits}")


@pytest.mark.parametrize(
    "curve", [ec.SECP192R1(), ec.SECP256R1(), ec.SECP521R1(), ec.BrainpoolP384R1()], ids=lambda c: c.name
)
def test_ec_as_pyca_writes_it(curve: ec.EllipticCurve) -> None:
    public = ec.generate_private_key(curve).public_key()
    key = parse_spki(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    numbers = public.public_numbers()
    assert isinstance(key, EcPublicKey)
    assert (key.x, key.y, key.bits, key.explicit) == (numbers.x, numbers.y, curve.key_size, False)


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: c.name)
def test_explicit_parameters_give_the_named_curve(curve: Curve) -> None:
    key = parse_spki(spki(EC_OID + explicit(curve), point(curve, curve.gx, curve.gy)))
    assert key == EcPublicKey(curve, curve.gx, curve.gy, explicit=True)


@pytest.mark.parametrize(
    ("n", "e"),
    [
        ((1 << 1022) | 1, 65537),
        ((1 << 2047), 65537),
        (MODULUS, 1),
        (MODULUS, 4),
        (MODULUS, 65536),
    ],
    ids=["short", "even modulus", "one", "even exponent", "even exponent 2"],
)
def test_weak_rsa_numbers_are_refused(n: int, e: int) -> None:
    with pytest.raises(MalformedError, match="bad_key"):
        parse_spki(rsa_spki(n, e))


@pytest.mark.parametrize(
    ("n", "e"), [((1 << 8192) | 1, 65537), (MODULUS, (1 << 64) | 1)], ids=["modulus", "exponent"]
)
def test_long_rsa_numbers_are_refused(n: int, e: int) -> None:
    with pytest.raises(LimitExceededError):
        parse_spki(rsa_spki(n, e))


def test_negative_modulus_is_refused() -> None:
    negative = der(0x30, der(0x02, b"\x80" + bytes(255)), der(0x02, b"\x03"))
    with pytest.raises(MalformedError, match="bad_key"):
        parse_spki(spki(RSA_OID + NULL, negative))


def test_rsa_parameters_may_be_absent_but_nothing_else() -> None:
    assert parse_spki(rsa_spki(MODULUS, 3, RSA_OID)) == RsaPublicKey(MODULUS, 3)
    with pytest.raises(MalformedError, match="bad_key"):
        parse_spki(rsa_spki(MODULUS, 3, RSA_OID + der(0x30)))


def test_pss_key_verifies_pss_alone() -> None:
    assert parse_spki(rsa_spki(MODULUS, 3, PSS_OID)) == RsaPublicKey(MODULUS, 3, pss_only=True)
    with pytest.raises(UnsupportedError, match="unsupported_algorithm"):
        parse_spki(rsa_spki(MODULUS, 3, PSS_OID + der(0x30)))


_CURVE = BY_NAME["brainpoolP256r1"]
_CURVE_OID = der(0x06, bytes.fromhex("2b2403030208010107"))


@pytest.mark.parametrize(
    "encoded",
    [
        b"\x00",
        b"\x02" + _CURVE.gx.to_bytes(32),
        b"\x06" + point(_CURVE, _CURVE.gx, _CURVE.gy)[1:],
        point(_CURVE, _CURVE.gx, _CURVE.gy ^ 1),
        point(_CURVE, 0, 0),
        point(_CURVE, _CURVE.gx, _CURVE.gy)[:-1],
        point(_CURVE, _CURVE.gx, _CURVE.gy) + b"\x00",
        b"",
    ],
    ids=["infinity", "compressed", "hybrid", "off the curve", "zero", "short", "long", "empty"],
)
def test_bad_points_are_refused(encoded: bytes) -> None:
    with pytest.raises(MalformedError, match="bad_key"):
        parse_spki(spki(EC_OID + _CURVE_OID, encoded))


def test_coordinates_are_below_the_prime() -> None:
    curve = BY_NAME["secp521r1"]
    shifted = point(curve, curve.gx + curve.p, curve.gy)
    with pytest.raises(MalformedError, match="bad_key"):
        parse_spki(spki(EC_OID + der(0x06, bytes.fromhex("2b81040023")), shifted))


def test_unused_bits_are_refused() -> None:
    with pytest.raises(MalformedError, match="bad_key"):
        parse_spki(spki(EC_OID + _CURVE_OID, point(_CURVE, _CURVE.gx, _CURVE.gy), unused=1))


def test_what_is_not_supported_is_said() -> None:
    strange = dsa.generate_private_key(2048).public_key()
    with pytest.raises(UnsupportedError, match="unsupported_algorithm"):
        parse_spki(strange.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    for parameters in (b"", NULL):
        with pytest.raises(UnsupportedError, match="unknown_curve"):
            parse_spki(spki(EC_OID + parameters, point(_CURVE, _CURVE.gx, _CURVE.gy)))


@pytest.mark.parametrize(
    "value",
    [
        der(0x30, der(0x30, RSA_OID, NULL)),
        der(0x30, der(0x30), der(0x03, b"\x00")),
        der(0x30, der(0x30, RSA_OID, NULL, NULL), der(0x03, b"\x00")),
        spki(RSA_OID + NULL, der(0x30, der(0x02, b"\x05"))),
        spki(RSA_OID + NULL, b""),
    ],
)
def test_what_is_no_key(value: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_spki(value)


def test_a_huge_key_is_refused_whole() -> None:
    with pytest.raises(LimitExceededError):
        parse_spki(spki(RSA_OID + NULL, bytes(100_000)))


_SEEDS = [rsa_spki(MODULUS, 3), *(spki(EC_OID + explicit(c), point(c, c.gx, c.gy)) for c in CURVES[:4])]


@light
@given(st.data())
def test_only_typed_errors_escape(data: st.DataObject) -> None:
    changed = data.draw(mutated(_SEEDS))
    try:
        key = parse_spki(changed)
    except MrtdError:
        return
    assert 0 < key.bits <= 8192
