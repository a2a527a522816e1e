"""Frozen cases are never erased; one person freezes, two thaw."""

from __future__ import annotations

import threading

import pytest

from service.domain.freeze import FreezeReason, ThawReason, standing
from service.domain.retention import RetentionError, RetentionProblem
from service.domain.vault import Epoch
from service.domain.verification import State
from service.usecases.purge_erasing import Erasing
from tests.service.conftest import NOW
from tests.service.findings import case
from tests.service.retention.conftest import EVIDENCE, HOLDER, PORTRAIT, House, vs

ALL = {PORTRAIT, HOLDER, EVIDENCE}
CLAIM, CLOSED = FreezeReason.LEGAL_CLAIM, ThawReason.CASE_CLOSED


def refused(do, problem: RetentionProblem) -> None:
    with pytest.raises(RetentionError) as found:
        do()
    assert found.value.code is problem


@pytest.mark.parametrize("state", State)
def test_only_suspected_fraud_freezes_by_itself(state: State) -> None:
    assert (standing(case(state), []) is not None) is (state is State.SUSPECTED_FRAUD)


def test_suspected_fraud_is_kept_until_two_close_the_case(house: House) -> None:
    case_id = house.add(1, State.SUSPECTED_FRAUD)
    neighbour = house.add(2, State.REFUSED)
    for _ in range(45):
        house.clock.advance(days=1)
        house.purge("service")
    assert house.living(case_id) == ALL
    assert house.living(neighbour) == set()
    house.freezing.thaw("anna", case_id, CLOSED)
    house.purge("service")
    assert house.living(case_id) == ALL
    house.freezing.thaw("bo", case_id, CLOSED)
    house.purge("service")
    assert house.living(case_id) == set()
    assert house.state(case_id) is State.PURGED
    assert house.written(case_id) == ["thaw_asked", "thawed", "purged"]


def test_a_frozen_case_hangs_on_no_epoch_that_others_wait_for(house: House) -> None:
    """The day's key goes, and with it every older copy of what its neighbours had; the frozen one stays."""
    frozen, neighbour = house.add(1, State.CONSUMED), house.add(2, State.CONSUMED)
    house.freezing.freeze("anna", frozen, CLAIM)
    for _ in range(3):
        house.clock.advance(days=1)
        house.purge("service")
    day = Epoch(PORTRAIT, "2026-11-24")
    assert house.database.safe.epochs.is_destroyed(day)
    again = house.opened_again()
    assert again.living(frozen) == ALL
    assert again.living(neighbour) == {HOLDER, EVIDENCE}
    again.database.engine.dispose()


def test_one_freezes_and_two_thaw(house: House) -> None:
    case_id = house.add(1, State.CONSUMED)
    freezing = house.freezing
    refused(lambda: freezing.thaw("anna", case_id, CLOSED), RetentionProblem.NOT_FROZEN)
    refused(lambda: freezing.freeze("anna", vs(9), CLAIM), RetentionProblem.UNKNOWN_VERIFICATION)
    freezing.freeze("anna", case_id, CLAIM)
    refused(lambda: freezing.freeze("bo", case_id, CLAIM), RetentionProblem.ALREADY_FROZEN)
    assert freezing.thaw("anna", case_id, CLOSED).thawed_at is None
    refused(lambda: freezing.thaw("anna", case_id, CLOSED), RetentionProblem.SAME_PERSON)
    refused(lambda: freezing.thaw("bo", case_id, ThawReason.FROZEN_BY_MISTAKE), RetentionProblem.OTHER_REASON)
    assert freezing.thaw("bo", case_id, CLOSED).thawed_at == NOW
    refused(lambda: freezing.thaw("bo", case_id, CLOSED), RetentionProblem.NOT_FROZEN)
    freezing.freeze("bo", case_id, CLAIM)
    with house.database.reading() as work:
        assert [freeze.by for freeze in work.freezes.of(case_id)] == ["anna", "bo"]
        assert work.freezes.frozen() == [case_id]


def test_what_is_gone_is_not_frozen(house: House) -> None:
    case_id = house.add(1, State.REFUSED)
    house.clock.advance(days=31)
    house.purge("service")
    refused(lambda: house.freezing.freeze("anna", case_id, CLAIM), RetentionProblem.ALREADY_PURGED)


def test_the_database_wants_two_people(house: House) -> None:
    from sqlalchemy import update
    from sqlalchemy.exc import IntegrityError

    from service.adapters.db.retention_tables import freezes

    house.freezing.freeze("anna", house.add(1, State.CONSUMED), CLAIM)
    for values in ({"thawed_by": "anna"}, {"thawed_by": "anna", "thaw_asked_by": "anna"}):
        with pytest.raises(IntegrityError), house.database.engine.begin() as connection:
            connection.execute(update(freezes).values(values))


def test_a_freeze_and_an_erasure_at_the_same_time_wait_for_each_other(house: House) -> None:
    """Whichever comes first: a case is erased and not frozen, or frozen and not erased."""
    case_id = house.add(1, State.REFUSED)
    house.clock.advance(days=31)
    erased = threading.Event()

    def freeze() -> None:
        erased.wait()
        try:
            house.freezing.freeze("anna", case_id, CLAIM)
        except RetentionError as error:
            problems.append(error.code)

    problems: list[RetentionProblem] = []
    other = threading.Thread(target=freeze)
    other.start()
    with house.database.changing() as work:
        Erasing(work, house.purge.log, "service", house.clock.now())([case_id])
        erased.set()
        # long enough for the other to come to the lock, and harmless if it does not
        other.join(0.3)
    other.join()
    assert problems == [RetentionProblem.ALREADY_PURGED]


def test_a_backup_made_after_a_freeze_brings_it_back_much_later(house: House, tmp_path) -> None:
    """The epoch of a frozen case is its own: neither the nights nor its neighbours end it."""
    from service import wiring

    case_id = house.add(1, State.SUSPECTED_FRAUD)
    house.clock.advance(days=1)
    house.purge("service")
    wiring.back_up(house.settings, tmp_path / "backup", "anna", clock=house.clock)
    for _ in range(70):
        house.clock.advance(days=1)
        house.purge("service")
    house.database.engine.dispose()
    wiring.restore(house.settings, tmp_path / "backup", "bo", replace_it=True, clock=house.clock)
    again = house.opened_again()
    assert again.living(case_id) == ALL
    again.database.engine.dispose()
