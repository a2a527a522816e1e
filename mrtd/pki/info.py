"""What files of trust material hold, for people who keep them (API.md §4, `trust info`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.pki.certificate import Certificate
from mrtd.pki.coverage import Coverage, IssuerKeys, StateCoverage, Supersession, coverage, is_root
from mrtd.pki.issuing_states import state_of
from mrtd.pki.list_signers import judge_signers
from mrtd.pki.master_list import SignerJudgement
from mrtd.pki.sources import Source
from mrtd.pki.trust_store import is_end_entity


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
    coverage: Coverage

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
            "countries": {state: _country_json(found) for state, found in self.coverage.states.items()},
            **_lists_json(self.coverage),
        }


@dataclass(frozen=True, slots=True)
class TrustOverview:
    """Each file, and all of them together.

    `in_one_file` and `in_several` part the anchors by how many different files hold them (SECURITY.md 4.4: a second
    source). Two editions of one list are two files, a copy is none; whether sources are independent is for people.
    """

    files: tuple[TrustInfo, ...]
    coverage: Coverage
    in_one_file: int
    in_several: int

    def to_json(self) -> dict[str, object]:
        """What stands under `summary`."""
        total = self.coverage
        return {
            "files": len(self.files),
            "anchors": len(total.anchors),
            "in_one_file": self.in_one_file,
            "in_several": self.in_several,
            "countries": {
                state: {**_country_json(found), **_generations_json(found)} for state, found in total.states.items()
            },
            **_lists_json(total),
            "states_not_signing": list(total.not_signing),
            "expired": [_identity_json(certificate) for certificate in total.expired],
            "private_key_usage_ended": [_identity_json(certificate) for certificate in total.usage_ended],
            "weak": [
                {**_identity_json(weak.certificate), "weaknesses": [weakness.value for weakness in weak.weaknesses]}
                for weak in total.weak
            ],
            "broken_extensions": [
                {**_identity_json(certificate), "errors": sorted(set(certificate.extension_errors().values()))}
                for certificate in total.broken
            ],
        }


def trust_info(sources: Sequence[Source], at: datetime, *, trust: Sequence[Source] = ()) -> TrustOverview:
    """What sources hold; signers of lists and issuers of links are sought in all of them and in `trust`.

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
    issuer_keys = IssuerKeys(parsed.values())
    unsigned = SignerJudgement(CheckStatus.NOT_APPLICABLE)
    signers = judge_signers(everything, at)[: len(sources)]
    files = tuple(
        _source_info(source, parsed, issuer_keys, signer or unsigned, at)
        for source, signer in zip(sources, signers, strict=True)
    )
    total = coverage(
        (parsed[der] for source in sources for der in source.certificates if der in parsed), at, issuer_keys
    )
    holders: dict[bytes, set[str]] = {}
    for source in sources:
        for der in source.certificates:
            holders.setdefault(der, set()).add(source.sha256)
    several = sum(len(holders[anchor.raw]) > 1 for anchor in total.anchors)
    return TrustOverview(files, total, len(total.anchors) - several, several)


def _source_info(
    source: Source,
    parsed: Mapping[bytes, Certificate],
    issuer_keys: IssuerKeys,
    signer: SignerJudgement,
    at: datetime,
) -> TrustInfo:
    read = [parsed[der] for der in source.certificates if der in parsed]
    roots = [c for c in read if is_root(c)]
    links = [c for c in read if not is_root(c) and not is_end_entity(c)]
    return TrustInfo(
        file=source.name,
        kind=source.kind.value,
        certificates=len(source.certificates),
        parsed=len(read),
        with_key=sum(map(_has_key, read)),
        self_signed=len(roots),
        self_signed_verified=sum(c.self_signed for c in roots),
        links=len(links),
        links_verified=sum(issuer_keys.of(c) is not None for c in links),
        signer=signer,
        coverage=coverage(read, at, issuer_keys),
    )


def _has_key(certificate: Certificate) -> bool:
    try:
        certificate.public_key()
    except MrtdError:
        return False
    return True


def _country_json(found: StateCoverage) -> dict[str, object]:
    return {
        "anchors": found.anchors,
        "expiring_90_days": found.expiring_90_days,
        "superseded": found.superseded,
    }


def _generations_json(found: StateCoverage) -> dict[str, object]:
    return {
        "links": found.links,
        "keys": found.keys,
        "valid_keys": found.valid_keys,
        "valid_from": _moment(found.valid_from),
        "valid_until": _moment(found.valid_until),
        "signs_until": None if found.signs_until is None else _moment(found.signs_until),
    }


def _lists_json(found: Coverage) -> dict[str, object]:
    """What people act on: of a file, and of all files."""
    return {
        "expiring": [
            {
                **_identity_json(certificate),
                "common_name": certificate.subject.common_name,
                "not_after": _moment(certificate.not_after),
            }
            for certificate in found.expiring
        ],
        "superseded": [_supersession_json(supersession) for supersession in found.superseded],
        "states_without_anchor": list(found.without_anchor),
    }


def _supersession_json(supersession: Supersession) -> dict[str, object]:
    return {
        **_identity_json(supersession.certificate),
        "superseded_by": supersession.by.sha256,
        "linked": supersession.linked,
    }


def _identity_json(certificate: Certificate) -> dict[str, object]:
    return {"sha256": certificate.sha256, "state": state_of(certificate)}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
