"""EF.SOD of the specimen state: LDSSecurityObject, SignedData, the file (ICAO 9303-10 §4.6.2; RFC 5652 §5).

Templates are data. To break a security object on purpose, replace a member; to break its signature, edit the template
after the signed attributes were made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pyasn1.type import univ

from mrtd.asn1 import cms, oids
from mrtd.asn1.lds_security_object import LDSSecurityObject
from mrtd.specimen.encoding import (
    decoded,
    der,
    digest_algorithm,
    object_identifier,
    signature_algorithm,
    time,
    tlv,
)
from mrtd.specimen.scheme import SignatureScheme
from mrtd.specimen.signing_key import SigningKey

#: SignedData is v3 when eContentType is not id-data (RFC 5652 §5.1).
_SIGNED_DATA_V3: Final = 3
#: SignerInfo is v1 with issuerAndSerialNumber (RFC 5652 §5.3).
_SIGNER_INFO_V1: Final = 1
_SOD_TAG: Final = 0x77


@dataclass(frozen=True, slots=True)
class LdsSecurityObjectTemplate:
    """Everything that an LDSSecurityObject says; `versions` are LDS and Unicode version (v1 only)."""

    digest: str
    hashes: tuple[tuple[int, bytes], ...]
    version: int = 1
    versions: tuple[str, str] | None = ("0108", "040000")


@dataclass(frozen=True, slots=True)
class SignedDataTemplate:
    """Everything that a SignedData with one signer says, up to the signature (RFC 5652 §5.1, §5.3).

    `attributes` are whole Attribute values in DER; their order is that of the template, and DER sorts them.
    """

    content_type: str
    content: bytes
    digest: str
    scheme: SignatureScheme
    certificates: tuple[bytes, ...]
    issuer: bytes
    serial: int
    attributes: tuple[bytes, ...]
    version: int = _SIGNED_DATA_V3
    signer_version: int = _SIGNER_INFO_V1


def hash_data_groups(data_groups: Mapping[int, bytes], digest: str) -> tuple[tuple[int, bytes], ...]:
    """The hash of each data group under its number, in the order of the numbers (ICAO 9303-10 §4.6.2.3)."""
    return tuple(
        (number, hashlib.new(digest, data, usedforsecurity=False).digest())
        for number, data in sorted(data_groups.items())
    )


def build_lds_security_object(template: LdsSecurityObjectTemplate) -> bytes:
    """The DER encoding of the LDSSecurityObject (ICAO 9303-10 §4.6.2.3)."""
    lds = LDSSecurityObject()
    lds["version"] = template.version
    lds["hashAlgorithm"] = digest_algorithm(template.digest)
    for place, (number, value) in enumerate(template.hashes):
        lds["dataGroupHashValues"][place]["dataGroupNumber"] = number
        lds["dataGroupHashValues"][place]["dataGroupHashValue"] = value
    if template.versions is not None:
        lds["ldsVersionInfo"]["ldsVersion"], lds["ldsVersionInfo"]["unicodeVersion"] = template.versions
    return der(lds)


def attribute(oid: str, *values: bytes) -> bytes:
    """An Attribute with its values, each a whole DER object (RFC 5652 §5.3)."""
    entry = cms.Attribute()
    entry["attrType"] = oid
    entry["attrValues"].extend(values)
    return der(entry)


def signed_attributes(
    content_type: str, content: bytes, digest: str, signing_time: datetime | None
) -> tuple[bytes, ...]:
    """contentType, messageDigest and, where given, signingTime (RFC 5652 §11)."""
    value = hashlib.new(digest, content, usedforsecurity=False).digest()
    attributes = [
        attribute(oids.CONTENT_TYPE, object_identifier(content_type)),
        attribute(oids.MESSAGE_DIGEST, der(univ.OctetString(value))),
    ]
    if signing_time is not None:
        attributes.append(attribute(oids.SIGNING_TIME, der(time(signing_time))))
    return tuple(attributes)


def sign(template: SignedDataTemplate, key: SigningKey) -> bytes:
    """The signature over the DER encoding of the signed attributes, as SET OF (RFC 5652 §5.4)."""
    return key.sign(template.scheme, der(_attribute_set(template, cms.SignedAttributes())))


def wrap(template: SignedDataTemplate, signature: bytes) -> bytes:
    """The DER encoding of the ContentInfo (RFC 5652 §3)."""
    info = cms.ContentInfo()
    info["contentType"] = oids.ID_SIGNED_DATA
    signed = info["content"]
    signed["version"] = template.version
    signed["digestAlgorithms"][0] = digest_algorithm(template.digest)
    signed["encapContentInfo"]["eContentType"] = template.content_type
    signed["encapContentInfo"]["eContent"] = template.content
    signed["certificates"].extend(template.certificates)
    signer = signed["signerInfos"][0]
    signer["version"] = template.signer_version
    signer["sid"]["issuerAndSerialNumber"]["issuer"] = template.issuer
    signer["sid"]["issuerAndSerialNumber"]["serialNumber"] = template.serial
    signer["digestAlgorithm"] = digest_algorithm(template.digest)
    _attribute_set(template, signer["signedAttrs"])
    signer["signatureAlgorithm"] = signature_algorithm(template.scheme)
    signer["signature"] = signature
    return der(info)


def elementary_file(content_info: bytes) -> bytes:
    """EF.SOD: tag 77 around the ContentInfo (ICAO 9303-10 §4.6.2)."""
    return tlv(_SOD_TAG, content_info)


def _attribute_set(template: SignedDataTemplate, target: cms.SignedAttributes) -> cms.SignedAttributes:
    for place, entry in enumerate(template.attributes):
        target[place] = decoded(entry, cms.Attribute())
    return target
