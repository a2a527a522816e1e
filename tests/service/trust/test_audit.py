"""Every change of the trust store is in the audit trail, in the transaction of the change, and names who made it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from mrtd.specimen.issuer import SpecimenIssuer
from service import wiring
from service.adapters.db.trust import TrustRows
from service.adapters.machine import shell_account
from service.domain.audit import Action
from service.domain.trust import TrustError, TrustProblem
from service.settings import Settings
from service.usecases.trust_recording import TrustChange
from tests.service.conftest import ManualClock
from tests.service.trust.world import ANNA, BERTIL, Office, list_of

TRUST_ACTIONS = {Action.TRUST_STAGED, Action.TRUST_DISCARDED, Action.TRUST_ACTIVATED}


@pytest.fixture
def trail(administered: Settings, clock: ManualClock):
    """`trail()`: what a whole trail says of trust, oldest first, each with the person behind its pseudonym."""

    def read() -> Sequence[tuple[str, str, dict[str, Any]]]:
        with wiring.administer_audit(administered, clock=clock) as audit:
            assert audit.verify(None).breaks == ()
        database = wiring.open_unsealed_database(administered)
        with database.reading() as work:
            persons = {actor.actor: actor.person for actor in work.audit.actors()}
            found = [
                (row["action"], persons[row["actor"]], dict(row["details"]))
                for row in map(_read, work.audit.rows())
                if row["action"] in TRUST_ACTIONS
            ]
        database.engine.dispose()
        return found

    return read


def _read(row: Any) -> dict[str, Any]:
    return {**row, "details": json.loads(row["details"])}


def test_staging_and_activation(office: Office, issuer: SpecimenIssuer, trail) -> None:
    staged = office.lists(issuer, list_of(issuer)).staged.draft
    active = office.activate()
    assert active.digest == staged.digest
    of_store = {"trust_store": staged.digest, "holdings": staged.holdings, **shell_account()}
    activated = {**of_store, "previous": None, "reason_given": False}
    assert trail() == [
        (Action.TRUST_STAGED, ANNA.id, {**of_store, "change": "import", "based_on": None, "replaces": None}),
        (Action.TRUST_ACTIVATED, ANNA.id, {**activated, "person": "first"}),
        (Action.TRUST_ACTIVATED, BERTIL.id, {**activated, "person": "second"}),
    ]


def test_acceptance_and_every_other_decision(
    office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer, trail
) -> None:
    """SECURITY.md 4.4: an anchor on probation is accepted in the draft, and two people put that to use."""
    office.lists(issuer, list_of(issuer))
    office.activate()
    decide = office.trust.decide
    accepted = decide.accept(ANNA, None).draft
    distrusted = decide.distrust(BERTIL, "f" * 64, "reported stolen by Karl Karlsson").draft
    decide.trust_again(BERTIL, "f" * 64)
    decide.remove_publisher(ANNA, "uto")
    said = [(person, details["change"]) for action, person, details in trail() if action == Action.TRUST_STAGED]
    assert said == [
        (ANNA.id, TrustChange.IMPORT),
        (ANNA.id, TrustChange.ACCEPT),
        (BERTIL.id, TrustChange.DISTRUST),
        (BERTIL.id, TrustChange.TRUST_AGAIN),
        (ANNA.id, TrustChange.REMOVE_PUBLISHER),
    ]
    second = trail()[4][2]
    assert (second["trust_store"], second["replaces"]) == (distrusted.digest, accepted.digest)
    assert "Karl" not in str(trail())


def test_discarding_and_coming_back(office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer, trail) -> None:
    office.lists(issuer, list_of(issuer))
    first = office.activate()
    office.pins(others.csca_certificate)
    second = office.activate()
    office.trust.return_to(ANNA, first.digest)
    dropped = office.trust.discard(BERTIL)
    assert dropped.digest == first.digest
    office.trust.return_to(ANNA, first.digest)
    office.activate("the list after it was wrong")
    ends = trail()[-5:]
    assert [(action, person) for action, person, _ in ends] == [
        (Action.TRUST_STAGED, ANNA.id),
        (Action.TRUST_DISCARDED, BERTIL.id),
        (Action.TRUST_STAGED, ANNA.id),
        (Action.TRUST_ACTIVATED, ANNA.id),
        (Action.TRUST_ACTIVATED, BERTIL.id),
    ]
    assert (ends[0][2]["change"], ends[0][2]["based_on"]) == ("return", second.digest)
    assert (ends[-1][2]["previous"], ends[-1][2]["reason_given"]) == (second.digest, True)


def test_neither_exists_without_the_other(office: Office, issuer: SpecimenIssuer, trail, monkeypatch) -> None:
    """What fails after the store was changed takes the entry with it, and the other way round."""
    office.lists(issuer, list_of(issuer))
    before = trail()

    def full(_self, _activation) -> None:
        raise TrustError(TrustProblem.DRAFT_CHANGED)

    with monkeypatch.context() as patch:
        patch.setattr(TrustRows, "activate", full)
        with pytest.raises(TrustError):
            office.activate()
    assert trail() == before

    def broken(*_arguments) -> None:
        raise RuntimeError

    monkeypatch.setattr("service.usecases.trust_activation.write_activated", broken)
    with pytest.raises(RuntimeError):
        office.activate()
    assert office.trust.show().active is None
    assert trail() == before


def test_what_changes_nothing_is_no_entry(office: Office, issuer: SpecimenIssuer, trail) -> None:
    office.lists(issuer, list_of(issuer))
    before = trail()
    office.lists(issuer, list_of(issuer))
    assert trail() == before
