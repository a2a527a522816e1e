"""A store of what an operator names at the start of a program (API.md §4 `--trust`; SECURITY.md 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import MappingProxyType

from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.pki import deviation_list
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl_acceptance import accept_crls
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.list_signers import judge_signers
from mrtd.pki.realm import Realm, Refusal, production_refusal
from mrtd.pki.sources import Source
from mrtd.pki.supplied_signers import Supplied, SuppliedSigners
from mrtd.pki.trust_store import Anchor, AnchorKind, AnchorProvenance, TrustStore, is_end_entity


def store_of(
    named: tuple[Source, ...], realm: Realm, untrusted: tuple[Source, ...], at: datetime | None
) -> TrustStore:
    """The store of `TrustStore.from_sources`."""
    refused: Counter[str] = Counter()
    reader = CertificateReader(realm, refused)
    judgements = judge_signers(named, at)
    provenances: dict[str, tuple[CertificateEntry, AnchorProvenance]] = {}
    for source, judgement in zip(named, judgements, strict=True):
        provenance = AnchorProvenance(source.name, AnchorKind.OPERATOR, judgement)
        for entry in reader.authorities(source.certificates):
            provenances.setdefault(entry.sha256, (entry, provenance))
    others = {
        entry.sha256: entry
        for source in untrusted
        for entry in reader.authorities(source.certificates)
        if entry.sha256 not in provenances
    }
    anchors = tuple(Anchor(entry, provenance) for entry, provenance in provenances.values())
    index = CertificateIndex(anchor.entry for anchor in anchors)
    crls, ignored = accept_crls([der for source in named for der in source.crls], index, refused, at)
    lists = [der for source in named for der in source.deviation_lists]
    return TrustStore(
        realm=realm,
        anchors=anchors,
        others=tuple(others.values()),
        signers=SuppliedSigners(reader.signers),
        crls=crls,
        deviations=_accepted_deviations(lists, index, refused, at),
        refused=MappingProxyType(dict(sorted(refused.items()))),
        list_signers=MappingProxyType(
            {source.name: found for source, found in zip(named, judgements, strict=True) if found is not None}
        ),
        untrusted_crls=MappingProxyType(ignored),
    )


class CertificateReader:
    """Reads each different certificate once, tells authorities from signers, and counts what is refused.

    `signers` collects the DSCs that came along.
    """

    def __init__(self, realm: Realm, refused: Counter[str], allowed_names: Iterable[str] = ()) -> None:
        self.signers: list[Supplied] = []
        self._realm = realm
        self._refused = refused
        self._allowed_names = frozenset(allowed_names)
        self._seen: dict[bytes, CertificateEntry | None] = {}

    def authorities(self, stored: Sequence[bytes]) -> list[CertificateEntry]:
        """The CA certificates among `stored`, in their order."""
        found: list[CertificateEntry] = []
        for der in stored:
            if der not in self._seen:
                self._seen[der] = self._accept(der)
            entry = self._seen[der]
            if entry is not None:
                found.append(entry)
        return found

    def _accept(self, der: bytes) -> CertificateEntry | None:
        try:
            certificate = Certificate.parse(der)
        except MrtdError:
            self._refused[Refusal.MALFORMED] += 1
            return None
        refusal = production_refusal(certificate) if self._realm is Realm.PRODUCTION else None
        if refusal is Refusal.TEST_NAME and certificate.sha256 in self._allowed_names:
            refusal = None
        if refusal is None and is_end_entity(certificate):
            if _may_sign_documents(certificate):
                self.signers.append(Supplied.of(certificate))
                return None
            refusal = Refusal.NOT_A_CA
        if refusal is not None:
            self._refused[refusal] += 1
            return None
        return CertificateEntry.of(certificate)


def _may_sign_documents(certificate: Certificate) -> bool:
    """A signer of documents has no extended key usage (ICAO 9303-12 §7.1); a signer of lists has."""
    try:
        return certificate.extended_key_usage is None
    except MrtdError:
        return False


def _accepted_deviations(
    stored: Iterable[bytes], anchors: CertificateIndex, refused: Counter[str], at: datetime | None
) -> tuple[bytes, ...]:
    """The deviation lists whose signer chains to an anchor and is valid at `at`, or was when it signed."""
    accepted: dict[bytes, None] = {}
    for der in stored:
        try:
            found = deviation_list.parse(der)
        except MrtdError:
            refused[Refusal.DEVIATIONS_MALFORMED] += 1
            continue
        judged = deviation_list.judge_signer(found, anchors, at or found.signed_at)
        if judged.status is CheckStatus.PASSED:
            accepted[der] = None
        else:
            refused[Refusal.DEVIATIONS_UNTRUSTED] += 1
    return tuple(accepted)
