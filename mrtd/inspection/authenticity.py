"""Whether the data are the issuing state's, by one policy: costs of single results, signer threads, attention.

A thread is what one SignerInfo of EF.SOD leads to: its signature, its certificate, its path. Authenticity needs one
thread that passed as a whole, and everything that the threads share.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus, Effect, split_thread
from mrtd.inspection.policy import Policy
from mrtd.inspection.report import InspectionReport


class Authenticity(StrEnum):
    """Whether the data are the issuing state's."""

    AUTHENTIC = "authentic"
    NOT_AUTHENTIC = "not_authentic"
    INCONCLUSIVE = "inconclusive"


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

#: Those of them that are about certificates.
_OF_CERTIFICATES: Final = ("pa.dsc.authorised", "pa.path", "pa.csca.trusted")

_COSTLY: Final = (Effect.MANDATORY, Effect.REFUSED)


def certificates_passed(checks: Collection[CheckResult]) -> bool:
    """Whether what is known of one signer's certificates lets it vouch for anything, by facts alone."""
    needed = [result for result in checks if result.id in PASSIVE_AUTHENTICATION]
    passed = {result.id for result in needed if result.status is CheckStatus.PASSED}
    whole = all(result.status is CheckStatus.PASSED for result in needed)
    return whole and passed == set(_OF_CERTIFICATES) and not _never_tolerated(checks)


def passive_authentication_passed(checks: Collection[CheckResult]) -> bool:
    """Whether one signer's thread passed as a whole (ICAO 9303-11 §5.1; SECURITY.md 3.1), by facts alone.

    No policy has a say: a proof of the chip counts only under this.
    """
    return any(_thread_passed(checks, thread) for thread in _threads(checks)) and not _never_tolerated(checks)


def _thread_passed(checks: Collection[CheckResult], thread: int) -> bool:
    statuses: dict[str, set[CheckStatus]] = {check_id: set() for check_id in PASSIVE_AUTHENTICATION}
    for result in checks:
        if result.id in statuses and (not CHECKS[result.id].threaded or _thread(result) == thread):
            statuses[result.id].add(result.status)
    return all(found == {CheckStatus.PASSED} for found in statuses.values())


def _never_tolerated(checks: Collection[CheckResult]) -> list[str]:
    return [result.id for result in checks if result.id in NEVER_TOLERATED and result.status is CheckStatus.FAILED]


def _thread(result: CheckResult) -> int | None:
    """The signer thread of EF.SOD that a result belongs to; None for what all threads share, EF.CardSecurity too."""
    if not CHECKS[result.id].threaded:
        return None
    name, number = split_thread(result.subject)
    return None if name == ElementaryFile.CARD_SECURITY else number


def _threads(checks: Collection[CheckResult]) -> list[int]:
    """The signer threads of EF.SOD that the results speak of, at least the first."""
    found = {_thread(result) for result in checks}
    return sorted({1} | {number for number in found if number is not None})


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
            return _Cost.NONE if CHECKS[result.id].may_not_apply else _Cost.OPEN
        case _:
            # NOT_PERFORMED and ABORTED: nothing was found out, neither for nor against the document.
            return _Cost.OPEN


def authenticity_of(report: InspectionReport, policy: Policy) -> tuple[Authenticity, tuple[str, ...]]:
    """Authentic if one signer's thread and everything outside threads passed; see SECURITY.md 1.2 and 3.1."""
    shared_fatal = _never_tolerated(report.checks)
    shared_open = [*_absent(report, policy, None), *_unjudged_files(report)]
    threads: dict[int, tuple[list[str], list[str]]] = {
        thread: ([], _absent(report, policy, thread)) for thread in _threads(report.checks)
    }
    for result in report.checks:
        cost = _cost(result, report, policy)
        if cost is _Cost.NONE:
            continue
        thread = _thread(result)
        fatal, undecided = (shared_fatal, shared_open) if thread is None else threads[thread]
        (fatal if cost is _Cost.FATAL else undecided).append(result.id)
    refused = shared_fatal + [check_id for fatal, _ in threads.values() for check_id in fatal]
    refused_by = tuple(check_id for check_id in CHECKS if check_id in refused)
    if shared_fatal or all(fatal for fatal, _ in threads.values()):
        return Authenticity.NOT_AUTHENTIC, refused_by
    if not shared_open and any(not fatal and not undecided for fatal, undecided in threads.values()):
        return Authenticity.AUTHENTIC, ()
    return Authenticity.INCONCLUSIVE, ()


def _absent(report: InspectionReport, policy: Policy, thread: int | None) -> list[str]:
    """What one thread (None: all share it) should hold and does not: it counts as NOT_PERFORMED.

    A check that can end a document's authenticity in any policy must be there in every policy, else leaving it out
    would be the way around it.
    """
    costly = {(check, subject) for check, subject, effect in policy.expected if effect in _COSTLY}
    wanted = costly | {(check, None) for check in NEVER_TOLERATED}
    here = {
        (result.id, subject)
        for result in report.checks
        if _thread(result) == thread
        for subject in (None, split_thread(result.subject)[0])
    }
    return sorted(check for check, subject in wanted - here if CHECKS[check].threaded is (thread is not None))


def _unjudged_files(report: InspectionReport) -> list[str]:
    """Data groups that were sent and of which no check of the security object speaks."""
    spoken = {result.subject for result in report.checks if result.id in ("pa.dg_hash", "pa.dg_unlisted")}
    sent = [name for name in report.files if ElementaryFile(name).data_group is not None]
    return ["pa.dg_hash" for name in sent if name not in spoken]


def attention_of(report: InspectionReport, policy: Policy) -> tuple[str, ...]:
    """The checks that people must look at: raised by a rule, or absent though a rule watches them."""
    here = {result.id for result in report.checks}
    raised = {check for check, _, effect in policy.expected if effect is Effect.ATTENTION and check not in here}
    for result in report.checks:
        effect = policy.effect(result, report)
        clean = result.status is CheckStatus.PASSED and result.reason is None
        if effect is Effect.ATTENTION and not clean and result.status is not CheckStatus.NOT_APPLICABLE:
            raised.add(result.id)
    raised.update(_failing_threads(report, policy))
    return tuple(check_id for check_id in CHECKS if check_id in raised)


def _failing_threads(report: InspectionReport, policy: Policy) -> set[str]:
    """With several signers, what failed beside a good one: a stranger's signature is never just ignored."""
    if len(_threads(report.checks)) == 1:
        return set()
    return {
        result.id
        for result in report.checks
        if _thread(result) is not None and _cost(result, report, policy) is not _Cost.NONE
    }
