"""Who is behind the cookie of a browser."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.accounts import digest_of
from service.domain.identity import Presented, Principal
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.sessions import SEEN_EVERY, may_act, principal_of, proves_origin


@dataclass(frozen=True, slots=True)
class ConsoleSessions:
    """Answers `service.usecases.authenticate.ConsoleSessions`. Person and session are looked up at each request."""

    database: Database
    clock: Clock

    def principal(self, presented: Presented) -> Principal | None:
        """The person; None where the cookie opens nothing, or a page of another origin sent the request."""
        if presented.session is None or not proves_origin(presented):
            return None
        now = self.clock.now()
        with self.database.reading() as work:
            session = work.sessions.by_digest(digest_of(presented.session))
            person = None if session is None else work.people.find(session.person)
        if session is None or person is None or session.device_key is not None:
            return None
        if not session.is_open(now) or not may_act(person):
            return None
        if now - session.seen_at >= SEEN_EVERY:
            with self.database.changing() as work:
                work.sessions.seen(session.id, now)
        return principal_of(session, person)
