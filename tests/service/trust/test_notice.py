"""What the operator is told at start: which store, how much, and what stands out (USERS.md, operator)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import TrustStore
from mrtd.specimen.issuer import SpecimenIssuer
from service import log, wiring
from service.adapters.db import tables
from service.settings import Settings
from service.trust_notice import log_trust
from service.usecases.trust_condition import TrustWarning, condition_of
from tests.service.conftest import NOW, ManualClock
from tests.service.trust.world import Office, list_of

Lines = Callable[[], list[dict]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What the trust logger said."""
    stream = io.StringIO()
    log.configure("info", stream)
    yield lambda: [
        line for line in map(json.loads, stream.getvalue().splitlines()) if line["logger"] == "passkoll.trust"
    ]
    log.configure("critical")


def test_an_empty_store_is_a_warning(judging: wiring.Services, lines: Lines) -> None:
    log_trust(judging)
    told, warned = lines()
    assert (told["level"], told["anchors"], told["realm"]) == ("info", 0, "specimen")
    assert told["trust_store"] == TrustStore.empty(Realm.SPECIMEN).digest
    assert (warned["level"], warned["event"].partition(":")[0]) == ("warning", "no trust anchor")


def test_the_store_in_use(
    judging: wiring.Services, office: Office, issuer: SpecimenIssuer, lines: Lines, clock: ManualClock
) -> None:
    office.lists(issuer, list_of(issuer), issuer.crl)
    digest = office.activate().digest
    log_trust(judging)
    (told,) = lines()
    assert (told["trust_store"], told["anchors"]) == (digest, 1)
    assert "1 anchors of 1 states, 1 on probation, 1 CRLs; left out: nothing" in told["event"]
    clock.advance(days=111)
    log_trust(judging)
    assert [line["event"] for line in lines()[2:]] == ["lists older than 120 days are in use: uto"]


def test_what_the_operator_named(settings: Settings, clock: ManualClock, lines: Lines) -> None:
    wired = wiring.wire(settings, clock=clock)
    log_trust(wired)
    (told,) = lines()
    assert told["anchors"] == 1
    wired.close()


def test_a_damaged_store_is_an_error_and_no_end(
    judging: wiring.Services, office: Office, issuer: SpecimenIssuer, lines: Lines
) -> None:
    """The service starts, answers that it lives, and judges nothing."""
    office.pins(issuer.csca_certificate)
    digest = office.activate().digest
    with judging.database.engine.begin() as connection:
        connection.execute(update(tables.trust_stores).values(file=b"nothing"))
    log_trust(judging)
    (told,) = lines()
    assert (told["level"], told["trust_store"], told["exception"]) == ("error", digest, "TrustError")
    assert "store_damaged" in told["event"]


def test_anchors_that_expire_soon(office: Office, issuer: SpecimenIssuer) -> None:
    """Within 90 days, on the second; those that expired already are no news."""
    office.pins(issuer.csca_certificate)
    store = office.trust.show().draft_store
    (anchor,) = store.anchors
    end = anchor.entry.not_after
    for at, expiring in (
        (end - timedelta(days=90), 0),
        (end - timedelta(days=90) + timedelta(seconds=1), 1),
        (end, 1),
        (end + timedelta(seconds=1), 0),
    ):
        found = condition_of(store, at)
        assert found.expiring == expiring
        assert (TrustWarning.ANCHORS_EXPIRE in found.warnings) is bool(expiring)


def test_lists_get_old(office: Office, issuer: SpecimenIssuer) -> None:
    office.lists(issuer, list_of(issuer, signed_at=NOW))
    store = office.trust.show().draft_store
    assert condition_of(store, NOW + timedelta(days=120)).old_lists == ()
    assert condition_of(store, NOW + timedelta(days=120, seconds=1)).old_lists == ("uto",)
