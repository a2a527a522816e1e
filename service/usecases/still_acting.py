"""Whether whoever asks was stopped while their request was worked on (SECURITY.md 7.1)."""

from __future__ import annotations

from service.domain.devices import DeviceStatus
from service.domain.errors import ProblemCode, ServiceError
from service.domain.grants import may_be_spoken_for
from service.domain.identity import Principal
from service.domain.repositories import Work


def require_still_acting(work: Work, who: Principal) -> None:
    """Refuse to keep what a phone sent that may not act any more; from here to the commit nobody revokes it.

    Who asks was settled before the request was worked on, and judging a chip takes a while. Rows of phones are never
    deleted, so that only what is no phone of this database has none.

    Raises:
        ServiceError: `unauthenticated`.
    """
    device = None if who.device is None else work.devices.held(who.device)
    if device is not None and device.status is not DeviceStatus.ACTIVE:
        raise ServiceError(ProblemCode.UNAUTHENTICATED)
    _require_others(work, who)


def look_still_acting(work: Work, who: Principal) -> None:
    """The same in the middle of something long, when nothing is kept yet.

    Raises:
        ServiceError: `unauthenticated`.
    """
    device = None if who.device is None else work.devices.find(who.device)
    if device is not None and device.status is not DeviceStatus.ACTIVE:
        raise ServiceError(ProblemCode.UNAUTHENTICATED)
    _require_others(work, who)


def _require_others(work: Work, who: Principal) -> None:
    """The token was not revoked, the person not locked, and nobody ended the sign-in that the phone speaks with.

    That a token ran out meanwhile is no revocation: its row is kept for as long as a reading lasts (`ForgetTokens`).
    """
    if who.token is not None and work.access_tokens.find(who.token) is None:
        raise ServiceError(ProblemCode.UNAUTHENTICATED)
    session = None if who.session is None else work.sessions.find(who.session)
    if session is None:
        return
    person = work.people.find(session.person)
    if session.ended_at is not None or person is None or not may_be_spoken_for(person, who.organisation):
        raise ServiceError(ProblemCode.UNAUTHENTICATED)
