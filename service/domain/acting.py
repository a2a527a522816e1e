"""Whether whoever began something may go on with it: phone, token, sign-in and person, as they stand now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from service.domain.devices import DeviceStatus
from service.domain.identity import Principal
from service.domain.people import PersonStatus


@dataclass(frozen=True, slots=True)
class Acting:
    """What is known of a principal's phone, token, sign-in and person; None where there is none.

    `session_ended`: whether somebody ended the sign-in that the phone speaks with. `person`, `organisation`: of
    whoever signed in there.
    """

    device: DeviceStatus | None
    token_there: bool
    session_ended: bool | None
    person: PersonStatus | None
    organisation: str | None


class Actings(Protocol):
    """Where that is looked up."""

    def of(self, who: Principal) -> Acting:
        """All of it at once: it is asked at each frame of a live reading."""
        ...


def may_still_act(acting: Acting, who: Principal) -> bool:
    """Whether nothing was taken away (SECURITY.md 7.1).

    Rows of phones and sign-ins are never deleted, so that only what is none of this database has none. That a token
    ran out meanwhile is no revocation: its row is kept for as long as a reading lasts (`ForgetTokens`).
    """
    if acting.device not in (None, DeviceStatus.ACTIVE) or (who.token is not None and not acting.token_there):
        return False
    if acting.session_ended is None:
        return True
    works_here = acting.person is PersonStatus.ACTIVE and acting.organisation == who.organisation
    return works_here and not acting.session_ended
