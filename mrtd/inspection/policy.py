"""A policy: what each end of a check costs. Data, never code; the shipped ones are the columns of the check table.

Rules are tried by how much they say: the rule with the most conditions that hold decides, the harsher of two equals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from mrtd.errors import MalformedError
from mrtd.inspection.check import CHECKS, Cell, CheckResult, CheckStatus, Effect, Scalar, split_thread
from mrtd.inspection.reason import Reason
from mrtd.inspection.report import InspectionReport, canonical_json

#: Days of `until` and of documents end at midnight here.
STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")

#: Bound on a policy file: the shipped ones have fewer than 120 rules.
MAX_RULES: Final = 2_000

_HARSHNESS: Final = {Effect.INFORMATION: 0, Effect.ATTENTION: 1, Effect.MANDATORY: 2, Effect.REFUSED: 3}


@dataclass(frozen=True, slots=True)
class Rule:
    """If all conditions hold for a result, it has this effect.

    Conditions: the check; its subject, status, reason and facts where given; `while_passed`, a check of the same
    thread that PASSED (only on rules that cost nothing, so that a check that fails elsewhere can never make this one
    cheaper); `until`, the last day (Europe/Stockholm) on which the rule holds.
    """

    check: str
    effect: Effect
    subject: str | None = None
    status: CheckStatus | None = None
    reason: Reason | None = None
    facts: tuple[tuple[str, Scalar], ...] = ()
    while_passed: str | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.while_passed is not None and self.effect is not Effect.INFORMATION:
            raise ValueError("while_passed belongs to a rule that costs nothing")

    @property
    def conditions(self) -> int:
        """How much the rule says, beyond naming its check."""
        given = (self.subject, self.status, self.reason, self.while_passed, self.until)
        return sum(condition is not None for condition in given) + len(self.facts)

    def to_json(self) -> dict[str, object]:
        """The rule as in a policy file; conditions that are not given are left out."""
        given: dict[str, object] = {"check": self.check, "effect": self.effect.value}
        if self.subject is not None:
            given["subject"] = self.subject
        if self.status is not None:
            given["status"] = self.status.value
        if self.reason is not None:
            given["reason"] = self.reason.value
        if self.facts:
            given["facts"] = dict(self.facts)
        if self.while_passed is not None:
            given["while_passed"] = self.while_passed
        if self.until is not None:
            given["until"] = self.until.isoformat()
        return given


@dataclass(frozen=True)
class Policy:
    """A named set of rules. A check that no rule names is mandatory: forgetting one must never loosen a policy."""

    name: str
    rules: tuple[Rule, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the policy, hexadecimal."""
        return hashlib.sha256(canonical_json(self.to_json())).hexdigest()

    @cached_property
    def _by_check(self) -> Mapping[str, tuple[Rule, ...]]:
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            found.setdefault(rule.check, []).append(rule)
        return MappingProxyType({check: tuple(rules) for check, rules in found.items()})

    def effect(self, result: CheckResult, report: InspectionReport) -> Effect:
        """What `result` costs in `report`."""
        name, thread = split_thread(result.subject) if CHECKS[result.id].threaded else (result.subject, 1)
        day = report.at.astimezone(STOCKHOLM).date()

        def holds(rule: Rule) -> bool:
            return (
                rule.subject in (None, name)
                and rule.status in (None, result.status)
                and rule.reason in (None, result.reason)
                and all(key in result.facts and result.facts[key] == value for key, value in rule.facts)
                and (rule.until is None or day <= rule.until)
                and (rule.while_passed is None or _passed(report, rule.while_passed, thread))
            )

        holding = [rule for rule in self._by_check.get(result.id, ()) if holds(rule)]
        if not holding:
            return Effect.MANDATORY
        return max(holding, key=lambda rule: (rule.conditions, _HARSHNESS[rule.effect])).effect

    @cached_property
    def expected(self) -> tuple[tuple[str, str | None, Effect], ...]:
        """What a report must speak of: (check, subject or None for any, the worst that silence could hide).

        A reason that is refused can hide behind a check that is left out, so every rule counts, whatever its
        conditions; and so does the harshness of a check without a rule that always holds.
        """
        always = {rule.check for rule in self.rules if rule.conditions == 0}
        worst: dict[tuple[str, str | None], Effect] = {
            (check, None): Effect.MANDATORY for check in CHECKS if check not in always
        }
        for rule in self.rules:
            key = (rule.check, rule.subject)
            worst[key] = max(worst.get(key, Effect.INFORMATION), rule.effect, key=_HARSHNESS.__getitem__)
        return tuple(
            (check, subject, effect) for (check, subject), effect in worst.items() if effect is not Effect.INFORMATION
        )

    def to_json(self) -> dict[str, object]:
        """The policy file."""
        return {"name": self.name, "rules": [rule.to_json() for rule in self.rules]}


def from_json(value: object) -> Policy:
    """Read a policy file (the inverse of `Policy.to_json`).

    Raises:
        MalformedError: unknown keys, checks, reasons or effects; too many rules.
    """
    if not isinstance(value, dict) or set(value) != {"name", "rules"} or not isinstance(value["name"], str):
        raise MalformedError("policy", detail="a policy has a name and rules")
    rules = value["rules"]
    if not isinstance(rules, list) or not 0 < len(rules) <= MAX_RULES:
        raise MalformedError("policy", detail=f"a policy has 1 to {MAX_RULES} rules")
    return Policy(value["name"], tuple(_rule(rule) for rule in rules))


def _rule(value: object) -> Rule:
    allowed = {"check", "effect", "subject", "status", "reason", "facts", "while_passed", "until"}
    if not isinstance(value, dict) or not {"check", "effect"} <= set(value) <= allowed:
        raise MalformedError("policy", detail="a rule has a check, an effect, and known conditions")
    try:
        rule = Rule(
            check=CHECKS[value["check"]].id,
            effect=Effect(value["effect"]),
            subject=value.get("subject"),
            status=CheckStatus(value["status"]) if "status" in value else None,
            reason=Reason(value["reason"]) if "reason" in value else None,
            facts=_facts(value.get("facts", {})),
            while_passed=CHECKS[value["while_passed"]].id if "while_passed" in value else None,
            until=date.fromisoformat(value["until"]) if "until" in value else None,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise MalformedError("policy", detail="a rule names an unknown check, reason, effect or date") from error
    if not isinstance(rule.subject, str | None):
        raise MalformedError("policy", detail="a subject is text")
    return rule


def _facts(value: object) -> tuple[tuple[str, Scalar], ...]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise TypeError("facts are an object")
    if not all(fact is None or isinstance(fact, str | int) for fact in value.values()):
        raise TypeError("a fact is a scalar")
    return tuple(sorted(value.items()))


def _passed(report: InspectionReport, check_id: str, thread: int) -> bool:
    results = [
        result
        for result in report.results(check_id)
        if not CHECKS[check_id].threaded or split_thread(result.subject)[1] == thread
    ]
    return bool(results) and all(result.status is CheckStatus.PASSED for result in results)


def _columns(name: str, column: Callable[[Cell], Effect], extra: Iterable[Rule]) -> Policy:
    rules: list[Rule] = []
    for row in CHECKS.values():
        rules.append(Rule(row.id, column(row.cell)))
        rules.extend(
            Rule(row.id, column(override.cell), override.subject, override.status, override.reason)
            for override in row.overrides
        )
    return Policy(name, (*rules, *_signing_time(), _undeclared_weak_hash(), *extra))


def _signing_time() -> tuple[Rule, ...]:
    """A DSC that is valid now was valid at signing or later; an unknown time then costs nothing."""
    check, reason = "pa.dsc.validity_at_signing", Reason.TIME_NOT_DETERMINED
    return (
        Rule(check, Effect.INFORMATION, reason=reason, while_passed="pa.dsc.validity_now"),
        Rule(check, Effect.ATTENTION, reason=reason),
    )


def _weak(effect: Effect, fact: str, subjects: Iterable[str]) -> tuple[Rule, ...]:
    return tuple(
        Rule("pa.algorithms", effect, subject=subject, reason=Reason.WEAK_ALGORITHM, facts=((fact, True),))
        for subject in subjects
    )


def _undeclared_weak_hash() -> Rule:
    """CHECKS.md: attention when another hash than SHA-256 and up was found."""
    reason = Reason.ALGORITHM_UNDECLARED
    return Rule("aa.algorithm_declared", Effect.ATTENTION, reason=reason, facts=(("weak_hash", True),))


STRICT_LEVEL3: Final = _columns(
    "strict-level3",
    lambda cell: cell.strict_level3,
    (
        *_weak(Effect.ATTENTION, "weak_hash", ("SOD", "DSC", "DG hash")),
        *_weak(Effect.REFUSED, "weak_key", ("DSC", "CSCA")),
    ),
)
DEFAULT: Final = _columns("default", lambda cell: cell.default, _weak(Effect.ATTENTION, "weak_key", ("DSC", "CSCA")))
FORENSIC: Final = _columns("forensic", lambda cell: cell.forensic, ())

#: The policies that ship, by name.
POLICIES: Final[Mapping[str, Policy]] = MappingProxyType(
    {policy.name: policy for policy in (STRICT_LEVEL3, DEFAULT, FORENSIC)}
)
