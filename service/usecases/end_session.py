"""Sign out, here or everywhere, and see where one is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.people import Person
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.sessions import Session


@dataclass(frozen=True, slots=True)
class Me:
    """Whoever is signed in. `session`: None where a token of another kind speaks."""

    person: Person
    session: Session | None


@dataclass(frozen=True, slots=True)
class OwnSessions:
    """`GET /v1/me`, `GET /v1/sessions` and `DELETE /v1/sessions/{id}`: of whoever asks, and of nobody else."""

    database: Database
    clock: Clock

    def me(self, who: Principal) -> Me:
        """Who is signed in.

        Raises:
            ServiceError: `not_found`: whoever asks is no person that is known here.
        """
        with self.database.reading() as work:
            person = work.people.find(who.id)
            if person is None:
                raise ServiceError(ProblemCode.NOT_FOUND)
            return Me(person, None if who.session is None else work.sessions.find(who.session))

    def open_ones(self, who: Principal) -> Sequence[Session]:
        """Those that may be used, oldest first."""
        now = self.clock.now()
        with self.database.reading() as work:
            return [session for session in work.sessions.of(who.id) if session.is_open(now)]

    def end(self, who: Principal, session_id: str) -> None:
        """End one of them; what was made of it ends too.

        Raises:
            ServiceError: `not_found`: it is not one of theirs, or has ended.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            session = work.sessions.find(session_id)
            if session is None or session.person != who.id or not work.sessions.end(session_id, now):
                raise ServiceError(ProblemCode.NOT_FOUND)
            work.access_tokens.revoke_session(session_id)
            work.audit.write(entry(who, now, Action.SIGNED_OUT, None, {"session": session_id}))

    def end_all(self, who: Principal) -> int:
        """End all of them; how many there were."""
        now = self.clock.now()
        with self.database.changing() as work:
            ended = end_everything(work, who.id, now)
            work.audit.write(entry(who, now, Action.SIGNED_OUT, None, {"sessions": ended}))
        return ended


def end_everything(work: Work, person_id: str, now: datetime) -> int:
    """Sessions and tokens of a person, at once; how many sessions there were."""
    work.access_tokens.revoke_person(person_id)
    return work.sessions.end_all(person_id, now)
