"""Who may activate a trust store: two people with the role, once anybody has it (SECURITY.md 4.4, 7.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Role
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.trust import Actor, TrustError, TrustProblem
from service.domain.two_people import require_two, require_unhandled, require_verified

_WHY: Final = {
    ProblemCode.IDENTIFIERS_UNVERIFIED: "nobody answers for who one of the two is",
    ProblemCode.SAME_REVIEWER: "both are one account",
    ProblemCode.SECOND_ACCOUNT: "both are one person under two accounts",
    ProblemCode.HANDLED_ACCOUNT: "one of the two made, reset or vouched for the account of the other lately",
}


@dataclass(frozen=True, slots=True)
class TrustAdministrators:
    """The two who activate, held against each other as two reviewers are.

    While nobody holds the role, names are taken: a service begins without people. `database`: without keys, for who
    holds the role; `open_people`: with them, for what tells two people apart.
    """

    database: Database
    open_people: Callable[[], Database]
    clock: Clock
    organisation: str

    def __call__(self, first: Actor, second: Actor) -> None:
        """Refuse whoever is not one of two trust administrators.

        Raises:
            TrustError: `person_required`: one of the two is nobody with the role; `second_person_required`: the two
                cannot be each other's second person.
        """
        with self.database.reading() as work:
            holders = work.people.holders(self.organisation, Role.TRUST_ADMINISTRATOR)
        if not holders:
            return
        if not {first.id, second.id} <= holders:
            raise TrustError(
                TrustProblem.PERSON_REQUIRED,
                f"name two people (pe_...) with the role {Role.TRUST_ADMINISTRATOR.value}",
            )
        with self.open_people().reading() as work:
            one, other = (work.people.find(actor.id) for actor in (first, second))
        try:
            known, second_known = require_verified(one), require_verified(other)
            require_two(known, second_known)
            require_unhandled(known, second_known, self.clock.now())
        except ServiceError as error:
            raise TrustError(TrustProblem.SECOND_PERSON_REQUIRED, _WHY[error.code]) from None
