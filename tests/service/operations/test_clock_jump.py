"""The clock of the server is set a day forward, and back: what people see, and that nothing comes back to life."""

from __future__ import annotations

from service import wiring
from service.domain.jobs import JobKind
from tests.service.counter import Counter


def do_all(services: wiring.Services) -> None:
    while services.run_jobs(list(JobKind)):
        pass


def test_a_day_forward_and_back(services, settings, counter: Counter, document, clock) -> None:
    approved = counter.approved(document)
    waiting = counter.captured(document)
    clock.advance(days=1)
    do_all(services)
    late = counter.get(waiting).json()
    assert (late["state"], late["next_step"]) == ("expired", "stop")
    refused = counter.post(f"{waiting}/mrz", {"lines": list(document.mrz_lines), "source": "app_ocr"})
    assert (refused.status_code, refused.json()["code"], refused.json()["state"]) == (409, "wrong_state", "expired")
    clock.advance(days=-1)
    do_all(services)
    assert counter.get(waiting).json()["state"] == "expired", "an end that was written down stays"
    assert counter.get(approved).json()["state"] == "approved", "a deadline of days was not touched by one"
    assert counter.client.get("/v1/health/ready").status_code == 200
    counter.captured(document)
    assert is_whole(settings, clock)


def test_back_while_a_chip_is_read(counter: Counter, document, clock) -> None:
    """Deadlines become longer by the jump, never shorter, and the counter goes on."""
    case = counter.captured(document)
    clock.advance(hours=-2)
    assert counter.read_chip(case, document)["state"] == "checked"


def is_whole(settings, clock) -> bool:
    with wiring.administer_audit(settings, clock=clock) as audit:
        return audit.verify().breaks == ()
