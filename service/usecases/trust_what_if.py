"""What another trust store would change: stored evidence and dumps judged with both, at the same time, side by side.

Nothing is stored, and the answer names verifications, never people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence
from mrtd.inspection import InspectionReport, Policy, Verdict, judge
from mrtd.inspection.verdict import Authenticity, Outcome
from mrtd.pki.trust_store import TrustStore
from service.domain.judgement import leading_reason
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.reverification import Raised, lost, raised
from service.usecases.judging import Judging

#: How far back a change is looked for: as long as a CRL may live (ICAO 9303-12 §4.1.5).
RECENT: Final = timedelta(days=90)
#: Verifications of 90 days at a region's counters; each takes some hundredths of a second.
MAX_VERIFICATIONS: Final = 20_000
#: Ids that one answer names, of each kind; the counts are complete.
MAX_NAMED: Final = 200

_OUTCOMES: Final = (Outcome.REFUSED, Outcome.REVIEW, Outcome.VERIFIED)
_AUTHENTICITIES: Final = (Authenticity.NOT_AUTHENTIC, Authenticity.INCONCLUSIVE, Authenticity.AUTHENTIC)

Judge = Callable[[Judging], InspectionReport]


@dataclass(frozen=True, slots=True)
class _ForThisQuestion:
    """A `TrustSource` that holds still while two stores are compared."""

    store: TrustStore

    def current(self) -> TrustStore:
        return self.store


@dataclass(frozen=True, slots=True)
class Finding:
    """What one store made of one piece of evidence.

    `reason` is the first that the other store does not give too; None if nothing is raised.
    """

    outcome: Outcome
    authenticity: Authenticity
    attention: int
    reason: str | None

    def rank(self) -> tuple[int, int, int]:
        """The greater the better for whoever holds the passport."""
        return _OUTCOMES.index(self.outcome), _AUTHENTICITIES.index(self.authenticity), -self.attention


@dataclass(frozen=True, slots=True)
class Movement:
    """Evidence of one issuing state whose finding was `before` and would be `after`, and how much of it there is."""

    issuing_state: str | None
    before: Finding
    after: Finding
    count: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would change.

    Attributes:
        judged: how many verifications and dumps were judged twice.
        more: whether there is older or more evidence than was looked at.
        movements: every pair of findings, the changed ones first.
        worse: ids of verifications, or names of dumps, whose finding would be worse; at most `MAX_NAMED`.
        better: the same for better ones.
        results_at_risk: ids of verifications with an issued result that rests on what the draft takes away: it
            would not be `verified` any more, or people could not have approved it.
        unreadable: names of dumps that cannot be read.
    """

    judged: int
    more: bool
    movements: tuple[Movement, ...]
    worse: tuple[str, ...]
    better: tuple[str, ...]
    results_at_risk: tuple[str, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """How many findings would change."""
        return sum(movement.count for movement in self.movements if movement.before != movement.after)


@dataclass(frozen=True, slots=True)
class WhatIfTrust:
    """Judge what is stored with the store in use and with a candidate."""

    database: Database
    clock: Clock
    policy: Policy

    def stored(
        self,
        active: TrustStore,
        candidate: TrustStore,
        *,
        recent: timedelta = RECENT,
        limit: int = MAX_VERIFICATIONS,
    ) -> WhatIf:
        """Over the verifications whose evidence was received lately, newest first, one in memory at a time."""
        now = self.clock.now()
        with self.database.reading() as work:
            ids = work.evidence_trail.since(now - recent, limit + 1)
        comparison = _Comparison(active, candidate, self.policy)
        for verification_id in ids[:limit]:
            self._compare(comparison, verification_id, now)
        return comparison.answer(more=len(ids) > limit)

    def _compare(self, comparison: _Comparison, verification_id: str, now: datetime) -> None:
        with self.database.reading() as work:
            evidence = work.evidence.latest(verification_id)
            captures = work.captures.of(verification_id)
            issued = work.results.of(verification_id) is not None
        if evidence is None or not captures:
            return
        comparison.add(
            verification_id, lambda judging: judging.report_stored(evidence, captures[-1], now), issued=issued
        )

    def dumps(
        self,
        found: Iterable[tuple[str, Callable[[], ChipEvidence]]],
        active: TrustStore,
        candidate: TrustStore,
    ) -> WhatIf:
        """Over recorded dumps, each opened when its turn comes; their chips were never shown to be present."""
        now = self.clock.now()
        comparison = _Comparison(active, candidate, self.policy)
        unreadable = []
        for name, load in found:
            try:
                evidence = load()
            except MrtdError:
                unreadable.append(name)
                continue
            comparison.add(name, _dump_judge(evidence, now))
        return comparison.answer(more=False, unreadable=tuple(unreadable))


def _dump_judge(evidence: ChipEvidence, now: datetime) -> Judge:
    return lambda judging: judging.report(evidence, None, now)


class _Comparison:
    """Counts findings in pairs."""

    def __init__(self, active: TrustStore, candidate: TrustStore, policy: Policy) -> None:
        self._policy = policy
        self._before = Judging(_ForThisQuestion(active), policy)
        self._after = Judging(_ForThisQuestion(candidate), policy)
        self._counts: Counter[tuple[str | None, Finding, Finding]] = Counter()
        self._worse: list[str] = []
        self._better: list[str] = []
        self._at_risk: list[str] = []

    def add(self, name: str, report_by: Judge, *, issued: bool = False) -> None:
        now, then = report_by(self._before), report_by(self._after)
        verdict_now, verdict_then = judge(now, self._policy), judge(then, self._policy)
        raised_now, raised_then = raised(now, verdict_now, self._policy), raised(then, verdict_then, self._policy)
        before = self._finding(now, verdict_now, raised_now, raised_then)
        after = self._finding(then, verdict_then, raised_then, raised_now)
        self._counts[now.issuing_state, before, after] += 1
        if after.rank() < before.rank():
            self._worse.append(name)
        elif after.rank() > before.rank():
            self._better.append(name)
        if issued and lost(verdict_now, verdict_then):
            self._at_risk.append(name)

    def answer(self, *, more: bool, unreadable: tuple[str, ...] = ()) -> WhatIf:
        movements = [Movement(*pair, count) for pair, count in self._counts.items()]
        movements.sort(key=_order)
        return WhatIf(
            judged=self._counts.total(),
            more=more,
            movements=tuple(movements),
            worse=tuple(self._worse[:MAX_NAMED]),
            better=tuple(self._better[:MAX_NAMED]),
            results_at_risk=tuple(self._at_risk[:MAX_NAMED]),
            unreadable=unreadable,
        )

    def _finding(
        self, report: InspectionReport, verdict: Verdict, found: Sequence[Raised], other: Sequence[Raised]
    ) -> Finding:
        """With the reason that this store alone gives; where both give the same, the one to tell first."""
        own = next((one.reason for one in found if one not in other), None)
        reason = own or leading_reason(report, verdict, self._policy) or (found[0].reason if found else None)
        return Finding(verdict.outcome, verdict.authenticity, len(verdict.attention), reason)


def _order(movement: Movement) -> tuple[object, ...]:
    """Changes first, then the frequent ones."""
    same = movement.before == movement.after
    where = (movement.issuing_state or "", movement.before.rank(), movement.after.rank())
    return (same, -movement.count, *where, movement.before.reason or "", movement.after.reason or "")
