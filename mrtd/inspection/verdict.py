"""`judge`: a verdict is a pure function of a report and a policy (SECURITY.md section 1).

Replacing a PASSED by another status, or deleting a check, never improves a verdict: a check that is absent counts as
NOT_PERFORMED, and nothing here is true by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus, Effect, split_thread
from mrtd.inspection.policy import Policy
from mrtd.inspection.reason import Reason
from mrtd.inspection.report import InspectionReport


class Authenticity(StrEnum):
    """Whether the data are the issuing state's."""

    AUTHENTIC = "authentic"
    NOT_AUTHENTIC = "not_authentic"
    INCONCLUSIVE = "inconclusive"


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


#: FAILED here is not authentic whatever a policy says (CHECKS.md).
NEVER_TOLERATED: Final = frozenset({"pa.dg_hash", "pa.dg_unlisted", "pa.dsc.revocation", "pa.csca.revocation"})

#: What Passive Authentication rests on, in every policy: without these nothing that a chip proves counts.
PASSIVE_AUTHENTICATION: Final = (
    "pa.sod.content_type",
    "pa.sod.message_digest",
    "pa.sod.algorithms",
    "pa.sod.signer_certificate",
    "pa.sod.signature",
    "pa.dg_duplicate",
    "pa.dsc.authorised",
    "pa.path",
    "pa.csca.trusted",
)

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
_CHIP_PREFIXES: Final = ("aa.", "ca.", "pace_cam.")
#: What a signed security object without DG14 and DG15 makes NOT_APPLICABLE.
_CHIP_SUPPORT: Final = ("aa.key", "aa.signature", "aa.challenge_bound", "ca.key", "ca.secure_messaging", "ca.rebind")


def judge(report: InspectionReport, policy: Policy) -> Verdict:
    """What `policy` makes of `report` (SECURITY.md section 1).

    Args:
        report: from `inspect`.
        policy: one of `POLICIES`, or read by `policy.from_json`.
    """
    authenticity, refused_by = _authenticity(report, policy)
    chip_genuine = _chip_genuine(report)
    document_valid = _document_valid(report)
    mrz_matches_chip = _mrz_matches_chip(report)
    attention = _attention(report, policy)
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


def passive_authentication_passed(report: InspectionReport) -> bool:
    """Whether one signer's thread passed as a whole (ICAO 9303-11 §5.1; SECURITY.md 3.1), by facts alone.

    No policy has a say: a proof of the chip counts only under this.
    """
    return any(_thread_passed(report, thread) for thread in _threads(report)) and not _never_tolerated(report)


def _thread_passed(report: InspectionReport, thread: int) -> bool:
    def passed(check_id: str) -> bool:
        results = [
            result
            for result in report.results(check_id)
            if not CHECKS[check_id].threaded
            or (split_thread(result.subject)[1] == thread and not result.subject.startswith("EF.CardSecurity"))
        ]
        return bool(results) and all(result.status is CheckStatus.PASSED for result in results)

    return all(passed(check_id) for check_id in PASSIVE_AUTHENTICATION)


def _never_tolerated(report: InspectionReport) -> list[str]:
    return [
        result.id for result in report.checks if result.id in NEVER_TOLERATED and result.status is CheckStatus.FAILED
    ]


def _threads(report: InspectionReport) -> list[int]:
    """The signer threads of EF.SOD that the report holds, at least the first."""
    found = {split_thread(result.subject)[1] for result in report.checks if CHECKS[result.id].threaded}
    return sorted(found | {1})


class _Cost(StrEnum):
    """What one result does to authenticity."""

    NONE = "none"
    OPEN = "open"
    FATAL = "fatal"


def _cost(result: CheckResult, report: InspectionReport, policy: Policy) -> _Cost:
    effect = policy.effect(result, report)
    if effect not in (Effect.MANDATORY, Effect.REFUSED):
        return _Cost.NONE
    match result.status:
        case CheckStatus.PASSED:
            # A refused tolerance ("raw_ecdsa", "weak_algorithm") is a PASSED with a reason.
            refused = effect is Effect.REFUSED and result.reason is not None
            return _Cost.FATAL if refused else _Cost.NONE
        case CheckStatus.FAILED:
            return _Cost.FATAL
        case CheckStatus.INDETERMINATE:
            return _Cost.FATAL if effect is Effect.REFUSED else _Cost.OPEN
        case CheckStatus.NOT_APPLICABLE:
            free = CHECKS[result.id].may_not_apply or effect is Effect.REFUSED
            return _Cost.NONE if free else _Cost.OPEN
        case _:
            # NOT_PERFORMED and ABORTED: nothing was found out, neither for nor against the document.
            return _Cost.OPEN


def _authenticity(report: InspectionReport, policy: Policy) -> tuple[Authenticity, tuple[str, ...]]:
    """Authentic if one signer's thread and everything outside threads passed; see SECURITY.md 1.2 and 3.1."""
    costs = [(result, _cost(result, report, policy)) for result in report.checks]
    required = policy.mandatory()
    shared_open = _absent(required, report, threaded=False)
    shared_fatal = _never_tolerated(report)
    threads: dict[int, tuple[list[str], list[str]]] = {
        thread: ([], _absent(required, report, threaded=True, thread=thread)) for thread in _threads(report)
    }
    for result, cost in costs:
        if cost is _Cost.NONE:
            continue
        own_thread = CHECKS[result.id].threaded and not result.subject.startswith("EF.CardSecurity")
        if own_thread:
            fatal, undecided = threads[split_thread(result.subject)[1]]
        else:
            fatal, undecided = shared_fatal, shared_open
        (fatal if cost is _Cost.FATAL else undecided).append(result.id)
    refused = shared_fatal + [check_id for fatal, _ in threads.values() for check_id in fatal]
    refused_by = tuple(check_id for check_id in CHECKS if check_id in refused)
    if shared_fatal or all(fatal for fatal, _ in threads.values()):
        return Authenticity.NOT_AUTHENTIC, refused_by
    if not shared_open and any(not fatal and not undecided for fatal, undecided in threads.values()):
        return Authenticity.AUTHENTIC, ()
    return Authenticity.INCONCLUSIVE, ()


def _absent(
    required: Iterable[tuple[str, str | None]], report: InspectionReport, *, threaded: bool, thread: int = 1
) -> list[str]:
    """The mandatory checks that the report does not hold: they count as NOT_PERFORMED."""

    def present(check_id: str, subject: str | None) -> bool:
        for result in report.results(check_id):
            name, number = split_thread(result.subject) if threaded else (result.subject, thread)
            if number == thread and name != "EF.CardSecurity" and subject in (None, name):
                return True
        return False

    return [
        check_id
        for check_id, subject in required
        if CHECKS[check_id].threaded is threaded and not present(check_id, subject)
    ]


def _attention(report: InspectionReport, policy: Policy) -> tuple[str, ...]:
    """The checks that people must look at: raised by a rule, or absent though a rule watches them."""
    raised = {check_id for check_id in policy.attention() if not any(report.results(check_id))}
    for result in report.checks:
        effect = policy.effect(result, report)
        clean = result.status is CheckStatus.PASSED and result.reason is None
        if effect is Effect.ATTENTION and not clean and result.status is not CheckStatus.NOT_APPLICABLE:
            raised.add(result.id)
    raised.update(_failing_threads(report, policy))
    return tuple(check_id for check_id in CHECKS if check_id in raised)


def _failing_threads(report: InspectionReport, policy: Policy) -> set[str]:
    """With several signers, what failed beside a good one: a stranger's signature is never just ignored."""
    if len(_threads(report)) == 1:
        return set()
    return {
        result.id
        for result in report.checks
        if CHECKS[result.id].threaded and _cost(result, report, policy) is not _Cost.NONE
    }


def _chip_genuine(report: InspectionReport) -> ChipGenuine:
    """SECURITY.md 2.3 and 2.4."""
    chip = [result for result in report.checks if result.id.startswith(_CHIP_PREFIXES)]
    if any(result.status is CheckStatus.FAILED for result in chip):
        return ChipGenuine.NO
    if not passive_authentication_passed(report) or any(result.status is CheckStatus.ABORTED for result in chip):
        return ChipGenuine.UNDETERMINED
    if any(_all_passed(report, proof) for proof in CHIP_PROOFS):
        return ChipGenuine.YES
    if all(_not_supported(report, check_id) for check_id in _CHIP_SUPPORT):
        return ChipGenuine.NOT_SUPPORTED
    return ChipGenuine.UNDETERMINED


def _all_passed(report: InspectionReport, check_ids: Iterable[str]) -> bool:
    for check_id in check_ids:
        results = list(report.results(check_id))
        if not results or any(result.status is not CheckStatus.PASSED for result in results):
            return False
    return True


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
