"""The keys of the specimen state: public by design, the same everywhere."""

from __future__ import annotations

import hashlib
import subprocess
from importlib import resources
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key

from mrtd.specimen import signing_key
from mrtd.specimen.elliptic_curves import CURVE_NAMES
from mrtd.specimen.scheme import EcKeySpec, RsaKeySpec, SchemeKind, SignatureScheme

COMMITTED = (
    ("csca", RsaKeySpec(2048)),
    ("csca", RsaKeySpec(2048, 3)),
    ("csca", RsaKeySpec(3072)),
    ("csca", RsaKeySpec(4096)),
    ("csca", RsaKeySpec(6144)),
    ("impostor-csca", RsaKeySpec(3072)),
    ("dsc", RsaKeySpec(1024)),
    ("dsc", RsaKeySpec(2048)),
    ("dsc", RsaKeySpec(2048, 3)),
    ("dsc", RsaKeySpec(3072)),
    ("dsc", RsaKeySpec(4096)),
    ("impostor-dsc", RsaKeySpec(2048)),
    ("impostor-dsc-e3", RsaKeySpec(2048, 3)),
    ("chip", RsaKeySpec(768)),
    ("chip", RsaKeySpec(1024)),
    ("chip", RsaKeySpec(2048)),
    ("clone-chip", RsaKeySpec(2048)),
)
MESSAGE = b"a message"
#: The curves that OpenSSL knows and pyca does not.
OPENSSL_ONLY = tuple(name for name in CURVE_NAMES if name[-5:-2] in ("160", "192", "224", "320") and name[0] == "b")


@pytest.mark.parametrize(("name", "spec"), COMMITTED, ids=str)
def test_committed_key_is_derived_from_its_name(name: str, spec: RsaKeySpec) -> None:
    committed = resources.files("mrtd.specimen") / "keys" / f"{signing_key.file_name(name, spec)}.pem"
    assert committed.read_bytes() == signing_key.derive(name, spec).pem()
    assert committed.read_bytes().startswith(b"SPECIMEN KEY")
    private = load_pem_private_key(committed.read_bytes(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert (private.key_size, private.private_numbers().public_numbers.e) == (spec.bits, spec.exponent)


def test_no_key_lies_there_that_is_not_named_here() -> None:
    folder = resources.files("mrtd.specimen") / "keys"
    stored = {file.name for file in folder.iterdir() if file.name.endswith(".pem")}
    assert stored == {f"{signing_key.file_name(name, spec)}.pem" for name, spec in COMMITTED}


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("curve", CURVE_NAMES)
def test_ecdsa_by_openssl(curve: str, hash_name: str, tmp_path: Path) -> None:
    key = signing_key.load("dsc", EcKeySpec(curve, explicit_parameters=False))
    (tmp_path / "key.der").write_bytes(key.spki())
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "signature").write_bytes(key.sign(SignatureScheme(SchemeKind.ECDSA, hash_name), MESSAGE))
    command = [
        "openssl", "dgst", f"-{hash_name}", "-keyform", "DER", "-verify", str(tmp_path / "key.der"),
        "-signature", str(tmp_path / "signature"), str(tmp_path / "message"),
    ]  # fmt: skip
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("curve", [name for name in CURVE_NAMES if name not in OPENSSL_ONLY])
def test_named_keys_by_pyca(curve: str) -> None:
    key = signing_key.load("dsc", EcKeySpec(curve, explicit_parameters=False))
    public = load_der_public_key(key.spki())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name.lower() == curve
    public.verify(key.sign(SignatureScheme(SchemeKind.ECDSA, "sha384"), MESSAGE), MESSAGE, ec.ECDSA(hashes.SHA384()))


@pytest.mark.parametrize("curve", CURVE_NAMES)
def test_explicit_parameters_are_the_named_ones_to_openssl(curve: str, tmp_path: Path) -> None:
    """OpenSSL reads the parameters, recognises the curve, and writes it by its name."""
    for explicit in (True, False):
        key = signing_key.load("dsc", EcKeySpec(curve, explicit))
        (tmp_path / f"{explicit}.der").write_bytes(key.spki())
    converted = subprocess.run(
        ["openssl", "ec", "-pubin", "-inform", "DER", "-in", str(tmp_path / "True.der"), "-param_enc", "named_curve",
         "-outform", "DER", "-pubout"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert converted.stdout == (tmp_path / "False.der").read_bytes()


@pytest.mark.parametrize("salt", [0, 20, 32, 64])
def test_salts_by_pyca(salt: int) -> None:
    key = signing_key.load("dsc", RsaKeySpec(2048))
    signature = key.sign(SignatureScheme(SchemeKind.RSA_PSS, "sha256", salt), MESSAGE)
    assert isinstance(key.private, rsa.RSAPrivateKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    key.private.public_key().verify(signature, MESSAGE, scheme, hashes.SHA256())


@pytest.mark.parametrize(("null", "length"), [(True, 51), (False, 49)])
def test_digest_info_with_and_without_null(null: bool, length: int) -> None:
    """RFC 8017 §9.2, note 1: 51 octets for SHA-256; without NULL it is two fewer."""
    key = signing_key.load("dsc", RsaKeySpec(2048))
    signature = key.sign(SignatureScheme(SchemeKind.RSA_PKCS1, "sha256", digest_info_null=null), MESSAGE)
    assert isinstance(key.private, rsa.RSAPrivateKey)
    recovered = key.private.public_key().recover_data_from_signature(signature, padding.PKCS1v15(), None)
    assert len(recovered) == length
    assert recovered.endswith(hashlib.sha256(MESSAGE).digest())


def test_a_key_for_pss_alone_says_so(tmp_path: Path) -> None:
    key = signing_key.load("dsc", RsaKeySpec(2048, pss_only=True))
    (tmp_path / "key.der").write_bytes(key.spki())
    shown = subprocess.run(
        ["openssl", "pkey", "-pubin", "-inform", "DER", "-in", str(tmp_path / "key.der"), "-text", "-noout"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert "No PSS parameter restrictions" in shown.stdout


def test_the_same_message_gives_the_same_octets() -> None:
    for spec in (EcKeySpec("brainpoolp224r1"), EcKeySpec("secp256r1")):
        scheme = SignatureScheme(SchemeKind.ECDSA, "sha256")
        assert len({signing_key.derive("dsc", spec).sign(scheme, MESSAGE) for _ in range(2)}) == 1


def test_other_names_are_other_keys() -> None:
    spec = EcKeySpec("brainpoolp256r1")
    keys = {signing_key.load(name, spec).key_identifier() for name in ("csca", "dsc", "chip", "clone-chip")}
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("spec", "kind"),
    [(EcKeySpec("brainpoolp256r1"), SchemeKind.RSA_PKCS1), (RsaKeySpec(2048), SchemeKind.ECDSA)],
    ids=["ec", "rsa"],
)
def test_a_key_does_not_sign_by_the_scheme_of_the_other_kind(spec: EcKeySpec | RsaKeySpec, kind: SchemeKind) -> None:
    with pytest.raises(ValueError, match="key signs by"):
        signing_key.load("chip", spec).sign(SignatureScheme(kind, "sha256"), b"message")
