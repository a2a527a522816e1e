"""Names of keys, and the pinned and imported roots."""

from __future__ import annotations

import base64
import hashlib
import json
import tomllib
from dataclasses import replace
from importlib.resources import files

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mrtd.crypto.keys import EcPublicKey, parse_spki
from service.adapters.attestation.keys import is_p256, thumbprint, thumbprint_octets
from service.adapters.attestation.roots import MAX_ROOTS_FILE, imported_roots, pinned_roots
from service.domain.devices import Platform
from service.domain.errors import ConfigurationError
from tests.service.attestation.authorities import AndroidAuthority, spki
from tests.service.attestation.authorities import thumbprint as joserfc_thumbprint


def test_the_example_of_rfc_9449() -> None:
    """The key of RFC 9449 §4.2 and its thumbprint, the `jkt` of §6.1."""
    x, y = (
        int.from_bytes(base64.urlsafe_b64decode(text + "="))
        for text in ("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA")
    )
    point = b"\x04" + x.to_bytes(32) + y.to_bytes(32)
    key = parse_spki(bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + point)
    assert thumbprint(key) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_an_independent_library_names_keys_alike() -> None:
    for _ in range(20):
        key = ec.generate_private_key(ec.SECP256R1())
        assert thumbprint(parse_spki(spki(key))) == joserfc_thumbprint(key)


def test_a_curve_that_is_spelled_out_is_not_the_named_one() -> None:
    """RFC 5480 §2.1.1 allows the name alone; parameters that are spelled out can lie (CVE-2020-0601)."""
    key = parse_spki(spki(ec.generate_private_key(ec.SECP256R1())))
    assert isinstance(key, EcPublicKey)
    assert is_p256(key)
    assert not is_p256(replace(key, explicit=True))
    assert thumbprint(replace(key, explicit=True)) is None


def test_keys_of_another_kind_have_no_name() -> None:
    other = parse_spki(spki(ec.generate_private_key(ec.SECP384R1())))
    assert thumbprint(other) is None
    assert not is_p256(other)
    assert thumbprint(None) is None


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "/", "A" * 42 + "B", "å" * 43])
def test_a_thumbprint_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no RFC 7638 thumbprint"):
        thumbprint_octets(text)


def test_the_pinned_keys_are_what_they_say() -> None:
    listed = tomllib.loads(files("service.adapters.attestation").joinpath("roots.toml").read_text("utf-8"))["root"]
    assert [(root["name"], root["platform"]) for root in listed] == [
        ("google-2016", "android"),
        ("google-2026", "android"),
        ("apple-app-attest", "ios"),
    ]
    for root in listed:
        der = base64.b64decode(root["key"])
        assert hashlib.sha256(der).hexdigest() == root["sha256"]
        assert load_der_public_key(der).key_size in (384, 4096)
        assert root["source"].startswith("https://")
    assert [name for name, _ in pinned_roots(Platform.ANDROID).values()] == ["google-2016", "google-2026"]
    assert [name for name, _ in pinned_roots(Platform.IOS).values()] == ["apple-app-attest"]
    assert not pinned_roots(Platform.HARNESS)


def test_imported_roots() -> None:
    authority = AndroidAuthority()
    found = imported_roots(authority.roots_file)
    assert set(found) == set(authority.roots)
    ((name, _),) = found.values()
    assert name == f"imported-{hashlib.sha256(spki(authority.root_key)).hexdigest()[:16]}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'["no certificate"]',
        b"[1]",
        json.dumps(["-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"]).encode(),
        json.dumps(["-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"]).encode(),
        json.dumps([""] * 65).encode(),
        b" " * MAX_ROOTS_FILE + b"[]",
        b"[" * 100_000,
    ],
    ids=range(10),
)
def test_files_that_hold_no_roots(data: bytes) -> None:
    with pytest.raises(ConfigurationError, match="attestation roots"):
        imported_roots(data)
