"""Take a case over as the second person, by its code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.hand_over import LIFE, HandOver, read_code, require_patience
from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.two_people import require_two, require_unhandled, require_verified
from service.domain.verification import Verification


@dataclass(frozen=True, slots=True)
class ClaimHandOver:
    """`POST /v1/hand-overs/claim`: where the case is, for somebody who may review it as the second person.

    The code is no right: what the case shows and takes is asked of whoever claimed it at each request anew. Whether a
    code is wrong, used, too old or another organisation's is told to nobody.
    """

    database: Database
    clock: Clock

    def __call__(self, who: Principal, written: str) -> Verification:
        """The case of a code.

        Raises:
            ServiceError: `not_found`; `too_many_requests`: too many wrong codes; `forbidden`: a session for one case
                takes no other one; a code of `service.domain.two_people`: this person cannot be the second one here,
                and the code stays good.
        """
        if who.only is not None:
            raise ServiceError(ProblemCode.FORBIDDEN)
        now = self.clock.now()
        code = read_code(written)
        with self.database.changing() as work:
            require_patience(work.hand_overs.wrong_since(who.id, now - LIFE), now)
            digest = work.hand_overs.digest(code or "")
            hand_over = work.hand_overs.with_code(who.organisation, digest) if code is not None else None
            verification = None if hand_over is None else _claimed(work, hand_over, who, now)
            if verification is None:
                # kept though the request is refused: wrong codes are counted
                work.hand_overs.note_wrong(who.organisation, who.id, now)
        if verification is None:
            raise ServiceError(ProblemCode.NOT_FOUND)
        return verification


def _claimed(work: Work, hand_over: HandOver, who: Principal, now: datetime) -> Verification | None:
    """The case, which nobody else can take over by this code any more; None where it cannot be claimed by `who`."""
    verification = work.verifications.get(hand_over.verification_id)
    if hand_over.organisation != who.organisation or not hand_over.is_open(now) or not verification.exists_for(who):
        return None
    _require_second_person(work, hand_over, who, now)
    if not work.hand_overs.claim(hand_over, who.id, now):
        return None
    work.audit.write(entry(who, now, Action.HAND_OVER_CLAIMED, verification.id, {"hand_over": hand_over.id}))
    return verification


def _require_second_person(work: Work, hand_over: HandOver, who: Principal, now: datetime) -> None:
    """Refuse early whom the review would refuse, while the right one can still be called."""
    if who.id == hand_over.opened_by:
        raise ServiceError(ProblemCode.SAME_REVIEWER)
    first = require_verified(work.people.find(hand_over.opened_by))
    second = require_verified(work.people.find(who.id))
    require_two(first, second)
    require_unhandled(first, second, now)
