"""The report in an answer of the service, read back as the report that it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mrtd.evidence import EvidenceSource, ProofOrigin
from mrtd.inspection import CheckResult, CheckStatus, InspectionReport, Reason
from service.replay.errors import ReplayError


def read_report(answer: dict[str, Any]) -> InspectionReport:
    """The report that stands in an answer.

    Raises:
        ReplayError: it is of software with another check table, or its digest is not that of its content.
    """
    try:
        report = InspectionReport(
            checks=tuple(_check(check) for check in answer["checks"]),
            at=datetime.fromisoformat(answer["at"]),
            document_type=answer["document_type"],
            issuing_state=answer["issuing_state"],
            source=EvidenceSource(answer["evidence"]["source"]),
            proof_origin=ProofOrigin(answer["evidence"]["proof_origin"]),
            trust_store=answer["trust_store"],
            software=answer["software"],
            files=answer["evidence"]["files"],
            skipped=answer["evidence"]["skipped"],
        )
    except (KeyError, TypeError, ValueError):
        raise ReplayError("the service's report is not one that this software knows") from None
    if report.sha256 != answer.get("report_sha256"):
        raise ReplayError("the service's report does not have the digest that it names")
    return report


def _check(check: dict[str, Any]) -> CheckResult:
    return CheckResult(
        id=check["id"],
        status=CheckStatus(check["status"]),
        subject=check["subject"],
        reason=None if check["reason"] is None else Reason(check["reason"]),
        facts=check["facts"],
    )
