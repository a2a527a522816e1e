"""What is logged while a request is answered or a job is done is found by its id."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator

import pytest
import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from service import log
from service.domain.errors import ServiceError
from service.domain.jobs import Job, JobKind
from service.metrics import watched
from service.usecases.show_verification import ShowVerification
from tests.service.conftest import NOW
from tests.service.counter import Counter


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict]]]:
    stream = io.StringIO()
    log.configure("debug", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    log.configure("critical")


def test_lines_of_a_request(lines, counter: Counter, monkeypatch) -> None:
    def chatty(*_arguments: object) -> None:
        structlog.stdlib.get_logger("passkoll.x").info("said on the way")
        raise ZeroDivisionError

    monkeypatch.setattr(ShowVerification, "__call__", chatty)
    answer = counter.get("/v1/verifications/vs_" + "A" * 26)
    said = {line["event"]: line for line in lines()}
    for event in ("said on the way", "fault", "request"):
        assert said[event]["request_id"] == answer.headers["x-request-id"]


def test_lines_of_a_job(lines, services) -> None:
    with services.database.changing() as work:
        work.jobs.enqueue(Job(JobKind.EXPIRE, "vs_1", NOW))
        leased = work.jobs.lease([JobKind.EXPIRE], "worker", NOW)

    def handler(_job: object) -> None:
        structlog.stdlib.get_logger("passkoll.x").info("said on the way")

    watched(JobKind.EXPIRE, handler, services.telemetry)(leased)
    structlog.stdlib.get_logger("passkoll.x").info("said after")
    said = {line["event"]: line for line in lines()}
    assert (said["said on the way"]["job"], said["said on the way"]["kind"]) == (leased.id, "expire")
    assert "job" not in said["said after"]


def test_a_database_that_cannot_write_says_the_drivers_code(lines, services) -> None:
    """The name of the error for the operator, and none of the driver's words."""
    origin = sqlite3.OperationalError("AAKERSTROEM")
    origin.sqlite_errorname = "SQLITE_FULL"
    with pytest.raises(ServiceError, match="not_ready"), services.database.changing():
        raise OperationalError("INSERT AAKERSTROEM", {}, origin)
    (line,) = [line for line in lines() if line["event"] == "the database cannot be used"]
    assert (line["code"], line["exception"]) == ("SQLITE_FULL", "OperationalError")
    assert "AAKERSTROEM" not in json.dumps(lines())


def test_a_wrong_statement_is_a_fault_and_not_a_database_that_is_away(services) -> None:
    with pytest.raises(DBAPIError), services.database.reading() as work:
        work.figures.connection.exec_driver_sql("SELECT 1 FROM no_such_table")
