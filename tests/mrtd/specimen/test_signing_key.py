"""The keys of the specimen state: public by design, the same everywhere."""

from __future__ import annotations

from importlib import resources

import pytest

from mrtd.specimen import signing_key
from mrtd.specimen.scheme import EcKeySpec, RsaKeySpec, SchemeKind, SignatureScheme

COMMITTED = (
    ("csca", 3072),
    ("impostor-csca", 3072),
    ("dsc", 2048),
    ("impostor-dsc", 2048),
    ("chip", 2048),
    ("clone-chip", 2048),
)


@pytest.mark.parametrize(("name", "bits"), COMMITTED)
def test_committed_key_is_derived_from_its_name(name: str, bits: int) -> None:
    spec = RsaKeySpec(bits)
    committed = resources.files("mrtd.specimen") / "keys" / f"{signing_key.file_name(name, spec)}.pem"
    assert committed.read_bytes() == signing_key.derive(name, spec).pem()
    assert committed.read_bytes().startswith(b"SPECIMEN KEY")


def test_no_key_lies_there_that_is_not_named_here() -> None:
    folder = resources.files("mrtd.specimen") / "keys"
    stored = {file.name for file in folder.iterdir() if file.name.endswith(".pem")}
    assert stored == {f"{signing_key.file_name(name, RsaKeySpec(bits))}.pem" for name, bits in COMMITTED}


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
