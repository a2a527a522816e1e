"""What every finished sign-in does: one proof is one session, or one code for one phone."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime

from service.domain.accounts import digest_of
from service.domain.audit import Action, AuditEntry, Details
from service.domain.errors import ProblemCode, ServiceError
from service.domain.ids import ID_BYTES, session_id
from service.domain.one_time import CODE_BYTES, code_digest, one_time_code
from service.domain.people import Person, PersonStatus
from service.domain.ports import Randomness
from service.domain.repositories import Work
from service.domain.sessions import LONGEST_SESSION, SESSION_BYTES, Session
from service.domain.sign_in import SignIn
from service.domain.sign_in_codes import CODE_AGE, SignInCode


@dataclass(frozen=True, slots=True)
class Finished:
    """Somebody is signed in. `cookie`: of the session of a browser; `code`: for the phone, to be exchanged."""

    person: Person
    session: Session
    cookie: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    return_to: str = "/"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Ends the sign-in and opens what it was for, in the transaction of whoever proved it."""

    randomness: Randomness

    def __call__(self, work: Work, sign_in: SignIn, person_id: str, at: datetime, now: datetime) -> Finished:
        """`at`: when the person proved who they are.

        Raises:
            ServiceError: `sign_in_refused`: the sign-in is over, the person may not act, or a step-up is not by the
                person of the session.
        """
        person = work.people.find(person_id)
        if person is None or person.status is PersonStatus.LOCKED or not work.sign_ins.end(sign_in.id, now):
            raise ServiceError(ProblemCode.SIGN_IN_REFUSED)
        if person.status is PersonStatus.INVITED:
            person = replace(person, status=PersonStatus.ACTIVE)
            work.people.save(person)
        before = self._replaced(work, sign_in, person, now)
        if sign_in.device_key is not None:
            return self._for_phone(work, sign_in, person, at, now)
        session, cookie = self._opened(work, sign_in, person, at, now, before)
        action = Action.SIGNED_IN if before is None else Action.STEPPED_UP
        details = {"method": sign_in.method.word, "session": session.id}
        if sign_in.approves is not None:
            details["decision"] = sign_in.approves
        work.audit.write(AuditEntry(now, person.id, person.organisation, action, None, details))
        return Finished(person, session, cookie, return_to=sign_in.return_to or "/")

    def _replaced(self, work: Work, sign_in: SignIn, person: Person, now: datetime) -> Session | None:
        """The session that a step-up ends: its cookie opens nothing any more."""
        if sign_in.session is None:
            return None
        before = work.sessions.find(sign_in.session)
        if person.id != sign_in.person or before is None or not before.is_open(now):
            raise ServiceError(ProblemCode.SIGN_IN_REFUSED)
        if not work.sessions.end(before.id, now):
            raise ServiceError(ProblemCode.SIGN_IN_REFUSED)
        return before

    def _opened(
        self, work: Work, sign_in: SignIn, person: Person, at: datetime, now: datetime, before: Session | None
    ) -> tuple[Session, str | None]:
        secret = self.randomness.octets(SESSION_BYTES)
        cookie = urlsafe_b64encode(secret).decode().rstrip("=")
        began = now if before is None else before.began_at
        session = Session(
            session_id(self.randomness.octets(ID_BYTES)),
            person.id,
            (sign_in.method.word,),
            at,
            began,
            now,
            began + LONGEST_SESSION,
            approves=sign_in.approves,
            only=sign_in.only,
            device_key=sign_in.device_key,
        )
        # A phone gets no cookie: what is kept for it is the digest of octets that nobody is told.
        work.sessions.add(session, digest_of(cookie))
        return session, None if sign_in.device_key is not None else cookie

    def _for_phone(self, work: Work, sign_in: SignIn, person: Person, at: datetime, now: datetime) -> Finished:
        session, _ = self._opened(work, sign_in, person, at, now, None)
        code = one_time_code(self.randomness.octets(CODE_BYTES))
        proof = SignInCode(
            str(sign_in.device_key), person.organisation, person.id, session.id, at, session.methods, now + CODE_AGE
        )
        work.sign_in_codes.issue(code_digest(code), proof)
        details: Details = {"method": sign_in.method.word, "session": session.id, "app": True}
        work.audit.write(AuditEntry(now, person.id, person.organisation, Action.SIGNED_IN, None, details))
        return Finished(person, session, code=code)
