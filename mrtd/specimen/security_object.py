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

from pyasn1.codec.ber.encoder import encode as encode_in_order
from pyasn1.type import univ

from mrtd.asn1 import cms, oids, x509
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
#: SignerInfo is v1 with issuerAndSerialNumber, v3 with subjectKeyIdentifier (RFC 5652 §5.3).
_SIGNER_INFO_V1: Final = 1
SIGNER_INFO_V3: Final = 3
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
    """Everything that a SignedData says but for the signature of its first signer (RFC 5652 §5.1, §5.3).

    `attributes` are whole Attribute values in DER; None signs the content itself, without attributes. The signer is
    named by `key_identifier` where that is given, else by `issuer` and `serial`. `declared_algorithm` is an
    AlgorithmIdentifier in DER to state instead of the one of `scheme`; `digest_null` gives digestAlgorithm its NULL.
    `other_signers` are whole SignerInfos in DER, stored behind the own, or before it with `others_first`. Sets are in
    the order of DER, unless `sorted_sets` is False: then they keep the order of this template.
    """

    content_type: str
    content: bytes
    digest: str
    scheme: SignatureScheme
    certificates: tuple[bytes, ...]
    issuer: bytes
    serial: int
    attributes: tuple[bytes, ...] | None
    version: int = _SIGNED_DATA_V3
    signer_version: int = _SIGNER_INFO_V1
    key_identifier: bytes | None = None
    declared_algorithm: bytes | None = None
    digest_null: bool = False
    other_signers: tuple[bytes, ...] = ()
    others_first: bool = False
    sorted_sets: bool = True

    def encode(self, value: object) -> bytes:
        """DER, or the same with sets in the order of the template (BER with definite lengths, ITU-T X.690 §8)."""
        return der(value) if self.sorted_sets else bytes(encode_in_order(value))


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


def to_be_signed(template: SignedDataTemplate) -> bytes:
    """The signed attributes as stored, as SET OF, or without them the content (RFC 5652 §5.4)."""
    if template.attributes is None:
        return template.content
    return template.encode(_fill(cms.SignedAttributes(), template.attributes))


def sign(template: SignedDataTemplate, key: SigningKey) -> bytes:
    """The signature over them."""
    return key.sign(template.scheme, to_be_signed(template))


def signer_info(template: SignedDataTemplate, signature: bytes) -> bytes:
    """The SignerInfo of the template's own signer (RFC 5652 §5.3)."""
    signer = cms.SignerInfo()
    signer["version"] = template.signer_version
    if template.key_identifier is not None:
        signer["sid"]["subjectKeyIdentifier"] = template.key_identifier
    else:
        signer["sid"]["issuerAndSerialNumber"]["issuer"] = template.issuer
        signer["sid"]["issuerAndSerialNumber"]["serialNumber"] = template.serial
    signer["digestAlgorithm"] = digest_algorithm(template.digest, with_null=template.digest_null)
    if template.attributes is not None:
        _fill(signer["signedAttrs"], template.attributes)
    signer["signatureAlgorithm"] = (
        signature_algorithm(template.scheme)
        if template.declared_algorithm is None
        else decoded(template.declared_algorithm, x509.AlgorithmIdentifier())
    )
    signer["signature"] = signature
    return template.encode(signer)


def wrap(template: SignedDataTemplate, signature: bytes) -> bytes:
    """The encoding of the ContentInfo (RFC 5652 §3)."""
    info = cms.ContentInfo()
    info["contentType"] = oids.ID_SIGNED_DATA
    signed = info["content"]
    signed["version"] = template.version
    signed["digestAlgorithms"][0] = digest_algorithm(template.digest, with_null=template.digest_null)
    signed["encapContentInfo"]["eContentType"] = template.content_type
    signed["encapContentInfo"]["eContent"] = template.content
    if template.certificates:
        signed["certificates"].extend(template.certificates)
    own = signer_info(template, signature)
    signers = (*template.other_signers, own) if template.others_first else (own, *template.other_signers)
    for place, signer in enumerate(signers):
        signed["signerInfos"][place] = decoded(signer, cms.SignerInfo())
    return template.encode(info)


def elementary_file(content_info: bytes) -> bytes:
    """EF.SOD: tag 77 around the ContentInfo (ICAO 9303-10 §4.6.2)."""
    return tlv(_SOD_TAG, content_info)


def _fill(target: cms.SignedAttributes, attributes: tuple[bytes, ...]) -> cms.SignedAttributes:
    for place, entry in enumerate(attributes):
        target[place] = decoded(entry, cms.Attribute())
    return target
