"""Replacing any PASSED of any fixture's report by another status, or leaving it out, never improves a verdict.

`python -m tests.proof.monotony` replaces every one by everything, under every shipped policy; it prints the numbers
and ends with 1 if a member of a verdict became better (SECURITY.md 1.6; the order of the words is that of 1.1).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

from mrtd.inspection import CHECKS, POLICIES, CheckResult, CheckStatus, InspectionReport, Policy, judge
from mrtd.inspection.check import Effect
from service.replay.folder import load_case
from tests.mrtd.inspection.test_judge_properties import improved
from tests.oracles.corpus import inspected
from tests.proof.bit_flips import spread
from tests.proof.mutation import Expected, cases

_NEED_A_REASON: Final = (CheckStatus.FAILED, CheckStatus.INDETERMINATE)


@dataclass(frozen=True, slots=True)
class Change:
    """One result of a report by its place, and what stands there instead; None: nothing."""

    place: int
    status: CheckStatus | None

    def of(self, report: InspectionReport) -> Iterator[InspectionReport]:
        """The changed report; where a status needs a reason, one report a reason of the check."""
        genuine = report.checks[self.place]
        before, after = report.checks[: self.place], report.checks[self.place + 1 :]
        if self.status is None:
            yield replace(report, checks=(*before, *after))
            return
        reasons = CHECKS[genuine.id].reasons if self.status in _NEED_A_REASON else (None,)
        for reason in reasons:
            other = CheckResult(genuine.id, self.status, genuine.subject, reason, dict(genuine.facts))
            yield replace(report, checks=(*before, other, *after))


@cache
def reports() -> tuple[InspectionReport, ...]:
    """The reports of the fixtures, of those that expect the same results only the first."""
    found: dict[object, Expected] = {}
    for case in cases():
        found.setdefault(case.checks, case)
    documents = (inspected(load_case(case.folder)) for case in found.values() if case.checks)
    return tuple(document[0].report for document in documents if document is not None)


def changes(report: InspectionReport, policy: Policy) -> list[Change]:
    """Every change of a PASSED that costs nothing; one with a remark that costs something is no clean PASSED."""
    others = [None, *(status for status in CheckStatus if status is not CheckStatus.PASSED)]
    return [
        Change(place, status)
        for place, result in enumerate(report.checks)
        if result.status is CheckStatus.PASSED
        and (result.reason is None or policy.effect(result, report) is Effect.INFORMATION)
        for status in others
    ]


def worse_or_equal(number: int, policy_name: str, amount: int | None = None) -> tuple[int, list[str]]:
    """Change one report under one policy.

    Args:
        number: of the report.
        policy_name: of a shipped policy.
        amount: how many changes, evenly spread; None for all.

    Returns:
        How many changed reports were judged, and what became better.
    """
    report, policy = reports()[number], POLICIES[policy_name]
    whole = judge(report, policy)
    possible = changes(report, policy)
    judged, better = 0, []
    for index in spread(len(possible), amount):
        change = possible[index]
        for changed in change.of(report):
            judged += 1
            members = improved(whole, judge(changed, policy))
            if members:
                result = report.checks[change.place]
                better.append(f"{policy_name}: {result.id} of {result.subject} {change.status}: better {members}")
    return judged, better


def main() -> int:
    """Everything, on two processes."""
    total, wrong = 0, []
    with ProcessPoolExecutor(2) as pool:
        for name in POLICIES:
            for judged, better in pool.map(partial(worse_or_equal, policy_name=name), range(len(reports()))):
                total += judged
                wrong += better
    sys.stdout.write(f"{len(reports())} reports, {total} changed ones judged, {len(wrong)} better than before\n")
    sys.stdout.writelines(f"  {line}\n" for line in dict.fromkeys(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
