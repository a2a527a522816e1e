"""The routes of those who look after accounts, and of those who vouch (RULES.md section 5, SECURITY.md 7.3)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path

from service.api.strict_json import StrictJsonRoute
from service.api.v1 import people_schemas as schemas
from service.api.v1.dependencies import ServicesOf, Who
from service.api.v1.documented import problems
from service.domain.account_rules import Acting, recently_proved
from service.domain.errors import ProblemCode as Code
from service.domain.errors import ServiceError

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/people", tags=["people"])

_PERSON_ID: Final = re.compile(r"pe_[A-Z2-7]{26}")
_BODY: Final = (Code.MALFORMED_REQUEST, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_MEDIA_TYPE, Code.VALIDATION_FAILED)
_CHANGES: Final = (Code.NOT_FOUND, Code.OWN_ACCOUNT, Code.STEP_UP_REQUIRED)


def person_id(value: Annotated[str, Path(alias="id", description="`pe_` and 26 characters")]) -> str:
    """The id in the path; whatever cannot be one is not found."""
    if _PERSON_ID.fullmatch(value) is None:
        raise ServiceError(Code.NOT_FOUND)
    return value


PersonId = Annotated[str, Depends(person_id)]


@router.get("", operation_id="list_people", responses=problems())
def list_people(who: Who, services: ServicesOf) -> schemas.People:
    """The accounts of the organisation."""
    found = services.staff.change.everybody(Acting(who.id, who.organisation))
    return schemas.People(people=[schemas.person_shown(person) for person in found])


@router.get("/{id}", operation_id="show_person", responses=problems(Code.NOT_FOUND))
def show_person(who: Who, services: ServicesOf, name: PersonId) -> schemas.PersonShown:
    """One account."""
    return schemas.person_shown(services.staff.change.show(Acting(who.id, who.organisation), name))


@router.post(
    "",
    operation_id="invite_person",
    status_code=201,
    responses=problems(*_BODY, Code.ALREADY_IN_USE, Code.STEP_UP_REQUIRED),
)
def invite_person(who: Who, services: ServicesOf, request: schemas.InvitePerson) -> schemas.PersonInvited:
    """Make an account for somebody. Not repeatable: each call is another one."""
    areas = None if request.areas is None else frozenset(request.areas)
    return schemas.invited(
        services.staff.invite(_acting(who, services), request.written(), frozenset(request.roles), areas)
    )


@router.post(
    "/{id}/reset",
    operation_id="reset_person",
    status_code=201,
    responses=problems(*_CHANGES, Code.WRONG_STATE),
)
def reset_person(name: PersonId, who: Who, services: ServicesOf) -> schemas.PersonInvited:
    """Take away what somebody signs in with, end their sessions, and invite them anew."""
    return schemas.invited(services.staff.invite.reset(_acting(who, services), name))


@router.put(
    "/{id}/roles", operation_id="change_roles", responses=problems(*_BODY, *_CHANGES, Code.LAST_ADMINISTRATOR)
)
def change_roles(name: PersonId, who: Who, services: ServicesOf, request: schemas.ChangeRoles) -> schemas.PersonShown:
    """Give and take roles and areas; nobody their own."""
    areas = None if request.areas is None else frozenset(request.areas)
    return schemas.person_shown(
        services.staff.change.roles(_acting(who, services), name, frozenset(request.roles), areas)
    )


@router.put(
    "/{id}/particulars",
    operation_id="change_particulars",
    responses=problems(*_BODY, *_CHANGES, Code.ALREADY_IN_USE),
)
def change_particulars(
    name: PersonId, who: Who, services: ServicesOf, request: schemas.Particulars
) -> schemas.PersonShown:
    """Write down anew who somebody is; what others vouched for is forgotten."""
    return schemas.person_shown(services.staff.change.particulars(_acting(who, services), name, request.written()))


@router.post(
    "/{id}/vouch",
    operation_id="vouch_for_person",
    responses=problems(*_BODY, *_CHANGES, Code.IDENTIFIERS_DIFFER, Code.ALREADY_RECORDED, Code.SECOND_ACCOUNT),
)
def vouch_for_person(name: PersonId, who: Who, services: ServicesOf, request: schemas.Vouch) -> schemas.PersonShown:
    """Stand for the identifiers of somebody else, after reading them on the identity document."""
    return schemas.person_shown(services.staff.vouch(_acting(who, services), name, request.written()))


@router.post("/{id}/lock", operation_id="lock_person", responses=problems(*_CHANGES, Code.LAST_ADMINISTRATOR))
def lock_person(name: PersonId, who: Who, services: ServicesOf) -> schemas.PersonShown:
    """Let somebody do nothing any more, at once."""
    return schemas.person_shown(services.staff.change.lock(_acting(who, services), name))


@router.post("/{id}/unlock", operation_id="unlock_person", responses=problems(*_CHANGES, Code.WRONG_STATE))
def unlock_person(name: PersonId, who: Who, services: ServicesOf) -> schemas.PersonShown:
    """Let somebody sign in again."""
    return schemas.person_shown(services.staff.change.unlock(_acting(who, services), name))


def _acting(who: Who, services: ServicesOf) -> Acting:
    """Whoever changes an account; with a proof of who they are that is as fresh as for an approval."""
    return recently_proved(who, services.clock.now())
