"""Forgeries are good forgeries: each deceives the mistake that it is made for, and no sound implementation."""

from __future__ import annotations

import hashlib

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from ecdsa import BadSignatureError, VerifyingKey, curves, ellipticcurve
from ecdsa.util import sigdecode_der

from mrtd.evidence import ElementaryFile
from mrtd.lds import sod
from mrtd.specimen import signing_key
from mrtd.specimen.forged_keys import cube_root_signature, generator_key
from mrtd.specimen.recipe import Presentation, Setting
from mrtd.specimen.recipes import RECIPES
from mrtd.specimen.scheme import EcKeySpec, RsaKeySpec, SchemeKind, SignatureScheme

MESSAGE = b"a message"
SHA256_DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")


def signed_data(presentation: Presentation) -> asn1_cms.SignedData:
    data = sod.parse(presentation.chip.document.files[ElementaryFile.SOD]).cms
    return asn1_cms.ContentInfo.load(data)["content"]


def test_the_cube_begins_right_and_ends_in_garbage() -> None:
    key = signing_key.load("dsc", RsaKeySpec(2048, 3))
    assert isinstance(key.private, rsa.RSAPrivateKey)
    signature = cube_root_signature(key, MESSAGE)
    block = pow(int.from_bytes(signature), 3).to_bytes(256)
    # RFC 8017 §9.2: 00 01 FF ... 00 T, with the least padding of eight octets
    assert block.startswith(b"\x00\x01" + b"\xff" * 8 + b"\x00" + SHA256_DIGEST_INFO)
    with pytest.raises(InvalidSignature):
        key.private.public_key().verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())


def test_a_short_modulus_has_no_room_for_garbage() -> None:
    key = signing_key.SigningKey("x", RsaKeySpec(768), signing_key.load("chip", RsaKeySpec(768)).private)
    with pytest.raises(ValueError, match="no room"):
        cube_root_signature(key, MESSAGE, "sha512")


@pytest.mark.parametrize("scalar", [1, 0x5EC2E7])
def test_the_point_is_genuine_and_the_generator_is_not(scalar: int) -> None:
    genuine = signing_key.load("dsc", EcKeySpec("brainpoolp256r1"))
    forged = generator_key(genuine, scalar)
    assert forged.public_bits() == genuine.public_bits()
    scheme = SignatureScheme(SchemeKind.ECDSA, "sha256")
    signature = forged.sign(scheme, MESSAGE)
    honest = VerifyingKey.from_string(genuine.public_bits(), curves.BRAINPOOLP256r1)
    with pytest.raises(BadSignatureError, match="Signature verification failed"):
        honest.verify(signature, MESSAGE, hashfunc=hashlib.sha256, sigdecode=sigdecode_der)


def test_a_verifier_that_believes_the_generator_is_deceived() -> None:
    """The certificate of CVE-2020-0601, verified by its own parameters as the deceived software did."""
    presentation = RECIPES["changed_generator"].present()
    data = signed_data(presentation)
    certificate = data["certificates"][0].chosen
    parameters = certificate.public_key["algorithm"]["parameters"].chosen
    base = parameters["base"].native
    known = curves.BRAINPOOLP256r1
    point = ellipticcurve.PointJacobi.from_bytes(known.curve, base, order=known.order)
    curve = curves.Curve("believed", known.curve, point, known.oid)
    key = VerifyingKey.from_string(certificate.public_key["public_key"].native, curve)
    (signer,) = data["signer_infos"]
    signed = signer["signed_attrs"].untag().dump()
    assert key.verify(signer["signature"].native, signed, hashfunc=hashlib.sha256, sigdecode=sigdecode_der)
    genuine = asn1_x509.Certificate.load(Setting().issuer().dsc_certificate)
    assert certificate.serial_number == genuine.serial_number
    assert certificate.public_key["public_key"].native == genuine.public_key["public_key"].native
    assert certificate.signature == genuine.signature


@pytest.mark.parametrize("order", ["first", "last"])
@pytest.mark.parametrize("named", ["stranger", "genuine"])
def test_where_the_genuine_certificate_lies(named: str, order: str) -> None:
    data = signed_data(RECIPES[f"{named}_named_genuine_{order}"].present())
    stored = [choice.chosen.dump() for choice in data["certificates"]]
    genuine = Setting().issuer().dsc_certificate
    assert len(stored) == 2
    assert stored.index(genuine) == (0 if order == "first" else 1)
    (signer,) = data["signer_infos"]
    serial = asn1_x509.Certificate.load(genuine).serial_number
    assert (signer["sid"].chosen["serial_number"].native == serial) == (named == "genuine")


@pytest.mark.parametrize("order", ["first", "last"])
def test_order_of_two_signers(order: str) -> None:
    data = signed_data(RECIPES[f"two_signers_genuine_{order}"].present())
    serials = [signer["sid"].chosen["serial_number"].native for signer in data["signer_infos"]]
    genuine = asn1_x509.Certificate.load(Setting().issuer().dsc_certificate).serial_number
    assert serials.index(genuine) == (0 if order == "first" else 1)
