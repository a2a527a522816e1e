"""Who acts on the command line: a person whom the service knows, with a role that may do it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal, Role
from service.domain.people import PersonStatus
from service.domain.repositories import Database


@dataclass(frozen=True, slots=True)
class ActingPerson:
    """`--as PERSON`. Whoever runs a command may read and write the database, and so says which person they are; that
    is no proof, but what they do is held to the same rules, and written down under that name."""

    database: Database
    roles: Collection[Role]

    def __call__(self, person_id: str) -> Principal:
        """The person, as at the console.

        Raises:
            ServiceError: `not_found`: nobody is known by this id; `forbidden`: they may not act, or lack the role.
        """
        with self.database.reading() as work:
            person = work.people.find(person_id)
        if person is None:
            raise ServiceError(ProblemCode.NOT_FOUND)
        if person.status is not PersonStatus.ACTIVE or not person.roles & frozenset(self.roles):
            raise ServiceError(ProblemCode.FORBIDDEN)
        return Principal(person.id, person.organisation, frozenset({Caller.STAFF}), person.roles, person.areas)
