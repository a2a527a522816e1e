"""Stores, draft and activations in both databases."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from mrtd.pki.realm import Realm
from service import wiring
from service.adapters.db import tables
from service.domain.repositories import StoredEvidence
from service.domain.trust import Activation, Draft, StoredTrust, TrustError, TrustProblem
from service.domain.verification import State
from tests.service.conftest import NOW
from tests.service.findings import case


def stored(number: int) -> StoredTrust:
    file = b"store %d" % number
    return StoredTrust(f"{number:064x}", Realm.SPECIMEN, file, hashlib.sha256(file).hexdigest())


def draft_of(store: StoredTrust, based_on: StoredTrust | None = None) -> Draft:
    return Draft(store.digest, store.realm, "h" * 64, None if based_on is None else based_on.digest, NOW, "anna")


def activation_of(store: StoredTrust, previous: StoredTrust | None = None) -> Activation:
    before = None if previous is None else previous.digest
    return Activation(store.digest, "h" * 64, before, NOW, "anna", "bertil", "because")


FIRST, SECOND, THIRD = stored(1), stored(2), stored(3)


@pytest.fixture
def database(services: wiring.Services):
    return services.database


def stage(database, store: StoredTrust, based_on: StoredTrust | None = None, replaces: StoredTrust | None = None):
    with database.changing() as work:
        work.trust.stage(draft_of(store, based_on), store, replaces=None if replaces is None else replaces.digest)


def activate(database, store: StoredTrust, previous: StoredTrust | None = None) -> None:
    with database.changing() as work:
        work.trust.activate(activation_of(store, previous))


def digests(database) -> set[str]:
    with database.reading() as work:
        return set(work.trust.digests())


def test_an_empty_database_has_neither(database) -> None:
    with database.reading() as work:
        assert (work.trust.draft(), work.trust.active(), list(work.trust.history())) == (None, None, [])
        with pytest.raises(TrustError) as refused:
            work.trust.stored("0" * 64)
    assert refused.value.code is TrustProblem.UNKNOWN_STORE


def test_what_is_staged_is_read_as_it_was(database) -> None:
    stage(database, FIRST)
    with database.reading() as work:
        assert work.trust.draft() == draft_of(FIRST)
        assert work.trust.stored(FIRST.digest) == FIRST


def test_one_draft_at_a_time(database) -> None:
    stage(database, FIRST)
    with pytest.raises(TrustError) as refused:
        stage(database, SECOND)
    assert refused.value.code is TrustProblem.DRAFT_CHANGED
    stage(database, SECOND, replaces=FIRST)
    # the store that was never in use is gone with its draft
    assert digests(database) == {SECOND.digest}


def test_a_draft_that_somebody_replaced(database) -> None:
    stage(database, FIRST)
    stage(database, SECOND, replaces=FIRST)
    for attempt in (
        lambda: stage(database, THIRD, replaces=FIRST),
        lambda: activate(database, FIRST),
    ):
        with pytest.raises(TrustError) as refused:
            attempt()
        assert refused.value.code is TrustProblem.DRAFT_CHANGED
    assert digests(database) == {SECOND.digest}


def test_activations_stay_and_the_last_counts(database) -> None:
    stage(database, FIRST)
    activate(database, FIRST)
    stage(database, SECOND, FIRST)
    activate(database, SECOND, FIRST)
    # and back: the earlier store is a draft again, and discarding it does not delete it
    stage(database, FIRST, SECOND)
    with database.changing() as work:
        work.trust.drop_draft(FIRST.digest)
    assert digests(database) == {FIRST.digest, SECOND.digest}
    stage(database, FIRST, SECOND)
    activate(database, FIRST, SECOND)
    expected = [activation_of(FIRST), activation_of(SECOND, FIRST), activation_of(FIRST, SECOND)]
    with database.reading() as work:
        assert list(work.trust.history()) == expected
        assert work.trust.active() == expected[-1]
        assert work.trust.draft() is None


def test_a_draft_is_activated_once(database) -> None:
    stage(database, FIRST)
    activate(database, FIRST)
    with pytest.raises(TrustError):
        activate(database, FIRST)
    with database.reading() as work:
        assert len(work.trust.history()) == 1


def test_of_many_who_activate_at_once_one_does(database) -> None:
    stage(database, FIRST)
    start = threading.Barrier(6)
    ended: list[str] = []

    def attempt() -> None:
        start.wait()
        try:
            activate(database, FIRST)
            ended.append("activated")
        except TrustError as error:
            ended.append(error.code.value)

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["activated"] + ["draft_changed"] * 5
    with database.reading() as work:
        assert len(work.trust.history()) == 1


def test_the_table_refuses_one_person(database) -> None:
    stage(database, FIRST)
    with pytest.raises(IntegrityError), database.changing() as work:
        work.trust.activate(replace(activation_of(FIRST), second="anna"))
    with database.reading() as work:
        assert work.trust.active() is None
        assert work.trust.draft() is not None


def test_an_activation_names_a_store_that_is_kept(database) -> None:
    values = {"digest": "f" * 64, "holdings": "h" * 64, "at": NOW, "first_actor": "a", "second_actor": "b"}
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(insert(tables.trust_activations).values(values))


def test_nothing_is_kept_of_people_but_their_ids() -> None:
    """The columns, so that a new one is looked at."""
    assert {column.name for column in tables.trust_activations.c} == {
        "id", "digest", "holdings", "previous", "at", "first_actor", "second_actor", "reason",
    }  # fmt: skip
    assert {column.name for column in tables.trust_draft.c} == {
        "id", "digest", "holdings", "based_on", "staged_at", "staged_by",
    }  # fmt: skip


def test_which_verifications_hold_evidence(database, document) -> None:
    from mrtd.evidence import ChipEvidence

    evidence = ChipEvidence(dict(document.files))
    received = {
        "vs_A": [NOW - timedelta(days=100), NOW - timedelta(days=2)],
        "vs_B": [NOW - timedelta(days=1)],
        "vs_C": [NOW - timedelta(days=91)],
    }
    with database.changing() as work:
        for verification_id, moments in received.items():
            work.verifications.add(replace(case(State.CHECKED), id=verification_id))
            for moment in moments:
                work.evidence.add(verification_id, StoredEvidence(evidence, moment, None))
        work.verifications.add(replace(case(State.CHECKED), id="vs_D"))
    with database.reading() as work:
        since = NOW - timedelta(days=90)
        assert list(work.evidence_trail.since(since, 10)) == ["vs_B", "vs_A"]
        assert list(work.evidence_trail.since(since, 1)) == ["vs_B"]
        assert list(work.evidence_trail.since(since - timedelta(days=2), 10)) == ["vs_C", "vs_B", "vs_A"]
