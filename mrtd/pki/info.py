"""What files of trust material hold, for people who keep them (API.md §4, `trust info`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.pki.certificate import Certificate
from mrtd.pki.list_signers import judge_signers
from mrtd.pki.master_list import SignerJudgement
from mrtd.pki.search import CertificateIndex, find_issuers
from mrtd.pki.sources import Source
from mrtd.pki.trust_store import is_end_entity
from mrz import codes

#: How far ahead an expiring anchor is announced.
EXPIRING: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class CountryInfo:
    """The CSCA certificates of one state in a file.

    `expiring_90_days`: valid now, not in 90 days. `superseded`: the file holds a later certificate of the same name
    with another key.
    """

    anchors: int
    expiring_90_days: int
    superseded: int


@dataclass(frozen=True, slots=True)
class TrustInfo:
    """Counts over the certificates of one file, in the words of API.md §4.

    `self_signed` say of themselves that they are (own name as issuer, no other key named), or are;
    `self_signed_verified` are. `links` are the other CA certificates; `links_verified` those whose issuer's key is
    among the certificates at hand.
    """

    file: str
    kind: str
    certificates: int
    parsed: int
    with_key: int
    self_signed: int
    self_signed_verified: int
    links: int
    links_verified: int
    signer: SignerJudgement
    countries: dict[str, CountryInfo]

    def to_json(self) -> dict[str, object]:
        """The object of API.md §4."""
        return {
            "file": self.file,
            "kind": self.kind,
            "certificates": self.certificates,
            "parsed": self.parsed,
            "with_key": self.with_key,
            "self_signed": self.self_signed,
            "self_signed_verified": self.self_signed_verified,
            "links": self.links,
            "links_verified": self.links_verified,
            "signer": {
                "status": self.signer.status.value,
                "reason": None if self.signer.reason is None else self.signer.reason.value,
            },
            "countries": {
                country: {
                    "anchors": info.anchors,
                    "expiring_90_days": info.expiring_90_days,
                    "superseded": info.superseded,
                }
                for country, info in self.countries.items()
            },
        }


def trust_info(sources: Sequence[Source], at: datetime, *, trust: Sequence[Source] = ()) -> tuple[TrustInfo, ...]:
    """What each source holds; signers of lists and issuers of links are sought in all of them and in `trust`.

    Args:
        sources: the files asked about.
        at: the time for validity.
        trust: further files to judge by, not reported.
    """
    named = {source.sha256 for source in sources}
    everything = [*sources, *(source for source in trust if source.sha256 not in named)]
    parsed: dict[bytes, Certificate] = {}
    for der in dict.fromkeys(der for source in everything for der in source.certificates):
        try:
            parsed[der] = Certificate.parse(der)
        except MrtdError:
            continue
    index = CertificateIndex(parsed.values())
    unsigned = SignerJudgement(CheckStatus.NOT_APPLICABLE)
    signers = judge_signers(everything, at)[: len(sources)]
    return tuple(
        _source_info(source, parsed, index, signer or unsigned, at)
        for source, signer in zip(sources, signers, strict=True)
    )


def _source_info(
    source: Source, parsed: dict[bytes, Certificate], index: CertificateIndex, signer: SignerJudgement, at: datetime
) -> TrustInfo:
    read = [parsed[der] for der in source.certificates if der in parsed]
    roots = [c for c in read if c.self_signed or _claims_self_signed(c)]
    links = [c for c in read if not (c.self_signed or _claims_self_signed(c)) and not is_end_entity(c)]
    return TrustInfo(
        file=source.name,
        kind=source.kind.value,
        certificates=len(source.certificates),
        parsed=len(read),
        with_key=sum(map(_has_key, read)),
        self_signed=len(roots),
        self_signed_verified=sum(c.self_signed for c in roots),
        links=len(links),
        links_verified=sum(bool(find_issuers(c, index, at).issuers) for c in links),
        signer=signer,
        countries=_countries([c for c in read if not is_end_entity(c)], at),
    )


def _claims_self_signed(certificate: Certificate) -> bool:
    """Own name as issuer, and no key identifier that names another key."""
    if not certificate.self_issued:
        return False
    wanted = certificate.issuer_key_identifier
    return wanted is None or wanted == certificate.key_identifier


def _has_key(certificate: Certificate) -> bool:
    try:
        certificate.public_key()
    except MrtdError:
        return False
    return True


def _countries(certificates: Sequence[Certificate], at: datetime) -> dict[str, CountryInfo]:
    """By two-letter code; the three-letter code of one real list (LTU) is mapped, a missing country left out."""
    grouped: dict[str, list[Certificate]] = {}
    for certificate in certificates:
        country = certificate.country
        if country is not None and len(country) == 3:
            country = next(iter(codes.alpha2(country)), None)
        if country is not None:
            grouped.setdefault(country, []).append(certificate)
    return {country: _country(grouped[country], at) for country in sorted(grouped)}


def _country(certificates: Sequence[Certificate], at: datetime) -> CountryInfo:
    return CountryInfo(
        anchors=len(certificates),
        expiring_90_days=sum(c.valid_at(at) and not c.valid_at(at + EXPIRING) for c in certificates),
        superseded=sum(any(_supersedes(later, c) for later in certificates) for c in certificates),
    )


def _supersedes(later: Certificate, earlier: Certificate) -> bool:
    return (
        later.subject.same_as(earlier.subject)
        and later.spki != earlier.spki
        and later.not_before > earlier.not_before
    )
