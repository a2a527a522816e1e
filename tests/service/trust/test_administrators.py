"""Once somebody has the role, two real people activate a trust store (SECURITY.md 4.4, 7.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mrtd.specimen.issuer import SpecimenIssuer
from service import wiring
from service.domain.account_rules import Acting
from service.domain.identity import Role
from service.domain.people import Grip, Handling, Person, PersonStatus
from service.domain.trust import Actor, TrustError
from service.settings import Settings
from service.usecases.invite_person import Written
from tests.service.conftest import ManualClock
from tests.service.trust.world import ANNA, BERTIL, Office, list_of


@pytest.fixture
def hired(administered: Settings, clock: ManualClock):
    """`hired(NAME, ...)`: an active person whom two others vouch for, with the role unless `roles` say otherwise."""
    counted = iter(range(1, 100))

    def hire(*roles: Role, handling: Handling | None = None, **changes: object) -> Person:
        number = next(counted)
        written = Written(
            ("Test", f"Person-{number}"), "1980-01-01", f"SE2321000016-T{number}", f"1980010123{number:02}"
        )
        with wiring.administer_staff(administered, clock=clock) as staff:
            operator = Acting("operator", staff.organisation)
            made = staff.invite(operator, written, frozenset(roles or {Role.TRUST_ADMINISTRATOR})).person
            handlings = (*made.handlings, *([] if handling is None else [handling]))
            settled = {"handlings": handlings, "status": PersonStatus.ACTIVE, "vouched_by": ("pe_1", "pe_2")}
            known = replace(made, **settled | changes)
            with staff.database.changing() as work:
                work.people.save(known)
        return known

    return hire


@pytest.fixture
def waiting(office: Office, issuer: SpecimenIssuer) -> str:
    """The digest of a draft."""
    return office.lists(issuer, list_of(issuer)).staged.draft.digest


def activate(office: Office, digest: str, *people: Person | Actor) -> str:
    """The digest that came into use, or why none did."""
    first, second = (person if isinstance(person, Actor) else Actor.named(person.id) for person in people)
    try:
        return office.trust.activate(digest, first, second).digest
    except TrustError as error:
        return error.code.value


def test_names_are_enough_while_nobody_has_the_role(office: Office, waiting: str, hired) -> None:
    hired(Role.ID_ADMINISTRATOR)
    hired(status=PersonStatus.LOCKED)
    assert activate(office, waiting, ANNA, BERTIL) == waiting


def test_then_it_takes_two_who_have_it(office: Office, waiting: str, hired) -> None:
    one, other = hired(), hired()
    outsider, locked = hired(Role.ID_ADMINISTRATOR), hired(status=PersonStatus.LOCKED)
    for pair in ((ANNA, BERTIL), (one, ANNA), (ANNA, one), (one, outsider), (one, locked)):
        assert activate(office, waiting, *pair) == "person_required"
    assert activate(office, waiting, one, one) == "second_person_required"
    assert activate(office, waiting, one, other) == waiting


def test_two_accounts_are_no_two_people(
    office: Office, waiting: str, hired, administered, clock: ManualClock
) -> None:
    one, other = hired(), hired()
    with wiring.administer_staff(administered, clock=clock) as staff, staff.database.changing() as work:
        work.people.save(replace(other, personal_number=one.personal_number))
    assert activate(office, waiting, one, other) == "second_person_required"


@pytest.mark.parametrize("days", [0, 29, 31])
def test_who_handled_the_account_of_the_other(
    office: Office, waiting: str, hired, clock: ManualClock, days: int
) -> None:
    one = hired()
    at = clock.now() - timedelta(days=days)
    other = hired(handling=Handling(Grip.RESET, one.id, at))
    expected = waiting if days > 30 else "second_person_required"
    assert activate(office, waiting, one, other) == expected


def test_somebody_whom_nobody_identified(
    office: Office, waiting: str, hired, administered, clock: ManualClock
) -> None:
    one, other = hired(), hired()
    with wiring.administer_staff(administered, clock=clock) as staff, staff.database.changing() as work:
        work.people.save(replace(other, vouched_by=("pe_1",)))
    assert activate(office, waiting, one, other) == "second_person_required"
