"""Authorities of these tests, which issue chains as makers of phones do. cryptography makes the certificates."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier
from joserfc.jwk import ECKey

from mrtd.crypto.keys import key_digest, parse_spki
from service.adapters.attestation.roots import Roots
from service.domain.attestation import AndroidEvidence, AppleEvidence
from tests.service.attestation.key_descriptions import NOW, Stated

KEY_ATTESTATION = ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
PROVISIONING_INFO = ObjectIdentifier("1.3.6.1.4.1.11129.2.1.30")
APPLE_NONCE = ObjectIdentifier("1.2.840.113635.100.8.2")
APP = "ABCDE12345.se.example.passkoll"
PRODUCTION = b"appattest" + bytes(7)
DEVELOPMENT = b"appattestdevelop"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@lru_cache
def p256(name: str) -> ec.EllipticCurvePrivateKey:
    """A key for each name, the same in a run."""
    return ec.generate_private_key(ec.SECP256R1())


def spki(key: PrivateKey) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def thumbprint(key: ec.EllipticCurvePrivateKey) -> str:
    """RFC 7638, by joserfc."""
    return ECKey.import_key(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ).thumbprint()


@dataclass(frozen=True)
class Issuer:
    """A key and a name that certificates are issued with."""

    key: PrivateKey
    name: x509.Name

    def certify(
        self,
        subject: str,
        key: PublicKey,
        *,
        ca: bool = True,
        serial: int | None = None,
        valid: tuple[datetime, datetime] = (NOW - timedelta(days=30), NOW + timedelta(days=30)),
        extensions: tuple[tuple[ObjectIdentifier, bytes, bool], ...] = (),
        hash_: hashes.HashAlgorithm | None = None,
    ) -> bytes:
        """A certificate in DER."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(valid[0])
            .not_valid_after(valid[1])
        )
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        for oid, value, critical in extensions:
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), critical=critical)
        return builder.sign(self.key, hash_ or hashes.SHA256()).public_bytes(Encoding.DER)


def named(name: str) -> x509.Name:
    """A name with one part."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def pinned(key: PrivateKey) -> Roots:
    """The roots of a judge that trusts this key alone."""
    public = parse_spki(spki(key))
    return {key_digest(public): ("test", public)}


class AndroidAuthority:
    """A root, an intermediate, and the certificate of the attestation key of one phone."""

    def __init__(self, name: str = "authority") -> None:
        self.root_key = p256(f"{name} root")
        self.intermediate_key = p256(f"{name} intermediate")
        self.phone_key = p256(f"{name} phone")
        self.root = Issuer(self.root_key, named(f"{name} root"))
        self.intermediate = Issuer(self.intermediate_key, named(f"{name} intermediate"))
        self.phone = Issuer(self.phone_key, named(f"{name} phone"))
        self.root_certificate = self.root.certify(f"{name} root", self.root_key.public_key())
        self.intermediate_certificate = self.root.certify(
            f"{name} intermediate", self.intermediate_key.public_key(), serial=0xABCDEF
        )
        self.phone_certificate = self.intermediate.certify(f"{name} phone", self.phone_key.public_key())

    @property
    def roots(self) -> Roots:
        """What a judge must trust."""
        return pinned(self.root_key)

    @property
    def roots_file(self) -> bytes:
        """The same as the publisher's file has it."""
        encoded = base64.encodebytes(self.root_certificate).decode("ascii")
        return json.dumps([f"-----BEGIN CERTIFICATE-----\n{encoded}-----END CERTIFICATE-----\n"]).encode()

    @property
    def above(self) -> tuple[bytes, ...]:
        """Everything above the leaf."""
        return self.phone_certificate, self.intermediate_certificate, self.root_certificate

    def leaf(self, key: PublicKey, stated: Stated) -> bytes:
        """An attestation of a key, dated by the phone: by nobody's clock."""
        dated = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2048, 1, 1, tzinfo=UTC))
        extension = (KEY_ATTESTATION, stated.der(), False)
        return self.phone.certify(
            "Android Keystore Key", key, ca=False, serial=1, valid=dated, extensions=(extension,)
        )

    def evidence(self, key: PublicKey, stated: Stated) -> AndroidEvidence:
        """The whole chain."""
        return AndroidEvidence((self.leaf(key, stated), *self.above))


@dataclass(frozen=True)
class Attest:
    """What an App Attest object says; the defaults are of an app as it should be."""

    app: str = APP
    flags: int = 0x40
    counter: int = 0
    aaguid: bytes = PRODUCTION
    credential_id: bytes | None = None
    nonce: bytes | None = None
    with_nonce: bool = True


class AppleAuthority:
    """A root, and the CA below it that certifies keys of apps."""

    def __init__(self) -> None:
        self.root_key = p256("apple root")
        self.ca_key = p256("apple ca")
        self.root = Issuer(self.root_key, named("apple root"))
        self.ca = Issuer(self.ca_key, named("apple ca"))
        self.ca_certificate = self.root.certify("apple ca", self.ca_key.public_key())

    @property
    def roots(self) -> Roots:
        """What a judge must trust."""
        return pinned(self.root_key)

    def evidence(
        self,
        key: ec.EllipticCurvePrivateKey,
        client_data: bytes,
        said: Attest = Attest(),
    ) -> AppleEvidence:
        """An attestation object for a key of App Attest."""
        key_id = hashlib.sha256(point(key)).digest()
        credential_id = key_id if said.credential_id is None else said.credential_id
        numbers = key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        auth_data = (
            hashlib.sha256(said.app.encode()).digest()
            + bytes([said.flags])
            + said.counter.to_bytes(4)
            + said.aaguid
            + len(credential_id).to_bytes(2)
            + credential_id
            + cose
        )
        bound = auth_data + hashlib.sha256(client_data).digest()
        nonce = hashlib.sha256(bound).digest() if said.nonce is None else said.nonce
        extensions = ((APPLE_NONCE, b"\x30\x24\xa1\x22\x04\x20" + nonce, False),) if said.with_nonce else ()
        leaf = self.ca.certify(key_id.hex(), key.public_key(), ca=False, extensions=extensions)
        statement = {"x5c": [leaf, self.ca_certificate], "receipt": b"receipt"}
        tree = {"fmt": "apple-appattest", "attStmt": statement, "authData": auth_data}
        return AppleEvidence(cbor2.dumps(tree), key_id)


def assertion(key: ec.EllipticCurvePrivateKey, client_data: bytes, counter: int, app: str = APP) -> bytes:
    """What `generateAssertion` gives."""
    authenticator_data = hashlib.sha256(app.encode()).digest() + b"\x40" + counter.to_bytes(4)
    nonce = hashlib.sha256(authenticator_data + hashlib.sha256(client_data).digest()).digest()
    signature = key.sign(nonce, ec.ECDSA(hashes.SHA256()))
    return cbor2.dumps({"signature": signature, "authenticatorData": authenticator_data})


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The uncompressed point (X9.62)."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
