"""The trust store: which CSCA keys count, where they came from, and what was refused (SECURITY.md 4; 9303-12)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl_acceptance import StoredCrl
from mrtd.pki.deviation_list import DeviationList, parse
from mrtd.pki.extensions import KeyUsage
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.list_signers import judge_list_signers
from mrtd.pki.master_list import SignerJudgement
from mrtd.pki.names import Name
from mrtd.pki.realm import Realm, Refusal
from mrtd.pki.supplied_signers import SuppliedSigners

if TYPE_CHECKING:
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
    """By whose decision an anchor stands in the store.

    `operator`: named at the start of this program. `pin`: this certificate was named and two people activated it.
    `master_list`: it stands in a list that was accepted, and two people activated that.
    """

    OPERATOR = "operator"
    PIN = "pin"
    MASTER_LIST = "master_list"


@dataclass(frozen=True, slots=True)
class AnchorProvenance:
    """Where an anchor came from.

    Attributes:
        source: name of the file, or of the publisher whose list it stands in.
        kind: whose decision it is.
        list_signer: how the signer of the list was judged; None without a list.
        list_sha256: the list in which it stands, hexadecimal.
        list_signed_at: when that list was signed.
        probation: new for its state, in one source only, and nobody has accepted it yet (SECURITY.md 4.4).
    """

    source: str
    kind: AnchorKind
    list_signer: SignerJudgement | None
    list_sha256: str | None = None
    list_signed_at: datetime | None = None
    probation: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """A CSCA certificate that is trusted by decision (SECURITY.md 4.1)."""

    entry: CertificateEntry
    provenance: AnchorProvenance

    @property
    def certificate(self) -> Certificate:
        """The certificate, read at its first use."""
        return self.entry.certificate

    @property
    def sha256(self) -> str:
        """SHA-256 over the certificate, hexadecimal."""
        return self.entry.sha256


@dataclass(frozen=True, repr=False)
class TrustStore:
    """A frozen set of anchors, other certificates, CRLs and deviation lists of one realm.

    Attributes:
        realm: part of the digest.
        anchors: whom we trust.
        others: CA certificates that are usable only by a verified link from an anchor.
        signers: DSCs that came apart from documents; found by what a SignerInfo names, trusted for nothing.
        crls: the accepted CRLs, each with the anchor whose key verifies it.
        deviations: accepted deviation lists as stored.
        holdings: SHA-256 of the administered holdings that made the store, None for what an operator named.
        refused: how often something was left out, by `Refusal`.
        list_signers: how the signer of each list was judged, by name of the source.
        untrusted_crls: how many CRLs of an issuer name were ignored, by `Name.digest`.
    """

    realm: Realm
    anchors: tuple[Anchor, ...] = ()
    others: tuple[CertificateEntry, ...] = ()
    signers: SuppliedSigners = field(default_factory=SuppliedSigners)
    crls: tuple[StoredCrl, ...] = ()
    deviations: tuple[bytes, ...] = ()
    holdings: str | None = None
    refused: Mapping[str, int] = field(default_factory=dict, compare=False)
    list_signers: Mapping[str, SignerJudgement] = field(default_factory=dict, compare=False)
    untrusted_crls: Mapping[bytes, int] = field(default_factory=dict, compare=False)

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
            at: time at which signers of lists must be valid and CRLs have begun; None leaves that open.
        """
        from mrtd.pki.operator_trust import store_of  # noqa: PLC0415 - it makes what is defined here

        return store_of(tuple(sources), realm, tuple(untrusted), at)

    @classmethod
    def empty(cls, realm: Realm = Realm.PRODUCTION) -> TrustStore:
        """A store that trusts nobody."""
        return cls(realm)

    @cached_property
    def digest(self) -> str:
        """SHA-256, hexadecimal, over everything that a report can rest on."""
        lines = [
            "passkoll/trust-store/2",
            f"realm {self.realm.value}",
            f"holdings {self.holdings or '-'}",
            *sorted(_anchor_line(anchor) for anchor in self.anchors),
            *sorted(f"other {entry.sha256}" for entry in self.others),
            *sorted(f"signer {sha256}" for sha256 in self.signers.digests),
            *sorted(f"crl {stored.crl.sha256}" for stored in self.crls),
            *sorted(f"deviations {hashlib.sha256(raw).hexdigest()}" for raw in self.deviations),
            *sorted(f"ignored {issuer.hex()} {count}" for issuer, count in self.untrusted_crls.items()),
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @cached_property
    def settled_index(self) -> CertificateIndex:
        """The anchors that are not on probation, by name and key identifier."""
        return CertificateIndex(anchor.entry for anchor in self.anchors if not anchor.provenance.probation)

    @cached_property
    def probation_index(self) -> CertificateIndex:
        """The anchors on probation, by name and key identifier."""
        return CertificateIndex(anchor.entry for anchor in self.anchors if anchor.provenance.probation)

    @cached_property
    def other_index(self) -> CertificateIndex:
        """The other certificates by name and key identifier."""
        return CertificateIndex(self.others)

    @cached_property
    def deviation_lists(self) -> tuple[DeviationList, ...]:
        """The deviation lists, read at the first use."""
        return tuple(map(parse, self.deviations))

    @cached_property
    def _anchors_by_hash(self) -> Mapping[str, Anchor]:
        return MappingProxyType({anchor.sha256: anchor for anchor in self.anchors})

    @cached_property
    def _crls_by_issuer(self) -> Mapping[bytes, tuple[StoredCrl, ...]]:
        grouped: dict[bytes, tuple[StoredCrl, ...]] = {}
        for stored in self.crls:
            issuer = stored.crl.issuer.digest
            grouped[issuer] = (*grouped.get(issuer, ()), stored)
        return MappingProxyType(grouped)

    def anchor(self, certificate: Certificate) -> Anchor | None:
        """The anchor that is this very certificate, or None."""
        return self.anchor_of(certificate.sha256)

    def anchor_of(self, sha256: str) -> Anchor | None:
        """The anchor with this SHA-256, or None."""
        return self._anchors_by_hash.get(sha256)

    def holders(self, certificate: Certificate) -> tuple[CertificateEntry, ...]:
        """Every certificate of this subject and key, anchor or not, however its key is spelled; this one included."""
        subject, key = certificate.subject.digest, certificate.key_digest
        indexes = (self.settled_index, self.probation_index, self.other_index)
        return tuple(entry for index in indexes for entry in index.named(subject) if entry.key == key)

    def crls_of(self, issuer: Name) -> tuple[StoredCrl, ...]:
        """The trusted CRLs of this issuer name, one a signing key (RFC 5280 §6.3.3)."""
        return self._crls_by_issuer.get(issuer.digest, ())

    def untrusted_crls_of(self, issuer: Name) -> int:
        """How many CRLs of this issuer name were ignored because no trusted key verifies them."""
        return self.untrusted_crls.get(issuer.digest, 0)

    def __repr__(self) -> str:
        return f"TrustStore(realm={self.realm.value}, anchors={len(self.anchors)}, digest={self.digest[:16]})"


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


def _anchor_line(anchor: Anchor) -> str:
    """An anchor, and what a report says of it."""
    provenance = anchor.provenance
    standing = "probation" if provenance.probation else "settled"
    return f"anchor {anchor.sha256} {provenance.kind.value} {standing} {provenance.list_sha256 or '-'}"
