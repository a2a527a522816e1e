"""At the same time: one challenge, one person, one result, whatever the threads do."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from mrtd.specimen.chip import SpecimenChip
from service.adapters.db import tables
from tests.service.api.test_results import payload_of
from tests.service.counter import CHECKLIST, Counter

THREADS = 6


def at_once(request: Callable[[int], object]) -> list:
    """The answers of several threads that start together."""
    barrier = Barrier(THREADS)

    def run(number: int):
        barrier.wait()
        return request(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def rows(services, table) -> int:
    """How many rows a table has."""
    with services.database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_challenge_is_judged_once(counter: Counter, services, document) -> None:
    case = counter.captured(document)
    body = SpecimenChip(document).to_json_body(counter.challenge(case))
    answers = at_once(lambda _: counter.post(f"{case}/chip", body))
    tally = Tally(answer.status_code for answer in answers)
    assert tally == {200: 1, 409: THREADS - 1}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
        "conflict",
        "challenge_used",
        "wrong_state",
    }
    assert (rows(services, tables.evidence), rows(services, tables.judgements)) == (1, 1)
    assert counter.get(case).json()["state"] == "checked"


def test_one_person_counts_once(counter: Counter, services, document) -> None:
    case = counter.checked(document)
    body = {"decision": "approve", **CHECKLIST, "decision_hash": counter.get(case).json()["decision_hash"]}
    answers = at_once(lambda _: counter.post(f"{case}/reviews", body))
    assert Tally(answer.status_code for answer in answers) == {201: 1, 409: THREADS - 1}
    assert rows(services, tables.reviews) == 1
    assert counter.get(case).json()["state"] == "review_1"


def test_two_persons_at_once_end_in_a_state_that_their_reviews_explain(counter: Counter, services, document) -> None:
    """Both read the same hash; the second one is asked to look again, since the first one's answers count as well."""
    case = counter.checked(document)
    body = {"decision": "approve", **CHECKLIST, "decision_hash": counter.get(case).json()["decision_hash"]}
    answers = at_once(lambda number: counter.post(f"{case}/reviews", body, person=number % 2))
    assert Tally(answer.status_code for answer in answers) == {201: 1, 409: THREADS - 1}
    first = [review["own"] for review in counter.get(case).json()["reviews"]]
    assert counter.review(case, 1 if first == [True] else 0).json()["state"] == "approved"


def test_a_refusal_beside_an_approval(counter: Counter, services, document) -> None:
    case = counter.checked(document)
    counter.review(case, 0)
    decisions = ("approve", "refuse")
    answers = at_once(lambda number: counter.review(case, 1, decisions[number % 2]))
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert rows(services, tables.reviews) == 2
    assert counter.get(case).json()["state"] in ("approved", "refused")


def test_one_result(counter: Counter, services, document) -> None:
    case = counter.approved(document)
    answers = at_once(lambda _: counter.get(f"{case}/result"))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert rows(services, tables.results) == 1
    tokens = [answer.text for answer in answers if answer.status_code == 200]
    assert tokens
    assert len({payload_of(token)["jti"] for token in tokens}) == 1


def test_a_result_is_consumed_by_one_order(counter: Counter, document) -> None:
    case = counter.approved(document)
    jti = payload_of(counter.get(f"{case}/result").text)["jti"]
    answers = at_once(
        lambda number: counter.post(f"/v1/results/{jti}/consume", {"order_reference": f"order-{number}"})
    )
    assert Tally(answer.status_code for answer in answers) == {200: 1, 409: THREADS - 1}


def test_many_counters_at_once(counter: Counter, services, passport) -> None:
    """Different cases do not stand in each other's way."""
    cases = at_once(lambda number: counter.approved(passport(number)))
    assert {counter.get(case).json()["state"] for case in cases} == {"approved"}
    assert rows(services, tables.evidence) == THREADS
