"""The pieces of ASN.1 and TLV that every part of the specimen state encodes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, TypeVar

from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1.type import char, univ, useful

from mrtd import tlv as reader
from mrtd.asn1 import algorithms, oids, x509
from mrtd.specimen.scheme import DIGEST_OIDS, SchemeKind, SignatureScheme, signature_oid

#: DER of NULL.
NULL: Final = b"\x05\x00"
_PSS_DEFAULT_HASH: Final = "sha1"
_Asn1 = TypeVar("_Asn1")
#: RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
_FIRST_GENERALIZED_YEAR: Final = 2050


def der(value: object) -> bytes:
    """The DER encoding of a pyasn1 value (ITU-T X.690 §10)."""
    return bytes(encode(value))


def decoded(data: bytes, spec: _Asn1) -> _Asn1:
    """The pyasn1 value that the specimen state itself encoded as `spec`."""
    value: _Asn1
    value, _ = decode(data, asn1Spec=spec)
    return value


def object_identifier(dotted: str) -> bytes:
    """The DER encoding of an OBJECT IDENTIFIER."""
    return der(univ.ObjectIdentifier(dotted))


def tlv(tag: int, *parts: bytes) -> bytes:
    """A data object: tag as one integer (`0x5F1F`), the shortest length octets, the parts (ITU-T X.690 §8.1)."""
    value = b"".join(parts)
    octets = tag.to_bytes((tag.bit_length() + 7) // 8)
    if len(value) < 0x80:
        return octets + bytes([len(value)]) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8)
    return octets + bytes([0x80 | len(length)]) + length + value


def algorithm(oid: str, parameters: bytes | None = None) -> x509.AlgorithmIdentifier:
    """An AlgorithmIdentifier; `parameters` is a whole DER object or absent."""
    identifier = x509.AlgorithmIdentifier()
    identifier["algorithm"] = oid
    if parameters is not None:
        identifier["parameters"] = parameters
    return identifier


def digest_algorithm(name: str, *, with_null: bool = False) -> x509.AlgorithmIdentifier:
    """The DigestAlgorithmIdentifier of `sha256` and its like; RFC 5754 §2 accepts absent parameters and NULL."""
    return algorithm(DIGEST_OIDS[name], NULL if with_null else None)


def digest_info(name: str, message: bytes, *, with_null: bool = True) -> bytes:
    """DigestInfo of a message (RFC 8017 §9.2), with or without the NULL parameters."""
    info = algorithms.DigestInfo()
    info["digestAlgorithm"]["algorithm"] = DIGEST_OIDS[name]
    if with_null:
        info["digestAlgorithm"]["parameters"] = NULL
    info["digest"] = hashlib.new(name, message, usedforsecurity=False).digest()
    return der(info)


def signature_algorithm(scheme: SignatureScheme) -> x509.AlgorithmIdentifier:
    """The AlgorithmIdentifier of a signature (RFC 4055 §3 and §5, RFC 5758 §3.2)."""
    oid = signature_oid(scheme)
    if scheme.kind is SchemeKind.ECDSA:
        return algorithm(oid)
    return algorithm(oid, pss_parameters(scheme) if scheme.kind is SchemeKind.RSA_PSS else NULL)


def pss_parameters(scheme: SignatureScheme, *, with_defaults: bool = False) -> bytes:
    """RSASSA-PSS-params in DER (RFC 4055 §3.1).

    The defaults, SHA-1 and its MGF1, are left out as ITU-T X.690 §11.5 asks, or written all the same.
    """
    parameters = algorithms.RSASSAPSSParams()
    digest = der(algorithm(DIGEST_OIDS[scheme.hash], NULL))
    if with_defaults or scheme.hash != _PSS_DEFAULT_HASH:
        for field, value in (
            ("hashAlgorithm", algorithm(DIGEST_OIDS[scheme.hash], NULL)),
            ("maskGenAlgorithm", algorithm(oids.MGF1, digest)),
        ):
            for name in value:
                parameters[field][name] = value[name]
    parameters["saltLength"] = scheme.salt_length
    return der(parameters)


def distinguished_name(attributes: Iterable[tuple[str, str]], *, printable: bool = False) -> bytes:
    """The DER encoding of a Name, one attribute a relative name (RFC 5280 §4.1.2.4).

    ICAO 9303-12 §7.1: countryName and serialNumber are PrintableString, the others UTF8String; with `printable` all
    are PrintableString.
    """
    name = x509.Name()
    sequence = name["rdnSequence"]
    for place, (oid, text) in enumerate(attributes):
        as_printable = printable or oid in (oids.COUNTRY_NAME, oids.SERIAL_NUMBER)
        sequence[place][0]["type"] = oid
        sequence[place][0]["value"] = der(char.PrintableString(text) if as_printable else char.UTF8String(text))
    return der(name)


def time(moment: datetime) -> x509.Time:
    """A Time to the second, Zulu (RFC 5280 §4.1.2.5)."""
    value = x509.Time()
    utc = moment.astimezone(UTC)
    if utc.year < _FIRST_GENERALIZED_YEAR:
        value["utcTime"] = useful.UTCTime(utc.strftime("%y%m%d%H%M%SZ"))
    else:
        value["generalTime"] = useful.GeneralizedTime(generalized(utc))
    return value


def generalized(moment: datetime) -> str:
    """The text of a GeneralizedTime to the second, Zulu."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def serial_number(certificate: bytes) -> int:
    """The serial number of a certificate (RFC 5280 §4.1.2.2), as X.509 version 3 has it."""
    fields = reader.read(certificate).children()[0].children()
    return reader.integer(fields[1], max_octets=64)
