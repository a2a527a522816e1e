"""Sign-ins and sessions as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

from service.adapters.db.people import PeopleSeal
from service.adapters.db.people_tables import sessions, sign_ins
from service.domain.sessions import Session
from service.domain.sign_in import Method, SignIn


@dataclass(frozen=True, slots=True)
class SessionRows:
    """Answers `service.domain.sessions.Sessions`."""

    connection: Connection

    def add(self, session: Session, digest: str) -> None:
        self.connection.execute(
            insert(sessions).values(
                id=session.id,
                digest=digest,
                person_id=session.person,
                methods=list(session.methods),
                proved_at=session.proved_at,
                began_at=session.began_at,
                seen_at=session.seen_at,
                until=session.until,
                approves=session.approves,
                only=session.only,
                device_key=session.device_key,
            )
        )

    def by_digest(self, digest: str) -> Session | None:
        return self._one(sessions.c.digest == digest)

    def find(self, session_id: str) -> Session | None:
        return self._one(sessions.c.id == session_id)

    def of(self, person_id: str) -> Sequence[Session]:
        query = select(sessions).where(_open(person_id)).order_by(sessions.c.proved_at, sessions.c.id)
        return [_session(row) for row in self.connection.execute(query)]

    def seen(self, session_id: str, at: datetime) -> None:
        # never back: of two requests at once the later one counts
        later = and_(sessions.c.id == session_id, sessions.c.seen_at < at)
        self.connection.execute(update(sessions).where(later).values(seen_at=at))

    def end(self, session_id: str, at: datetime) -> bool:
        open_one = and_(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
        return self.connection.execute(update(sessions).where(open_one).values(ended_at=at)).rowcount == 1

    def end_all(self, person_id: str, at: datetime) -> int:
        return self.connection.execute(update(sessions).where(_open(person_id)).values(ended_at=at)).rowcount

    def forget_before(self, moment: datetime) -> None:
        over = or_(sessions.c.ended_at < moment, sessions.c.until < moment)
        self.connection.execute(delete(sessions).where(over))

    def _one(self, condition: ColumnElement[bool]) -> Session | None:
        row = self.connection.execute(select(sessions).where(condition)).one_or_none()
        return None if row is None else _session(row)


def _open(person_id: str) -> ColumnElement[bool]:
    return and_(sessions.c.person_id == person_id, sessions.c.ended_at.is_(None))


def _session(row: Row[*tuple[Any, ...]]) -> Session:
    return Session(
        row.id,
        row.person_id,
        tuple(row.methods),
        row.proved_at,
        row.began_at,
        row.seen_at,
        row.until,
        row.ended_at,
        row.approves,
        row.only,
        row.device_key,
    )


@dataclass(slots=True, repr=False)
class SignInRows:
    """Answers `service.domain.sign_in.SignIns`."""

    connection: Connection
    sealing: PeopleSeal

    def add(self, sign_in: SignIn) -> None:
        verifier = None
        if sign_in.verifier is not None:
            verifier = self.sealing.cipher().seal(sign_ins.name, "verifier", sign_in.id, sign_in.verifier.encode())
        self.connection.execute(
            insert(sign_ins).values(
                id=sign_in.id,
                method=sign_in.method,
                began_at=sign_in.began_at,
                until=sign_in.until,
                challenge=sign_in.challenge,
                tries=sign_in.tries,
                binding=sign_in.binding,
                device_key=sign_in.device_key,
                person_id=sign_in.person,
                session=sign_in.session,
                approves=sign_in.approves,
                only=sign_in.only,
                state=sign_in.state,
                nonce=sign_in.nonce,
                verifier=verifier,
                return_to=sign_in.return_to,
            )
        )

    def find(self, sign_in_id: str) -> SignIn | None:
        return self._one(sign_ins.c.id == sign_in_id)

    def by_state(self, digest: str) -> SignIn | None:
        return self._one(sign_ins.c.state == digest)

    def take_try(self, sign_in_id: str, most: int) -> bool:
        left = and_(sign_ins.c.id == sign_in_id, sign_ins.c.ended_at.is_(None), sign_ins.c.tries < most)
        taken = self.connection.execute(update(sign_ins).where(left).values(tries=sign_ins.c.tries + 1))
        return taken.rowcount == 1

    def end(self, sign_in_id: str, at: datetime) -> bool:
        open_one = and_(sign_ins.c.id == sign_in_id, sign_ins.c.ended_at.is_(None))
        return self.connection.execute(update(sign_ins).where(open_one).values(ended_at=at)).rowcount == 1

    def forget_before(self, moment: datetime) -> None:
        self.connection.execute(delete(sign_ins).where(sign_ins.c.until < moment))

    def _one(self, condition: ColumnElement[bool]) -> SignIn | None:
        row = self.connection.execute(select(sign_ins).where(condition)).one_or_none()
        if row is None:
            return None
        verifier = None
        if row.verifier is not None:
            verifier = self.sealing.cipher().open(sign_ins.name, "verifier", row.id, row.verifier).decode()
        return SignIn(
            row.id,
            Method(row.method),
            row.began_at,
            row.until,
            row.challenge,
            row.binding,
            row.device_key,
            row.person_id,
            row.session,
            row.approves,
            row.only,
            row.state,
            row.nonce,
            verifier,
            row.return_to,
            row.tries,
            row.ended_at,
        )
