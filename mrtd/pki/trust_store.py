"""The trust store: which CSCA keys count, where they came from, and what was refused (SECURITY.md 4; 9303-12)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl_acceptance import StoredCrl, accept_crls
from mrtd.pki.extensions import KeyUsage
from mrtd.pki.list_signers import judge_list_signers, judge_signers
from mrtd.pki.master_list import SignerJudgement
from mrtd.pki.names import Name, Rdn
from mrtd.pki.realm import Realm, Refusal, production_refusal
from mrtd.pki.search import CertificateIndex, preference
from mrtd.pki.sources import Source

__all__ = [
    "Anchor",
    "AnchorKind",
    "AnchorProvenance",
    "Realm",
    "Refusal",
    "StoredCrl",
    "TrustStore",
    "is_end_entity",
    "judge_list_signers",
]


class AnchorKind(StrEnum):
    """By whose decision an anchor stands in the store."""

    OPERATOR = "operator"
    MASTER_LIST = "master_list"


@dataclass(frozen=True, slots=True)
class AnchorProvenance:
    """Where an anchor came from: the source's name, whose decision, and how the list's signer was judged."""

    source: str
    kind: AnchorKind
    list_signer: SignerJudgement | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A CSCA certificate that is trusted by decision (SECURITY.md 4.1)."""

    certificate: Certificate
    provenance: AnchorProvenance


@dataclass(frozen=True, slots=True, repr=False)
class TrustStore:
    """A frozen set of anchors, other certificates and CRLs of one realm.

    `others` are usable only by a verified link from an anchor. `digest` names the content: SHA-256 in hexadecimal
    over realm, anchors, others and CRLs. `refused` counts by `Refusal` what was offered and left out.
    """

    realm: Realm
    anchors: tuple[Anchor, ...]
    others: tuple[Certificate, ...]
    crls: tuple[StoredCrl, ...]
    digest: str
    refused: Mapping[str, int]
    list_signers: Mapping[str, SignerJudgement]
    index: CertificateIndex = field(compare=False)
    _anchors_by_hash: Mapping[str, Anchor] = field(compare=False)
    _crls_by_name: Mapping[tuple[Rdn, ...], tuple[StoredCrl, ...]] = field(compare=False)
    _untrusted_crls: Mapping[tuple[Rdn, ...], int] = field(compare=False)

    @classmethod
    def from_sources(
        cls,
        sources: Iterable[Source],
        realm: Realm,
        *,
        untrusted: Iterable[Source] = (),
        at: datetime | None = None,
    ) -> TrustStore:
        """Make a store from what an operator names (SECURITY.md 4; API.md §4 `--trust`).

        Naming a source is the operator's decision: each CA certificate in it becomes an anchor. The signers of
        lists are judged against the CSCAs of the *other* sources and the result is kept; it changes nothing.

        Args:
            sources: files of trust material.
            realm: the production realm refuses specimens, test states, test keys and test names.
            untrusted: files whose certificates become `others`: usable by links only.
            at: time at which signers of lists must be valid; None leaves that open.
        """
        named = tuple(sources)
        refused: Counter[str] = Counter()
        reader = _Reader(realm, refused)
        judgements = judge_signers(named, at)
        provenances: dict[Certificate, AnchorProvenance] = {}
        for source, judgement in zip(named, judgements, strict=True):
            provenance = AnchorProvenance(source.name, AnchorKind.OPERATOR, judgement)
            for certificate in reader.read(source.certificates):
                provenances.setdefault(certificate, provenance)
        others = [
            certificate
            for source in untrusted
            for certificate in reader.read(source.certificates)
            if certificate not in provenances
        ]
        index = CertificateIndex([*provenances, *dict.fromkeys(others)])
        anchors = tuple(Anchor(certificate, provenance) for certificate, provenance in provenances.items())
        trusted, ignored = accept_crls(named, CertificateIndex(provenances), refused)
        unique_others = tuple(dict.fromkeys(others))
        return cls(
            realm=realm,
            anchors=anchors,
            others=unique_others,
            crls=trusted,
            digest=_digest(realm, anchors, unique_others, trusted),
            refused=MappingProxyType(dict(sorted(refused.items()))),
            list_signers=MappingProxyType(
                {source.name: found for source, found in zip(named, judgements, strict=True) if found is not None}
            ),
            index=index,
            _anchors_by_hash=MappingProxyType({anchor.certificate.sha256: anchor for anchor in anchors}),
            _crls_by_name=_group(trusted),
            _untrusted_crls=MappingProxyType(ignored),
        )

    @classmethod
    def empty(cls, realm: Realm = Realm.PRODUCTION) -> TrustStore:
        """A store that trusts nobody."""
        return cls.from_sources((), realm)

    def anchor(self, certificate: Certificate) -> Anchor | None:
        """The anchor that is this very certificate, or None."""
        return self._anchors_by_hash.get(certificate.sha256)

    def candidates(self, certificate: Certificate, at: datetime) -> tuple[Certificate, ...]:
        """Possible issuers by name or key identifier, in the order of CHECKS.md rule 3, none verified."""
        found = [c for tier in self.index.tiers(certificate) for c in tier]
        return tuple(sorted(found, key=lambda c: preference(c, at)))

    def crls_of(self, issuer: Name) -> tuple[StoredCrl, ...]:
        """The trusted CRLs of this issuer name, one a signing key (RFC 5280 §6.3.3)."""
        return self._crls_by_name.get(issuer.folded, ())

    def untrusted_crls_of(self, issuer: Name) -> int:
        """How many CRLs of this issuer name were ignored because no trusted key verifies them."""
        return self._untrusted_crls.get(issuer.folded, 0)

    def __repr__(self) -> str:
        return f"TrustStore(realm={self.realm.value}, anchors={len(self.anchors)}, digest={self.digest[:16]})"


class _Reader:
    """Parses each different certificate once and counts what the realm refuses."""

    def __init__(self, realm: Realm, refused: Counter[str]) -> None:
        self._realm = realm
        self._refused = refused
        self._seen: dict[bytes, Certificate | None] = {}

    def read(self, stored: Sequence[bytes]) -> list[Certificate]:
        found: list[Certificate] = []
        for der in stored:
            if der not in self._seen:
                self._seen[der] = self._accept(der)
            certificate = self._seen[der]
            if certificate is not None:
                found.append(certificate)
        return found

    def _accept(self, der: bytes) -> Certificate | None:
        try:
            certificate = Certificate.parse(der)
        except MrtdError:
            self._refused[Refusal.MALFORMED] += 1
            return None
        refusal = production_refusal(certificate) if self._realm is Realm.PRODUCTION else None
        if refusal is None and is_end_entity(certificate):
            refusal = Refusal.NOT_A_CA
        if refusal is not None:
            self._refused[refusal] += 1
            return None
        return certificate


def is_end_entity(certificate: Certificate) -> bool:
    """Whether it is plainly a signer of documents or lists, which never becomes an anchor.

    Real link certificates say `cA FALSE` (LU, IT, PT, CM), so all three signs are asked for: issued by another name,
    not called a CA, and no right to sign certificates.
    """
    if certificate.self_issued:
        return False
    try:
        constraints, usage = certificate.basic_constraints, certificate.key_usage
    except MrtdError:
        return False
    is_ca = constraints is not None and constraints.ca
    return not is_ca and (usage is None or KeyUsage.KEY_CERT_SIGN not in usage)


def _group(crls: tuple[StoredCrl, ...]) -> Mapping[tuple[Rdn, ...], tuple[StoredCrl, ...]]:
    grouped: dict[tuple[Rdn, ...], tuple[StoredCrl, ...]] = {}
    for stored in crls:
        name = stored.crl.issuer.folded
        grouped[name] = (*grouped.get(name, ()), stored)
    return MappingProxyType(grouped)


def _digest(realm: Realm, anchors: Sequence[Anchor], others: Sequence[Certificate], crls: Sequence[StoredCrl]) -> str:
    lines = [
        "passkoll/trust-store/1",
        f"realm {realm.value}",
        *sorted(f"anchor {anchor.certificate.sha256}" for anchor in anchors),
        *sorted(f"other {certificate.sha256}" for certificate in others),
        *sorted(f"crl {stored.crl.sha256}" for stored in crls),
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
