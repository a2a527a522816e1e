"""SignedData, member by member (RFC 5652 §5.1, §5.3), as each reader reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from asn1crypto import cms as asn1_cms
from asn1crypto.core import ObjectIdentifier
from pyasn1.codec.ber.decoder import decode
from pyasn1.error import PyAsn1Error

from mrtd.asn1 import cms as pyasn1_cms
from mrtd.errors import MrtdError
from mrtd.lds import card_security, sod
from mrtd.pki.cms import SignedData, parse_signed_data
from mrtd.pki.master_list import MAX_LIST_CMS_CERTIFICATES
from tests.oracles.answers import UNREADABLE, Answer, Question
from tests.oracles.unwrapping import content_info


def ours(kind: str, data: bytes) -> Answer:
    try:
        read = _read(kind, data)
    except MrtdError:
        return UNREADABLE
    return (
        read.version,
        read.digest_algorithms,
        read.econtent_type,
        _hash(read.econtent),
        _hashes(read.certificates),
        tuple(
            (
                signer.version,
                _sid(signer.sid_issuer, signer.sid_serial, signer.sid_ski),
                signer.digest_algorithm,
                signer.attributes,
                _oid(signer.signature_algorithm.children()[0].value),
                signer.signature,
            )
            for signer in read.signer_infos
        ),
    )


def _read(kind: str, data: bytes) -> SignedData:
    if kind == "EF.SOD":
        return parse_signed_data(sod.parse(data).cms)
    if kind == "EF.CardSecurity":
        return parse_signed_data(card_security.parse(data).cms)
    return parse_signed_data(data, max_certificates=MAX_LIST_CMS_CERTIFICATES)


def asn1crypto(_kind: str, data: bytes) -> Answer:
    try:
        info = asn1_cms.ContentInfo.load(content_info(data), strict=True)
        if info["content_type"].dotted != "1.2.840.113549.1.7.2":
            return UNREADABLE
        read = info["content"]
        return (
            int(read["version"]),
            tuple(item["algorithm"].dotted for item in read["digest_algorithms"]),
            read["encap_content_info"]["content_type"].dotted,
            _hash(_asn1crypto_content(read)),
            _hashes(item.chosen.dump() for item in read["certificates"] if item.name == "certificate"),
            tuple(_asn1crypto_signer(signer) for signer in read["signer_infos"]),
        )
    except (ValueError, TypeError, KeyError):
        return UNREADABLE


def _asn1crypto_content(read: Any) -> bytes | None:
    content = read["encap_content_info"]["content"]
    if content.native is None:
        return None
    # of a type that asn1crypto knows, `parsed` holds what stands inside; the octets are asked for
    return bytes(content.__bytes__())


def _asn1crypto_signer(signer: Any) -> tuple[object, ...]:
    sid = signer["sid"]
    if sid.name == "issuer_and_serial_number":
        named = _sid(sid.chosen["issuer"].dump(), int(sid.chosen["serial_number"]), None)
    else:
        named = _sid(None, None, sid.chosen.native)
    attributes: Iterable[Any] = signer["signed_attrs"] if signer["signed_attrs"].native is not None else ()
    return (
        int(signer["version"]),
        named,
        signer["digest_algorithm"]["algorithm"].dotted,
        tuple((item["type"].dotted, tuple(value.dump() for value in item["values"])) for item in attributes),
        signer["signature_algorithm"]["algorithm"].dotted,
        signer["signature"].native,
    )


def pyasn1(_kind: str, data: bytes) -> Answer:
    try:
        info, _ = decode(content_info(data), asn1Spec=pyasn1_cms.ContentInfo())
        read = info["content"]
        content = read["encapContentInfo"]["eContent"]
        return (
            int(read["version"]),
            tuple(str(item["algorithm"]) for item in read["digestAlgorithms"]),
            str(read["encapContentInfo"]["eContentType"]),
            _hash(bytes(content) if content.isValue else None),
            _hashes(bytes(item) for item in read["certificates"]),
            tuple(_pyasn1_signer(signer) for signer in read["signerInfos"]),
        )
    except (PyAsn1Error, ValueError, TypeError, KeyError):
        return UNREADABLE


def _pyasn1_signer(signer: Any) -> tuple[object, ...]:
    if signer["sid"].getName() == "issuerAndSerialNumber":
        sid = signer["sid"]["issuerAndSerialNumber"]
        named = _sid(bytes(sid["issuer"]), int(sid["serialNumber"]), None)
    else:
        named = _sid(None, None, bytes(signer["sid"]["subjectKeyIdentifier"]))
    attributes = signer["signedAttrs"] if signer["signedAttrs"].isValue else ()
    return (
        int(signer["version"]),
        named,
        str(signer["digestAlgorithm"]["algorithm"]),
        tuple((str(item["attrType"]), tuple(bytes(value) for value in item["attrValues"])) for item in attributes),
        str(signer["signatureAlgorithm"]["algorithm"]),
        bytes(signer["signature"]),
    )


def _sid(issuer: bytes | None, serial: int | None, ski: bytes | None) -> tuple[object, ...]:
    return ("ski", ski) if ski is not None else (_hash(issuer), serial)


def _hash(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def _hashes(items: Iterable[bytes]) -> tuple[str | None, ...]:
    return tuple(_hash(item) for item in items)


def _oid(content: bytes) -> str:
    """An object identifier in dots; only the octets are ours."""
    return str(ObjectIdentifier.load(b"\x06" + bytes([len(content)]) + content).dotted)


QUESTION: Final = Question("SignedData", ours, {"asn1crypto": asn1crypto, "pyasn1": pyasn1})
