"""Extensions of certificates: one reader each, touched lazily (RFC 5280 §4.2.1; ICAO 9303-12 §7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.pki.names import parse_name
from mrtd.pki.oids import COUNTRY_NAME, LOCALITY_NAME
from mrtd.pki.times import GENERALIZED_TIME, parse_time
from mrtd.tlv import BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE, SET, Tlv

#: The busiest real certificate has 14 extensions.
MAX_EXTENSIONS: Final = 64
#: Document types, key purposes and general names in one extension; real ones have at most a dozen.
MAX_VALUES: Final = 64
#: A GeneralizedTime with fraction and offset has fewer octets.
MAX_TIME: Final = 32


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension as stored: `value` is the content of its OCTET STRING."""

    oid: str
    critical: bool
    value: bytes


class KeyUsage(StrEnum):
    """What a key may be used for (RFC 5280 §4.2.1.3), in the order of the bits."""

    DIGITAL_SIGNATURE = "digitalSignature"
    NON_REPUDIATION = "nonRepudiation"
    KEY_ENCIPHERMENT = "keyEncipherment"
    DATA_ENCIPHERMENT = "dataEncipherment"
    KEY_AGREEMENT = "keyAgreement"
    KEY_CERT_SIGN = "keyCertSign"
    CRL_SIGN = "cRLSign"
    ENCIPHER_ONLY = "encipherOnly"
    DECIPHER_ONLY = "decipherOnly"


_KEY_USAGES: Final = tuple(KeyUsage)
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """RFC 5280 §4.2.1.9."""

    ca: bool
    path_length: int | None


@dataclass(frozen=True, slots=True)
class AuthorityKeyIdentifier:
    """RFC 5280 §4.2.1.1; `issuer` is the stored GeneralNames."""

    key_identifier: bytes | None
    issuer: bytes | None
    serial: int | None


@dataclass(frozen=True, slots=True)
class PrivateKeyUsagePeriod:
    """RFC 3280 §4.2.1.4; at least one of the two stands in a proper extension."""

    not_before: datetime | None
    not_after: datetime | None


def parse_extensions(item: Tlv) -> tuple[Extension, ...]:
    """Extensions (RFC 5280 §4.1.2.9) in stored order, duplicates kept.

    Raises:
        MalformedError: `bad_extensions` and the codes of the TLV reader.
    """
    stored = item.expect(SEQUENCE, "bad_extensions").children()
    if len(stored) > MAX_EXTENSIONS:
        raise LimitExceededError("too_many_extensions")
    return tuple(_extension(part) for part in stored)


def _extension(item: Tlv) -> Extension:
    parts = item.expect(SEQUENCE, "bad_extensions").children()
    if not 2 <= len(parts) <= 3:
        raise MalformedError("bad_extensions")
    critical = len(parts) == 3 and boolean(parts[1])
    return Extension(tlv.oid(parts[0]), critical, parts[-1].expect(OCTET_STRING, "bad_extensions").value)


def boolean(item: Tlv) -> bool:
    """A BOOLEAN; any value but 0 is true, as BER has it (ITU-T X.690 §8.2). UA writes 01."""
    value = item.expect(BOOLEAN).value
    if len(value) != 1:
        raise MalformedError("bad_boolean")
    return value != b"\x00"


def parse_key_usage(value: bytes) -> frozenset[KeyUsage]:
    """RFC 5280 §4.2.1.3. Raises MalformedError."""
    bits = tlv.read_only(value, BIT_STRING).value
    if not 1 <= len(bits) <= 3 or bits[0] > 7:
        raise MalformedError("bad_key_usage")
    numbered = enumerate(_KEY_USAGES)
    octets = bits[1:]
    return frozenset(
        usage
        for number, usage in numbered
        if number // 8 < len(octets) and octets[number // 8] & (0x80 >> number % 8)
    )


def parse_basic_constraints(value: bytes) -> BasicConstraints:
    """RFC 5280 §4.2.1.9. Raises MalformedError."""
    parts = tlv.read_only(value, SEQUENCE).children()
    ca = False
    if parts and parts[0].tag == BOOLEAN:
        ca = boolean(parts.pop(0))
    path_length = None
    if parts and parts[0].tag == INTEGER:
        path_length = tlv.integer(parts.pop(0), max_octets=4)
    if parts or (path_length is not None and path_length < 0):
        raise MalformedError("bad_basic_constraints")
    return BasicConstraints(ca, path_length)


def parse_authority_key_identifier(value: bytes) -> AuthorityKeyIdentifier:
    """RFC 5280 §4.2.1.1; an issuer without a serial number is read, as in a real certificate.

    Raises MalformedError.
    """
    key_identifier: bytes | None = None
    issuer: bytes | None = None
    serial: int | None = None
    for part in tlv.read_only(value, SEQUENCE).children():
        if part.tag == 0x80 and key_identifier is None:
            key_identifier = part.value
        elif part.tag == 0xA1 and issuer is None:
            issuer = part.value
        elif part.tag == 0x82 and serial is None and 0 < len(part.value) <= 64:
            serial = int.from_bytes(part.value, signed=True)
        else:
            raise MalformedError("bad_authority_key_identifier")
    return AuthorityKeyIdentifier(key_identifier, issuer, serial)


def parse_subject_key_identifier(value: bytes) -> bytes:
    """RFC 5280 §4.2.1.2. Raises MalformedError."""
    return tlv.read_only(value, OCTET_STRING).value


def parse_extended_key_usage(value: bytes) -> tuple[str, ...]:
    """RFC 5280 §4.2.1.12. Raises MalformedError."""
    parts = tlv.read_only(value, SEQUENCE).children()
    if len(parts) > MAX_VALUES:
        raise LimitExceededError("too_many_values")
    return tuple(tlv.oid(part) for part in parts)


def parse_private_key_usage_period(encoded: bytes) -> PrivateKeyUsagePeriod:
    """RFC 3280 §4.2.1.4: implicitly tagged GeneralizedTimes. Raises MalformedError."""
    bounds: dict[int, datetime] = {}
    for part in tlv.read_only(encoded, SEQUENCE).children():
        value = part.value
        if part.tag not in (0x80, 0x81) or part.tag in bounds or len(value) > MAX_TIME:
            raise MalformedError("bad_private_key_usage_period")
        bounds[part.tag] = parse_time(tlv.read_only(bytes([GENERALIZED_TIME, len(value)]) + value))
    return PrivateKeyUsagePeriod(bounds.get(0x80), bounds.get(0x81))


def parse_document_types(value: bytes) -> tuple[str, ...]:
    """DocumentTypeList (ICAO 9303-12 §7.1.1): type codes as in the MRZ, without fillers, in stored order.

    The standard has a version and a SET OF codes; real signers of Indonesia and the Philippines write the codes
    straight into the SEQUENCE. Both are read; `is_standard_document_type_list` tells them apart. Raises
    MalformedError.
    """
    items = tlv.read_only(value, SEQUENCE).children()
    codes = items[1].children() if is_standard_document_type_list(value) else items
    if len(codes) > MAX_VALUES:
        raise LimitExceededError("too_many_values")
    found: list[str] = []
    for code in codes:
        if code.tag not in (PRINTABLE_STRING, UTF8_STRING) or len(code.value) > 2:
            raise MalformedError("bad_document_type_list")
        found.append(code.value.decode("ascii", "backslashreplace").replace("<", "").strip().upper())
    return tuple(found)


def is_standard_document_type_list(value: bytes) -> bool:
    """Whether the list has the form of ICAO 9303-12 §7.1.1: version 0 and a SET. Raises MalformedError."""
    items = tlv.read_only(value, SEQUENCE).children()
    return len(items) == 2 and items[0].tag == INTEGER and items[1].tag == SET


def parse_alternative_countries(value: bytes) -> tuple[str, ...]:
    """Country codes in the directoryNames of an alternative name (ICAO 9303-12 §7.1.1), upper-cased.

    localityName holds the code as in the MRZ; countryName is read as well. Raises MalformedError.
    """
    names = tlv.read_only(value, SEQUENCE).children()
    if len(names) > MAX_VALUES:
        raise LimitExceededError("too_many_values")
    found: list[str] = []
    for name in names:
        if name.tag != 0xA4:
            continue
        inner = name.children()
        if len(inner) != 1:
            raise MalformedError("bad_alternative_name")
        found += [
            text.strip().upper()
            for oid, text in parse_name(inner[0]).attributes
            if oid in (LOCALITY_NAME, COUNTRY_NAME) and len(text.strip()) <= 3
        ]
    return tuple(dict.fromkeys(found))
