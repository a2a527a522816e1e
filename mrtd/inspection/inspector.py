"""`inspect`: evidence in, report out (ICAO 9303-11 §5 and §6; BSI TR-03135-1 §5).

Pure and deterministic: same evidence, MRZ, trust store, time and provenance give the same report, byte for byte. No
document makes it raise; every check of the table stands in every report.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from mrtd.evidence import CLAIMED, ChipEvidence, ElementaryFile, Provenance
from mrtd.inspection import chip_authenticity, crosscheck
from mrtd.inspection.access import check_access
from mrtd.inspection.check import CHECKS, CheckResult
from mrtd.inspection.chip_authenticity import ChipSecurity
from mrtd.inspection.elementary_files import ReadFiles, read_files
from mrtd.inspection.mrz_evidence import MrzEvidence
from mrtd.inspection.passive_authentication import PassiveAuthentication, passive_authentication
from mrtd.inspection.portrait import check_portrait
from mrtd.inspection.printed_mrz import check_against_dg1, check_printed_mrz
from mrtd.inspection.report import InspectionReport, canonical_json
from mrtd.pki.fact_cache import FactCache
from mrtd.pki.trust_store import TrustStore
from mrtd.version import VERSION


def _table_digest() -> str:
    """SHA-256 of the check table: two programs of one version whose tables differ judge differently."""
    rows = [
        {
            "id": row.id,
            "subjects": list(row.subjects),
            "reasons": [reason.value for reason in row.reasons],
            "cells": [row.cell.strict_level3, row.cell.default, row.cell.forensic],
            "overrides": [
                [
                    item.subject,
                    item.status,
                    item.reason,
                    item.cell.strict_level3,
                    item.cell.default,
                    item.cell.forensic,
                ]
                for item in row.overrides
            ],
        }
        for row in CHECKS.values()
    ]
    return hashlib.sha256(canonical_json(rows)).hexdigest()


#: What made the report, as it stands there.
SOFTWARE: Final = f"passkoll/{VERSION} checks/{_table_digest()[:16]}"


def inspect(
    evidence: ChipEvidence,
    mrz: MrzEvidence | None,
    trust: TrustStore,
    at: datetime,
    *,
    provenance: Provenance = CLAIMED,
    cache: FactCache | None = None,
) -> InspectionReport:
    """Inspect one document (SECURITY.md sections 1 to 3).

    Args:
        evidence: the files of the chip and what was sent with them.
        mrz: the printed MRZ, None if it was not given.
        trust: the anchors, links and CRLs to judge by.
        at: the time of inspection, aware.
        provenance: where the evidence came from; only the service and a live session make one.
        cache: what earlier inspections found of certificates; the report is the same without it.

    Raises:
        ValueError: `at` is naive. That is a bug of the caller, not of the document.
    """
    if at.tzinfo is None:
        raise ValueError("the time of inspection has no time zone")
    files = read_files(evidence.files, today=crosscheck.today(at))
    pa = passive_authentication(files, trust, at, cache)
    security = _chip_security(evidence, files, pa)
    # what is inside EF.SOD and EF.CardSecurity is read by Passive Authentication; one result a file
    reread = {result.subject for result in pa.results if result.id == "lds.parse"}
    checks: list[CheckResult] = [
        *(result for result in files.results if result.subject not in reread),
        *pa.results,
        *check_printed_mrz(mrz),
        *check_access(files, evidence, provenance, security, pa.card_security_content),
        crosscheck.dg11_dg1(files),
        *check_against_dg1(mrz, files.dg1),
        crosscheck.expiry(files.dg1, at),
        *chip_authenticity.check(security, provenance, evidence.digests()),
        check_portrait(files),
    ]
    fields = None if files.dg1 is None else files.dg1.document.fields
    return InspectionReport(
        checks=tuple(checks),
        at=at,
        document_type=None if fields is None else fields.document_code,
        issuing_state=None if fields is None else fields.issuing_state,
        source=provenance.source,
        proof_origin=provenance.origin,
        trust_store=trust.digest,
        software=SOFTWARE,
        files={name.value: digest for name, digest in evidence.digests().items()},
        skipped=evidence.skipped,
    )


def _chip_security(evidence: ChipEvidence, files: ReadFiles, pa: PassiveAuthentication) -> ChipSecurity:
    groups = pa.groups
    return ChipSecurity(
        pa_passed=pa.passed,
        dg14=files.dg14,
        dg15=files.dg15,
        dg14_listed=ElementaryFile.DG14 in groups.listed,
        dg15_listed=ElementaryFile.DG15 in groups.listed,
        dg14_hash_passed=ElementaryFile.DG14 in groups.passed,
        dg15_hash_passed=ElementaryFile.DG15 in groups.passed,
        response=evidence.active_authentication,
        card_security_content=pa.card_security_content if pa.card_security_agrees else None,
    )
