"""A verification from the first photo to its erasure, over HTTP, with all that others are told and that is kept."""

from __future__ import annotations

import json

import pytest

from service import wiring
from service.domain.audit import Action
from service.domain.jobs import JobKind
from service.domain.retention import RetentionClass, RetentionError, RetentionProblem
from service.settings import Settings
from tests.service.api.test_life import id_of, revoke
from tests.service.api.test_results import verified
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.jobs.conftest import Portal, portal  # noqa: F401
from tests.service.jobs.test_sender import signed
from tests.service.life.server import passkoll
from tests.service.photo_reader import PlannedReader, read

NOTICE = {"version": "2026-10", "language": "sv", "given_at": "2026-11-24T09:29:00Z"}


def audited(services: wiring.Services, case: str) -> list[tuple[str, str]]:
    """What was done to a verification and by whom, as the trail has it."""
    with services.database.reading() as work:
        people = {one.actor: one.person for one in work.audit.actors()}
        return [(entry.action, people[entry.actor]) for entry in work.audit.of(id_of(case))]


def work_until_idle(services: wiring.Services, *kinds: JobKind) -> None:
    """Do what is due."""
    while services.run_jobs(set(kinds)) is not None:
        pass


def told(portal: Portal) -> list[str]:  # noqa: F811
    """The types of the events that arrived."""
    return sorted(json.loads(request.body)["type"] for request in portal.seen)


@pytest.fixture
def secret(services: wiring.Services, settings: Settings, portal: Portal) -> str:  # noqa: F811
    """What the portal checks the signatures of its events with."""
    with wiring.administer_webhooks(settings) as webhooks:
        return webhooks.add("an operator", f"{portal.url}/hook", ())[1]


def test_from_the_photo_to_the_erasure(
    counter: Counter, services, settings: Settings, document, photo_reader: PlannedReader, clock: ManualClock,
    portal: Portal, secret: str,  # noqa: F811
) -> None:  # fmt: skip
    case = counter.open("order-1")
    assert counter.post(f"{case}/notice", NOTICE).status_code == 201
    photo_reader.plan = read(document.mrz_lines)
    photo = counter.request("POST", f"{case}/mrz-image", content=b"a photo", headers={"Content-Type": "image/jpeg"})
    assert photo.json()["state"] == "mrz_captured", photo.text
    assert counter.read_chip(case, document)["state"] == "checked"
    for person in (0, 1):
        assert counter.get(f"{case}/portrait", person=person).content.startswith(b"\xff\xd8\xff")
        review = counter.review(case, person, reason="seen and compared")
        assert review.status_code == 201, review.text
    keys = counter.client.get("/.well-known/jwks.json").json()
    _, claims = verified(counter.get(f"{case}/result").text, keys)
    jti = claims["jti"]
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "valid"
    receipt = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-1"}, key="the-order")
    assert receipt.status_code == 200
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "consumed"
    clock.advance(hours=30)
    assert revoke(counter, case, 0).json()["state"] == "consumed"
    assert revoke(counter, case, 1).json()["state"] == "revoked"
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "revoked"

    work_until_idle(services, JobKind.DELIVER)
    assert told(portal) == ["result.consumed", "verification.approved", "verification.revoked"]
    for request in portal.seen:
        head = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}."
        assert request.headers["webhook-signature"] == signed(secret, head.encode() + request.body)
        assert json.loads(request.body)["subject"] == id_of(case)

    first, second = "person-at-the-counter-1", "person-at-the-counter-2"
    expected = [
        (Action.OPENED, first), (Action.NOTICE_GIVEN, first), (Action.MRZ_CAPTURED, first),
        (Action.CHALLENGE_ISSUED, first), (Action.CHIP_JUDGED, first), (Action.PORTRAIT_SHOWN, first),
        (Action.REVIEWED, first), (Action.PORTRAIT_SHOWN, second), (Action.REVIEWED, second),
        (Action.APPROVED, "system"), (Action.RESULT_ISSUED, first), (Action.RESULT_FETCHED, first),
        (Action.RESULT_CONSUMED, first), (Action.REVOCATION_REQUESTED, first), (Action.REVOKED, second),
    ]  # fmt: skip
    found = [one for one in audited(services, case) if one[0] != Action.ERASED]
    assert found == expected

    # the pictures went with the decision; the rest at its time
    work_until_idle(services, JobKind.PURGE)
    assert counter.get(f"{case}/portrait").status_code in (409, 410)
    with services.database.reading() as work:
        assert RetentionClass.PORTRAIT in work.vault.erased(id_of(case))
    assert counter.get(case).json()["state"] == "revoked"
    with wiring.administer_retention(settings, clock=clock) as retention:
        retention.purge("an operator")
        assert counter.get(case).json()["state"] == "revoked", "nothing else is due"
        clock.advance(days=11 * 366)
        with pytest.raises(RetentionError) as doubted:
            retention.purge("an operator")
        assert doubted.value.code is RetentionProblem.CLOCK_DOUBTED, "a clock that leaps is not believed"
        assert retention.purge("an operator", time_confirmed=True).complete
    assert counter.get(case).json()["state"] == "purged"
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "revoked", "also when everything else is gone"
    with services.database.reading() as work:
        assert work.vault.erased(id_of(case)) == frozenset(RetentionClass)
    assert [path for path in (settings.data_dir / "blobs").rglob("*") if path.is_file()] == []
    assert audited(services, case)[-1][0] == Action.PURGED
    verify = passkoll(settings, "audit", "verify")
    assert verify.returncode == 0, verify.stdout + verify.stderr
