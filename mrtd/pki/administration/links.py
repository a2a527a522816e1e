"""Which keys verified links lead to, from those of trusted certificates of one state (SECURITY.md 4.1, 4.4).

By a link certificate an old key hands over to a new one, which it signs (ICAO 9303-12 §3.2). It counts if it begins
inside the validity of a trusted certificate of the old key, and neither it nor the old key is revoked.
"""

from __future__ import annotations

from collections.abc import Iterable

from mrtd.pki.certificate import Certificate
from mrtd.pki.crl_acceptance import StoredCrl
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.path import MAX_LINKS
from mrtd.pki.search import search_issuers


class Revocations:
    """The serial numbers that accepted CRLs list, by issuer (RFC 5280 §6.3). What is listed is revoked for good."""

    def __init__(self, crls: Iterable[StoredCrl] = ()) -> None:
        self._serials: dict[bytes, set[int]] = {}
        for stored in crls:
            if stored.crl.unusable is None:
                self._serials.setdefault(stored.crl.issuer.digest, set()).update(stored.crl.revoked)

    def hold(self, certificate: Certificate) -> bool:
        """Whether the certificate is listed."""
        return bool(self._serials) and certificate.serial in self._serials.get(certificate.issuer.digest, ())


def follow_links(
    trusted: Iterable[CertificateEntry], pool: Iterable[CertificateEntry], revocations: Revocations
) -> tuple[CertificateEntry, ...]:
    """The trusted certificates, and those of the pool that a trusted or reached key signed.

    A self-signed certificate of a reached key is reached with it. A certificate that holds a reached key in a
    stranger's words is not.

    Args:
        trusted: where links may begin.
        pool: link certificates and others of the same state.
        revocations: a key is revoked if any certificate of it in the pool is listed.
    """
    walk = _Walk(trusted, pool, revocations)
    for _ in range(MAX_LINKS):
        if not walk.step():
            break
    return walk.reached


def in_own_words(entries: Iterable[CertificateEntry]) -> list[CertificateEntry]:
    """Without those that hold a key in a stranger's words, where a self-signed certificate of the key is at hand."""
    every = list(entries)
    proven = {entry.key for entry in every if entry.self_signed}
    return [entry for entry in every if entry.self_signed or entry.key not in proven]


class _Walk:
    """One step is one link; links come only from certificates that earlier steps reached."""

    def __init__(
        self, trusted: Iterable[CertificateEntry], pool: Iterable[CertificateEntry], revocations: Revocations
    ) -> None:
        self._reached = {entry.sha256: entry for entry in trusted}
        every = {**self._reached, **{entry.sha256: entry for entry in pool}}
        self._revoked = {sha256 for sha256, entry in every.items() if revocations.hold(entry.certificate)}
        # only a certificate that its state made: a stranger can write any serial number beside any key
        self._revoked_keys = {
            every[sha256].key for sha256 in self._revoked if sha256 in self._reached or every[sha256].self_signed
        }
        self._by_key: dict[bytes, list[CertificateEntry]] = {}
        self._issuer_keys: dict[str, bytes] = {}
        self._fresh: list[CertificateEntry] = []
        self._waiting = [entry for sha256, entry in every.items() if sha256 not in self._reached]
        self._join(tuple(self._reached.values()))

    @property
    def reached(self) -> tuple[CertificateEntry, ...]:
        return tuple(self._reached.values())

    def step(self) -> bool:
        """Follow one link everywhere; whether anything was reached."""
        links = [entry for entry in self._waiting if not entry.self_signed]
        if not links or not self._fresh:
            return False
        # only what is new can sign what is still waiting; strangers of the same name take no attempts away
        index = CertificateIndex(self._fresh)
        for entry in links:
            if entry.sha256 not in self._issuer_keys:
                key = search_issuers(entry.certificate, index).key
                if key is not None:
                    self._issuer_keys[entry.sha256] = key
                    if entry.sha256 in self._revoked:
                        self._revoked_keys.add(entry.key)
        found = tuple(entry for entry in links if self._counts(entry))
        self._fresh = []
        self._join(found)
        return bool(found)

    def _counts(self, link: CertificateEntry) -> bool:
        old = self._issuer_keys.get(link.sha256)
        if old is None or old in self._revoked_keys or link.sha256 in self._revoked:
            return False
        return any(holder.valid_at(link.not_before) for holder in self._by_key[old])

    def _join(self, entries: tuple[CertificateEntry, ...]) -> None:
        for entry in entries:
            self._reached[entry.sha256] = entry
            self._by_key.setdefault(entry.key, []).append(entry)
        own = [
            entry
            for entry in self._waiting
            if entry.sha256 not in self._reached and entry.key in self._by_key and entry.self_signed
        ]
        for entry in own:
            self._reached[entry.sha256] = entry
            self._by_key[entry.key].append(entry)
        self._fresh += [*entries, *own]
        self._waiting = [entry for entry in self._waiting if entry.sha256 not in self._reached]
