"""`judge`: a verdict is a pure function of a report and a policy (SECURITY.md section 1).

Replacing a PASSED by another status, or deleting a check, never improves a verdict: a check that is absent counts as
NOT_PERFORMED, and nothing here is true by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.authenticity import (
    Authenticity,
    attention_of,
    authenticity_of,
    passive_authentication_passed,
)
from mrtd.inspection.check import CHECKS, CheckStatus
from mrtd.inspection.policy import Policy
from mrtd.inspection.reason import Reason
from mrtd.inspection.report import InspectionReport

__all__ = [
    "Authenticity",
    "ChipGenuine",
    "DocumentValid",
    "MrzMatchesChip",
    "Outcome",
    "Verdict",
    "judge",
    "passive_authentication_passed",
]


class ChipGenuine(StrEnum):
    """Whether the chip is the one that the issuing state made."""

    YES = "yes"
    NO = "no"
    NOT_SUPPORTED = "not_supported"
    UNDETERMINED = "undetermined"


class DocumentValid(StrEnum):
    """Whether the document has not expired."""

    YES = "yes"
    NO = "no"
    UNDETERMINED = "undetermined"


class MrzMatchesChip(StrEnum):
    """Whether the printed MRZ is the chip's."""

    YES = "yes"
    NO = "no"
    UNDETERMINED = "undetermined"
    NOT_GIVEN = "not_given"


class Outcome(StrEnum):
    """What the machine says of document and chip."""

    VERIFIED = "verified"
    REFUSED = "refused"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy makes of a report.

    `attention` and `refused_by` name checks in the order of the table.
    """

    outcome: Outcome
    authenticity: Authenticity
    chip_genuine: ChipGenuine
    document_valid: DocumentValid
    mrz_matches_chip: MrzMatchesChip
    attention: tuple[str, ...]
    refused_by: tuple[str, ...]
    policy: str
    policy_digest: str

    def to_json(self) -> dict[str, object]:
        """The verdict's members of the object of API.md §4."""
        return {
            "outcome": self.outcome.value,
            "authenticity": self.authenticity.value,
            "chip_genuine": self.chip_genuine.value,
            "document_valid": self.document_valid.value,
            "mrz_matches_chip": self.mrz_matches_chip.value,
            "attention": list(self.attention),
            "refused_by": list(self.refused_by),
            "policy": self.policy,
            "policy_digest": self.policy_digest,
        }


#: The fields that the printed MRZ and DG1 have in common; each must have PASSED.
MRZ_FIELDS: Final = (
    "document_code",
    "issuing_state",
    "document_number",
    "nationality",
    "date_of_birth",
    "sex",
    "date_of_expiry",
    "optional_data",
    "primary_identifier",
    "secondary_identifier",
)

#: The proofs that the chip is no clone: each needs all of its checks.
CHIP_PROOFS: Final = (
    ("aa.key", "aa.signature", "aa.challenge_bound"),
    ("ca.key", "ca.secure_messaging", "ca.rebind"),
    ("pace_cam.token", "pace_cam.card_security", "pace_cam.mapping", "pace_cam.same_session"),
)
#: Where the key of each proof stands; its hash must have passed (EF.CardSecurity is signed, not hashed).
_KEY_FILES: Final = (ElementaryFile.DG15, ElementaryFile.DG14, None)
_CAM: Final = CHIP_PROOFS[2]
_CHIP_CHECKS: Final = tuple(check for check in CHECKS if check.startswith(("aa.", "ca.", "pace_cam.")))
#: What a signed security object without DG14 and DG15 makes NOT_APPLICABLE.
_CHIP_SUPPORT: Final = ("aa.key", "aa.signature", "aa.challenge_bound", "ca.key", "ca.secure_messaging", "ca.rebind")


def judge(report: InspectionReport, policy: Policy) -> Verdict:
    """What `policy` makes of `report` (SECURITY.md section 1).

    Args:
        report: from `inspect`.
        policy: one of `POLICIES`, or read by `policy.from_json`.
    """
    authenticity, refused_by = authenticity_of(report, policy)
    chip_genuine = _chip_genuine(report)
    document_valid = _document_valid(report)
    mrz_matches_chip = _mrz_matches_chip(report)
    attention = attention_of(report, policy)
    negative = (
        authenticity is Authenticity.NOT_AUTHENTIC
        or chip_genuine is ChipGenuine.NO
        or document_valid is DocumentValid.NO
        or mrz_matches_chip is MrzMatchesChip.NO
    )
    positive = (
        authenticity is Authenticity.AUTHENTIC
        and chip_genuine is ChipGenuine.YES
        and document_valid is DocumentValid.YES
        and mrz_matches_chip is MrzMatchesChip.YES
        and not attention
    )
    outcome = Outcome.REFUSED if negative else Outcome.VERIFIED if positive else Outcome.REVIEW
    return Verdict(
        outcome=outcome,
        authenticity=authenticity,
        chip_genuine=chip_genuine,
        document_valid=document_valid,
        mrz_matches_chip=mrz_matches_chip,
        attention=attention,
        refused_by=refused_by,
        policy=policy.name,
        policy_digest=policy.digest,
    )


def _chip_genuine(report: InspectionReport) -> ChipGenuine:
    """SECURITY.md 2.3 and 2.4. A chip check that is left out could have FAILED, so all of them must be there."""
    chip = [result for result in report.checks if result.id in _CHIP_CHECKS]
    if any(result.status is CheckStatus.FAILED for result in chip):
        return ChipGenuine.NO
    whole = {result.id for result in chip} == set(_CHIP_CHECKS)
    aborted = any(result.status is CheckStatus.ABORTED for result in chip)
    if not whole or aborted or not passive_authentication_passed(report.checks):
        return ChipGenuine.UNDETERMINED
    proofs = zip(CHIP_PROOFS, _KEY_FILES, strict=True)
    if any(_all_passed(report, checks) and _hash_passed(report, key_file) for checks, key_file in proofs):
        return ChipGenuine.YES
    # EF.SOD lists DG15: the chip supports Active Authentication, whatever the checks say
    listed = any(result.subject == ElementaryFile.DG15 for result in report.results("pa.dg_hash"))
    # the signed DG14 offers PACE-CAM, or a session tried it
    mapped = any(result.status is not CheckStatus.NOT_APPLICABLE for row in _CAM for result in report.results(row))
    if not listed and not mapped and all(_not_supported(report, check_id) for check_id in _CHIP_SUPPORT):
        return ChipGenuine.NOT_SUPPORTED
    return ChipGenuine.UNDETERMINED


def _all_passed(report: InspectionReport, check_ids: Iterable[str]) -> bool:
    for check_id in check_ids:
        results = list(report.results(check_id))
        if not results or any(result.status is not CheckStatus.PASSED for result in results):
            return False
    return True


def _hash_passed(report: InspectionReport, data_group: str | None) -> bool:
    """Whether the data group that holds the key of a proof is the one that the security object lists."""
    if data_group is None:
        return True
    statuses = {result.status for result in report.results("pa.dg_hash") if result.subject == data_group}
    return statuses == {CheckStatus.PASSED}


def _not_supported(report: InspectionReport, check_id: str) -> bool:
    results = list(report.results(check_id))
    return bool(results) and all(
        result.status is CheckStatus.NOT_APPLICABLE and result.reason is Reason.NOT_SUPPORTED for result in results
    )


def _document_valid(report: InspectionReport) -> DocumentValid:
    """From `cross.expiry` alone (CHECKS.md rule 2)."""
    statuses = {result.status for result in report.results("cross.expiry")}
    if CheckStatus.FAILED in statuses:
        return DocumentValid.NO
    return DocumentValid.YES if statuses == {CheckStatus.PASSED} else DocumentValid.UNDETERMINED


def _mrz_matches_chip(report: InspectionReport) -> MrzMatchesChip:
    """From `cross.mrz_dg1` alone (CHECKS.md rule 1)."""
    results = list(report.results("cross.mrz_dg1"))
    if any(result.status is CheckStatus.FAILED for result in results):
        return MrzMatchesChip.NO
    if results and all(result.status is CheckStatus.NOT_APPLICABLE for result in results):
        return MrzMatchesChip.NOT_GIVEN
    passed = {result.subject for result in results if result.status is CheckStatus.PASSED}
    complete = set(MRZ_FIELDS) <= passed and len(passed) == len(results)
    return MrzMatchesChip.YES if complete else MrzMatchesChip.UNDETERMINED
