"""The JSON of accounts, for those who look after them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from service.api.v1.model import Answer, Request
from service.domain.account_rules import MAX_AREA, MAX_AREAS
from service.domain.identifiers import hsa_id, personal_number
from service.domain.identity import Role
from service.domain.people import Person, PersonStatus
from service.usecases.invite_person import Invited, Written

MAX_NAME: Final = 100
#: The first of those who work now was not born before this.
_FIRST_YEAR: Final = 1900


def _hsa_id(value: str) -> str:
    found = hsa_id(value)
    if found is None:
        raise PydanticCustomError("hsa_id", "an HSA-id")
    return found


def _personal_number(value: str) -> str:
    found = personal_number(value)
    if found is None:
        raise PydanticCustomError("personal_number", "a personal identity number of twelve digits")
    return found


def _birth_date(value: date) -> date:
    if value.year < _FIRST_YEAR:
        raise PydanticCustomError("birth_date", "a birth date")
    return value


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")]
HsaId = Annotated[str, Field(min_length=12, max_length=40), AfterValidator(_hsa_id)]
PersonalNumber = Annotated[str, Field(min_length=12, max_length=13), AfterValidator(_personal_number)]
BirthDate = Annotated[date, AfterValidator(_birth_date)]
Area = Annotated[str, Field(min_length=1, max_length=MAX_AREA, pattern=r"^[^\x00-\x1f\x7f]*$")]
Areas = Annotated[list[Area], Field(max_length=MAX_AREAS)]
Roles = Annotated[list[Role], Field(max_length=len(Role))]


class Particulars(Request):
    """Who somebody is."""

    given_name: Name
    family_name: Name
    born: BirthDate | None = None
    hsa_id: HsaId | None = None
    personal_number: PersonalNumber | None = None

    def written(self) -> Written:
        """The same, for the use case."""
        born = None if self.born is None else self.born.isoformat()
        return Written((self.given_name, self.family_name), born, self.hsa_id, self.personal_number)


class InvitePerson(Particulars):
    """Somebody new. `areas`: left out, all of the organisation."""

    roles: Roles
    areas: Areas | None = None


class ChangeRoles(Request):
    """All roles and areas that somebody has from now on."""

    roles: Roles
    areas: Areas | None


class Vouch(Request):
    """What whoever vouches read on the identity document."""

    hsa_id: HsaId | None = None
    personal_number: PersonalNumber | None = None

    def written(self) -> Written:
        """The same, for the use case."""
        return Written(("", ""), None, self.hsa_id, self.personal_number)


class PersonShown(Answer):
    """An account. `identified`: whether its identifiers count for a review."""

    id: str
    organisation: str
    status: PersonStatus
    given_name: str
    family_name: str
    hsa_id: str | None
    has_personal_number: bool
    roles: list[Role]
    areas: list[str] | None
    vouched_by: list[str]
    asserted_at: datetime | None
    identified: bool
    created_at: datetime


class People(Answer):
    """The accounts of the organisation, by id."""

    people: list[PersonShown]


class PersonInvited(Answer):
    """An invitation. `code`: shown this once, good once."""

    person: PersonShown
    code: str
    expires_at: datetime


def person_shown(person: Person) -> PersonShown:
    """An account, as JSON. A personal number is never shown: only its digest is kept."""
    given, family = person.names
    return PersonShown(
        id=person.id,
        organisation=person.organisation,
        status=person.status,
        given_name=given,
        family_name=family,
        hsa_id=person.hsa_id,
        has_personal_number=person.personal_number is not None,
        roles=sorted(person.roles),
        areas=None if person.areas is None else sorted(person.areas),
        vouched_by=list(person.vouched_by),
        asserted_at=person.asserted_at,
        identified=person.is_identified,
        created_at=person.created_at,
    )


def invited(found: Invited) -> PersonInvited:
    """An invitation, as JSON."""
    return PersonInvited(person=person_shown(found.person), code=found.code, expires_at=found.until)
