"""The report of an inspection: what was checked and found, with no policy in it.

Same evidence, MRZ, trust store, time and provenance: same report, byte for byte. `canonical` is RFC 8785 JSON, which
for the values that facts may hold (text, integers, booleans, null under ASCII keys) is `json.dumps` with sorted keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from mrtd.evidence import EvidenceSource, ProofOrigin
from mrtd.inspection.check import ORDER, CheckResult

SCHEMA: Final = "passkoll/report/1"


@dataclass(frozen=True, slots=True, repr=False)
class InspectionReport:
    """All checks in the fixed order of the table.

    `document_type` and `issuing_state` are DG1's (`P`, `UTO`) or None when DG1 cannot be read. `files` holds the
    SHA-256 of each elementary file, hexadecimal; these are personal data. `at` is aware.
    """

    checks: tuple[CheckResult, ...]
    at: datetime
    document_type: str | None
    issuing_state: str | None
    source: EvidenceSource
    proof_origin: ProofOrigin
    trust_store: str
    software: str
    files: Mapping[str, str] = field(default_factory=dict)
    skipped: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", tuple(sorted(self.checks, key=lambda check: ORDER[check.id])))
        object.__setattr__(self, "files", MappingProxyType(dict(sorted(self.files.items()))))

    def results(self, check_id: str) -> Iterator[CheckResult]:
        """The results of one check, one a subject or deviation."""
        return (check for check in self.checks if check.id == check_id)

    def to_json(self) -> dict[str, object]:
        """The report part of the object of API.md §4: everything but `file` and the verdict's members."""
        return {
            "schema": SCHEMA,
            "at": self.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z",
            "document_type": self.document_type,
            "issuing_state": self.issuing_state,
            "evidence": {
                "source": self.source.value,
                "proof_origin": self.proof_origin.value,
                "files": dict(self.files),
                "skipped": self.skipped,
            },
            "trust_store": self.trust_store,
            "software": self.software,
            "checks": [check.to_json() for check in self.checks],
        }

    def canonical(self) -> bytes:
        """The report as canonical JSON (RFC 8785)."""
        return canonical_json(self.to_json())

    @property
    def sha256(self) -> str:
        """SHA-256 of `canonical`, hexadecimal (`report_sha256`)."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def __repr__(self) -> str:
        return f"InspectionReport(checks={len(self.checks)}, at={self.at.isoformat()})"


def canonical_json(value: object) -> bytes:
    """RFC 8785 JSON of a value made of dicts with ASCII keys, lists, strings, integers, booleans and None."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
