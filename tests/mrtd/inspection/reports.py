"""Reports made by hand, to judge without any document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from mrtd.evidence import EvidenceSource, ProofOrigin
from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus, Scalar
from mrtd.inspection.reason import Reason
from mrtd.inspection.report import InspectionReport
from mrtd.inspection.verdict import MRZ_FIELDS

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

#: Subjects of the checks that have several, in a good report.
_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "mrz.check_digits": ("document_number", "date_of_birth", "date_of_expiry", "optional_data", "composite"),
    "lds.parse": ("EF.COM", "EF.SOD", "EF.DG1", "EF.DG2", "EF.DG14", "EF.DG15"),
    "pa.algorithms": ("SOD", "DSC", "CSCA", "DG hash", "AA", "CA"),
    "pa.dg_hash": ("EF.DG1", "EF.DG2", "EF.DG14", "EF.DG15"),
    "pa.dg_unlisted": ("EF.SOD",),
    "cross.mrz_dg1": MRZ_FIELDS,
}
#: What a dump with everything good leaves NOT_APPLICABLE.
_NOT_APPLICABLE: Mapping[str, Reason | None] = {
    "access.protocol": Reason.NOT_LIVE,
    "access.pace_downgrade": Reason.NOT_LIVE,
    "access.card_access_signed": Reason.NOT_READ,
    "access.sm": Reason.NOT_LIVE,
    "live.timing": Reason.NOT_LIVE,
    "pa.deviation": None,
    "ca.secure_messaging": None,
    "ca.rebind": None,
    "ca.claimed": None,
    "pace_cam.token": Reason.NOT_LIVE,
    "pace_cam.card_security": Reason.NOT_LIVE,
    "pace_cam.mapping": Reason.NOT_LIVE,
    "pace_cam.same_session": Reason.NOT_LIVE,
}


def good_checks() -> list[CheckResult]:
    """Every check, as for a genuine document with Active Authentication by the server's own challenge."""
    checks = []
    for row in CHECKS.values():
        for subject in _SUBJECTS.get(row.id, row.subjects[:1]):
            if row.id in _NOT_APPLICABLE:
                checks.append(CheckResult(row.id, CheckStatus.NOT_APPLICABLE, subject, _NOT_APPLICABLE[row.id]))
            else:
                checks.append(CheckResult(row.id, CheckStatus.PASSED, subject))
    return checks


def report(checks: Iterable[CheckResult], files: Iterable[str] = ()) -> InspectionReport:
    """A report of these checks."""
    return InspectionReport(
        checks=tuple(checks),
        at=AT,
        document_type="P",
        issuing_state="UTO",
        source=EvidenceSource.DUMP,
        proof_origin=ProofOrigin.SERVER_CHALLENGE,
        trust_store="0" * 64,
        software="test",
        files=dict.fromkeys(files, "0" * 64),
    )


def good_report() -> InspectionReport:
    """The report of a document with which everything is in order."""
    return report(good_checks(), ("EF.COM", "EF.SOD", "EF.DG1", "EF.DG2", "EF.DG14", "EF.DG15"))


def with_result(
    check: str,
    status: CheckStatus,
    reason: Reason | None = None,
    subject: str | None = None,
    facts: Mapping[str, Scalar] | None = None,
) -> InspectionReport:
    """The good report with the result of one check (and subject) replaced; a new subject is added."""
    chosen = subject if subject is not None else _SUBJECTS.get(check, CHECKS[check].subjects)[0]
    kept = [one for one in good_checks() if (one.id, one.subject) != (check, chosen)]
    return report([*kept, CheckResult(check, status, chosen, reason, facts or {})], good_report().files)
