"""Metrics tell how the service is, and nothing of people: every label of every series is walked."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mrtd.inspection.check import CHECKS, CheckStatus
from mrtd.inspection.verdict import Outcome
from mrtd.version import VERSION
from mrz.codes_data import CODES
from service import wiring
from service.app import contract
from service.domain.audit import Action
from service.domain.errors import ProblemCode
from service.domain.jobs import Job, JobKind
from service.domain.mrz_capture import CaptureStatus
from service.domain.photo import ImageFault, PhotoAdvice
from service.domain.vault import StorageUnavailableError
from service.domain.verification import State
from service.metrics import JobOutcome, watched
from service.run import running
from service.settings import Settings
from service.usecases.show_condition import OperatingWarning
from tests.service.conftest import NOW
from tests.service.counter import Counter
from tests.service.photo_reader import read, unreadable

Series = list[tuple[str, dict[str, str], float]]
MARKER = "AAKERSTROEM"
KINDS = {*map(str, JobKind), "other"}
#: All that a label may ever be.
LABELS = {
    "method": {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"},
    "route": {*contract()["paths"], "/openapi.json", "other"},
    "status": {"1xx", "2xx", "3xx", "4xx", "5xx"} | set(map(str, CheckStatus)),
    "check": set(CHECKS),
    "outcome": {
        "fault",
        *map(str, Outcome),
        *map(str, CaptureStatus),
        *map(str, ImageFault),
        *map(str, ProblemCode),
        *map(str, JobOutcome),
    },
    "issuing_state": {*CODES, "other"},
    "kind": KINDS,
    "action": {*map(str, Action), "other"},
    "state": {*map(str, State), "", "other"},
    "name": set(map(str, OperatingWarning)),
    "version": {VERSION},
}


def series(services: wiring.Services) -> Series:
    return parsed(generate_latest(services.telemetry.registry).decode())


def parsed(shown: str) -> Series:
    return [
        (sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(shown)
        for sample in family.samples
    ]


def value(found: Series, series_name: str, /, **labels: str) -> float:
    (only,) = [number for one, has, number in found if one == series_name and has == labels]
    return only


@pytest.fixture
def busy(counter: Counter, services, document, photo_reader) -> wiring.Services:
    """A service that saw a whole case, photos, strangers and nonsense."""
    series(services)
    case = counter.approved(document, "order-1")
    counter.get(f"{case}/result")
    for plan in (read(document.mrz_lines), unreadable(PhotoAdvice.BLUR)):
        photo_reader.plan = plan
        other = counter.open()
        counter.request("POST", f"{other}/mrz-image", content=b"octets", headers={"Content-Type": "image/jpeg"})
    counter.request(MARKER, f"/v1/{MARKER}?{MARKER}={MARKER}")
    counter.get(f"/v1/verifications/{MARKER}", person=0)
    counter.client.get("/v1/catalogue", headers={"User-Agent": MARKER, "X-Request-Id": MARKER})
    services.run_jobs.prepare()
    while services.run_jobs(list(JobKind)):
        pass
    return services


def test_every_label_is_one_of_a_list(busy) -> None:
    found = series(busy)
    assert {name for name, _, _ in found} > {
        "passkoll_requests_total",
        "passkoll_checks_total",
        "passkoll_steps_total",
    }
    for name, labels, _ in found:
        for label, shown in labels.items():
            if label == "le":
                assert float(shown) > 0
            else:
                assert shown in LABELS[label], (name, label, shown)
    assert MARKER not in repr(found)


def test_what_is_counted(busy) -> None:
    found = series(busy)
    route = "/v1/verifications/{id}/chip"
    assert value(found, "passkoll_requests_total", method="POST", route=route, status="2xx") == 1
    assert value(found, "passkoll_requests_total", method="other", route="other", status="4xx") == 1
    assert value(found, "passkoll_checks_total", check="pa.sod.signature", status="PASSED") == 1
    assert value(found, "passkoll_judgements_total", outcome="verified", issuing_state="UTO") == 1
    assert value(found, "passkoll_steps_total", action="approved", state="approved") == 1
    assert value(found, "passkoll_steps_total", action="opened", state="") == 3
    assert value(found, "passkoll_photos_total", outcome="accepted") == 1
    assert value(found, "passkoll_photos_total", outcome="unreadable") == 1
    assert value(found, "passkoll_database_up") == 1
    assert value(found, "passkoll_warning", name="audit_not_anchored") == 1
    assert value(found, "passkoll_warning", name="dead_letters") == 0
    assert value(found, "passkoll_trust_anchors") == 1


def test_jobs_that_nobody_does_and_dead_ones(services, clock) -> None:
    with services.database.changing() as work:
        work.jobs.enqueue(Job(JobKind.EXPIRE, "vs_1", NOW))
        work.jobs.enqueue(Job(JobKind.DELIVER, "ev_1", NOW))
    clock.advance(minutes=4)
    assert value(series(services), "passkoll_jobs_overdue", kind="expire") == 0
    clock.advance(minutes=2)
    with services.database.changing() as work:
        leased = work.jobs.lease([JobKind.DELIVER], "worker", clock.now())
        work.jobs.bury(leased, clock.now(), "gone")
    found = series(services)
    assert value(found, "passkoll_jobs_overdue", kind="expire") == 1
    assert value(found, "passkoll_warning", name="jobs_overdue") == 1
    assert value(found, "passkoll_jobs_dead", kind="deliver") == 1
    assert value(found, "passkoll_warning", name="dead_letters") == 1
    assert value(found, "passkoll_jobs_overdue", kind="deliver") == 0


def test_a_database_that_is_away_is_told(services, monkeypatch) -> None:
    def away(_self: object) -> None:
        raise StorageUnavailableError

    monkeypatch.setattr(type(services.show_condition), "__call__", away)
    found = series(services)
    assert value(found, "passkoll_database_up") == 0
    assert [name for name, _, _ in found if name.startswith("passkoll_jobs_")] == []


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (None, JobOutcome.DONE),
        (StorageUnavailableError(), JobOutcome.FAILED),
        (ZeroDivisionError(), JobOutcome.FAULT),
    ],
)
def test_attempts_at_jobs(services, raised: Exception | None, outcome: JobOutcome) -> None:
    with services.database.changing() as work:
        work.jobs.enqueue(Job(JobKind.EXPIRE, "vs_1", NOW))
        leased = work.jobs.lease([JobKind.EXPIRE], "worker", NOW)

    def handler(_job: object) -> None:
        if raised is not None:
            raise raised

    with contextlib.suppress(StorageUnavailableError, ZeroDivisionError):
        watched(JobKind.EXPIRE, handler, services.telemetry)(leased)
    assert value(series(services), "passkoll_job_attempts_total", kind="expire", outcome=outcome.value) == 1


def test_ages_of_lists(services, clock) -> None:
    """The specimen CRL is of today; a day later it is a day old."""
    clock.advance(days=1)
    found = services.show_condition()
    assert found.list_age is None
    assert timedelta(days=1) <= found.crl_age < timedelta(days=2)
    assert replace(found, trust=None).warnings >= {OperatingWarning.TRUST_UNUSABLE}


def test_a_port_of_their_own_and_only_if_wanted(tmp_path) -> None:
    assert Settings().metrics_port is None
    assert Settings().metrics_host == "127.0.0.1"
    with running(Settings(data_dir=tmp_path, port=0)) as service:
        httpx2.get(f"{service.url}/v1/health/live")
        url, close = service.services.telemetry.expose("127.0.0.1", 0)
        try:
            found = parsed(httpx2.get(url).text)
        finally:
            close()
        assert value(found, "passkoll_requests_total", method="GET", route="/v1/health/live", status="2xx") == 1
        assert httpx2.get(f"{service.url}/metrics").status_code == 404
