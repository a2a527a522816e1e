"""How `passkoll admin` shows accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.cli.output import console, print_json

if TYPE_CHECKING:
    from service.domain.people import Person
    from service.usecases.invite_person import Invited


def print_invited(invited: Invited, *, as_json: bool) -> None:
    """An invitation, with its code."""
    if as_json:
        until = invited.until.isoformat()
        print_json({**_person_json(invited.person), "invitation": invited.code, "expires_at": until})
    else:
        console().print(f"{invited.person.id}\ninvitation: {invited.code}\nuntil {invited.until.isoformat()}")


def print_person(person: Person, *, as_json: bool) -> None:
    """An account, on one line."""
    if as_json:
        print_json(_person_json(person))
        return
    areas = "all areas" if person.areas is None else ", ".join(sorted(person.areas))
    told = ", ".join(sorted(person.roles)) or "no roles"
    known = "identified" if person.is_identified else f"NOT IDENTIFIED ({len(person.vouched_by)} of 2 vouch)"
    console().print(f"{person.id}  {person.status.value}  {' '.join(person.names)}  {told}  {areas}  {known}")


def _person_json(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "organisation": person.organisation,
        "status": person.status.value,
        "given_name": person.names[0],
        "family_name": person.names[1],
        "hsa_id": person.hsa_id,
        "roles": sorted(person.roles),
        "areas": None if person.areas is None else sorted(person.areas),
        "vouched_by": list(person.vouched_by),
        "identified": person.is_identified,
    }
