"""The state machine of a verification (RULES.md section 6): what may happen, when, by whom, and what is told of it.

One table. Every use case goes through `happen`, so that no state changes without its audit entry. `device_bound` of
RULES.md has no row: the first phone that captures binds the verification to itself (`captured_by_device`).
`ABORTED` of RULES.md is `cancelled` here: people end a case that nobody needs. The service aborts none by itself:
what is interrupted begins again inside the same case (SECURITY.md 6.1), what nobody goes on with misses its deadline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from service.domain.areas import area_of_new
from service.domain.audit import Action, AuditEntry, Details, entry
from service.domain.deadlines import RESULT_TIME, capture_until, in_force, missed, no_earlier, review_until
from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.events import Event, EventType
from service.domain.identity import Caller, Principal
from service.domain.jobs import Job, JobKind
from service.domain.protected import protects_new
from service.domain.verification import Kind, NextStep, RetryReason, State, Verification


class Happening(StrEnum):
    """What can happen to a verification after it was opened."""

    NOTICE_GIVEN = "notice_given"
    MRZ_TAKEN = "mrz_taken"
    MRZ_ACCEPTED = "mrz_accepted"
    CHALLENGE_ISSUED = "challenge_issued"
    CHIP_LEFT_OPEN = "chip_left_open"
    CHIP_CHECKED = "chip_checked"
    CHIP_REFUSED = "chip_refused"
    STATUS_TYPED_IN = "status_typed_in"
    STATUS_REFUSED = "status_refused"
    FIRST_APPROVAL = "first_approval"
    SECOND_APPROVAL = "second_approval"
    APPROVED = "approved"
    REVIEW_REFUSED = "review_refused"
    FRAUD_SUSPECTED = "fraud_suspected"
    RESULT_ISSUED = "result_issued"
    RESULT_FETCHED = "result_fetched"
    RESULT_CONSUMED = "result_consumed"
    REVOCATION_REQUESTED = "revocation_requested"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: from any of `sources` to `target` (None: it stays), by one of `actors` (none: by the service)."""

    sources: frozenset[State]
    target: State | None
    actors: frozenset[Caller]
    action: Action
    event: EventType | None = None


_CAPTURE: Final = frozenset({State.CREATED, State.MRZ_CAPTURED})
_REVIEW: Final = frozenset({State.CHECKED, State.REVIEW_1})
_UNDECIDED: Final = _CAPTURE | _REVIEW | {State.REVIEW_2}
_APPROVED: Final = frozenset({State.APPROVED, State.RESULT_ISSUED, State.CONSUMED})
_ENDED: Final = frozenset(
    {
        State.CONSUMED,
        State.REFUSED,
        State.EXPIRED,
        State.CANCELLED,
        State.SUSPECTED_FRAUD,
        State.REVOKED,
    }
)

_PHONE: Final = frozenset({Caller.APP, Caller.HOLDER})
_REVIEWER: Final = frozenset({Caller.REVIEWER})
_PORTAL: Final = frozenset({Caller.PORTAL})
#: What the phone does that holds photo and chip: one phone for each verification (SECURITY.md 6.3, 7.4).
_CAPTURING: Final = frozenset(
    {
        Happening.MRZ_TAKEN,
        Happening.MRZ_ACCEPTED,
        Happening.CHALLENGE_ISSUED,
        Happening.CHIP_LEFT_OPEN,
        Happening.CHIP_CHECKED,
        Happening.CHIP_REFUSED,
    }
)
_ITSELF: Final[frozenset[Caller]] = frozenset()

_T = Transition
_REFUSED: Final = EventType.VERIFICATION_REFUSED

#: Everything that may happen. No row leads back once the chip is judged, and none leads out of `purged`.
TRANSITIONS: Final[Mapping[Happening, Transition]] = MappingProxyType(
    {
        Happening.NOTICE_GIVEN: _T(_UNDECIDED, None, _PHONE, Action.NOTICE_GIVEN),
        Happening.MRZ_TAKEN: _T(_CAPTURE, None, _PHONE, Action.MRZ_CAPTURED),
        Happening.MRZ_ACCEPTED: _T(frozenset({State.CREATED}), State.MRZ_CAPTURED, _PHONE, Action.MRZ_CAPTURED),
        Happening.CHALLENGE_ISSUED: _T(frozenset({State.MRZ_CAPTURED}), None, _PHONE, Action.CHALLENGE_ISSUED),
        Happening.CHIP_LEFT_OPEN: _T(frozenset({State.MRZ_CAPTURED}), None, _PHONE, Action.CHIP_JUDGED),
        Happening.CHIP_CHECKED: _T(frozenset({State.MRZ_CAPTURED}), State.CHECKED, _PHONE, Action.CHIP_JUDGED),
        Happening.CHIP_REFUSED: _T(
            frozenset({State.MRZ_CAPTURED}), State.REFUSED, _PHONE, Action.CHIP_JUDGED, _REFUSED
        ),
        Happening.STATUS_TYPED_IN: _T(frozenset({State.CHECKED}), None, _REVIEWER, Action.STATUS_TYPED_IN),
        Happening.STATUS_REFUSED: _T(_REVIEW, State.REFUSED, _REVIEWER, Action.STATUS_TYPED_IN, _REFUSED),
        Happening.FIRST_APPROVAL: _T(frozenset({State.CHECKED}), State.REVIEW_1, _REVIEWER, Action.REVIEWED),
        Happening.SECOND_APPROVAL: _T(frozenset({State.REVIEW_1}), State.REVIEW_2, _REVIEWER, Action.REVIEWED),
        Happening.APPROVED: _T(
            frozenset({State.REVIEW_2}), State.APPROVED, _ITSELF, Action.APPROVED, EventType.VERIFICATION_APPROVED
        ),
        Happening.REVIEW_REFUSED: _T(_REVIEW, State.REFUSED, _REVIEWER, Action.REVIEWED, _REFUSED),
        Happening.FRAUD_SUSPECTED: _T(_UNDECIDED, State.SUSPECTED_FRAUD, _REVIEWER, Action.FRAUD_SUSPECTED, _REFUSED),
        Happening.RESULT_ISSUED: _T(frozenset({State.APPROVED}), State.RESULT_ISSUED, _PORTAL, Action.RESULT_ISSUED),
        Happening.RESULT_FETCHED: _T(
            frozenset({State.RESULT_ISSUED, State.CONSUMED}), None, _PORTAL, Action.RESULT_FETCHED
        ),
        Happening.RESULT_CONSUMED: _T(
            frozenset({State.RESULT_ISSUED}),
            State.CONSUMED,
            _PORTAL,
            Action.RESULT_CONSUMED,
            EventType.RESULT_CONSUMED,
        ),
        Happening.REVOCATION_REQUESTED: _T(_APPROVED, None, _REVIEWER, Action.REVOCATION_REQUESTED),
        Happening.REVOKED: _T(_APPROVED, State.REVOKED, _REVIEWER, Action.REVOKED, EventType.VERIFICATION_REVOKED),
        Happening.CANCELLED: _T(_UNDECIDED, State.CANCELLED, _PHONE | _REVIEWER | _PORTAL, Action.CANCELLED),
        Happening.EXPIRED: _T(
            _UNDECIDED | {State.APPROVED, State.RESULT_ISSUED},
            State.EXPIRED,
            _ITSELF,
            Action.EXPIRED,
            EventType.VERIFICATION_EXPIRED,
        ),
        Happening.PURGED: _T(_ENDED, State.PURGED, _ITSELF, Action.PURGED),
    }
)


@dataclass(frozen=True, slots=True)
class Course:
    """What happens next, as the rules of a part see it: nothing of it is done yet."""

    happening: Happening
    next_step: NextStep
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A verification after something happened, and what is kept and told of that, all in one transaction.

    `job` judges the deadline that begins here.
    """

    verification: Verification
    entry: AuditEntry
    event: Event | None = None
    job: Job | None = None


def staying(verification: Verification, happening: Happening) -> Course:
    """Something that leaves the next step and its reason as they are."""
    return Course(happening, verification.next_step, verification.reason)


def itself(organisation: str) -> Principal:
    """The service, as the one who acts: it is no caller, so no request can ever come from it."""
    return Principal("system", organisation, frozenset())


def open_verification(
    verification_id: str,
    who: Principal,
    kind: Kind,
    order_reference: str | None,
    at: datetime,
    *,
    review_time: timedelta,
    earlier: Sequence[Verification] = (),
    retry_reason: RetryReason | None = None,
    area: str | None = None,
    protected: bool = False,
    order_id: str | None = None,
) -> Moved:
    """A new verification; the first step is the photo.

    `area` is one of those of `who`; without it their only one. It is `protected` where they say so, or where an
    earlier attempt for the same order is.

    Raises:
        ServiceError: `not_found`: an earlier attempt does not exist for `who`, so the order is not theirs;
            `validation_failed`, `forbidden`: the area or the protection is not theirs to give.
        ServiceError: `reason_required`: people refused one of `earlier`, those of the same order.
    """
    for attempt in earlier:
        attempt.seen_by(who)
    if retry_reason is None and any(attempt.refused_by_people for attempt in earlier):
        raise ServiceError(ProblemCode.REASON_REQUIRED, errors=(FieldError("/retry_reason", "missing"),))
    until = capture_until(at)
    verification = Verification(
        id=verification_id,
        organisation=who.organisation,
        kind=kind,
        order_reference=order_reference,
        state=State.CREATED,
        next_step=NextStep.TAKE_PHOTO,
        created_by=who.id,
        created_at=at,
        changed_at=at,
        capture_until=until,
        review_until=review_until(at, until, review_time),
        area=area_of_new(who, area),
        protected=protects_new(who, wanted=protected, earlier=any(attempt.protected for attempt in earlier)),
        order_id=order_id,
    )
    details: dict[str, str | bool | None] = {
        "kind": kind.value,
        "retry_reason": None if retry_reason is None else retry_reason.value,
    }
    if verification.protected:
        details["protected"] = True
    return Moved(
        verification,
        entry(who, at, Action.OPENED, verification_id, details),
        job=deadline_job(verification),
    )


def happen(
    verification: Verification,
    course: Course,
    who: Principal,
    at: datetime,
    *,
    details: Details | None = None,
    review_time: timedelta | None = None,
) -> Moved:
    """Let something happen, if it may.

    Args:
        verification: the one to which it happens.
        course: what happens.
        who: who makes it happen.
        at: the time of the server, aware, UTC.
        details: what the audit keeps beside state and reason: codes and counts.
        review_time: how long two people have from here; only where a chip was checked.

    Raises:
        ServiceError: `forbidden`: not by this caller; `wrong_state`: not from this state, or a deadline has passed;
            `other_device`: another phone captures.
    """
    transition = TRANSITIONS[course.happening]
    _require_allowed(verification, course.happening, transition, who, at)
    if course.happening in _CAPTURING:
        verification = _captured_by(verification, who)
    state = transition.target or verification.state
    moment = no_earlier(verification, at)
    moved = replace(verification, state=state, next_step=course.next_step, reason=course.reason, changed_at=moment)
    if state is State.CHECKED and review_time is not None:
        # Only ever sooner than what was said when the verification was opened.
        until = review_until(verification.created_at, moment, review_time)
        moved = replace(moved, review_until=min(until, verification.review_until))
    if course.happening is Happening.APPROVED:
        moved = replace(moved, result_until=moment + RESULT_TIME)
    if course.happening is Happening.PURGED:
        moved = replace(moved, ended_in=verification.state, reason=verification.reason)
    told = {"state": state.value, "reason": course.reason, **(details or {})}
    return Moved(
        moved,
        entry(who, at, transition.action, verification.id, told),
        None if transition.event is None else _event(transition.event, moved, at),
        deadline_job(moved) if in_force(moved) != in_force(verification) else None,
    )


def expire(verification: Verification, at: datetime) -> Moved | None:
    """The end of a verification that missed a deadline; None for one that is in time."""
    deadline = missed(verification, at)
    if deadline is None:
        return None
    course = Course(Happening.EXPIRED, NextStep.STOP, deadline.over)
    return happen(verification, course, itself(verification.organisation), at)


def as_of(verification: Verification, at: datetime) -> Verification:
    """How a verification stands by the clock, though nobody has written it down yet."""
    expired = expire(verification, at)
    return verification if expired is None else expired.verification


def _require_allowed(
    verification: Verification, happening: Happening, transition: Transition, who: Principal, at: datetime
) -> None:
    allowed = who.callers & transition.actors if transition.actors else not who.callers
    if not allowed:
        raise ServiceError(ProblemCode.FORBIDDEN)
    verification.require(*transition.sources)
    late = missed(verification, at) is not None
    if late is not (happening is Happening.EXPIRED):
        raise ServiceError(ProblemCode.WRONG_STATE, state=(State.EXPIRED if late else verification.state).value)


def _captured_by(verification: Verification, who: Principal) -> Verification:
    """The verification, bound to the first phone that captures."""
    if verification.captured_by_device not in (None, who.device):
        raise ServiceError(ProblemCode.OTHER_DEVICE, state=verification.state.value)
    return replace(verification, captured_by_device=who.device)


def _event(kind: EventType, verification: Verification, at: datetime) -> Event:
    data = {
        "state": verification.state.value,
        "reason": verification.reason,
        "order_reference": verification.order_reference,
    }
    return Event(kind, verification.id, verification.organisation, at, data)


def deadline_job(verification: Verification) -> Job | None:
    """The job that judges the deadline in force; the same one each time it is asked for."""
    due = in_force(verification)
    if due is None:
        return None
    return Job(JobKind.EXPIRE, verification.id, due.at, key=f"{verification.id}:{due.deadline.value}")
