"""Ready means: can serve. What people should look after is a warning, and closes no counter."""

from __future__ import annotations

import shutil

import pytest

from service.adapters.trust_sources import FixedTrust
from service.domain.errors import ProblemCode, ServiceError
from tests.service.counter import Counter


def ready(counter: Counter) -> int:
    return counter.client.get("/v1/health/ready").status_code


def test_all_is_there(counter: Counter) -> None:
    assert ready(counter) == 200


def test_old_lists_close_nothing(counter: Counter, clock, services) -> None:
    clock.advance(days=3000)
    assert ready(counter) == 200


def test_without_the_master_key(counter: Counter, settings) -> None:
    keys = settings.data_dir / "keys" / "master.json"
    shutil.move(keys, keys.with_suffix(".away"))
    assert ready(counter) == 503
    assert counter.client.get("/v1/health/live").status_code == 200
    shutil.move(keys.with_suffix(".away"), keys)
    assert ready(counter) == 200


def test_a_trust_store_that_does_not_open(counter: Counter, monkeypatch) -> None:
    """It is the same for every replica: chips are refused, reviews and results go on."""

    def broken(_self: object) -> None:
        raise ServiceError(ProblemCode.NOT_READY, retry_after_s=30)

    monkeypatch.setattr(FixedTrust, "current", broken)
    assert ready(counter) == 200


def test_a_request_id_is_never_the_callers(counter: Counter) -> None:
    answer = counter.client.get("/v1/health/live", headers={"X-Request-Id": "req_of_somebody"})
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["x-request-id"] != "req_of_somebody"


@pytest.mark.parametrize("path", ["/v1/health/doctor", "/metrics", "/v1/metrics"])
def test_nothing_more_is_told_to_anybody(counter: Counter, path: str) -> None:
    assert counter.client.get(path).status_code == 404
