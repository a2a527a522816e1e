"""What a draft would change, over what is stored and over dumps (SECURITY.md 4; DESIGN.md 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from mrtd.asn1 import oids
from mrtd.errors import MalformedError
from mrtd.evidence import ChipEvidence
from mrtd.inspection.verdict import Authenticity, Outcome
from mrtd.specimen import authorities
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import SpecimenIssuer
from service.adapters.db import tables
from service.usecases.trust_what_if import WhatIf
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.trust.world import ANNA, Office, list_of


def ask(office: Office, **options: object) -> WhatIf:
    shown = office.trust.show()
    assert shown.draft_store is not None
    return office.trust.what_if.stored(shown.active_store, shown.draft_store, **options)


def identifier(path: str) -> str:
    return path.rpartition("/")[2]


@pytest.fixture
def trusted(office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer) -> Office:
    """Both generations of Utopia are trusted, and a CRL of each."""
    office.lists(issuer, list_of(issuer, issuer.csca_certificate, others.csca_certificate), issuer.crl, others.crl)
    office.trust.decide.accept(ANNA, None)
    office.activate()
    return office


def movements(found: WhatIf) -> list[tuple[str, str, str, str | None, int]]:
    """The changed ones."""
    return [
        (one.issuing_state, one.before.outcome.value, one.after.outcome.value, one.after.reason, one.count)
        for one in found.movements
        if one.before != one.after
    ]


def counts(services) -> dict[str, int]:
    with services.database.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


def test_an_anchor_is_dropped(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, others: SpecimenIssuer, document
) -> None:
    """It names the verification whose CSCA is gone, and not the one of the other generation."""
    lost, kept = desk.checked(document), desk.checked(others.issue(MARTA))
    trusted.lists(issuer, list_of(issuer, others.csca_certificate, signed_at=issuer.now - timedelta(days=1)))
    before = counts(judging)
    found = ask(trusted)
    assert (found.judged, found.changed, found.more) == (2, 1, False)
    assert found.worse == (identifier(lost),)
    assert identifier(kept) not in found.worse
    assert (found.better, found.results_at_risk) == ((), ())
    assert movements(found) == [("UTO", "verified", "review", "no_csca", 1)]
    # nothing is stored: neither a judgement nor anything else
    assert counts(judging) == before
    assert desk.get(lost).json()["state"] == "checked"


def test_a_signer_is_revoked(
    trusted: Office, desk: Counter, issuer: SpecimenIssuer, others: SpecimenIssuer, document
) -> None:
    """A new CRL lists the DSC: the passport would be refused, and the result that was issued is at risk."""
    revoked = desk.approved(document, "order-1")
    assert desk.get(f"{revoked}/result").status_code == 200
    waiting = desk.checked(document)
    desk.checked(others.issue(MARTA))
    trusted.imports(authorities.crl(issuer, issuer.dsc_template.serial))
    found = ask(trusted)
    assert movements(found) == [("UTO", "verified", "refused", "revoked", 2)]
    assert set(found.worse) == {identifier(revoked), identifier(waiting)}
    assert found.results_at_risk == (identifier(revoked),)


def test_a_result_that_people_approved_is_at_risk(
    office: Office, desk: Counter, issuer: SpecimenIssuer, others: SpecimenIssuer, document
) -> None:
    """No CRL, so the machine never said `verified`: two people did. Then the key is lost."""
    office.pins(issuer.csca_certificate, others.csca_certificate)
    office.activate()
    lost, kept = desk.checked(document), desk.checked(others.issue(MARTA))
    for case in (lost, kept):
        assert [desk.review(case, person, reason="no CRL yet").status_code for person in (0, 1)] == [201, 201]
        assert desk.get(f"{case}/result").status_code == 200
    office.trust.decide.distrust(ANNA, _sha256(issuer.csca_certificate), "the key was lost")
    found = ask(office)
    assert movements(found) == [("UTO", "review", "review", "no_csca", 1)]
    assert found.results_at_risk == (identifier(lost),)


def test_an_anchor_comes(office: Office, desk: Counter, issuer: SpecimenIssuer, document) -> None:
    case = desk.captured(document)
    assert desk.read_chip(case, document)["reason"] == "no_trust_anchor"
    office.pins(issuer.csca_certificate, issuer.crl)
    found = ask(office)
    assert found.better == (identifier(case),)
    (movement,) = found.movements
    assert (movement.before.authenticity, movement.after.outcome) == (Authenticity.INCONCLUSIVE, Outcome.VERIFIED)
    assert (movement.before.reason, movement.after.reason) == ("no_trust_anchor", None)


def test_a_new_anchor_on_probation_is_attention(
    office: Office, desk: Counter, issuer: SpecimenIssuer, document
) -> None:
    """Pinned before, in a list of one publisher after: people have to look (SECURITY.md 4.4)."""
    office.pins(issuer.csca_certificate, issuer.crl)
    office.activate()
    case = desk.checked(document)
    office.trust.decide.unpin(ANNA, _sha256(issuer.csca_certificate))
    office.lists(issuer, list_of(issuer), issuer.crl)
    found = ask(office)
    assert found.worse == (identifier(case),)
    assert movements(found) == [("UTO", "verified", "review", "probation", 1)]


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_a_state_says_that_its_documents_deviate(
    trusted: Office, desk: Counter, issuer: SpecimenIssuer, others: SpecimenIssuer, document
) -> None:
    """A deviation list raises attention; it neither refuses nor forgives (SECURITY.md 4.2)."""
    named = desk.checked(document)
    desk.checked(others.issue(MARTA))
    content = authorities.deviations((f"{oids.DEVIATION_LIST}.1", issuer, "wrong key identifier"))
    signer = authorities.list_signer(issuer, oids.DEVIATION_LIST_SIGNING_KEY)
    imported = trusted.lists(issuer, authorities.deviation_list(content, signer, issuer.now))
    assert imported.refused == ()
    found = ask(trusted)
    assert found.worse == (identifier(named),)
    assert movements(found) == [("UTO", "verified", "review", "known_deviation", 1)]


def test_only_what_is_recent_and_no_more_than_asked(
    trusted: Office, desk: Counter, document, clock: ManualClock, issuer: SpecimenIssuer, others: SpecimenIssuer
) -> None:
    old = desk.checked(document)
    clock.advance(days=5)
    new = desk.checked(document)
    trusted.lists(issuer, list_of(issuer, others.csca_certificate, signed_at=issuer.now))
    assert set(ask(trusted).worse) == {identifier(old), identifier(new)}
    assert ask(trusted, recent=timedelta(days=4)).worse == (identifier(new),)
    bounded = ask(trusted, limit=1)
    assert (bounded.worse, bounded.more, bounded.judged) == ((identifier(new),), True, 1)


def test_both_are_judged_at_the_same_time(
    trusted: Office, desk: Counter, document, clock: ManualClock, issuer: SpecimenIssuer
) -> None:
    """What only time changed is no effect of the draft: 200 days later the CRL is stale in both."""
    desk.checked(document)
    trusted.imports(issuer.dsc_certificate)
    clock.advance(days=200)
    found = ask(trusted, recent=timedelta(days=365))
    assert (found.judged, found.changed) == (1, 0)
    (movement,) = found.movements
    assert movement.before.outcome is Outcome.REVIEW


def test_dumps(trusted: Office, issuer: SpecimenIssuer, others: SpecimenIssuer, document) -> None:
    """Their chips were never present, so none is verified; what is authentic now and would not be is worse."""
    trusted.lists(issuer, list_of(issuer, others.csca_certificate, signed_at=issuer.now))
    shown = trusted.trust.show()

    def broken() -> ChipEvidence:
        raise MalformedError("unreadable")

    dumps: list[tuple[str, Callable[[], ChipEvidence]]] = [
        ("first", partial(ChipEvidence, dict(document.files))),
        ("second", partial(ChipEvidence, dict(others.issue(MARTA).files))),
        ("third", broken),
    ]
    found = trusted.trust.what_if.dumps(dumps, shown.active_store, shown.draft_store)
    assert (found.judged, found.worse, found.unreadable) == (2, ("first",), ("third",))
    (changed,) = (one for one in found.movements if one.before != one.after)
    assert (changed.before.authenticity, changed.after.authenticity) == (
        Authenticity.AUTHENTIC,
        Authenticity.INCONCLUSIVE,
    )
    assert changed.after.reason == "no_csca"
