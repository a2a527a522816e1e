"""Certificates and CRLs made by pyca, for chains that no state would issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mrtd.pki.certificate import Certificate
from mrtd.pki.master_list import MasterList
from mrtd.pki.sources import Source, SourceKind

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
START = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2035, 1, 1, tzinfo=UTC)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name(common_name: str, country: str | None = "SE") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if country is not None:
        parts.insert(0, x509.NameAttribute(NameOID.COUNTRY_NAME, country, _validate=False))
    return x509.Name(parts)


@dataclass(frozen=True)
class Identity:
    """A name and a key."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, common_name: str = "CSCA", country: str | None = "SE") -> Identity:
        return cls(name(common_name, country), new_key())

    def rekeyed(self) -> Identity:
        return Identity(self.name, new_key())

    @property
    def key_identifier(self) -> bytes:
        return x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()).digest


_NO_USAGE = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}
CA_USAGE = ("key_cert_sign", "crl_sign")
DSC_USAGE = ("digital_signature",)


def issue(
    subject: Identity,
    issuer: Identity,
    *,
    ca: bool | None = None,
    usage: tuple[str, ...] | None = (),
    ski: bytes | None = b"",
    aki: bytes | None = b"",
    start: datetime = START,
    end: datetime = END,
    serial: int | None = None,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    signer: ec.EllipticCurvePrivateKey | None = None,
) -> Certificate:
    """A certificate; empty key identifiers are computed, None leaves the extension out."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject.name)
        .issuer_name(issuer.name)
        .public_key(subject.key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, 0 if ca else None), critical=True)
    if usage is not None:
        builder = builder.add_extension(x509.KeyUsage(**_NO_USAGE | dict.fromkeys(usage, True)), critical=True)
    if ski is not None:
        builder = builder.add_extension(x509.SubjectKeyIdentifier(ski or subject.key_identifier), critical=False)
    if aki is not None:
        identifier = x509.AuthorityKeyIdentifier(aki or issuer.key_identifier, None, None)
        builder = builder.add_extension(identifier, critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    made = builder.sign(signer or issuer.key, hashes.SHA256())
    return Certificate.parse(made.public_bytes(Encoding.DER))


def csca(identity: Identity, issuer: Identity | None = None, **changes: object) -> Certificate:
    """A CSCA certificate: self-signed, or a link certificate by `issuer`."""
    options: dict[str, object] = {"ca": True, "usage": CA_USAGE} | changes
    return issue(identity, issuer or identity, **options)


def dsc(issuer: Identity, **changes: object) -> Certificate:
    options: dict[str, object] = {"usage": DSC_USAGE} | changes
    return issue(Identity.new("Document Signer"), issuer, **options)


def crl(
    issuer: Identity,
    *,
    revoked: tuple[int, ...] = (),
    number: int | None = 1,
    this_update: datetime = datetime(2026, 11, 1, tzinfo=UTC),
    next_update: datetime = datetime(2026, 12, 1, tzinfo=UTC),
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    entry_extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.name)
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None), critical=False)
    )
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    for serial in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(this_update)
        for extension, critical in entry_extra:
            entry = entry.add_extension(extension, critical=critical)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def source(
    *certificates: Certificate,
    name: str = "file",
    crls: tuple[bytes, ...] = (),
    master_lists: tuple[MasterList, ...] = (),
) -> Source:
    listed = tuple(der for found in master_lists for der in found.certificates)
    return Source(
        name=name,
        kind=SourceKind.PEM,
        certificates=(*(c.raw for c in certificates), *listed),
        master_lists=master_lists,
        crls=crls,
        unreadable=0,
        sha256=name,
    )
