"""What administrators may do to accounts: not to their own, nor so that nobody is left (RULES.md section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal, Role
from service.domain.people import Grip, Handling, Person, PersonStatus
from service.domain.two_people import STEP_UP

#: Who may verify the identifiers of somebody else.
VOUCHING: Final = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.ID_ADMINISTRATOR, Role.RESPONSIBLE_ISSUER})
#: The longest name of an area, and how many somebody may have.
MAX_AREA: Final = 64
MAX_AREAS: Final = 100


@dataclass(frozen=True, slots=True)
class Acting:
    """Who does something to an account: a person, or before there is one the operator, by the name they gave."""

    id: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Particulars:
    """Who somebody is, as whoever looks after accounts wrote it down. `personal_number`: its keyed digest."""

    names: tuple[str, str] = field(repr=False)
    born: str | None = field(default=None, repr=False)
    hsa_id: str | None = field(default=None, repr=False)
    personal_number: bytes | None = field(default=None, repr=False)


def recently_proved(who: Principal, at: datetime) -> Acting:
    """Whoever is signed in, if they proved it as for an approval: an account is a way to approvals.

    Raises:
        ServiceError: `step_up_required`.
    """
    proved = who.signed_in_at
    if proved is None or not proved <= at <= proved + STEP_UP:
        raise ServiceError(ProblemCode.STEP_UP_REQUIRED)
    return Acting(who.id, who.organisation)


def of_organisation(person: Person | None, who: Acting) -> Person:
    """The person, who for another organisation does not exist.

    Raises:
        ServiceError: `not_found`.
    """
    if person is None or person.organisation != who.organisation:
        raise ServiceError(ProblemCode.NOT_FOUND)
    return person


def somebody_else(person: Person | None, who: Acting) -> Person:
    """The person, who is not whoever asks.

    Raises:
        ServiceError: `not_found`; `own_account`.
    """
    found = of_organisation(person, who)
    if found.id == who.id:
        raise ServiceError(ProblemCode.OWN_ACCOUNT)
    return found


def is_administrator(person: Person) -> bool:
    """Whether a person can change accounts."""
    return person.status is PersonStatus.ACTIVE and Role.SYSTEM_ADMINISTRATOR in person.roles


def require_one_left(everybody: Iterable[Person], changed: Person) -> None:
    """Refuse a change after which nobody could change accounts any more, if somebody could before.

    Raises:
        ServiceError: `last_administrator`.
    """
    before = [person for person in everybody if is_administrator(person)]
    after = [person for person in before if person.id != changed.id]
    if before and not after and not is_administrator(changed):
        raise ServiceError(ProblemCode.LAST_ADMINISTRATOR)


def handled(person: Person, grip: Grip, who: Acting, at: datetime) -> Person:
    """The person, with what was done to the account."""
    return replace(person, handlings=(*person.handlings, Handling(grip, who.id, at)))


def with_particulars(person: Person, particulars: Particulars) -> Person:
    """The person with other particulars: whoever stood for the ones before stands for nothing now."""
    return replace(
        person,
        names=particulars.names,
        born=particulars.born,
        hsa_id=particulars.hsa_id,
        personal_number=particulars.personal_number,
        vouched_by=(),
        asserted_at=None,
    )


def vouched(person: Person, voucher: Person, others: Iterable[Person], seen: Particulars, at: datetime) -> Person:
    """The person, of whom `voucher` verified the identifiers in `seen`; `others` vouched before.

    Raises:
        ServiceError: `identifiers_differ`: the account says something else; `already_recorded`: the voucher did
            before; `second_account`: the voucher is the person, or one of the others, under another account.
    """
    if (person.hsa_id, person.personal_number) != (seen.hsa_id, seen.personal_number):
        raise ServiceError(ProblemCode.IDENTIFIERS_DIFFER)
    if person.hsa_id is None and person.personal_number is None:
        raise ServiceError(ProblemCode.IDENTIFIERS_DIFFER)
    if voucher.id in person.vouched_by:
        raise ServiceError(ProblemCode.ALREADY_RECORDED)
    if any(_shares_identifier(voucher, other) for other in (person, *others)):
        raise ServiceError(ProblemCode.SECOND_ACCOUNT)
    who = Acting(voucher.id, voucher.organisation)
    return handled(replace(person, vouched_by=(*person.vouched_by, voucher.id)), Grip.VOUCHED, who, at)


def _shares_identifier(one: Person, other: Person) -> bool:
    same_number = one.personal_number is not None and one.personal_number == other.personal_number
    return same_number or (one.hsa_id is not None and one.hsa_id == other.hsa_id)
