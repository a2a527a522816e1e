"""Logs hold what is on the list and nothing of people, whatever happens."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from mrtd.specimen.chip import SpecimenChip
from service import log
from service.domain.photo import PhotoAdvice
from service.usecases.show_verification import ShowVerification
from tests.service.counter import Counter
from tests.service.photo_reader import read, unreadable


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict]]]:
    """What was logged since, as objects."""
    stream = io.StringIO()
    log.configure("debug", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    log.configure("critical")


def test_a_whole_day_says_nothing_of_people(lines, counter: Counter, document) -> None:
    case = counter.approved(document, "order-1")
    token = counter.get(f"{case}/result").text
    counter.post("/v1/verifications?name=AAKERSTROEM", {"kind": "AAKERSTROEM"})
    counter.get("/v1/verifications/AAKERSTROEM")
    counter.get("/AAKERSTROEM")
    logged = lines()
    assert len([line for line in logged if line["event"] == "request"]) > 10
    assert all(set(line) <= log.ALLOWED_KEYS for line in logged)
    text = json.dumps(logged)
    secrets = (
        "AAKERSTROEM",
        "UT0000001",
        document.mrz_lines[1],
        token[-40:],
        case.rpartition("/")[2],
        *counter.tokens,
    )
    assert [secret for secret in secrets if secret in text] == []


def test_a_photo_says_nothing_of_what_it_shows(lines, counter: Counter, document, photo_reader, monkeypatch) -> None:
    case = counter.open()
    for plan in (read(document.mrz_lines), unreadable(PhotoAdvice.BLUR)):
        photo_reader.plan = plan
        counter.request("POST", f"{case}/mrz-image", content=b"SECRET OCTETS", headers={"Content-Type": "image/jpeg"})

    def broken(images, _today):
        raise ZeroDivisionError(images)

    monkeypatch.setattr(photo_reader, "examine", broken)
    counter.request("POST", f"{case}/mrz-image", content=b"SECRET OCTETS", headers={"Content-Type": "image/jpeg"})
    logged = lines()
    assert [line["status"] for line in logged if line["event"] == "request"] == [201, 200, 200, 500]
    text = json.dumps(logged)
    assert [secret for secret in ("SECRET", "AAKERSTROEM", document.mrz_lines[1]) if secret in text] == []


def test_a_line_names_the_route_and_not_the_path(lines, counter: Counter) -> None:
    answer = counter.get("/v1/verifications/vs_" + "A" * 26)
    (line,) = [line for line in lines() if line["event"] == "request"]
    assert line["route"] == "/v1/verifications/{id}"
    assert (line["method"], line["status"]) == ("GET", 404)
    assert line["request_id"] == answer.headers["x-request-id"]


def test_a_fault_is_named_without_its_text(lines, counter: Counter, monkeypatch) -> None:
    def broken(*_arguments):
        raise ZeroDivisionError("AAKERSTROEM")

    monkeypatch.setattr(ShowVerification, "__call__", broken)
    answer = counter.get("/v1/verifications/vs_" + "A" * 26)
    assert answer.status_code == 500
    logged = lines()
    (fault,) = [line for line in logged if line["event"] == "fault"]
    assert (fault["exception"], fault["request_id"]) == ("ZeroDivisionError", answer.headers["x-request-id"])
    assert fault["frames"][-1].startswith("test_log.py:")
    assert "AAKERSTROEM" not in json.dumps(logged)


def test_other_libraries_lose_their_words(lines) -> None:
    logging.getLogger("sqlalchemy.engine").error("INSERT %s", "AAKERSTROEM")
    structlog.get_logger("passkoll.x").info("known", name="AAKERSTROEM", status=1)
    try:
        raise ValueError("AAKERSTROEM")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("AAKERSTROEM")
    strange, own, failed = lines()
    assert (strange["event"], strange["logger"]) == ("library message", "sqlalchemy.engine")
    assert (own["event"], own["status"]) == ("known", 1)
    assert (failed["event"], failed["exception"]) == ("library message", "ValueError")
    assert "AAKERSTROEM" not in json.dumps([strange, own, failed])


def test_what_holds_personal_data_prints_none_of_it(counter: Counter, services, document) -> None:
    """`repr` of everything that a debugger or an error tracker could print."""
    case = counter.approved(document)
    with services.database.reading() as work:
        identity = case.rpartition("/")[2]
        stored = work.evidence.latest(identity)
        shown = [
            stored,
            work.judgements.latest(identity),
            *work.reviews.of(identity),
            *work.captures.of(identity),
            *work.challenges.of(identity),
            SpecimenChip(document),
        ]
    assert all("AAKERSTROEM" not in repr(thing) and "UT0000001" not in repr(thing) for thing in shown)
