"""How long what is kept of a person is kept, by class, and who decided so (RULES.md section 5, SECURITY.md 7.9).

An authority erases by a decision of its own (gallringsbeslut). Until one is recorded the periods of RULES.md hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from service.domain.deadlines import CAPTURE_TIME, PORTRAIT_TIME, RESULT_TIME
from service.domain.lifecycle import TRANSITIONS, Happening
from service.domain.verification import Verification


class RetentionClass(StrEnum):
    """What is erased together: each verification has one data key for each class."""

    #: The photo of the page, and EF.DG2 with the portrait.
    PORTRAIT = "portrait"
    #: Lines of the MRZ, EF.DG1, EF.DG11 and the like, reports, words of reviewers, remembered answers.
    HOLDER = "holder"
    #: EF.SOD, EF.DG14, EF.DG15, EF.CardSecurity, the answer of the chip; what a result said.
    EVIDENCE = "evidence"


class RetentionRule(StrEnum):
    """What a period is for. All of them begin when the verification was opened."""

    #: Pictures: erased at the decision, and at the end of this period if none was made.
    PORTRAIT = "portrait"
    #: What describes the person.
    HOLDER = "holder"
    #: Everything else of a verification that was approved.
    EVIDENCE = "evidence"
    #: Everything of a verification that was never approved.
    FAILED = "failed"


#: The policy of RULES.md section 6 gives a reserve card 180 days, and 10 years begin at its end.
_CARD_TIME: Final = timedelta(days=180)
_TEN_YEARS: Final = timedelta(days=3653)
#: A result must be read from what describes the person until nobody may fetch it any more, and a day longer.
_RESULT_READ: Final = PORTRAIT_TIME + RESULT_TIME + timedelta(days=1)

#: The periods of RULES.md section 5.
DEFAULT_PERIODS: Final[Mapping[RetentionRule, timedelta]] = MappingProxyType(
    {
        RetentionRule.PORTRAIT: PORTRAIT_TIME,
        RetentionRule.HOLDER: timedelta(days=30),
        RetentionRule.EVIDENCE: _TEN_YEARS + _CARD_TIME,
        RetentionRule.FAILED: timedelta(days=30),
    }
)
#: What an organisation may decide, both ends included. Pictures may only go sooner, evidence never before 5 years.
LIMITS: Final[Mapping[RetentionRule, tuple[timedelta, timedelta]]] = MappingProxyType(
    {
        RetentionRule.PORTRAIT: (timedelta(hours=1), PORTRAIT_TIME),
        RetentionRule.HOLDER: (_RESULT_READ, timedelta(days=366)),
        RetentionRule.EVIDENCE: (timedelta(days=1827), timedelta(days=18263)),
        RetentionRule.FAILED: (timedelta(days=1), timedelta(days=366)),
    }
)
#: In the place of a decision where an organisation recorded none.
NO_DECISION: Final = "passkoll-default"

#: A reference number: no sentence, so no name of a person.
_REFERENCE: Final = re.compile(r"[\w][\w./: -]{0,63}")
#: People, or a deadline, have not decided yet.
UNDECIDED: Final = TRANSITIONS[Happening.CANCELLED].sources
#: Nothing can happen any more that needs what is kept.
ENDED: Final = TRANSITIONS[Happening.PURGED].sources


class RetentionProblem(StrEnum):
    """Why something about retention cannot be done."""

    PERIOD_TOO_SHORT = "period_too_short"
    PERIOD_TOO_LONG = "period_too_long"
    #: Two people would still be comparing a face that is gone.
    SHORTER_THAN_REVIEW = "shorter_than_review"
    BAD_REFERENCE = "bad_reference"
    DECIDED_IN_FUTURE = "decided_in_future"
    #: The clock is days ahead of the last purge: what it says is over may not be.
    CLOCK_DOUBTED = "clock_doubted"
    UNKNOWN_VERIFICATION = "unknown_verification"
    ALREADY_PURGED = "already_purged"
    ALREADY_FROZEN = "already_frozen"
    NOT_FROZEN = "not_frozen"
    #: Who asked for the end of a freeze cannot agree to it.
    SAME_PERSON = "same_person"
    OTHER_REASON = "other_reason"


class RetentionError(Exception):
    """Something about retention cannot be done; `code` says why."""

    def __init__(self, code: RetentionProblem) -> None:
        self.code = code
        super().__init__(code.value)


@dataclass(frozen=True, slots=True)
class Term:
    """How long a rule keeps what it is for, by which decision of whom. The newest of a rule counts.

    `decision` is the reference of the decision, `decided_on` its day; `set_at` is aware, UTC.

    Raises:
        RetentionError: beyond the limits, or no reference.
    """

    rule: RetentionRule
    period: timedelta
    decision: str = NO_DECISION
    decided_on: date | None = None
    set_by: str | None = None
    set_at: datetime | None = None

    def __post_init__(self) -> None:
        shortest, longest = LIMITS[self.rule]
        if self.period < shortest:
            raise RetentionError(RetentionProblem.PERIOD_TOO_SHORT)
        if self.period > longest:
            raise RetentionError(RetentionProblem.PERIOD_TOO_LONG)
        if not _REFERENCE.fullmatch(self.decision):
            raise RetentionError(RetentionProblem.BAD_REFERENCE)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The terms of one organisation, one for each rule."""

    terms: Mapping[RetentionRule, Term] = field(default_factory=dict)

    @classmethod
    def of(cls, recorded: Sequence[Term]) -> Schedule:
        """What an organisation recorded, oldest first, over the defaults."""
        terms = {rule: Term(rule, period) for rule, period in DEFAULT_PERIODS.items()}
        return cls(MappingProxyType(terms | {term.rule: term for term in recorded}))

    def opened_by(self, rule: RetentionRule, now: datetime) -> datetime:
        """The latest opening of a verification whose period of a rule is over now."""
        return now - self.terms[rule].period

    def due(self, verification: Verification, now: datetime) -> Due:
        """What is to be erased of a verification that is not frozen. Nothing but pictures before it ended."""

        def over(rule: RetentionRule) -> bool:
            return verification.created_at <= self.opened_by(rule, now)

        whole = RetentionRule.FAILED if verification.result_until is None else RetentionRule.EVIDENCE
        if verification.state in ENDED and over(whole):
            return Due(MappingProxyType(dict.fromkeys(RetentionClass, self.terms[whole])), whole=True)
        classes = {}
        if verification.state not in UNDECIDED or over(RetentionRule.PORTRAIT):
            classes[RetentionClass.PORTRAIT] = self.terms[RetentionRule.PORTRAIT]
        if verification.state in ENDED and over(RetentionRule.HOLDER):
            classes[RetentionClass.HOLDER] = self.terms[RetentionRule.HOLDER]
        return Due(MappingProxyType(classes))


@dataclass(frozen=True, slots=True)
class Due:
    """The classes whose time is over, each with the term that says so. `whole`: nothing is left after them."""

    classes: Mapping[RetentionClass, Term]
    whole: bool = False


def require_reviewable(term: Term, review_time: timedelta) -> None:
    """Refuse to erase pictures while two people may still need them."""
    if term.rule is RetentionRule.PORTRAIT and term.period < CAPTURE_TIME + review_time:
        raise RetentionError(RetentionProblem.SHORTER_THAN_REVIEW)
