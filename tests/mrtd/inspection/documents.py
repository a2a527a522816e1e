"""Specimen documents to inspect, whole and broken, and what a report says of one check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import mrz
from mrtd.evidence import CLAIMED, ChipEvidence, ElementaryFile, EvidenceSource, IssuedChallenge, Provenance
from mrtd.inspection import InspectionReport, MrzEvidence, MrzSource, inspect
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import Edits, IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1, AlgorithmProfile

#: When the specimen state lives and the inspections of these tests happen.
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHALLENGE = bytes(range(8))
SERVER = Provenance(
    EvidenceSource.DUMP, IssuedChallenge(CHALLENGE, AT - timedelta(seconds=9), AT - timedelta(seconds=2))
)

F = ElementaryFile
Finding = tuple[str, str, str | None]


@cache
def genuine_issuer(algorithms: AlgorithmProfile = BRAINPOOL_P256R1) -> SpecimenIssuer:
    """The state that everybody trusts."""
    return SpecimenIssuer.create(algorithms, now=AT)


@cache
def genuine_document() -> SpecimenDocument:
    """A document with which everything is in order."""
    return genuine_issuer().issue(MARTA)


def edited(edits: Edits, profile: IssuingProfile | None = None) -> tuple[SpecimenDocument, TrustStore]:
    """A document made with edits, and trust in the state as it then is."""
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=AT, edits=edits)
    return issuer.issue(MARTA, profile), trust_in(issuer)


def trust_in(issuer: SpecimenIssuer, *, crl: bool = True, realm: Realm = Realm.SPECIMEN) -> TrustStore:
    """A store with the CSCA of a state, and its CRL."""
    files = {name: data for name, data in issuer.trust().items() if crl or not name.endswith(".crl")}
    return TrustStore.from_sources([read_source(data, name) for name, data in files.items()], realm)


@cache
def trust() -> TrustStore:
    """Trust in the genuine state."""
    return trust_in(genuine_issuer())


def printed(document: SpecimenDocument, source: MrzSource = MrzSource.CONFIRMED, **more: object) -> MrzEvidence:
    """The printed MRZ of a document."""
    return MrzEvidence(mrz.parse("\n".join(document.mrz_lines), today=AT.date()), source, **more)


def inspected(
    document: SpecimenDocument,
    store: TrustStore | None = None,
    *,
    at: datetime = AT,
    printed_mrz: MrzEvidence | None = None,
    provenance: Provenance = SERVER,
) -> InspectionReport:
    """A whole inspection with the printed MRZ and an answered challenge."""
    return inspect(
        SpecimenChip(document).evidence(CHALLENGE),
        printed_mrz or printed(document),
        store or trust(),
        at,
        provenance=provenance,
    )


def inspected_files(
    files: dict[ElementaryFile, bytes], store: TrustStore | None = None, *, at: datetime = AT
) -> InspectionReport:
    """An inspection of files alone."""
    return inspect(ChipEvidence(files), None, store or trust(), at, provenance=CLAIMED)


def with_sod(sod: bytes) -> SpecimenDocument:
    """The genuine document with another EF.SOD."""
    return genuine_document().with_file(ElementaryFile.SOD, sod)


def findings(report: InspectionReport, check: str) -> list[Finding]:
    """(subject, status, reason) of each result of a check, as plain words."""
    return [
        (str(one.subject), one.status.value, None if one.reason is None else one.reason.value)
        for one in report.results(check)
    ]


def changed(**changes: object) -> Callable[[Any], Any]:
    """An edit that replaces members of a template."""
    return lambda template: replace(template, **changes)
