"""Finding the issuer of a certificate among many (ICAO 9303-12 §7.1; RFC 5280 §4.2.1.1, §6).

Several CSCA certificates of one name are normal (19 in one real case), names differ in spelling, and key identifiers
are sometimes wrong. So candidates are found by key identifier and name, then by name, then by key identifier alone,
and the signature decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mrtd.errors import MrtdError, UnsupportedError
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.index import Bucket, CertificateEntry, CertificateIndex, Use

__all__ = [
    "MAX_ATTEMPTS",
    "CertificateIndex",
    "IssuerFacts",
    "preference",
    "search_issuers",
    "unsupported_reason",
]

#: Keys tried for one certificate. 19 is the most that real lists hold under one name; one try costs up to 3 ms.
MAX_ATTEMPTS: Final = 32


@dataclass(frozen=True, slots=True)
class IssuerFacts:
    """What a search found, whatever the time (SECURITY.md 3.9: facts, never statuses).

    `key` is the digest of the key that verified, None if none did; `holders` are its certificates. `identified`: a
    key of the issuer's name and key identifier was tried and did not make the signature. `not_ca`: a candidate was
    left out because it may not issue. `undecided`: why a signature could not be judged. `exhausted`: keys were left
    untried.
    """

    key: bytes | None
    attempts: int
    identified: bool
    not_ca: bool
    undecided: Reason | None
    exhausted: bool
    buckets: tuple[Bucket, ...] = field(default=(), compare=False, repr=False)
    usable: Callable[[CertificateEntry], bool] | None = field(default=None, compare=False, repr=False)

    @property
    def holders(self) -> tuple[CertificateEntry, ...]:
        """The certificates that hold the key; a hostile list can hold very many, so they are not counted up front."""
        if self.key is None:
            return ()
        every = {entry.sha256: entry for bucket in self.buckets for entry in bucket.holders(self.key)}
        return tuple(entry for entry in every.values() if self.usable is None or self.usable(entry))

    def best_first(self, at: datetime) -> tuple[CertificateEntry, ...]:
        """The holders in the order of CHECKS.md rule 3."""
        holders = self.holders
        return holders if len(holders) < 2 else tuple(sorted(holders, key=lambda entry: preference(entry, at)))


def preference(entry: CertificateEntry, at: datetime) -> tuple[bool, bool, float, str]:
    """The order among certificates of one key (CHECKS.md rule 3).

    Verified self-signed first, then valid at `at`, then the latest notAfter, then the smallest SHA-256.
    """
    return (not entry.self_signed, not entry.valid_at(at), -entry.not_after.timestamp(), entry.sha256)


def search_issuers(
    certificate: Certificate,
    index: CertificateIndex,
    *,
    usable: Callable[[CertificateEntry], bool] | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> IssuerFacts:
    """The certificates whose key signed `certificate`, tried in the order of the buckets (SECURITY.md 3.10).

    Each key is tried once, however many certificates hold it and however they spell it.

    Args:
        certificate: the one whose issuer is sought.
        index: where.
        usable: a filter on candidates.
        max_attempts: the bound on verified keys.
    """
    buckets = index.buckets(certificate)
    not_ca = any(bucket.not_ca for bucket in buckets)
    # a key that one certificate calls RSASSA-PSS only is another key in the one that does not (RFC 4055 §1.2)
    tried: set[Use] = set()
    undecided: Reason | None = None
    identified = False
    for bucket in buckets:
        for use, group in bucket.groups.items():
            if use in tried:
                continue
            candidate = next((entry for entry in group if usable is None or usable(entry)), None)
            if candidate is None:
                continue
            if len(tried) >= max_attempts:
                return IssuerFacts(None, len(tried), identified, not_ca, undecided, exhausted=True)
            tried.add(use)
            verdict = _is_issuer(candidate.certificate, certificate)
            if verdict is True:
                return IssuerFacts(
                    candidate.key,
                    len(tried),
                    identified,
                    not_ca,
                    None,
                    exhausted=False,
                    buckets=buckets,
                    usable=usable,
                )
            if verdict is False:
                identified = identified or bucket is buckets[0]
            else:
                undecided = verdict
    return IssuerFacts(None, len(tried), identified, not_ca, undecided, exhausted=False)


def _is_issuer(candidate: Certificate, certificate: Certificate) -> bool | Reason:
    """Whether the candidate's key signed the certificate; a reason where that cannot be decided."""
    try:
        key = candidate.public_key()
    except MrtdError as error:
        return unsupported_reason(error)
    try:
        return certificate.is_signed_by(key)
    except UnsupportedError as error:
        return unsupported_reason(error)
    except MrtdError:
        # an algorithm identifier that cannot be read describes no signature
        return False


def unsupported_reason(error: MrtdError) -> Reason:
    """The reason for what could not be decided."""
    curve = error.code in ("unknown_curve", "changed_parameters")
    return Reason.UNKNOWN_CURVE if curve else Reason.UNSUPPORTED_ALGORITHM
