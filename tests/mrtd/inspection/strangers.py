"""Somebody who can sign as well as any state, and is none."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.mrtd.inspection.cms_builder import Party
from tests.mrtd.inspection.documents import AT


def stranger(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> Party:
    """Somebody without a state, whose certificate says its country all the same."""
    private = key or ec.derive_private_key(4711, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "UT"), x509.NameAttribute(NameOID.COMMON_NAME, "S")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(99)
        .not_valid_before(AT - timedelta(days=10))
        .not_valid_after(AT + timedelta(days=4000))
        .add_extension(x509.KeyUsage(True, *[False] * 8), critical=True)
    )
    return Party(private, builder.sign(private, hashes.SHA256()).public_bytes(Encoding.DER))


STRANGER = stranger()
