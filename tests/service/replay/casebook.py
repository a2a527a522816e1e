"""Small case folders of Utopia, made for a test."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from mrtd.specimen import breakage
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1

NOW: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROFILE: Final = IssuingProfile(
    document_number="UT0000001", date_of_issue=date(2026, 10, 1), date_of_expiry=date(2031, 9, 30)
)
LATER: Final = machine_readable_zone(MARTA, document_number="UT0000001", date_of_expiry=date(2035, 9, 30))

VERIFIED: Final = {
    "outcome": "verified",
    "authenticity": "authentic",
    "chip_genuine": "yes",
    "document_valid": "yes",
    "mrz_matches_chip": "yes",
}
TAMPERED: Final = {
    "outcome": "refused",
    "authenticity": "not_authentic",
    "chip_genuine": "undetermined",
    "document_valid": "yes",
    "mrz_matches_chip": "yes",
}
CLONED: Final = {**VERIFIED, "outcome": "refused", "chip_genuine": "no"}
POLICIES: Final = ("strict-level3", "default", "forensic")

CASE: Final[dict[str, Any]] = {
    "schema": "passkoll/case/1",
    "id": "9303-11-6.1::genuine",
    "title": "A chip that answers",
    "standard": {"document": "ICAO 9303-11", "section": "6.1", "quote": "The eMRTD's chip signs the challenge."},
    "importance": "critical",
    "features": ["brainpoolp256r1"],
    "inspection_time": "2026-11-24T12:00:00Z",
    "realm": "specimen",
    "trust": ["pki/uto"],
    "dump": ".",
    "mrz": None,
    "chip": {"key": "chip", "scheme": "brainpoolp256r1", "answers": "server_challenge"},
    "expected": {"inspect": {"exhaustive": False, "error": None, "checks": [], "verdicts": {}}, "service": None},
    "provenance": {"made_by": "a test", "recipe": "none"},
}


def check(check_id: str, subject: str, status: str, reason: str | None = None) -> dict[str, str | None]:
    """An expected check."""
    return {"id": check_id, "subject": subject, "status": status, "reason": reason}


def service_end(state: str, next_step: str, reason: str | None = None, problem: str | None = None) -> dict[str, Any]:
    """What a case expects of the service."""
    return {"state": state, "next_step": next_step, "reason": reason, "problem": problem}


def case_json(name: str, **changes: Any) -> dict[str, Any]:
    """A case with other members."""
    return {**deepcopy(CASE), "id": name, **changes}


def expecting(
    checks: Iterable[dict[str, Any]] = (),
    verdict: dict[str, str] | None = None,
    *,
    service: dict[str, Any] | None = None,
    error: str | None = None,
    exhaustive: bool = False,
) -> dict[str, Any]:
    """The member `expected`, with one verdict for all policies."""
    return {
        "inspect": {
            "exhaustive": exhaustive,
            "error": None if error is None else {"code": error},
            "checks": list(checks),
            "verdicts": {} if verdict is None else dict.fromkeys(POLICIES, verdict),
        },
        "service": service,
    }


class Casebook:
    """A folder like `fixtures`: what Utopia published, and cases."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW)
        self.genuine = self.issuer.issue(MARTA, PROFILE)
        self.tampered = breakage.tampered_dg1(self.genuine, LATER)
        self.trust = root / "pki" / "uto"
        self.trust.mkdir(parents=True)
        for name, data in self.issuer.trust().items():
            (self.trust / name).write_bytes(data)

    def add(self, case: dict[str, Any], document: SpecimenDocument | None = None) -> Path:
        """Write a case; the elementary files of a document lie beside it."""
        namespace, _, name = case["id"].partition("::")
        folder = self.root / "dumps" / namespace / name
        folder.mkdir(parents=True)
        (folder / "case.json").write_text(json.dumps(case, indent=2))
        if document is not None:
            self.write_files(folder, document)
        return folder

    def write_files(self, folder: Path, document: SpecimenDocument) -> None:
        """The elementary files of a document under their usual names."""
        for file, data in document.files.items():
            (folder / f"{file.value}.bin").write_bytes(data)

    def printed(self, document: SpecimenDocument, source: str = "confirmed", attempt: int = 1) -> dict[str, Any]:
        """The member `mrz`."""
        return {"lines": list(document.mrz_lines), "source": source, "attempt": attempt}

    def fill(self) -> None:
        """A genuine passport, a tampered one, a clone, and a dump that nobody can read."""
        printed = self.printed(self.genuine)
        genuine = [
            check("aa.signature", "AA", "PASSED"),
            check("aa.challenge_bound", "AA", "PASSED"),
            check("evidence.source", "evidence", "PASSED"),
        ]
        self.add(
            case_json(
                "9303-11-6.1::genuine",
                mrz=printed,
                expected=expecting(genuine, VERIFIED, service=service_end("checked", "wait_review_1")),
            ),
            self.genuine,
        )
        self.add(
            case_json(
                "9303-11-5.1::changed-dg1",
                mrz=self.printed(self.tampered),
                expected=expecting(
                    [check("pa.dg_hash", "EF.DG1", "FAILED", "mismatch")],
                    TAMPERED,
                    service=service_end("refused", "stop", "mismatch"),
                ),
            ),
            self.tampered,
        )
        self.add(
            case_json(
                "9303-11-6.1::clone",
                mrz=printed,
                chip={"key": "clone-chip", "scheme": "brainpoolp256r1", "answers": "server_challenge"},
                expected=expecting(
                    [check("aa.signature", "AA", "FAILED", "bad_signature")],
                    CLONED,
                    service=service_end("refused", "stop", "bad_signature"),
                ),
            ),
            self.genuine,
        )
        folder = self.add(
            case_json(
                "dump-format::same-file-twice",
                mrz=printed,
                chip=None,
                expected=expecting(
                    error="duplicate_file",
                    service=service_end("mrz_captured", "read_chip_live", None, "unreadable_dump"),
                ),
            ),
            self.genuine,
        )
        (folder / "SOD.bin").write_bytes((folder / "EF.SOD.bin").read_bytes())
