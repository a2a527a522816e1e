"""Change what somebody may do, who the account says they are, and whether they may act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.domain.account_rules import (
    Acting,
    handled,
    of_organisation,
    require_one_left,
    somebody_else,
    with_particulars,
)
from service.domain.audit import Action, AuditEntry, Details
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Role
from service.domain.people import Grip, Person, PersonStatus
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.usecases.end_session import end_everything
from service.usecases.invite_person import Written


@dataclass(frozen=True, slots=True)
class ChangePerson:
    """`/v1/people` and `passkoll admin`. Whoever asks may do that, and is somebody else than the person.

    Each method raises ServiceError: `not_found`, `own_account`.
    """

    database: Database
    clock: Clock

    def everybody(self, who: Acting) -> Sequence[Person]:
        """The people of the organisation, by id."""
        with self.database.reading() as work:
            return work.people.of(who.organisation)

    def show(self, who: Acting, person_id: str) -> Person:
        """One of them; whoever asks may see themself."""
        with self.database.reading() as work:
            return of_organisation(work.people.find(person_id), who)

    def roles(self, who: Acting, person_id: str, roles: frozenset[Role], areas: frozenset[str] | None) -> Person:
        """Give and take roles and areas; `last_administrator`: nobody would be left to change accounts."""
        with self.database.changing() as work:
            everybody = work.people.hold(who.organisation)
            person = somebody_else(_found(everybody, person_id), who)
            now = self.clock.now()
            changed = handled(replace(person, roles=roles, areas=areas), Grip.ROLES, who, now)
            require_one_left(everybody, changed)
            details = {"roles": " ".join(sorted(roles)), "areas": None if areas is None else len(areas)}
            return self._saved(work, who, changed, Action.ROLES_CHANGED, details)

    def particulars(self, who: Acting, person_id: str, written: Written) -> Person:
        """Write down anew who somebody is: whoever vouched for what was there before vouches for nothing now."""
        with self.database.changing() as work:
            person = somebody_else(work.people.find(person_id), who)
            changed = with_particulars(person, written.particulars(work))
            changed = handled(changed, Grip.RE_ENROLLED, who, self.clock.now())
            return self._saved(work, who, changed, Action.IDENTIFIERS_CHANGED, {})

    def lock(self, who: Acting, person_id: str) -> Person:
        """Nothing goes any more: sessions, tokens and invitations end at once; raises as `roles`."""
        now = self.clock.now()
        with self.database.changing() as work:
            everybody = work.people.hold(who.organisation)
            person = somebody_else(_found(everybody, person_id), who)
            if person.status is PersonStatus.LOCKED:
                return person
            locked = replace(person, status=PersonStatus.LOCKED)
            require_one_left(everybody, locked)
            end_everything(work, person.id, now)
            work.accounts.end_invitations(person.id, now)
            return self._saved(work, who, locked, Action.PERSON_LOCKED, {})

    def unlock(self, who: Acting, person_id: str) -> Person:
        """They may sign in again.

        Raises:
            ServiceError: `wrong_state`: the account is not locked.
        """
        with self.database.changing() as work:
            person = somebody_else(work.people.find(person_id), who)
            if person.status is not PersonStatus.LOCKED:
                raise ServiceError(ProblemCode.WRONG_STATE, state=person.status.value)
            has_keys = bool(work.accounts.passkeys(person.id)) or work.accounts.has_password(person.id)
            known = has_keys or person.asserted_at is not None
            unlocked = replace(person, status=PersonStatus.ACTIVE if known else PersonStatus.INVITED)
            return self._saved(work, who, unlocked, Action.PERSON_UNLOCKED, {})

    def _saved(self, work: Work, who: Acting, person: Person, action: Action, details: Details) -> Person:
        work.people.save(person)
        told = {"person": person.id, **details}
        work.audit.write(AuditEntry(self.clock.now(), who.id, who.organisation, action, None, told))
        return person


def _found(everybody: Sequence[Person], person_id: str) -> Person | None:
    return next((person for person in everybody if person.id == person_id), None)
