"""What a principal rests on, in one look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select

from service.adapters.db.device_tables import devices
from service.adapters.db.people_tables import people, sessions
from service.adapters.db.token_tables import access_tokens
from service.domain.acting import Acting
from service.domain.devices import DeviceStatus
from service.domain.identity import Principal
from service.domain.people import PersonStatus

_SESSION: Final = sessions.c.id == bindparam("session")
_PERSON: Final = people.join(sessions, sessions.c.person_id == people.c.id)
#: Made once: putting it together takes longer than asking it.
_LOOK: Final = select(
    select(devices.c.status).where(devices.c.id == bindparam("device")).scalar_subquery().label("device"),
    select(access_tokens.c.digest)
    .where(access_tokens.c.digest == bindparam("token"))
    .scalar_subquery()
    .label("token"),
    select(sessions.c.id).where(_SESSION).scalar_subquery().label("session"),
    select(sessions.c.ended_at).where(_SESSION).scalar_subquery().label("ended_at"),
    select(people.c.status).select_from(_PERSON).where(_SESSION).scalar_subquery().label("person"),
    select(people.c.organisation).select_from(_PERSON).where(_SESSION).scalar_subquery().label("organisation"),
)


@dataclass(frozen=True, slots=True)
class ActingRows:
    """Answers `service.domain.acting.Actings`."""

    connection: Connection

    def of(self, who: Principal) -> Acting:
        named = {"device": who.device, "token": who.token, "session": who.session}
        row = self.connection.execute(_LOOK, named).one()
        return Acting(
            None if row.device is None else DeviceStatus(row.device),
            row.token is not None,
            None if row.session is None else row.ended_at is not None,
            None if row.person is None else PersonStatus(row.person),
            row.organisation,
        )
