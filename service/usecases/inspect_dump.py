"""Judge a dump for a tester: report and verdict out, nothing stored, never signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mrtd.evidence import ChipEvidence
from mrtd.inspection import POLICIES, InspectionReport, MrzEvidence, MrzSource, Policy, Verdict, judge
from mrtd.pki.realm import Realm
from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.mrz_capture import CaptureSource
from service.domain.ports import Clock
from service.usecases.judging import Judging, read_lines


@dataclass(frozen=True, slots=True)
class InspectDump:
    """`POST /v1/inspections`. The report is the one that `mrtd.inspection.inspect` makes, byte for byte."""

    clock: Clock
    judging: Judging
    realm: Realm

    def __call__(
        self,
        evidence: ChipEvidence,
        lines: Sequence[str] | None,
        source: CaptureSource,
        at: datetime | None,
        policy: str | None,
    ) -> tuple[InspectionReport, Verdict]:
        when = self._at(at)
        report = self.judging.report(evidence, _printed(lines, source, when), when)
        return report, judge(report, self._policy(policy))

    def _at(self, at: datetime | None) -> datetime:
        """The server's clock; only specimens may be judged at another time (SECURITY.md 3.6)."""
        if at is None:
            return self.clock.now()
        if self.realm is not Realm.SPECIMEN:
            raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError("/at", "specimen_realm_only"),))
        return at

    def _policy(self, name: str | None) -> Policy:
        if name is None:
            return self.judging.policy
        if name not in POLICIES:
            raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError("/policy", "unknown_policy"),))
        return POLICIES[name]


def _printed(lines: Sequence[str] | None, source: CaptureSource, at: datetime) -> MrzEvidence | None:
    if lines is None:
        return None
    document = read_lines(lines, at)
    if document is None:
        raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError("/mrz/lines", "no_mrz"),))
    return MrzEvidence(document, MrzSource(source.value))
