"""A bad morning, as one story: the portal is down for an hour, the disk full, the clock leaps a day and comes back.

Nothing that was acknowledged is lost, nothing is half, and at each turn the people at the counter are told in words
what to do now. `tests.service.operations` has each misfortune alone and in more ways.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from mrtd.specimen.chip import SpecimenChip
from service import wiring
from service.adapters.db.tables import metadata
from service.domain.errors import ServiceError
from service.domain.jobs import JobKind
from service.settings import Settings
from tests.service.api.test_life import id_of
from tests.service.api.test_results import payload_of
from tests.service.conftest import ManualClock
from tests.service.counter import CHECKLIST, Counter
from tests.service.jobs.conftest import Portal, portal  # noqa: F401
from tests.service.life.courses import Told
from tests.service.life.whole import require_whole
from tests.service.operations.test_disk_full import pages_used_up
from tests.service.photo_reader import PlannedReader

#: As the operator of the portal will say afterwards.
OUTAGE = timedelta(hours=1)
#: A server whose clock was set by a wrong hand.
LEAP_H = 25


@contextmanager
def tables_full(services: wiring.Services) -> Iterator[None]:
    """PostgreSQL's own word for a full disk (53100, `disk_full`) at whatever is written."""
    names = [table.name for table in metadata.sorted_tables]
    with services.database.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
        )
        for name in names:
            when = f"BEFORE INSERT OR UPDATE OR DELETE ON {name} FOR EACH STATEMENT"
            connection.execute(text(f"CREATE TRIGGER no_room {when} EXECUTE FUNCTION no_room()"))
    yield
    with services.database.engine.begin() as connection:
        connection.execute(text("DROP FUNCTION no_room() CASCADE"))


def disk_full(services: wiring.Services) -> AbstractContextManager[None]:
    """No room for more, whatever the database."""
    return (pages_used_up if services.database.engine.dialect.name == "sqlite" else tables_full)(services)


class Words:
    """What a person at the counter reads, in both languages."""

    def __init__(self, counter: Counter) -> None:
        self.texts = [counter.client.get("/v1/catalogue", params={"lang": lang}).json() for lang in ("sv", "en")]

    def of(self, group: str, code: str) -> list[tuple[str, str]]:
        """The sentence, and what to do now."""
        return [(texts[group][code]["text"], texts[group][code]["do"]) for texts in self.texts]


def work_off(services: wiring.Services) -> None:
    """Do what is due, of every kind."""
    while services.run_jobs(set(JobKind)) is not None:
        pass


def emitted(services: wiring.Services, *paths: str) -> dict[str, str]:
    """Every event of these verifications, and its type."""
    with services.database.reading() as work:
        return {event.id: event.event.type.value for path in paths for event in work.events.of(id_of(path))}


def delivered(portal: Portal, since: int) -> list[str]:  # noqa: F811
    return [request.headers["webhook-id"] for request in portal.seen[since:]]


def test_a_bad_morning(
    counter: Counter, services: wiring.Services, settings: Settings, passport: Callable, clock: ManualClock,
    photo_reader: PlannedReader, portal: Portal,  # noqa: F811
) -> None:  # fmt: skip
    words = Words(counter)
    with wiring.administer_webhooks(settings) as webhooks:
        webhooks.add("an operator", f"{portal.url}/hook", ())
    services.run_jobs.prepare()
    started = clock.now()

    # 09:30, the portal goes down. At the counter nobody notices.
    portal.status = 503
    decided = counter.approved(passport(1), "order-1")
    work_off(services)
    assert len(portal.seen) >= 1, "it was tried"
    half_way = counter.checked(passport(2), "order-2")
    assert counter.review(half_way, 0).status_code == 201
    at_the_chip = counter.captured(passport(3), "order-3")
    acknowledged = {path: counter.get(path).json() for path in (decided, half_way, at_the_chip)}

    # 09:31, the disk is full: whoever writes is told to come again, whoever looks is shown what there is.
    clock.advance(minutes=1)
    chip = SpecimenChip(passport(3)).to_json_body(counter.challenge(at_the_chip))
    approval = {"decision": "approve", **CHECKLIST, "decision_hash": acknowledged[half_way]["decision_hash"]}
    keys = {at_the_chip: str(uuid.uuid4()), half_way: str(uuid.uuid4())}
    opened_meanwhile: list[str] = []
    with disk_full(services):
        while (answer := counter.post("/v1/verifications", {"kind": "reserve_card_no_pnr"})).status_code == 201:
            # pages that were free are used up first; what is acknowledged until then stays
            opened_meanwhile.append(answer.json()["links"]["self"])
        refused = [
            answer,
            counter.post(f"{at_the_chip}/chip", chip, key=keys[at_the_chip]),
            counter.post(f"{half_way}/reviews", approval, person=1, key=keys[half_way]),
        ]
        for answer in refused:
            problem = answer.json()
            assert (answer.status_code, problem["code"], problem["retry"]) == (503, "not_ready", "after_seconds")
            assert 0 < int(answer.headers["retry-after"]) <= 60
        assert words.of("problems", "not_ready") == [
            ("Tjänsten är inte redo.", "Försök igen om en stund."),
            ("The service is not ready.", "Try again in a moment."),
        ]
        assert {path: counter.get(path).json() for path in acknowledged} == acknowledged
        assert counter.client.get("/v1/health/live").status_code == 200
        if services.database.engine.dialect.name == "postgresql":
            with pytest.raises(ServiceError, match="not_ready"):
                services.run_jobs({JobKind.DELIVER})

    # There is room again: the same requests, by the same keys, go on where they were.
    again = counter.post(f"{at_the_chip}/chip", chip, key=keys[at_the_chip])
    assert (again.status_code, again.json()["state"]) == (200, "checked")
    again = counter.post(f"{half_way}/reviews", approval, person=1, key=keys[half_way])
    assert (again.status_code, again.json()["state"]) == (201, "approved")
    assert [counter.get(path).json()["state"] for path in opened_meanwhile] == ["created"] * len(opened_meanwhile)
    for path in opened_meanwhile:
        assert counter.post(f"{path}/cancel").status_code == 200

    # 09:35, the clock leaps a day forward: what waits has missed its time, and says so.
    clock.advance(minutes=4)
    capturing = counter.captured(passport(4), "order-4")
    clock.advance(hours=LEAP_H)
    shown = counter.get(capturing).json()
    assert (shown["state"], shown["next_step"], shown["reason"]) == ("expired", "stop", "capture_time_over")
    late = counter.post(f"{capturing}/mrz", {"lines": list(passport(4).mrz_lines), "source": "app_ocr"})
    assert (late.status_code, late.json()["code"], late.json()["state"]) == (409, "wrong_state", "expired")
    assert words.of("states", "expired")[0] == ("Tiden för ärendet har gått ut.", "Öppna ett nytt ärende.")
    work_off(services)
    assert counter.get(at_the_chip).json()["reason"] == "review_time_over"
    portrait = counter.get(f"{at_the_chip}/portrait")
    assert (portrait.status_code, portrait.json()["code"]) == (410, "erased")
    assert words.of("problems", "erased")[1] == (
        "This was erased when its time was over.",
        "Open a new verification if the person is to be checked again.",
    )
    for path in (decided, half_way):
        assert counter.get(path).json()["state"] == "approved", "a deadline of three days was not touched by one"

    # ... and comes back: an end that was written down stays, and the person at the counter just begins anew.
    clock.advance(hours=-LEAP_H)
    work_off(services)
    for path in (capturing, at_the_chip):
        assert counter.get(path).json()["state"] == "expired"
    once_more = counter.checked(passport(3), "order-3")
    for person in (0, 1):
        assert counter.review(once_more, person, reason="seen; the case before ran out of time").status_code == 201

    # To the end of the hour the portal is asked now and then, and answers nothing.
    while clock.now() - started < OUTAGE:
        clock.advance(minutes=5)
        work_off(services)
    everything = (decided, half_way, at_the_chip, capturing, once_more, *opened_meanwhile)
    expected = emitted(services, *everything)
    assert sorted(expected.values()) == ["verification.approved"] * 3 + ["verification.expired"] * 2
    assert len(portal.seen) < 60, "a portal that is down is not asked all the time"

    # Up again. What was given up when the clock was wrong is shown to the operator, who sends it once more.
    down = len(portal.seen)
    portal.status = 204
    with wiring.administer_webhooks(settings) as webhooks:
        letters = webhooks.dead()
        assert {letter.problem for letter in letters} == {"http_503"}
        assert webhooks.retry(None) == len(letters) >= 1
    for _ in range(14):
        clock.advance(minutes=5)
        work_off(services)
    assert set(delivered(portal, down)) == set(expected)
    for request in portal.seen[down:]:
        assert json.loads(request.body)["type"] == expected[request.headers["webhook-id"]]
    with wiring.administer_webhooks(settings) as webhooks:
        assert webhooks.dead() == []

    # The portal fetches what it was told of, and uses it.
    results = {}
    for path, order in ((decided, "order-1"), (half_way, "order-2"), (once_more, "order-3")):
        results[path] = payload_of(counter.get(f"{path}/result").text)["jti"]
        used = counter.post(f"/v1/results/{results[path]}/consume", {"order_reference": order})
        assert used.status_code == 200, used.text

    told = [
        Told(decided, "order-1", "consumed", {results[decided]}),
        Told(half_way, "order-2", "consumed", {results[half_way]}),
        Told(once_more, "order-3", "consumed", {results[once_more]}),
        Told(at_the_chip, "order-3", "expired"),
        Told(capturing, "order-4", "expired"),
    ]
    states = require_whole(settings, told)
    assert states == {
        "consumed": 3,
        "expired": 2,
        **({"cancelled": len(opened_meanwhile)} if opened_meanwhile else {}),
    }
    with wiring.administer_audit(settings, clock=clock) as audit:
        assert audit.verify().breaks == ()
