"""A request that is sent again is answered again, byte for byte, and not done again (SECURITY.md 7.6)."""

from __future__ import annotations

import json
from collections import Counter as Tally
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from mrtd.specimen.chip import SpecimenChip
from service import wiring
from service.adapters.db import tables
from service.usecases.open_verification import OpenVerification
from tests.service.api.test_results import payload_of
from tests.service.conftest import ManualClock
from tests.service.counter import CHECKLIST, Counter
from tests.service.test_concurrency import at_once

KIND = {"kind": "reserve_card_no_pnr"}
Request = tuple[str, dict]


def create(counter: Counter, _document) -> Request:
    """What opens a verification."""
    return "/v1/verifications", KIND


def chip(counter: Counter, document) -> Request:
    """What a phone read."""
    case = counter.captured(document)
    return f"{case}/chip", SpecimenChip(document).to_json_body(counter.challenge(case))


def review(counter: Counter, document) -> Request:
    """What a person decided."""
    case = counter.checked(document)
    shown = counter.get(case).json()
    return f"{case}/reviews", {"decision": "approve", **CHECKLIST, "decision_hash": shown["decision_hash"]}


def consume(counter: Counter, document) -> Request:
    """What a portal used a result for."""
    jti = payload_of(counter.get(f"{counter.approved(document)}/result").text)["jti"]
    return f"/v1/results/{jti}/consume", {"order_reference": "order-1"}


ROUTES = (create, chip, review, consume)


def rows(services: wiring.Services) -> dict[str, int]:
    """How many rows every table has that a request can add to, but for the count of how often somebody asks."""
    with services.database.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.metadata.tables.items()
            if name != "rate_limits"
        }


@pytest.mark.parametrize("make", ROUTES)
def test_the_same_request_again(counter: Counter, services, document, make: Callable[..., Request]) -> None:
    path, body = make(counter, document)
    first = counter.post(path, body, key="mine")
    assert first.status_code in (200, 201)
    before = rows(services)
    again = counter.post(path, body, key="mine")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert rows(services) == before


@pytest.mark.parametrize("make", ROUTES)
def test_it_is_remembered_for_a_day(
    counter: Counter, services, document, clock: ManualClock, make: Callable[..., Request]
) -> None:
    path, body = make(counter, document)
    first = counter.post(path, body, key="mine")
    clock.advance(hours=24, seconds=-1)
    assert counter.post(path, body, key="mine").content == first.content
    clock.advance(seconds=1)
    after = counter.post(path, body, key="mine")
    if make is create:
        assert after.json()["id"] != first.json()["id"]
    elif make is consume:
        # the result itself remembers which request consumed it
        assert after.content == first.content
    else:
        assert after.status_code == 409


@pytest.mark.parametrize("make", ROUTES)
def test_the_same_key_for_another_body(counter: Counter, document, make: Callable[..., Request]) -> None:
    path, body = make(counter, document)
    assert counter.post(path, body, key="mine").status_code in (200, 201)
    spaced = json.dumps(body, indent=1)
    headers = {"Content-Type": "application/json", "Idempotency-Key": "mine"}
    answer = counter.request("POST", path, content=spaced, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("make", ROUTES)
def test_without_a_key(counter: Counter, services, document, make: Callable[..., Request]) -> None:
    path, body = make(counter, document)
    before = rows(services)
    authorization = {"Authorization": f"Bearer {counter.tokens[0]}"}
    answer = counter.client.post(path, json=body, headers=authorization)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert counter.client.post(path, json=body).status_code == 401, "who asks is settled first"
    assert rows(services) == before


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "å"])
def test_what_is_no_key(counter: Counter, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    answer = counter.request("POST", "/v1/verifications", json=KIND, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/header/Idempotency-Key"]


def test_the_key_of_another_person_is_another_key(counter: Counter) -> None:
    one, other = (counter.post("/v1/verifications", KIND, key="mine", person=person) for person in (0, 1))
    assert one.json()["id"] != other.json()["id"]


@pytest.mark.parametrize("make", ROUTES)
def test_the_same_request_at_once(counter: Counter, services, document, make: Callable[..., Request]) -> None:
    """It is done once; whoever asks meanwhile is told to wait, whoever asks later gets the answer."""
    path, body = make(counter, document)
    answers = at_once(lambda _: counter.post(path, body, key="mine"))
    done = {answer.content for answer in answers if answer.is_success}
    assert len(done) == 1
    for answer in answers:
        if not answer.is_success:
            assert answer.json()["code"] == "in_progress"
            assert int(answer.headers["retry-after"]) > 0
    assert counter.post(path, body, key="mine").content in done


def test_a_result_is_consumed_by_one_request(counter: Counter, document) -> None:
    """Two programs of a portal with the same order: one of them makes the card."""
    path, body = consume(counter, document)
    answers = at_once(lambda number: counter.post(path, body, key=f"program-{number}"))
    assert Tally(answer.status_code for answer in answers) == {200: 1, 409: len(answers) - 1}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
        "already_consumed",
        "conflict",
        "wrong_state",
    }


def test_a_fault_is_not_remembered(counter: Counter, services, monkeypatch) -> None:
    """The next one does it; the reservation of who failed is gone at once."""

    def broken(*_arguments):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(OpenVerification, "__call__", broken)
        assert counter.post("/v1/verifications", KIND, key="mine").status_code == 500
    assert rows(services)["remembered_answers"] == 0
    assert counter.post("/v1/verifications", KIND, key="mine").status_code == 201


def test_a_refusal_is_not_remembered(counter: Counter, document) -> None:
    """It changed nothing; when what stood in the way is gone, the same request succeeds."""
    case = counter.open()
    body = SpecimenChip(document).to_json_body(None)
    assert counter.post(f"{case}/chip", body, key="mine").json()["code"] == "wrong_state"
    counter.mrz(case, document.mrz_lines)
    assert counter.post(f"{case}/chip", body, key="mine").status_code == 200


def test_who_was_killed_leaves_nothing_behind(counter: Counter, services, clock: ManualClock, monkeypatch) -> None:
    """A reservation without an answer: after a minute the next one takes it, and the first one comes too late."""
    opening, late = OpenVerification.__call__, []

    def slow(*arguments, **named):
        """Stops for longer than a minute before it writes anything."""
        clock.advance(seconds=60)
        monkeypatch.setattr(OpenVerification, "__call__", opening)
        late.append(counter.post("/v1/verifications", KIND, key="mine"))
        return opening(*arguments, **named)

    monkeypatch.setattr(OpenVerification, "__call__", slow)
    first = counter.post("/v1/verifications", KIND, key="mine")
    assert (first.status_code, first.json()["code"]) == (409, "conflict")
    assert late[0].status_code == 201
    assert rows(services)["verifications"] == 1
    assert counter.post("/v1/verifications", KIND, key="mine").content == late[0].content


def test_answers_lie_sealed(counter: Counter, services, document) -> None:
    path, body = chip(counter, document)
    answer = counter.post(path, body, key="the-key-as-sent")
    with services.database.engine.connect() as connection:
        kept = connection.execute(select(tables.remembered_answers)).all()
    assert kept
    for row in kept:
        assert answer.content[:40] not in row.answer
        assert "the-key-as-sent" not in str(row)
