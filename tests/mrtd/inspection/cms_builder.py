"""A SignedData made by hand, octet by octet: whatever no honest tool would write (RFC 5652 §5)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
SHA256, SHA384 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNED_DATA = "1.2.840.113549.1.7.2"

_HASHES = {SHA256: "sha256", SHA384: "sha384"}


def der(tag: int, *content: bytes) -> bytes:
    """One object with a definite length of the fewest octets."""
    value = b"".join(content)
    size = len(value)
    if size < 0x80:
        return bytes([tag, size]) + value
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + value


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER (X.690 §8.19)."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    value = b""
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.insert(0, 0x80 | arc & 0x7F)
        value += bytes(septets)
    return der(0x06, value)


def integer(number: int) -> bytes:
    """An INTEGER."""
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """An AlgorithmIdentifier."""
    return der(0x30, oid(dotted), parameters)


def attribute(dotted: str, *values: bytes) -> bytes:
    """An Attribute."""
    return der(0x30, oid(dotted), der(0x31, *values))


def lds_security_object(
    groups: dict[int, bytes], *, extra: Sequence[tuple[int, bytes]] = (), version: int = 0
) -> bytes:
    """An LDSSecurityObject over data groups, SHA-256, with further entries at its end."""
    entries = [(number, hashlib.sha256(data).digest()) for number, data in sorted(groups.items())]
    hashes_ = [der(0x30, integer(number), der(0x04, value)) for number, value in (*entries, *extra)]
    return der(0x30, integer(version), algorithm(SHA256), der(0x30, *hashes_))


@dataclass(frozen=True)
class Party:
    """Somebody with a key and a certificate."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: bytes

    @property
    def sid(self) -> bytes:
        """issuerAndSerialNumber."""
        parsed = x509.load_der_x509_certificate(self.certificate)
        return der(0x30, parsed.issuer.public_bytes(), integer(parsed.serial_number))


def attributes(content: bytes, content_type: str = LDS_SECURITY_OBJECT, digest: str = SHA256) -> list[bytes]:
    """contentType and messageDigest, in DER order."""
    value = hashlib.new(_HASHES[digest], content).digest()
    return sorted([attribute(CONTENT_TYPE, oid(content_type)), attribute(MESSAGE_DIGEST, der(0x04, value))])


def signer_info(
    party: Party,
    content: bytes,
    *,
    sid: bytes | None = None,
    signed: Sequence[bytes] | None = None,
    without_attributes: bool = False,
    signature_algorithm: bytes | None = None,
    digest: str = SHA256,
    version: int | None = None,
    raw: bool = False,
    flip: bool = False,
) -> bytes:
    """A SignerInfo whose signature is right for the attributes as they stand, unless `flip`."""
    stored = list(attributes(content, digest=digest) if signed is None else signed)
    message = content if without_attributes else der(0x31, *stored)
    if isinstance(party.private, rsa.RSAPrivateKey):
        signature = party.private.sign(message, PKCS1v15(), hashes.SHA256())
        used = RSA_ENCRYPTION
    else:
        signature = party.private.sign(message, ec.ECDSA(hashes.SHA256()))
        used = ECDSA_WITH_SHA256
        if raw:
            size = (party.private.key_size + 7) // 8
            signature = b"".join(value.to_bytes(size) for value in decode_dss_signature(signature))
    if flip:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    return der(
        0x30,
        integer(version or (3 if sid is not None and sid[0] == 0x80 else 1)),
        sid or party.sid,
        algorithm(digest),
        b"" if without_attributes else der(0xA0, *stored),
        signature_algorithm or algorithm(used),
        der(0x04, signature),
    )


def security_object(
    content: bytes,
    certificates: Sequence[bytes],
    signers: Sequence[bytes],
    *,
    content_type: str = LDS_SECURITY_OBJECT,
    tag_77: bool = True,
) -> bytes:
    """EF.SOD around all this; order as given."""
    signed_data = der(
        0x30,
        integer(3),
        der(0x31, algorithm(SHA256)),
        der(0x30, oid(content_type), der(0xA0, der(0x04, content))),
        der(0xA0, *certificates) if certificates else b"",
        der(0x31, *signers),
    )
    content_info = der(0x30, oid(SIGNED_DATA), der(0xA0, signed_data))
    return der(0x77, content_info) if tag_77 else content_info
