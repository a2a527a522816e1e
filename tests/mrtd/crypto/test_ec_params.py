"""Curves by name and by explicit parameters, against OpenSSL's own tables."""

from __future__ import annotations

import subprocess

import pytest

from mrtd import tlv
from mrtd.crypto.ec_params import BY_NAME, CURVES, Curve, from_explicit, named
from mrtd.errors import MalformedError, UnsupportedError
from tests.mrtd.lds.build import der

_OPENSSL_NAMES = {"secp192r1": "prime192v1", "secp256r1": "prime256v1"}


def openssl_parameters(curve: Curve, *options: str) -> bytes:
    name = _OPENSSL_NAMES.get(curve.name, curve.name)
    command = ["openssl", "ecparam", "-name", name, "-outform", "DER", *options]
    return subprocess.run(command, check=True, capture_output=True).stdout


def explicit(curve: Curve, **changed: int) -> bytes:
    """ECParameters of the curve with some values replaced; `h=0` leaves the cofactor out."""
    v = {name: getattr(curve, name) for name in ("p", "a", "b", "gx", "gy", "n", "h")} | changed
    size = curve.octets

    def number(value: int) -> bytes:
        return der(0x02, value.to_bytes(value.bit_length() // 8 + 1))

    return der(
        0x30,
        der(0x02, b"\x01"),
        der(0x30, der(0x06, bytes.fromhex("2a8648ce3d0101")), number(v["p"])),
        der(0x30, der(0x04, v["a"].to_bytes(size)), der(0x04, v["b"].to_bytes(size))),
        der(0x04, b"\x04" + v["gx"].to_bytes(size) + v["gy"].to_bytes(size)),
        number(v["n"]),
        number(v["h"]) if v["h"] else b"",
    )


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: c.name)
def test_openssl_knows_the_same_curve_by_name(curve: Curve) -> None:
    assert named(tlv.oid(tlv.read_only(openssl_parameters(curve)))) is curve


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: c.name)
def test_openssl_spells_out_the_same_parameters(curve: Curve) -> None:
    spelled = openssl_parameters(curve, "-param_enc", "explicit")
    assert from_explicit(tlv.read_only(spelled)) is curve


def test_the_seed_is_ignored() -> None:
    curve = BY_NAME["secp256r1"]
    with_seed = openssl_parameters(curve, "-param_enc", "explicit")
    without = openssl_parameters(curve, "-param_enc", "explicit", "-no_seed")
    assert len(with_seed) > len(without)
    assert from_explicit(tlv.read_only(with_seed)) is from_explicit(tlv.read_only(without)) is curve


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: c.name)
@pytest.mark.parametrize("parameter", ["p", "a", "b", "gx", "gy", "n", "h"])
def test_every_parameter_counts(curve: Curve, parameter: str) -> None:
    changed = explicit(curve, **{parameter: getattr(curve, parameter) ^ 2})
    of_equation = parameter in ("p", "a", "b")
    expected = (UnsupportedError, "unknown_curve") if of_equation else (MalformedError, "changed_parameters")
    with pytest.raises(expected[0], match=expected[1]):
        from_explicit(tlv.read_only(changed))


def test_the_generator_of_a_stranger_is_refused() -> None:
    """CVE-2020-0601: with G = Q the private key is 1, whatever Q is."""
    curve = BY_NAME["secp384r1"]
    other = explicit(curve, gx=curve.gx, gy=curve.p - curve.gy)
    with pytest.raises(MalformedError, match="changed_parameters"):
        from_explicit(tlv.read_only(other))


def test_a_cofactor_may_be_left_out() -> None:
    curve = BY_NAME["brainpoolP256r1"]
    assert from_explicit(tlv.read_only(explicit(curve, h=0))) is curve


def test_a_compressed_base_point_is_refused() -> None:
    compressed = openssl_parameters(BY_NAME["secp256r1"], "-param_enc", "explicit", "-conv_form", "compressed")
    with pytest.raises(UnsupportedError, match="unknown_curve"):
        from_explicit(tlv.read_only(compressed))


def test_unknown_names_and_fields_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="unknown_curve"):
        named("1.3.132.0.10")
    binary = subprocess.run(
        ["openssl", "ecparam", "-name", "sect233r1", "-outform", "DER", "-param_enc", "explicit"],
        check=True,
        capture_output=True,
    ).stdout
    with pytest.raises(UnsupportedError, match="unknown_curve"):
        from_explicit(tlv.read_only(binary))


def test_cut_off_parameters_are_malformed() -> None:
    with pytest.raises(MalformedError):
        from_explicit(tlv.read_only(der(0x30, der(0x02, b"\x01"))))


def test_long_parameters_are_refused_before_arithmetic() -> None:
    curve = BY_NAME["secp256r1"]
    with pytest.raises(MalformedError, match="too_long"):
        from_explicit(tlv.read_only(explicit(curve, n=1 << 80_000)))
