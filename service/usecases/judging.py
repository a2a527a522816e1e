"""Judge evidence against this service's trust store and policy; the one place that calls `inspect`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import mrz
from mrtd.evidence import ChipEvidence, EvidenceSource, LiveSession, Provenance
from mrtd.inspection import InspectionReport, MrzEvidence, MrzSource, Policy, inspect
from mrtd.inspection.inspector import SOFTWARE
from mrtd.inspection.policy import STOCKHOLM
from mrtd.pki.fact_cache import FactCache
from mrz.errors import MrzFormatError
from service.domain import live_record
from service.domain.audit import Details
from service.domain.duplicates import Finding
from service.domain.judgement import Judgement, judgement_of
from service.domain.mrz_capture import MrzCapture
from service.domain.ports import TrustSource
from service.domain.repositories import StoredEvidence


def new_cache() -> FactCache:
    """A memory for what this software finds of certificates (SECURITY.md 3.9)."""
    return FactCache(SOFTWARE)


@dataclass(frozen=True, slots=True)
class Judging:
    """What evidence is judged with. It only reads the trust store: a submission can never change it.

    `trust` is asked for the store in use at each judgement; `cache` keeps facts under that store's digest.
    """

    trust: TrustSource
    policy: Policy
    cache: FactCache = field(default_factory=new_cache, compare=False)

    def judge_stored(self, stored: StoredEvidence, capture: MrzCapture, at: datetime) -> Judgement:
        """Judge what a verification holds.

        Raises:
            ServiceError: `not_ready`: the trust store in use cannot be opened.
        """
        digests = evidence_digests(stored.evidence, stored.live)
        return judgement_of(self.report_stored(stored, capture, at), self.policy, digests)

    def report_stored(self, stored: StoredEvidence, capture: MrzCapture, at: datetime) -> InspectionReport:
        """The report on what a verification holds. The provenance is made here, from what we made and saw ourselves.

        Raises:
            ServiceError: as `judge_stored`.
        """
        source = EvidenceSource.DUMP if stored.live is None else EvidenceSource.LIVE
        provenance = Provenance(source, stored.challenge, stored.live)
        printed = mrz_evidence(capture, at)
        return inspect(stored.evidence, printed, self.trust.current(), at, provenance=provenance, cache=self.cache)

    def report(self, evidence: ChipEvidence, printed: MrzEvidence | None, at: datetime) -> InspectionReport:
        """Judge a stranger's dump: nothing it says of itself is believed.

        Raises:
            ServiceError: as `judge_stored`.
        """
        return inspect(evidence, printed, self.trust.current(), at, cache=self.cache)


def mrz_evidence(capture: MrzCapture, at: datetime) -> MrzEvidence:
    """Accepted lines as evidence."""
    document = mrz.parse("\n".join(capture.lines), today=stockholm_day(at))
    return MrzEvidence(document, MrzSource(capture.source.value), capture.photo, capture.weak_characters)


def read_lines(lines: Sequence[str], at: datetime) -> mrz.MrzDocument | None:
    """The document that lines print, or None where they fit no format."""
    try:
        return mrz.parse("\n".join(lines), today=stockholm_day(at))
    except MrzFormatError:
        return None


def stockholm_day(at: datetime) -> date:
    """The day at the counter."""
    return at.astimezone(STOCKHOLM).date()


def evidence_digests(evidence: ChipEvidence, live: LiveSession | None = None) -> dict[str, str]:
    """SHA-256 of files, of the chip's answer and of what a live session saw, hexadecimal, for the decision hash."""
    digests = {name.value: digest for name, digest in evidence.digests().items()}
    answer = evidence.active_authentication
    if answer is not None:
        digests["AA.challenge"] = hashlib.sha256(answer.challenge).hexdigest()
        digests["AA.response"] = hashlib.sha256(answer.response).hexdigest()
    if live is not None:
        digests["live"] = hashlib.sha256(live_record.to_octets(live)).hexdigest()
    return digests


def judged_details(judgement: Judgement) -> Details:
    """What the audit keeps of a judgement: what was found, and what it was judged by."""
    return {
        "outcome": judgement.verdict.outcome.value,
        "report_sha256": judgement.report_sha256,
        "policy": judgement.verdict.policy_digest,
        "trust_store": judgement.trust_store,
    }


def found_details(findings: Sequence[Finding]) -> Details:
    """What the audit keeps of findings: their codes; nothing where there are none."""
    return {"findings": ",".join(sorted({finding.code.value for finding in findings}))} if findings else {}
