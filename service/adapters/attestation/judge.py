"""One judge for both platforms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from service.adapters.attestation.android import AndroidJudge
from service.adapters.attestation.apple import AppleJudge
from service.domain.attestation import AndroidEvidence, AppleEvidence, AssertionReport, AttestationReport
from service.domain.integrity import IntegritySignal


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges what a phone shows; `service.domain.attestation.AttestationJudge` and `AssertionJudge`."""

    android: AndroidJudge
    apple: AppleJudge
    integrity: IntegritySignal

    def judge(
        self, evidence: AndroidEvidence | AppleEvidence, key: str, challenge: bytes, at: datetime
    ) -> AttestationReport:
        """Every check of the platform that the evidence is of."""
        if isinstance(evidence, AndroidEvidence):
            report = self.android.judge(evidence, key, challenge, at)
            verdict = self.integrity.read(evidence.integrity_token, key, challenge, at)
            labels = {"integrity": " ".join(verdict.labels)} if verdict.labels else {}
            return replace(report, signals=verdict.attentions, facts=MappingProxyType({**report.facts, **labels}))
        return self.apple.judge(evidence, key, challenge, at)

    def judge_assertion(
        self, assertion: bytes, app_attest_key: bytes, counter: int, key: str, challenge: bytes
    ) -> AssertionReport:
        """Every check of an assertion."""
        return self.apple.judge_assertion(assertion, app_attest_key, counter, key, challenge)
