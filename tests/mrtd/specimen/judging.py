"""What the verifier says of a presentation, at its time, as the service would judge it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import mrz
from mrtd.evidence import EvidenceSource, IssuedChallenge, Provenance
from mrtd.inspection import InspectionReport, MrzEvidence, MrzSource, inspect
from mrtd.pki.sources import Source, read_source
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen.recipe import AT, Presentation

CHALLENGE = bytes.fromhex("0123456789ABCDEF")


def sources(files: dict[str, bytes]) -> list[Source]:
    read = [read_source(data, name) for name, data in files.items()]
    return [source for source in read if source is not None]


def judged(presentation: Presentation) -> InspectionReport:
    """The report; the printed zone is confirmed, the challenge the server's own and fresh."""
    at = presentation.at or AT
    trusted, others = sources(dict(presentation.trust)), sources(dict(presentation.untrusted))
    store = TrustStore.from_sources(trusted, Realm.SPECIMEN, untrusted=others, at=at)
    evidence = replace(presentation.chip.evidence(CHALLENGE), claimed=presentation.claimed)
    zone = mrz.parse("\n".join(presentation.chip.document.mrz_lines), today=at.date())
    challenge = IssuedChallenge(CHALLENGE, at - timedelta(seconds=7), at)
    provenance = Provenance(EvidenceSource.DUMP, challenge)
    return inspect(evidence, MrzEvidence(zone, MrzSource.CONFIRMED), store, at, provenance=provenance)
