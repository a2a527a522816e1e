"""The purge: what goes, what stays, what is written down of it, and what stops it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from service.adapters.blobs import Objects
from service.domain.purge import BATCH
from service.domain.retention import RetentionError, RetentionProblem, RetentionRule
from service.domain.vault import Epoch, StorageUnavailableError, UnreadableError
from service.domain.verification import State
from service.usecases import purge_due
from tests.service.conftest import NOW
from tests.service.retention.conftest import CLAIMS, EVIDENCE, HOLDER, NAME, PORTRAIT, House

ORGANISATION = "Specimen organisation"


def nights(house: House, count: int) -> None:
    """Nights go by, as a service has them."""
    for _ in range(count):
        house.clock.advance(days=1)
        house.purge("service")


def test_the_life_of_a_used_result(house: House) -> None:
    """RULES.md section 5: pictures at the decision, the person after 30 days, the proof 10 years after the card."""
    case_id = house.add(1, State.CONSUMED)
    assert len(house.blobs()) == 4
    house.purge.pictures_of(case_id)
    assert house.living(case_id) == {HOLDER, EVIDENCE}
    assert len(house.blobs()) == 2
    nights(house, 29)
    assert house.living(case_id) == {HOLDER, EVIDENCE}
    nights(house, 1)
    assert house.living(case_id) == {EVIDENCE}
    assert house.state(case_id) is State.CONSUMED
    with house.database.reading() as work:
        # what the result said, what was decided and by whom outlive what they were made of
        assert work.issued_claims.of(case_id) == CLAIMS
        assert work.judgements.verdict(case_id) is not None
        assert [review.reviewer for review in work.reviews.of(case_id)] == ["anna"]
    house.clock.advance(days=3653 + 180 - 30)
    house.purge("anna", time_confirmed=True)
    assert house.living(case_id) == set()
    assert house.state(case_id) is State.PURGED
    with house.database.reading() as work:
        assert work.verifications.get(case_id).ended_in is State.CONSUMED
        assert work.issued_claims.of(case_id) is None
    assert house.blobs() == set()
    assert house.written(case_id) == ["erased", "erased", "purged"]


@pytest.mark.parametrize("state", [State.CHECKED, State.REVIEW_1, State.APPROVED, State.RESULT_ISSUED])
def test_what_people_still_need_stays(house: House, state: State) -> None:
    case_id = house.add(1, state)
    house.purge.pictures_of(case_id)
    decided = state in (State.APPROVED, State.RESULT_ISSUED)
    assert house.living(case_id) == {HOLDER, EVIDENCE} | (set() if decided else {PORTRAIT})


def test_a_case_that_failed_is_gone_after_a_month(house: House) -> None:
    case_id = house.add(1, State.EXPIRED)
    nights(house, 30)
    assert house.living(case_id) == set()
    assert house.state(case_id) is State.PURGED


def test_a_case_that_never_held_anything_ends_too(house: House) -> None:
    from dataclasses import replace

    from tests.service.findings import case

    with house.database.changing() as work:
        work.verifications.add(replace(case(State.CANCELLED), created_at=NOW))
    nights(house, 30)
    assert house.state("vs_A") is State.PURGED
    assert house.schedule.records() == []


def test_what_is_erased_cannot_be_begun_anew(house: House) -> None:
    from service.domain.vault import ErasedError

    case_id = house.add(1, State.REFUSED)
    nights(house, 30)
    with pytest.raises(ErasedError), house.database.changing() as work:
        work.issued_claims.add(case_id, CLAIMS)


def test_records_count_by_day_and_lead_back_to_no_case(house: House) -> None:
    cases = [house.add(number, State.REFUSED) for number in range(1, 4)]
    house.add(4, State.REFUSED, organisation="Another region")
    for case_id in cases:
        house.purge.pictures_of(case_id)
    folder = house.settings.data_dir / "purge-log"
    log = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    nights(house, 30)
    records = house.schedule.records()
    assert Counter({(r.organisation, r.day, r.retention, r.rule, r.decision): r.count for r in records}) == {
        (ORGANISATION, date(2026, 11, 24), PORTRAIT, RetentionRule.PORTRAIT, "passkoll-default"): 3,
        (ORGANISATION, date(2026, 12, 24), HOLDER, RetentionRule.FAILED, "passkoll-default"): 3,
        (ORGANISATION, date(2026, 12, 24), EVIDENCE, RetentionRule.FAILED, "passkoll-default"): 3,
        ("Another region", date(2026, 11, 25), PORTRAIT, RetentionRule.PORTRAIT, "passkoll-default"): 1,
        ("Another region", date(2026, 12, 24), HOLDER, RetentionRule.FAILED, "passkoll-default"): 1,
        ("Another region", date(2026, 12, 24), EVIDENCE, RetentionRule.FAILED, "passkoll-default"): 1,
    }
    assert log.count(b"portrait") == 3
    for secret in (NAME, "L898902C3", *cases):
        assert secret not in repr(records)
        assert secret.encode() not in log


def test_doing_it_twice_is_harmless(house: House) -> None:
    case_id = house.add(1, State.CONSUMED)
    for _ in range(2):
        house.purge.pictures_of(case_id)
        house.purge("service")
    assert [record.count for record in house.schedule.records()] == [1]
    assert house.written(case_id) == ["erased"]


def test_a_decision_of_the_organisation_is_obeyed_and_named(house: House) -> None:
    case_id = house.add(1, State.CONSUMED)
    house.schedule.set("anna", ORGANISATION, RetentionRule.HOLDER, timedelta(days=7), "RS 2026-12", date(2026, 11, 1))
    nights(house, 7)
    assert house.living(case_id) == {EVIDENCE}
    (record,) = [record for record in house.schedule.records() if record.retention is HOLDER]
    assert (record.decision, record.decided_on) == ("RS 2026-12", date(2026, 11, 1))
    with pytest.raises(RetentionError) as refused:
        house.schedule.set("anna", ORGANISATION, RetentionRule.HOLDER, timedelta(days=7), "RS", date(2026, 12, 31))
    assert refused.value.code is RetentionProblem.DECIDED_IN_FUTURE


def test_more_than_a_batch(house: House, monkeypatch) -> None:
    monkeypatch.setattr(purge_due, "BATCH", 2)
    for number in range(1, 6):
        house.add(number, State.CANCELLED)
    assert house.purge.due() == {(ORGANISATION, PORTRAIT): 5}
    part = house.purge("service", batches=2)
    assert (part.counts, part.complete) == ({(ORGANISATION, PORTRAIT): 4}, False)
    assert house.purge("service", batches=2).complete
    assert house.purge.due() == {}
    assert BATCH > 2


def test_a_clock_that_jumped_ahead_erases_nothing(house: House) -> None:
    """What a wrong clock erases is gone for good; so a person has to say that the time is right."""
    case_id = house.add(1, State.REFUSED)
    house.purge("service")
    house.clock.advance(days=365)
    with pytest.raises(RetentionError) as refused:
        house.purge("service")
    assert refused.value.code is RetentionProblem.CLOCK_DOUBTED
    house.purge.pictures_of(case_id)
    assert house.living(case_id) == {HOLDER, EVIDENCE}
    house.clock.time = NOW
    house.purge("service")
    assert house.living(case_id) == {HOLDER, EVIDENCE}
    house.clock.advance(days=365)
    house.purge("anna", time_confirmed=True)
    assert house.living(case_id) == set()


class Away:
    """A store that cannot be reached."""

    def create(self, name: str, data: bytes) -> None:
        raise StorageUnavailableError


def test_nothing_is_erased_that_the_log_does_not_know(house: House, monkeypatch) -> None:
    case_id = house.add(1, State.REFUSED)
    objects: Objects = Away()
    from dataclasses import replace

    broken = replace(house.purge, log=replace(house.purge.log, objects=objects))
    with pytest.raises(StorageUnavailableError):
        broken.pictures_of(case_id)
    assert house.living(case_id) == {PORTRAIT, HOLDER, EVIDENCE}
    assert house.schedule.records() == []
    assert len(house.blobs()) == 4


def test_the_log_forgets_what_no_copy_can_bring_back(house: House) -> None:
    house.add(1, State.CONSUMED)
    house.purge("service")
    assert {erasure.epoch for erasure in house.purge.log.erasures()} == {Epoch(PORTRAIT, "2026-11-24")}
    nights(house, 1)
    assert len(house.purge.log.erasures()) == 1
    nights(house, 1)
    assert house.purge.log.erasures() == frozenset()


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"schema":"passkoll/purge-log/1","erased":[{"mark":"x"}]}'])
def test_a_damaged_log_is_not_taken_for_an_empty_one(house: House, damage: bytes) -> None:
    house.purge.log.objects.create("20261124T093000Z-00.json", damage)
    with pytest.raises(UnreadableError):
        house.purge.log.erasures()


def test_the_handler_of_the_job(house: House) -> None:
    from service.domain.jobs import JobFailedError, JobKind, LeasedJob

    case_id = house.add(1, State.APPROVED)

    def leased(subject: str) -> LeasedJob:
        now = house.clock.now()
        return LeasedJob(1, JobKind.PURGE, subject, subject, {}, now, 1, "worker", now)

    house.purge.do(leased(case_id))
    assert house.living(case_id) == {HOLDER, EVIDENCE}
    house.purge.do(leased("purge"))
    house.clock.advance(days=365)
    with pytest.raises(JobFailedError, match="clock_doubted"):
        house.purge.do(leased("purge"))
