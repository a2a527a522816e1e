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
from typing import Final

from mrtd.crypto.keys import RsaPublicKey
from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate

Use = tuple[bytes, bool]


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
        pss_only: the certificate says that the key is for RSASSA-PSS alone (RFC 4055 §1.2).
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
    pss_only: bool = field(compare=False)
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
            pss_only=_is_pss_only(certificate),
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

    @property
    def use(self) -> Use:
        """The key and what it may be used for: each is tried once."""
        return self.key, self.pss_only

    def valid_at(self, at: datetime) -> bool:
        """Whether `at` lies within the validity (RFC 5280 §4.1.2.5), both ends included."""
        return self.not_before <= at <= self.not_after


class Bucket:
    """CA certificates that are found together, by key and use; the newest certificate's key first.

    `not_ca`: some certificate was left out because it may not issue.
    """

    __slots__ = ("groups", "not_ca")

    def __init__(self, entries: Iterable[CertificateEntry]) -> None:
        every = sorted(entries, key=lambda entry: (-entry.not_after.timestamp(), entry.sha256))
        self.groups: dict[Use, list[CertificateEntry]] = {}
        for entry in every:
            if entry.may_issue:
                self.groups.setdefault(entry.use, []).append(entry)
        self.not_ca = any(not entry.may_issue for entry in every)

    def holders(self, key: bytes) -> list[CertificateEntry]:
        """All certificates of a key, whatever they say of its use."""
        return [entry for pss_only in (False, True) for entry in self.groups.get((key, pss_only), ())]


class CertificateIndex:
    """Entries by subject and by subject key identifier, each different certificate once, in the given order.

    What a search walks through is sorted once, at the first search that needs it: lists can hold any number of
    certificates of one name.
    """

    __slots__ = ("_buckets", "_by_hash", "_by_key_identifier", "_by_subject", "entries")

    def __init__(self, certificates: Iterable[Certificate | CertificateEntry]) -> None:
        self._by_hash: dict[str, CertificateEntry] = {}
        self._by_subject: dict[bytes, list[CertificateEntry]] = {}
        self._by_key_identifier: dict[bytes, list[CertificateEntry]] = {}
        self._buckets: dict[tuple[bytes | None, bytes | None], Bucket] = {}
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

    def buckets(self, certificate: Certificate) -> tuple[Bucket, Bucket, Bucket]:
        """Possible issuers: by name and key identifier, by name, by key identifier; each contains those before it."""
        issuer, wanted = certificate.issuer.digest, certificate.issuer_key_identifier
        if not wanted:
            return _EMPTY, self._bucket(issuer, None), _EMPTY
        return self._bucket(issuer, wanted), self._bucket(issuer, None), self._bucket(None, wanted)

    def _bucket(self, subject: bytes | None, key_identifier: bytes | None) -> Bucket:
        place = (subject, key_identifier)
        known = self._buckets.get(place)
        if known is not None:
            return known
        if subject is None:
            entries = self._by_key_identifier.get(key_identifier or b"", [])
        else:
            entries = self._by_subject.get(subject, [])
            if key_identifier is not None:
                entries = [entry for entry in entries if entry.key_identifier == key_identifier]
        if not entries:
            # what nobody holds is not remembered: strangers can ask for any name
            return _EMPTY
        self._buckets[place] = Bucket(entries)
        return self._buckets[place]

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[CertificateEntry]:
        return iter(self.entries)


_EMPTY: Final = Bucket(())


def _is_pss_only(certificate: Certificate) -> bool:
    try:
        key = certificate.public_key()
    except MrtdError:
        return False
    return isinstance(key, RsaPublicKey) and key.pss_only
