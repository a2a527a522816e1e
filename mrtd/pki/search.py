"""Finding the issuer of a certificate among many (ICAO 9303-12 §7.1; RFC 5280 §4.2.1.1, §6).

Several CSCA certificates of one name are normal (19 in one real case), names differ in spelling, and key identifiers
are sometimes wrong. So candidates are found by key identifier and name, then by name, then by key identifier alone,
and the signature decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mrtd.errors import MrtdError, UnsupportedError
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.names import Rdn

#: Keys tried for one certificate. 19 is the most that real lists hold under one name; one try costs up to 3 ms.
MAX_ATTEMPTS: Final = 32


class CertificateIndex:
    """Certificates by folded subject name and by subject key identifier, built once."""

    __slots__ = ("_by_key_identifier", "_by_name", "certificates")

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        self.certificates = tuple(certificates)
        self._by_name: dict[tuple[Rdn, ...], list[Certificate]] = {}
        self._by_key_identifier: dict[bytes, list[Certificate]] = {}
        for certificate in self.certificates:
            self._by_name.setdefault(certificate.subject.folded, []).append(certificate)
            if certificate.key_identifier:
                self._by_key_identifier.setdefault(certificate.key_identifier, []).append(certificate)

    def named(self, name: tuple[Rdn, ...]) -> tuple[Certificate, ...]:
        """The certificates with this folded subject."""
        return tuple(self._by_name.get(name, ()))

    def tiers(self, certificate: Certificate) -> tuple[list[Certificate], list[Certificate], list[Certificate]]:
        """Possible issuers: (name and key identifier agree, name only, key identifier only)."""
        wanted = certificate.issuer_key_identifier
        same_name = self._by_name.get(certificate.issuer.folded, [])
        same_key = self._by_key_identifier.get(wanted, []) if wanted else []
        both = [c for c in same_name if wanted and c.key_identifier == wanted]
        name_only = [c for c in same_name if not (wanted and c.key_identifier == wanted)]
        key_only = [c for c in same_key if not c.subject.same_as(certificate.issuer)]
        return both, name_only, key_only


@dataclass(frozen=True, slots=True)
class IssuerSearch:
    """What the search found.

    `issuers` hold the key that verified, best first (CHECKS.md rule 3); empty if none did. `identified`: a key of the
    issuer's name and key identifier was tried and did not make the signature. `not_ca`: a candidate was left out
    because it may not issue. `undecided`: why a signature could not be judged.
    """

    issuers: tuple[Certificate, ...]
    attempts: int
    identified: bool
    not_ca: bool
    undecided: Reason | None


def preference(certificate: Certificate, at: datetime) -> tuple[bool, bool, float, str]:
    """The order among certificates of one key (CHECKS.md rule 3).

    Verified self-signed first, then valid at `at`, then the latest notAfter, then the smallest SHA-256.
    """
    return (
        not certificate.self_signed,
        not certificate.valid_at(at),
        -certificate.not_after.timestamp(),
        certificate.sha256,
    )


def find_issuers(
    certificate: Certificate,
    index: CertificateIndex,
    at: datetime,
    *,
    usable: Callable[[Certificate], bool] | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> IssuerSearch:
    """The certificates whose key signed `certificate`, tried in the order of the tiers (SECURITY.md 3.10).

    Each key is tried once, however many certificates hold it.

    Args:
        certificate: the one whose issuer is sought.
        index: where.
        at: time for the order of preference; validity is not demanded here.
        usable: a filter on candidates.
        max_attempts: the bound on verified keys.
    """
    tiers = [[c for c in tier if usable is None or usable(c)] for tier in index.tiers(certificate)]
    candidates = [[c for c in tier if c.may_issue] for tier in tiers]
    everyone = [c for tier in candidates for c in tier]
    tried: set[bytes] = set()
    undecided: Reason | None = None
    identified = False
    not_ca = any(len(before) != len(after) for before, after in zip(tiers, candidates, strict=True))
    for tier in candidates:
        for candidate in sorted(tier, key=lambda c: (-c.not_after.timestamp(), c.sha256)):
            if candidate.spki in tried or len(tried) >= max_attempts:
                continue
            tried.add(candidate.spki)
            verdict = _is_issuer(candidate, certificate)
            if verdict is True:
                holders = (c for c in everyone if c.spki == candidate.spki)
                issuers = tuple(sorted(holders, key=lambda c: preference(c, at)))
                return IssuerSearch(issuers, len(tried), identified, not_ca, None)
            if verdict is False:
                identified = identified or tier is candidates[0]
            else:
                undecided = verdict
    return IssuerSearch((), len(tried), identified, not_ca, undecided)


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
