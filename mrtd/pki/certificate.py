"""X.509 certificates, read tolerantly and lazily (RFC 5280 §4; ICAO 9303-12 §7).

Common libraries refuse one real CSCA certificate in six: explicit curve parameters, trailing data, a broken
extension. Here the fields that a path needs are read at once, extensions when they are touched, and a broken
extension never loses the key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeVar

from mrtd import tlv
from mrtd.crypto.algorithms import SignatureAlgorithm, parse_signature_algorithm
from mrtd.crypto.keys import PublicKey, key_digest, parse_spki
from mrtd.crypto.signatures import verify
from mrtd.errors import DuplicateError, LimitExceededError, MalformedError, MrtdError
from mrtd.pki import extensions as ext
from mrtd.pki import oids
from mrtd.pki.names import Name, parse_name
from mrtd.pki.times import parse_time
from mrtd.tlv import BIT_STRING, INTEGER, SEQUENCE, Tlv

#: The largest real certificate has below 3 KiB.
MAX_CERTIFICATE: Final = 64 * 1024
#: RFC 5280 §4.1.2.2 allows 20 octets; longer real ones are reported by the profile.
MAX_SERIAL: Final = 64

_T = TypeVar("_T")


@dataclass(frozen=True, repr=False)
class Certificate:
    """One certificate as stored (RFC 5280 §4.1). Equal if the bytes are.

    Without slots, because the lazy properties keep their values in the instance. Times are aware. `version` is the
    number that people say (3), not the one encoded (2). Properties that read an extension return None where it is
    absent and raise MalformedError where it is broken or (DuplicateError) stands there twice.
    """

    raw: bytes
    tbs: bytes = field(compare=False)
    version: int = field(compare=False)
    serial: int = field(compare=False)
    issuer: Name = field(compare=False)
    subject: Name = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    spki: bytes = field(compare=False)
    signature_algorithm: Tlv = field(compare=False)
    inner_signature_algorithm: Tlv = field(compare=False)
    signature: bytes = field(compare=False)
    stored_extensions: Tlv | None = field(compare=False)

    @classmethod
    def parse(cls, der: bytes) -> Certificate:
        """Read a certificate that fills `der` (RFC 5280 §4.1).

        Raises:
            MalformedError: not a certificate, or over a limit.
        """
        if len(der) > MAX_CERTIFICATE:
            raise LimitExceededError("certificate_too_long")
        parts = tlv.read_only(der, SEQUENCE).children()
        if len(parts) != 3:
            raise MalformedError("bad_certificate")
        tbs, algorithm, signature = parts
        fields = tbs.expect(SEQUENCE).children()
        version = 1
        if fields and fields[0].tag == 0xA0:
            version = _version(fields.pop(0))
        if len(fields) < 6:
            raise MalformedError("bad_certificate")
        not_before, not_after = _validity(fields[3])
        bits = signature.expect(BIT_STRING).value
        if not bits or bits[0] != 0:
            raise MalformedError("bad_signature_bits")
        return cls(
            raw=der,
            tbs=tbs.raw,
            version=version,
            serial=tlv.integer(fields[0].expect(INTEGER), max_octets=MAX_SERIAL),
            issuer=parse_name(fields[2]),
            subject=parse_name(fields[4]),
            not_before=not_before,
            not_after=not_after,
            spki=fields[5].expect(SEQUENCE).raw,
            signature_algorithm=algorithm.expect(SEQUENCE),
            inner_signature_algorithm=fields[1].expect(SEQUENCE),
            signature=bits[1:],
            stored_extensions=next((item for item in fields[6:] if item.tag == 0xA3), None),
        )

    @cached_property
    def sha256(self) -> str:
        """SHA-256 over the stored bytes, in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def country(self) -> str | None:
        """The country of the subject, else of the issuer (ICAO 9303-12 §7.1.1), upper-cased."""
        return self.subject.country or self.issuer.country

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name. Says nothing about the signature (SECURITY.md 4.1)."""
        return self.subject.same_as(self.issuer)

    @cached_property
    def self_signed(self) -> bool:
        """Whether the certificate is self-issued and its own key verifies it. False if that cannot be decided."""
        if not self.self_issued:
            return False
        try:
            return self.is_signed_by(self.public_key())
        except MrtdError:
            return False

    @cached_property
    def may_issue(self) -> bool:
        """Whether it is a CA that may sign certificates (RFC 5280 §4.2.1.3, §4.2.1.9).

        Some real link certificates (BE, EE, FI) lack basicConstraints; they count as CA if keyUsage says keyCertSign.
        An absent keyUsage restricts nothing. An explicit `cA FALSE`, or a broken extension, forbids.
        """
        try:
            constraints, usage = self.basic_constraints, self.key_usage
        except MrtdError:
            return False
        signs = usage is not None and ext.KeyUsage.KEY_CERT_SIGN in usage
        return signs if constraints is None else constraints.ca and (signs or usage is None)

    @cached_property
    def key_identifier(self) -> bytes | None:
        """The subject key identifier, or None if it is absent or broken."""
        try:
            return self.subject_key_identifier
        except MrtdError:
            return None

    @cached_property
    def issuer_key_identifier(self) -> bytes | None:
        """The key identifier of the issuer, or None if it is absent or broken."""
        try:
            identifier = self.authority_key_identifier
        except MrtdError:
            return None
        return None if identifier is None else identifier.key_identifier

    def valid_at(self, at: datetime) -> bool:
        """Whether `at` lies within the validity (RFC 5280 §4.1.2.5), both ends included."""
        return self.not_before <= at <= self.not_after

    def public_key(self) -> PublicKey:
        """The subject's key.

        Raises:
            MalformedError: `bad_key`.
            UnsupportedError: `unknown_curve`, `unsupported_algorithm`.
        """
        return parse_spki(self.spki)

    @cached_property
    def key_digest(self) -> bytes:
        """SHA-256 over the value of the key, however it is encoded; over the encoding where it cannot be read."""
        try:
            return key_digest(self.public_key())
        except MrtdError:
            return hashlib.sha256(b"spki " + self.spki).digest()

    @cached_property
    def algorithm(self) -> SignatureAlgorithm:
        """The algorithm of the issuer's signature (RFC 5280 §4.1.2.3): the signed one; the outer is a copy of it.

        Raises:
            MalformedError, UnsupportedError: as `parse_signature_algorithm`.
        """
        return parse_signature_algorithm(self.inner_signature_algorithm)

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether the private half of `key` signed this certificate (RFC 5280 §4.1.1.3).

        Raises:
            MalformedError, UnsupportedError: it cannot be decided.
        """
        return verify(key, self.algorithm, self.tbs, self.signature)

    @cached_property
    def extensions(self) -> tuple[ext.Extension, ...]:
        """All extensions in stored order, duplicates kept."""
        if self.stored_extensions is None:
            return ()
        parts = self.stored_extensions.children()
        if len(parts) != 1:
            raise MalformedError("bad_extensions")
        return ext.parse_extensions(parts[0])

    def extension(self, oid: str) -> ext.Extension | None:
        """The extension with this identifier; DuplicateError if there are several."""
        found = [extension for extension in self.extensions if extension.oid == oid]
        if len(found) > 1:
            raise DuplicateError("duplicate_extension", detail=oid)
        return found[0] if found else None

    def _read(self, oid: str, reader: Callable[[bytes], _T]) -> _T | None:
        extension = self.extension(oid)
        return None if extension is None else reader(extension.value)

    @cached_property
    def key_usage(self) -> frozenset[ext.KeyUsage] | None:
        """RFC 5280 §4.2.1.3."""
        return self._read(oids.KEY_USAGE, ext.parse_key_usage)

    @cached_property
    def basic_constraints(self) -> ext.BasicConstraints | None:
        """RFC 5280 §4.2.1.9."""
        return self._read(oids.BASIC_CONSTRAINTS, ext.parse_basic_constraints)

    @cached_property
    def authority_key_identifier(self) -> ext.AuthorityKeyIdentifier | None:
        """RFC 5280 §4.2.1.1."""
        return self._read(oids.AUTHORITY_KEY_IDENTIFIER, ext.parse_authority_key_identifier)

    @cached_property
    def subject_key_identifier(self) -> bytes | None:
        """RFC 5280 §4.2.1.2."""
        return self._read(oids.SUBJECT_KEY_IDENTIFIER, ext.parse_subject_key_identifier)

    @cached_property
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """RFC 5280 §4.2.1.12."""
        return self._read(oids.EXTENDED_KEY_USAGE, ext.parse_extended_key_usage)

    @cached_property
    def private_key_usage_period(self) -> ext.PrivateKeyUsagePeriod | None:
        """RFC 3280 §4.2.1.4."""
        return self._read(oids.PRIVATE_KEY_USAGE_PERIOD, ext.parse_private_key_usage_period)

    @cached_property
    def document_types(self) -> tuple[str, ...] | None:
        """DocumentTypeList (ICAO 9303-12 §7.1.1): codes as in the MRZ, without fillers."""
        return self._read(oids.DOCUMENT_TYPE_LIST, ext.parse_document_types)

    @cached_property
    def subject_alternative_countries(self) -> tuple[str, ...]:
        """Country codes in the subject's alternative name (ICAO 9303-12 §7.1.1), upper-cased."""
        return self._read(oids.SUBJECT_ALTERNATIVE_NAME, ext.parse_alternative_countries) or ()

    @cached_property
    def unknown_critical(self) -> tuple[str, ...]:
        """Identifiers of critical extensions that are not known here (RFC 5280 §4.2), the specimen mark included."""
        return tuple(e.oid for e in self.extensions if e.critical and e.oid not in oids.KNOWN_EXTENSIONS)

    @property
    def has_specimen_mark(self) -> bool:
        """Whether the specimen issuer made it (SECURITY.md 4.5). Raises MalformedError if extensions are broken."""
        return any(e.oid == oids.SPECIMEN_MARK for e in self.extensions)

    def extension_errors(self) -> Mapping[str, str]:
        """Identifier -> error code of each known extension that cannot be read; key `""` for the list itself."""
        try:
            present = {e.oid for e in self.extensions}
        except MrtdError as error:
            return MappingProxyType({"": error.code})
        errors: dict[str, str] = {}
        for oid, attribute in _READERS.items():
            if oid in present:
                try:
                    getattr(self, attribute)
                except MrtdError as error:
                    errors[oid] = error.code
        return MappingProxyType(errors)

    def __repr__(self) -> str:
        return f"Certificate(country={self.country}, sha256={self.sha256[:16]})"


_READERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        oids.KEY_USAGE: "key_usage",
        oids.BASIC_CONSTRAINTS: "basic_constraints",
        oids.AUTHORITY_KEY_IDENTIFIER: "authority_key_identifier",
        oids.SUBJECT_KEY_IDENTIFIER: "subject_key_identifier",
        oids.EXTENDED_KEY_USAGE: "extended_key_usage",
        oids.PRIVATE_KEY_USAGE_PERIOD: "private_key_usage_period",
        oids.DOCUMENT_TYPE_LIST: "document_types",
        oids.SUBJECT_ALTERNATIVE_NAME: "subject_alternative_countries",
    }
)


def _version(item: Tlv) -> int:
    parts = item.children()
    if len(parts) != 1:
        raise MalformedError("bad_version")
    return tlv.integer(parts[0], max_octets=4) + 1


def _validity(item: Tlv) -> tuple[datetime, datetime]:
    parts = item.expect(SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedError("bad_time")
    return parse_time(parts[0]), parse_time(parts[1])
