"""Make an account for somebody, who makes it theirs with a code that is good once."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.account_rules import Acting, Particulars, handled, somebody_else
from service.domain.accounts import CHALLENGE_BYTES, INVITATION_BYTES, INVITATION_TIME, Invitation, digest_of
from service.domain.audit import Action, AuditEntry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Role
from service.domain.ids import ID_BYTES, person_id
from service.domain.people import Grip, Person, PersonStatus
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database, Work
from service.usecases.end_session import end_everything


@dataclass(frozen=True, slots=True)
class Written:
    """Who somebody is, as it was typed in; the number is kept as a digest alone."""

    names: tuple[str, str] = field(repr=False)
    born: str | None = field(default=None, repr=False)
    hsa_id: str | None = field(default=None, repr=False)
    personal_number: str | None = field(default=None, repr=False)

    def particulars(self, work: Work) -> Particulars:
        """The same, as it is kept."""
        number = None if self.personal_number is None else work.people.digest(self.personal_number)
        return Particulars(self.names, self.born, self.hsa_id, number)


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation; the code is shown this once."""

    person: Person
    code: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class InvitePerson:
    """`POST /v1/people`, `POST /v1/people/{id}/reset` and `passkoll admin invite|reset`."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(
        self, who: Acting, written: Written, roles: frozenset[Role], areas: frozenset[str] | None = None
    ) -> Invited:
        """A new account.

        Raises:
            ServiceError: `already_in_use`: the HSA-id is another one's.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            seen = written.particulars(work)
            new = Person(
                person_id(self.randomness.octets(ID_BYTES)),
                who.organisation,
                roles,
                areas,
                PersonStatus.INVITED,
                now,
                seen.names,
                seen.born,
                seen.hsa_id,
                seen.personal_number,
            )
            person = handled(new, Grip.CREATED, who, now)
            work.people.add(person)
            details = {"person": person.id, "roles": " ".join(sorted(roles))}
            work.audit.write(AuditEntry(now, who.id, who.organisation, Action.PERSON_INVITED, None, details))
            return self._invited(work, person, who, now)

    def reset(self, who: Acting, person_id: str) -> Invited:
        """Take away what somebody signs in with, and invite them anew: a key was lost, or is in wrong hands.

        Raises:
            ServiceError: `not_found`; `own_account`; `wrong_state`: the account is locked.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            person = somebody_else(work.people.find(person_id), who)
            if person.status is PersonStatus.LOCKED:
                raise ServiceError(ProblemCode.WRONG_STATE, state=person.status.value)
            reset = handled(person, Grip.RESET, who, now)
            work.people.save(reset)
            work.accounts.remove_passkeys(person.id)
            work.accounts.remove_password(person.id)
            end_everything(work, person.id, now)
            details = {"person": person.id}
            work.audit.write(AuditEntry(now, who.id, who.organisation, Action.PERSON_RESET, None, details))
            return self._invited(work, reset, who, now)

    def _invited(self, work: Work, person: Person, who: Acting, now: datetime) -> Invited:
        code = urlsafe_b64encode(self.randomness.octets(INVITATION_BYTES)).decode().rstrip("=")
        challenge, until = self.randomness.octets(CHALLENGE_BYTES), now + INVITATION_TIME
        work.accounts.invite(Invitation(digest_of(code), person.id, challenge, who.id, now, until))
        return Invited(person, code, until)
