"""Mutation of the product: a check that always passes, a policy rule that costs nothing; the tests must see each.

`python -m tests.proof.mutation` tries every mutation on every fixture that can see it, prints which see it, and ends
with 1 if one is seen by none and no table says why.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Final
from unittest.mock import patch

from mrtd.inspection import CHECKS, POLICIES, CheckResult, CheckStatus, Policy
from mrtd.inspection.check import Effect
from service.replay.compare import Kind
from service.replay.finding import FoundCheck, Status
from service.replay.folder import find_cases, load_case
from service.replay.library import LibraryRun
from service.replay.options import Options
from tests.conftest import ROOT
from tests.mrtd.inspection import test_columns as columns
from tests.proof.specimens import AT
from tests.proof.unseen import NO_VERDICT, UNREACHED

FIXTURES: Final = ROOT / "fixtures"


# --- a check that always passes


@contextmanager
def always_passing(check: str) -> Iterator[None]:
    """Every result of a check PASSED without a reason, wherever it is made; what does not apply still does not."""
    genuine = CheckResult.__post_init__

    def mutated(result: CheckResult) -> None:
        genuine(result)
        if result.id == check and result.status is not CheckStatus.NOT_APPLICABLE:
            object.__setattr__(result, "status", CheckStatus.PASSED)
            object.__setattr__(result, "reason", None)

    with patch.object(CheckResult, "__post_init__", mutated):
        yield


def _run(fixtures: Path) -> LibraryRun:
    """Replays at the time that each case names; the clock is not asked."""
    return LibraryRun(fixtures, Options(now=AT))


@dataclass(frozen=True, slots=True)
class Expected:
    """A case by its folder, and what it expects of the checks."""

    folder: Path
    name: str
    checks: tuple[FoundCheck, ...]

    def says_more(self, check: str) -> bool:
        """Whether a check that always passes would say something else than this case expects."""
        return any(one.id == check and _says_more(one) for one in self.checks)

    def only_remarks(self, check: str) -> bool:
        """Whether every result of the check is PASSED or does not apply."""
        quiet = (CheckStatus.PASSED, CheckStatus.NOT_APPLICABLE)
        return all(one.status in quiet for one in self.checks if one.id == check)

    @property
    def noise(self) -> int:
        """How many other results are no clean PASSED either; where there are few, a single check decides."""
        return sum(map(_says_more, self.checks))


def _says_more(found: FoundCheck) -> bool:
    passed = found.status is CheckStatus.PASSED and found.reason is None
    return not passed and found.status is not CheckStatus.NOT_APPLICABLE


@cache
def cases(fixtures: Path = FIXTURES) -> tuple[Expected, ...]:
    """The cases, those first in which the fewest checks speak."""
    loaded = [(folder, load_case(folder).case) for folder in find_cases(fixtures / "dumps")]
    found = [Expected(folder, case.id, case.inspect.checks) for folder, case in loaded]
    return tuple(sorted(found, key=lambda case: (case.noise, case.name)))


@dataclass(frozen=True, slots=True)
class Seen:
    """Which cases see a mutation at all, and which by a verdict; `wrong` are not green even without it."""

    mutation: str
    candidates: int
    seen: tuple[str, ...] = ()
    by_verdict: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


def mutate_check(check: str, *, fixtures: Path = FIXTURES, whole: bool = False) -> Seen:
    """Replay the cases that speak of a check while it always passes.

    Args:
        check: its id.
        fixtures: where the cases lie.
        whole: all of them; else only until one has seen it, by its verdict where a verdict can.
    """
    run = _run(fixtures)
    candidates = sorted(
        (case for case in cases(fixtures) if case.says_more(check)), key=lambda case: case.only_remarks(check)
    )
    seen: list[str] = []
    by_verdict: list[str] = []
    wrong: list[str] = []
    for case in candidates:
        if run.case(case.folder).status is not Status.OK:
            wrong.append(case.name)
            continue
        with always_passing(check):
            replay = run.case(case.folder)
        if replay.status is Status.DIFFERENT:
            seen.append(case.name)
            if any(difference.kind is Kind.VERDICT for difference in replay.differences):
                by_verdict.append(case.name)
        if not whole and (by_verdict or (seen and check in NO_VERDICT)):
            break
    return Seen(check, len(candidates), tuple(seen), tuple(by_verdict), tuple(wrong))


# --- a policy rule that costs nothing


@dataclass(frozen=True, slots=True)
class Loosened:
    """A shipped policy in which one rule costs nothing."""

    policy: str
    rule: int

    @property
    def mutated(self) -> Policy:
        """The policy, under its own name."""
        genuine = POLICIES[self.policy]
        rules = list(genuine.rules)
        rules[self.rule] = replace(rules[self.rule], effect=Effect.INFORMATION)
        return Policy(genuine.name, tuple(rules))

    @property
    def check(self) -> str:
        """The check that the rule is about."""
        return POLICIES[self.policy].rules[self.rule].check

    @property
    def text(self) -> str:
        """The rule in words."""
        words = POLICIES[self.policy].rules[self.rule].to_json()
        conditions = [f"{key} {value}" for key, value in words.items() if key not in ("check", "effect")]
        return " ".join([self.policy, self.check, *conditions])


def loosenings() -> Iterator[Loosened]:
    """Every rule of every shipped policy that costs something."""
    for name, policy in POLICIES.items():
        for number, rule in enumerate(policy.rules):
            if rule.effect is not Effect.INFORMATION:
                yield Loosened(name, number)


def seen_by_columns(loosened: Loosened) -> bool:
    """Whether the test of the columns goes red."""
    mutated = {**POLICIES, loosened.policy: loosened.mutated}
    tests: list[Callable[[], None]] = [partial(columns.test_row, loosened.check)]
    tests += [partial(columns.test_by_reason, *row) for row in columns.BY_REASON if row[0] == loosened.check]
    for valid_now, letters in ((CheckStatus.PASSED, "---"), (CheckStatus.FAILED, "AAA")):
        tests.append(
            partial(columns.test_unknown_signing_time_costs_nothing_while_the_dsc_is_valid, valid_now, letters)
        )
    with patch.object(columns, "POLICIES", mutated):
        return any(_is_red(test) for test in tests)


def _is_red(test: Callable[[], None]) -> bool:
    try:
        test()
    except AssertionError:
        return True
    return False


def seen_by_verdict(loosened: Loosened, fixtures: Path = FIXTURES) -> str | None:
    """The first case whose verdict is another one under the loosened policy."""
    run = _run(fixtures)
    for case in cases(fixtures):
        if case.says_more(loosened.check):
            before = _verdict(run, case, POLICIES[loosened.policy])
            if before != _verdict(run, case, loosened.mutated):
                return case.name
    return None


def _verdict(run: LibraryRun, case: Expected, policy: Policy) -> object:
    with patch("service.replay.library.POLICIES", {**POLICIES, policy.name: policy}):
        return run.find(load_case(case.folder)).verdicts.get(policy.name)


# --- the whole run


def main(arguments: Sequence[str] | None = None) -> int:
    """Every mutation, and who sees it."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.mutation", description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    code = 0
    with ProcessPoolExecutor(options.processes) as pool:
        sys.stdout.write(f"{'check that always passes':30} {'cases':>6} {'see it':>7} {'by verdict':>11}\n")
        for found in pool.map(partial(mutate_check, whole=True), CHECKS):
            code |= _show_check(found)
        rules = list(loosenings())
        by_columns = list(pool.map(seen_by_columns, rules))
        missed = [rule.text for rule, seen in zip(rules, by_columns, strict=True) if not seen]
    sys.stdout.write(f"{len(rules)} rules that cost nothing: {sum(by_columns)} seen by the test of the columns\n")
    sys.stdout.writelines(f"  not seen: {text}\n" for text in missed)
    return code | bool(missed)


def _show_check(found: Seen) -> bool:
    check, numbers = found.mutation, (found.candidates, len(found.seen), len(found.by_verdict))
    why = UNREACHED.get(check) or NO_VERDICT.get(check) or ""
    sys.stdout.write(f"{check:30} {numbers[0]:>6} {numbers[1]:>7} {numbers[2]:>11}  {why}\n")
    sys.stdout.writelines(f"  not green without it: {name}\n" for name in found.wrong)
    unexplained = bool(found.seen) == (check in UNREACHED)
    return bool(found.wrong) or unexplained or bool(found.by_verdict) == (check in {*UNREACHED, *NO_VERDICT})


if __name__ == "__main__":
    sys.exit(main())
