"""What verifying a case on paper found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What is verified."""

    MANIFEST = "manifest"
    AUDIT_ENTRIES = "audit_entries"
    CHECKPOINTS = "checkpoints"
    KEYS = "keys"
    CONTENTS = "contents"
    PAGES = "pages"
    REPORT = "report"
    REVIEWS = "reviews"
    EVIDENCE = "evidence"
    RESULT = "result"
    CLAIMS = "claims"
    INSPECTION = "inspection"


class Standing(StrEnum):
    """How it stands; the words of checks (DESIGN.md section 3)."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"
    NOT_PERFORMED = "NOT_PERFORMED"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part and how it stands; `detail` is a code or a count, and never personal data."""

    part: Part
    standing: Standing
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Rechecked:
    """All parts, in the order of `Part`. `erased`: the classes that were erased before the archive was made."""

    verification_id: str
    findings: tuple[Finding, ...]
    erased: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether nothing speaks against it, and the keys are the reader's own."""
        return all(finding.standing in (Standing.PASSED, Standing.NOT_PERFORMED) for finding in self.findings)
