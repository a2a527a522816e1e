"""What every use case that changes a verification does: look at the clock first, and write down all that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from service.domain.audit import Action, entry
from service.domain.deadlines import missed
from service.domain.identity import Principal
from service.domain.lifecycle import Moved, expire
from service.domain.ports import Clock
from service.domain.protected import reason_given
from service.domain.purge import purge_job
from service.domain.repositories import Database, Work
from service.domain.verification import Verification
from service.usecases.counting import is_about
from service.usecases.result_audience import require_no_other_portal


def touched(database: Database, clock: Clock, who: Principal, verification_id: str) -> datetime:
    """The time of a request by `who` about a verification; that a protected one was opened is written down.

    A deadline that has passed is written down here, in a transaction of its own: the refusal that follows undoes
    nothing of it.

    Raises:
        ServiceError: `not_found`: there is none, or none that exists for `who`; `access_reason_required`.
    """
    now = clock.now()
    with database.reading() as work:
        verification = work.verifications.get(verification_id).seen_by(who)
        require_no_other_portal(work, who, verification)
    is_about(verification)
    if verification.protected:
        with database.changing() as work:
            opened_protected(work, who, now, verification)
    if missed(verification, now) is not None:
        with database.changing() as work:
            expired = expire(work.verifications.get(verification_id), now)
            if expired is not None:
                record(work, expired)
    return now


def opened_protected(work: Work, who: Principal, at: datetime, verification: Verification) -> None:
    """Write down that `who` opens a protected case, and why (RULES.md section 1).

    Raises:
        ServiceError: `access_reason_required`.
    """
    work.audit.write(entry(who, at, Action.PROTECTED_CASE_OPENED, verification.id, {"reason": reason_given(who)}))


def record(work: Work, *moves: Moved) -> Verification:
    """Write one or more steps of a verification: its state, an audit entry each, what others are told, what is due.

    Raises:
        ServiceError: `conflict`: somebody changed the verification since it was read.
    """
    saved = work.verifications.save(moves[-1].verification)
    tell(work, *moves)
    return saved


def mark_protected(work: Work, who: Principal, at: datetime, verification: Verification) -> Verification:
    """Write that a case is of a person with protected identity: no step of its life, and in the trail all the same.

    Raises:
        ServiceError: `access_reason_required`; `conflict`.
    """
    details = {"reason": reason_given(who)}
    saved = work.verifications.save(replace(verification, protected=True))
    work.audit.write(entry(who, at, Action.PROTECTED, verification.id, details))
    return saved


def tell(work: Work, *moves: Moved) -> None:
    """Write what belongs to steps beside the verification itself."""
    for moved in moves:
        work.audit.write(moved.entry)
        if moved.event is not None:
            work.events.emit(moved.event)
        if moved.job is not None:
            work.jobs.enqueue(moved.job)
        pictures = purge_job(moved.verification, moved.entry.at)
        if pictures is not None:
            work.jobs.enqueue(pictures)
