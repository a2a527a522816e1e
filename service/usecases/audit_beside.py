"""What stands beside a case on paper: what was met elsewhere, what registers said, what was judged anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from mrtd.inspection.verdict import Verdict
from service.domain.duplicates import Finding
from service.domain.repositories import Work
from service.domain.reverification import RecordedRejudgement


def beside(work: Work, verification_id: str) -> dict[str, Any]:
    """Members of `case.json`. Of another case a finding says no more than that there is one."""
    standing = work.reverifications.standing(verification_id)
    revocation = work.revocations.of(verification_id)
    return {
        "findings": [finding_json(finding) for finding in work.findings.of(verification_id)],
        "status_lookups": [plain(asdict(answer)) for answer in work.status_lookups.history(verification_id)],
        "standing": None if standing is None else plain(asdict(standing)),
        "rejudgements": [_rejudgement(one) for one in work.reverifications.history(verification_id)],
        "revocation": None if revocation is None else plain(asdict(revocation)),
        "notices": [plain(asdict(notice)) for notice in work.notices.of(verification_id)],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding without the id of the case that it was made with: that one is somebody else's."""
    return {
        "code": finding.code.value,
        "severity": finding.severity.value,
        "with_another_case": finding.other is not None,
    }


def _rejudgement(recorded: RecordedRejudgement) -> dict[str, Any]:
    return {
        "at": as_time(recorded.at),
        "trust_store": recorded.trust_store,
        "as_of_then": _verdict(recorded.as_of_then),
        "as_of_now": _verdict(recorded.as_of_now),
        "in_force": recorded.in_force,
        "whole": recorded.whole,
        "reasons": list(recorded.reasons),
    }


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    return None if verdict is None else dict(verdict.to_json())


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Times as text; the rest is JSON already."""
    if isinstance(value, datetime):
        return as_time(value)
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list | tuple) else value


def as_time(at: datetime) -> str:
    """RFC 3339, UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def as_json(value: object) -> bytes:
    """For people too: indented, in the order that it was made in."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
