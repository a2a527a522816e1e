"""Four documents with which everything is in order, each of another kind of signature, ready to be spoiled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

import mrz
from mrtd.evidence import ChipEvidence, EvidenceSource, IssuedChallenge, Provenance
from mrtd.inspection import POLICIES, InspectionReport, MrzEvidence, MrzSource, inspect, judge
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen.algorithm_profiles import on_curve
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1, RSA_2048, RSA_2048_PSS

AT: Final = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
CHALLENGE: Final = bytes.fromhex("8877665544332211")
SERVER: Final = Provenance(
    EvidenceSource.DUMP, IssuedChallenge(CHALLENGE, AT - timedelta(seconds=9), AT - timedelta(seconds=2))
)
STRICT: Final = POLICIES["strict-level3"]

#: RSA PKCS#1 v1.5, RSA-PSS, a NIST curve, a brainpool curve; chain, EF.SOD and chip each of that kind.
ALGORITHMS: Final = {
    "rsa-2048": RSA_2048,
    "rsa-2048-pss": RSA_2048_PSS,
    "secp256r1": on_curve("secp256r1"),
    "brainpoolp256r1": BRAINPOOL_P256R1,
}
#: Chip Authentication puts a key into DG14, so that every kind of document has that file.
PROFILE: Final = IssuingProfile(chip_authentication=True)


@dataclass(frozen=True, slots=True, repr=False)
class Genuine:
    """A document, the genuine answer of its chip to the server's own challenge, its printed MRZ, and its state."""

    evidence: ChipEvidence
    lines: tuple[str, str]
    trust: TrustStore

    def printed(self, lines: tuple[str, str] | None = None) -> MrzEvidence:
        """The printed MRZ as a person confirmed it; other lines raise `mrz.MrzError` if they are none."""
        return MrzEvidence(mrz.parse("\n".join(lines or self.lines), today=AT.date()), MrzSource.CONFIRMED)

    def inspected(self, evidence: ChipEvidence | None = None, printed: MrzEvidence | None = None) -> InspectionReport:
        """The report, as a service makes it that issued the challenge itself."""
        return inspect(evidence or self.evidence, printed or self.printed(), self.trust, AT, provenance=SERVER)

    def outcome(self, evidence: ChipEvidence | None = None, printed: MrzEvidence | None = None) -> str:
        """`verified`, `refused` or `review` under the strictest policy."""
        return judge(self.inspected(evidence, printed), STRICT).outcome.value


@cache
def genuine(algorithms: str) -> Genuine:
    """The document of that kind of signature."""
    issuer = SpecimenIssuer.create(ALGORITHMS[algorithms], now=AT)
    document = issuer.issue(MARTA, PROFILE)
    sources = [read_source(data, name) for name, data in issuer.trust().items()]
    return Genuine(
        evidence=SpecimenChip(document).evidence(CHALLENGE),
        lines=document.mrz_lines,
        trust=TrustStore.from_sources(sources, Realm.SPECIMEN),
    )
