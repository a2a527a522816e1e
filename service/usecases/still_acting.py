"""Whether whoever asks was stopped while their request was worked on (SECURITY.md 7.1)."""

from __future__ import annotations

from service.domain.acting import may_still_act
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.repositories import Work


def require_still_acting(work: Work, who: Principal) -> None:
    """Refuse to keep what a phone sent that may not act any more; from here to the commit nobody revokes it.

    Who asks was settled before the request was worked on, and judging a chip takes a while.

    Raises:
        ServiceError: `unauthenticated`.
    """
    if who.device is not None:
        work.devices.held(who.device)
    look_still_acting(work, who)


def look_still_acting(work: Work, who: Principal) -> None:
    """The same in the middle of something long, when nothing is kept yet.

    Raises:
        ServiceError: `unauthenticated`.
    """
    if not may_still_act(work.acting.of(who), who):
        raise ServiceError(ProblemCode.UNAUTHENTICATED)
