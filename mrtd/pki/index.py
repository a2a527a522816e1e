"""Certificates by name, by key identifier and by key, parsed only when they are needed.

A store holds a thousand certificates, a document needs two of them. An entry keeps what a search asks for; the
certificate behind it is read at the first use. Names and keys stand as digests of their compared forms, so that an
index can be written to a file and read back without reading the certificates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from mrtd.pki.certificate import Certificate


@dataclass(frozen=True, repr=False)
class CertificateEntry:
    """What a search asks of a certificate, and the certificate's bytes.

    Equal if the bytes are. Without slots, because the lazy properties keep their values in the instance.

    Attributes:
        raw: the certificate as stored.
        sha256: over `raw`, hexadecimal.
        subject: digest of the folded name, `Name.digest`.
        key: digest of the key's value, `Certificate.key_digest`.
        key_identifier: the subject key identifier, None if it is absent or broken.
        may_issue: `Certificate.may_issue`.
        not_before: first moment of the validity.
        not_after: its last moment.
        known_self_signed: `Certificate.self_signed` if that has been tried before, else None.
    """

    raw: bytes
    sha256: str = field(compare=False)
    subject: bytes = field(compare=False)
    key: bytes = field(compare=False)
    key_identifier: bytes | None = field(compare=False)
    may_issue: bool = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    known_self_signed: bool | None = field(default=None, compare=False)

    @classmethod
    def of(cls, certificate: Certificate) -> CertificateEntry:
        """The entry of a certificate that was read."""
        entry = cls(
            raw=certificate.raw,
            sha256=certificate.sha256,
            subject=certificate.subject.digest,
            key=certificate.key_digest,
            key_identifier=certificate.key_identifier,
            may_issue=certificate.may_issue,
            not_before=certificate.not_before,
            not_after=certificate.not_after,
        )
        entry.__dict__["certificate"] = certificate
        return entry

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate itself."""
        return Certificate.parse(self.raw)

    @cached_property
    def self_signed(self) -> bool:
        """Whether its own key verifies it (one signature verification, unless the index knew)."""
        known = self.known_self_signed
        return self.certificate.self_signed if known is None else known

    def valid_at(self, at: datetime) -> bool:
        """Whether `at` lies within the validity (RFC 5280 §4.1.2.5), both ends included."""
        return self.not_before <= at <= self.not_after


class CertificateIndex:
    """Entries by subject and by subject key identifier, each different certificate once, in the given order."""

    __slots__ = ("_by_hash", "_by_key_identifier", "_by_subject", "entries")

    def __init__(self, certificates: Iterable[Certificate | CertificateEntry]) -> None:
        self._by_hash: dict[str, CertificateEntry] = {}
        self._by_subject: dict[bytes, list[CertificateEntry]] = {}
        self._by_key_identifier: dict[bytes, list[CertificateEntry]] = {}
        for one in certificates:
            entry = one if isinstance(one, CertificateEntry) else CertificateEntry.of(one)
            if self._by_hash.setdefault(entry.sha256, entry) is not entry:
                continue
            self._by_subject.setdefault(entry.subject, []).append(entry)
            if entry.key_identifier:
                self._by_key_identifier.setdefault(entry.key_identifier, []).append(entry)
        self.entries = tuple(self._by_hash.values())

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """All certificates, read."""
        return tuple(entry.certificate for entry in self.entries)

    def named(self, subject: bytes) -> tuple[CertificateEntry, ...]:
        """The entries with this subject (`Name.digest`)."""
        return tuple(self._by_subject.get(subject, ()))

    def entry(self, sha256: str) -> CertificateEntry | None:
        """The entry of the certificate with this SHA-256, hexadecimal."""
        return self._by_hash.get(sha256)

    def tiers(
        self, certificate: Certificate
    ) -> tuple[list[CertificateEntry], list[CertificateEntry], list[CertificateEntry]]:
        """Possible issuers: (name and key identifier agree, name only, key identifier only)."""
        issuer, wanted = certificate.issuer.digest, certificate.issuer_key_identifier
        same_name = self._by_subject.get(issuer, [])
        same_key = self._by_key_identifier.get(wanted, []) if wanted else []
        both = [entry for entry in same_name if wanted and entry.key_identifier == wanted]
        name_only = [entry for entry in same_name if not (wanted and entry.key_identifier == wanted)]
        key_only = [entry for entry in same_key if entry.subject != issuer]
        return both, name_only, key_only

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[CertificateEntry]:
        return iter(self.entries)
