"""Judging decisions in force anew when lists or rules change (DESIGN.md section 6), and what follows from it.

The judgement that two people decided on is never touched: what was found later stands beside it. Nothing here
revokes: that is what two people do, who are told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mrtd.inspection import InspectionReport, Policy, Reason, Verdict
from mrtd.inspection.check import CheckResult, CheckStatus, Effect
from service.domain.audit import Action, AuditEntry, entry
from service.domain.deadlines import RESULT_TIME
from service.domain.errors import ProblemCode, ServiceError
from service.domain.events import Event, EventType
from service.domain.jobs import Job, JobKind
from service.domain.judgement import level3_obstacles
from service.domain.lifecycle import itself
from service.domain.verification import State, Verification

#: Where an approval is, or may still be, used.
IN_FORCE: Final = frozenset({State.APPROVED, State.RESULT_ISSUED, State.CONSUMED})

#: Reasons that only say that another check came to nothing.
_CONSEQUENCES: Final = frozenset({Reason.EARLIER_STEP, Reason.PA_NOT_PASSED})
#: What a check says that had nothing to look at.
_NOTHING_THERE: Final = frozenset({Reason.NO_EVIDENCE, Reason.NOT_SENT, Reason.EARLIER_STEP, Reason.NOT_READ})
#: Says which files were there: what was erased since was there.
_ABOUT_FILES: Final = frozenset({"evidence.complete"})
#: What EF.SOD alone still shows: its signature, the way to a trusted CSCA, and who was revoked.
_SIGNER: Final = ("pa.sod.signature", "pa.path", "pa.csca.trusted")
_REVOCATION: Final = ("pa.dsc.revocation", "pa.csca.revocation")


class StandingReason(StrEnum):
    """Why a decision could not be judged anew as a whole; otherwise the reason of a check says what is wrong."""

    EVIDENCE_ERASED = "evidence_erased"
    EVIDENCE_UNREADABLE = "evidence_unreadable"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a decision stands by the lists and rules of now.

    `since` (aware, UTC): from when on `in_force` is what it is. `whole`: everything was there to be judged. `reasons`
    are codes: why it is not in force, or why that could not be told as a whole.
    """

    in_force: bool
    since: datetime
    whole: bool = True
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What judging anew came to.

    `in_force` is None where nothing could be said. The verdicts are as of the time of the decision and as of now.
    """

    in_force: bool | None
    whole: bool
    reasons: tuple[str, ...]
    trust_store: str
    as_of_then: Verdict | None = None
    as_of_now: Verdict | None = None


class Change(StrEnum):
    """What a new judgement is to a decision."""

    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    #: Not everything was there any more, and nothing is known against it.
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Round:
    """All decisions in force, judged once by one trust store and one policy; both by their digests.

    `finished_at` is None until the last one was judged. `counts`: how many came to what.
    """

    id: int
    trust_store: str
    policy_digest: str
    begun_at: datetime
    finished_at: datetime | None
    counts: Mapping[Change, int]


@dataclass(frozen=True, slots=True)
class RecordedRejudgement:
    """A new judgement that changed how a decision stands, as it is kept beside the old one."""

    round_id: int
    at: datetime
    trust_store: str
    as_of_then: Verdict | None
    as_of_now: Verdict | None
    in_force: bool
    whole: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """A check that says something against the evidence, or could not say anything."""

    check: str
    subject: str
    reason: str


def rejudge_job(at: datetime) -> Job:
    """Judge decisions anew, if what they are judged by has changed; one waits at a time."""
    return Job(JobKind.REJUDGE, JobKind.REJUDGE.value, at, key=JobKind.REJUDGE.value)


def raised(report: InspectionReport, verdict: Verdict, policy: Policy) -> list[Raised]:
    """What stands in the way, in the order of the checks: what a verdict needs before what raises attention."""
    needed, attention = [], []
    for result in report.checks:
        if result.reason is None or result.reason in _CONSEQUENCES or result.status is CheckStatus.NOT_APPLICABLE:
            continue
        effect = policy.effect(result, report)
        found = Raised(result.id, result.subject, result.reason.value)
        if effect is Effect.REFUSED or (effect is Effect.MANDATORY and result.status is not CheckStatus.PASSED):
            needed.append(found)
        elif effect is Effect.ATTENTION and result.id in verdict.attention:
            attention.append(found)
    return needed + attention


def lost(before: Verdict, after: Verdict) -> frozenset[str]:
    """What an approval would have needed and does not have any more, or what nobody answered to; empty if nothing.

    People approve what the machine left to review, so `verified` alone does not tell. A chip without a proof may have
    been accepted, so that is no new obstacle.
    """
    stood = set(level3_obstacles(before, chip_proof_required=False)) | set(before.attention)
    stands = set(level3_obstacles(after, chip_proof_required=False)) | set(after.attention)
    return frozenset(stands - stood)


def completed(again: InspectionReport, decided: Mapping[str, Any]) -> InspectionReport:
    """A report on what is left of the evidence, with what was found of erased files while they were there.

    No list and no rule changes whether a portrait has the hash that the security object names. What a change of trust
    takes away shows in a check of its own, which is never replaced.

    Args:
        again: the new report.
        decided: the JSON of the report that people decided on.
    """
    before = {(check["id"], check["subject"]): check for check in decided["checks"]}
    kept = {(result.id, str(result.subject)): result for result in again.checks}
    for key, check in before.items():
        result = kept.get(key)
        nothing_there = (
            result is None
            or result.id in _ABOUT_FILES
            or (result.status is CheckStatus.NOT_PERFORMED and result.reason in _NOTHING_THERE)
        )
        if nothing_there:
            kept[key] = _result(check)
    return replace(again, checks=tuple(kept.values()))


def compared(
    decided: Verdict, reports: Sequence[InspectionReport], verdicts: Sequence[Verdict], policy: Policy
) -> Rejudged:
    """What a decision is worth by another trust store or policy.

    Only what is lost both as of the time of the decision and as of now is the doing of lists and rules: a passport
    that expired since is no fault of the decision, and a new CRL says nothing of the time before it began. What a CRL
    lists is revoked at both times (SECURITY.md 1.2).

    Args:
        decided: the verdict that people decided on.
        reports: of the same evidence as of then and as of now.
        verdicts: of those reports.
        policy: that made them.
    """
    then, now = verdicts
    gone = lost(decided, then) & lost(decided, now)
    return Rejudged(
        in_force=not gone,
        whole=True,
        reasons=_reasons(decided, reports, verdicts, policy) if gone else (),
        trust_store=reports[1].trust_store,
        as_of_then=then,
        as_of_now=now,
    )


def from_what_is_left(report: InspectionReport) -> Rejudged:
    """What EF.SOD alone still shows, when the data of the person are erased: never that all is well."""
    against = [
        result
        for check_id in _REVOCATION
        for result in report.results(check_id)
        if result.status is CheckStatus.FAILED
    ]
    for check_id in _SIGNER:
        results = list(report.results(check_id))
        if not any(result.status is CheckStatus.PASSED for result in results):
            against += results
    reasons = (result.reason for result in against if result.reason is not None)
    telling = (reason.value for reason in reasons if reason not in _CONSEQUENCES)
    return Rejudged(
        in_force=False if against else None,
        whole=False,
        reasons=tuple(dict.fromkeys(telling)) or (StandingReason.EVIDENCE_ERASED.value,),
        trust_store=report.trust_store,
    )


def first_standing(verification: Verification) -> Standing:
    """The standing of a decision that nothing has happened to since two people made it."""
    decided_at = (verification.result_until or verification.changed_at + RESULT_TIME) - RESULT_TIME
    return Standing(in_force=True, since=decided_at)


def standing_after(before: Standing, rejudged: Rejudged, at: datetime) -> tuple[Standing, Change]:
    """How a decision stands after one more judgement. Only a whole one brings a withdrawn decision back."""
    holds = rejudged.in_force is not False
    in_force = holds if rejudged.whole else before.in_force and holds
    # what is withdrawn keeps its reasons until it is known better
    unknown = not in_force and rejudged.in_force is None
    after = Standing(
        in_force=in_force,
        since=before.since if in_force is before.in_force else at,
        whole=rejudged.whole,
        reasons=before.reasons if unknown else rejudged.reasons,
    )
    if in_force is not before.in_force:
        return after, Change.RESTORED if in_force else Change.WITHDRAWN
    return after, Change.UNCHANGED if rejudged.whole else Change.NOT_JUDGED


def told(
    verification: Verification, change: Change, standing: Standing, rejudged: Rejudged, at: datetime
) -> tuple[AuditEntry | None, Event | None]:
    """What is written down of a change, and what the portal hears of a change to the worse."""
    if change not in (Change.WITHDRAWN, Change.RESTORED):
        return None, None
    withdrawn = change is Change.WITHDRAWN
    details = {"trust_store": rejudged.trust_store, "reasons": ",".join(standing.reasons) or None}
    action = Action.TRUST_WITHDRAWN if withdrawn else Action.TRUST_RESTORED
    written = entry(itself(verification.organisation), at, action, verification.id, details)
    if not withdrawn:
        return written, None
    data = {
        "state": verification.state.value,
        "reason": standing.reasons[0] if standing.reasons else None,
        "order_reference": verification.order_reference,
    }
    kind = EventType.VERIFICATION_TRUST_WITHDRAWN
    return written, Event(kind, verification.id, verification.organisation, at, data)


def require_in_force(standing: Standing | None) -> None:
    """Refuse to sign anew what does not hold by the lists and rules of now.

    Raises:
        ServiceError: `trust_withdrawn`.
    """
    if standing is not None and not standing.in_force:
        raise ServiceError(ProblemCode.TRUST_WITHDRAWN)


def _reasons(
    decided: Verdict, reports: Sequence[InspectionReport], verdicts: Sequence[Verdict], policy: Policy
) -> tuple[str, ...]:
    then, now = (raised(report, verdict, policy) for report, verdict in zip(reports, verdicts, strict=True))
    both = [one for one in now if one in then]
    new = [one for one in both if one.check not in decided.attention]
    return tuple(dict.fromkeys(one.reason for one in new or both or now))


def _result(check: Mapping[str, Any]) -> CheckResult:
    """The inverse of `CheckResult.to_json`."""
    reason = check["reason"]
    return CheckResult(
        check["id"],
        CheckStatus(check["status"]),
        check["subject"],
        None if reason is None else Reason(reason),
        check["facts"],
    )


def report_json(report: bytes) -> Mapping[str, Any]:
    """A report as it is kept, read."""
    found: Mapping[str, Any] = json.loads(report)
    return found
