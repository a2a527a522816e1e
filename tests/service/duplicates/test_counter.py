"""A document, a person or an answer of a chip is met again, over HTTP (RULES.md section 5 "Replay")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from mrtd.evidence import ElementaryFile
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.holder import MARTA, Holder
from mrtd.specimen.issuer import IssuingProfile
from service import wiring
from service.app import application
from service.domain.duplicates import FailureLimits
from service.settings import Settings
from tests.service import two_persons
from tests.service.areas.conftest import WrittenIdentity, headers
from tests.service.conftest import ManualClock
from tests.service.counter import Counter, from_base64url
from tests.service.photo_reader import PlannedReader


def findings(counter: Counter, case: str) -> list[tuple[str, str, str | None]]:
    """Code, severity and the other case, as a reviewer sees them."""
    shown = counter.get(case).json()["findings"]
    return [(one["code"], one["severity"], one["verification_id"]) for one in shown]


def identifier(case: str) -> str:
    return case.rpartition("/")[2]


@pytest.fixture
def elsewhere(settings: Settings, clock: ManualClock, photo_reader) -> Iterator[Counter]:
    """A counter of another organisation, over the same database."""
    other = settings.model_copy(update={"organisation": "Region B"})
    services = two_persons.wire(other, clock=clock, reader=photo_reader)
    with TestClient(application(services), raise_server_exceptions=False) as client:
        yield Counter(client, services.identity.tokens)


@pytest.fixture
def another(issuer):
    """A passport of somebody else."""
    other = Holder(**{**_members(MARTA), "primary_identifier": "NYBERG", "full_name": ("Nyberg", "Marta")})
    return issuer.issue(other, IssuingProfile(document_number="X12345678"))


def _members(holder: Holder) -> dict[str, object]:
    return {name: getattr(holder, name) for name in holder.__dataclass_fields__}


def test_the_same_document_in_two_cases_needs_a_reason(counter: Counter, document, another) -> None:
    first = counter.checked(document)
    second = counter.checked(document)
    assert findings(counter, first) == []
    assert findings(counter, second) == [("document_in_other_case", "attention", identifier(first))]
    refused = counter.review(second, 0)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_required")
    assert counter.review(second, 0, reason="the first case was opened by mistake").status_code == 201
    assert counter.review(second, 1, reason="the first case was opened by mistake").json()["state"] == "approved"
    assert findings(counter, counter.checked(another)) == []


def test_another_organisation_is_not_named(counter: Counter, elsewhere: Counter, document) -> None:
    counter.checked(document)
    case = elsewhere.checked(document)
    assert findings(elsewhere, case) == [("document_in_case_elsewhere", "attention", None)]


@pytest.mark.parametrize("end", ["approved", "cancelled", "expired"])
def test_a_case_that_ended_is_no_other_case(counter: Counter, document, clock: ManualClock, end: str) -> None:
    """A deadline counts by the clock, also before anybody wrote it down."""
    if end == "approved":
        counter.approved(document)
    else:
        case = counter.checked(document)
        if end == "cancelled":
            assert counter.post(f"{case}/cancel").status_code == 200
        else:
            clock.advance(hours=5)
    assert findings(counter, counter.checked(document)) == []


def test_the_same_security_object_for_another_person(counter: Counter, document, another) -> None:
    """The forged copy is refused by its hash anyway; the genuine one that comes later is looked at."""
    forged = replace(document, files={**document.files, ElementaryFile.DG1: another.files[ElementaryFile.DG1]})
    counter.post(f"{counter.checked(document)}/cancel")
    case = counter.captured(document)
    assert counter.read_chip(case, forged)["state"] == "refused"
    assert findings(counter, case) == [("security_object_of_other_person", "attention", None)]
    later = counter.checked(document)
    assert findings(counter, later) == [("security_object_of_other_person", "attention", None)]


def test_a_security_object_of_the_same_person_is_none(counter: Counter, document) -> None:
    for _ in range(3):
        case = counter.checked(document)
        assert findings(counter, case) == []
        counter.post(f"{case}/cancel")


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_recorded_answer_is_refused(counter: Counter, elsewhere: Counter, document, where: str) -> None:
    """Without a challenge of its own the machine cannot tell; that the answer came before, it can."""
    first = counter.captured(document)
    recorded = SpecimenChip(document).to_json_body(counter.challenge(first))
    assert counter.post(f"{first}/chip", recorded).json()["state"] == "checked"
    desk = counter if where == "here" else elsewhere
    case = desk.captured(document)
    answer = desk.post(f"{case}/chip", recorded).json()
    assert (answer["state"], answer["next_step"], answer["reason"]) == ("refused", "stop", "chip_answer_replayed")
    # nothing of the document refuses: it is the answer alone
    assert answer["report"]["outcome"] == "review"
    assert ("chip_answer_replayed", "refused", None) in findings(desk, case)
    assert desk.review(case, 0, reason="I know this person").json()["code"] == "wrong_state"


def test_an_upload_that_comes_twice_is_no_replay(counter: Counter, document) -> None:
    """Within one case the challenge decides: it was used."""
    case = counter.captured(document)
    body = SpecimenChip(document).to_json_body(counter.challenge(case))
    assert counter.post(f"{case}/chip", body, key="the-key-of-this-upload").status_code == 200
    assert counter.post(f"{case}/chip", body, key="the-key-of-this-upload").status_code == 200
    assert findings(counter, case) == []


def test_findings_are_in_the_audit_and_in_what_reviews_are_bound_to(counter: Counter, services, document) -> None:
    first, second = counter.checked(document), counter.checked(document)
    with services.database.reading() as work:
        kept = [row.details.get("findings") for row in work.audit.of(identifier(second))]
    assert "document_in_other_case" in kept
    # the same evidence, and another hash: the finding is part of it
    hashes = {counter.get(case).json()["decision_hash"] for case in (first, second)}
    assert len(hashes) == 2


def test_the_document_is_known_over_the_turn_of_the_year(counter: Counter, document, clock: ManualClock) -> None:
    """The key changes; look-ups try the one before."""
    clock.time = datetime(2026, 12, 31, 23, 58, tzinfo=UTC)
    first = counter.captured(document)
    assert counter.read_chip(first, document)["state"] == "checked"
    clock.advance(minutes=5)
    case = counter.captured(document)
    counter.read_chip(case, document)
    assert ("document_in_other_case", "attention", identifier(first)) in findings(counter, case)


# --- too many failures


@pytest.fixture
def limited(settings: Settings, clock: ManualClock, photo_reader) -> Iterator[Counter]:
    """A counter where two failures are noted and three are enough."""
    changed = settings.model_copy(update={"failures_noted": 2, "failures_refused": 3})
    services = two_persons.wire(changed, clock=clock, reader=photo_reader)
    with TestClient(application(services), raise_server_exceptions=False) as client:
        yield Counter(client, services.identity.tokens)
    services.close()


def test_too_many_failures_of_one_administrator(limited: Counter, document, clock: ManualClock) -> None:
    body = {"kind": "reserve_card_no_pnr", "order_reference": None}
    for _ in range(2):
        limited.post(f"{limited.open()}/cancel")
        clock.advance(hours=1)
    case = limited.checked(document)
    assert findings(limited, case) == [("many_failed_cases", "attention", None)]
    limited.post(f"{case}/cancel")
    answer = limited.post("/v1/verifications", body)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    # the first was opened two hours ago and leaves the window of a day in 22
    assert int(answer.headers["Retry-After"]) == 22 * 3600 + 1
    # another administrator is another one
    assert limited.post("/v1/verifications", body, person=1).status_code == 201
    clock.advance(seconds=int(answer.headers["Retry-After"]))
    assert limited.post("/v1/verifications", body).status_code == 201


def test_too_many_failures_of_one_phone_whoever_holds_it(settings: Settings, clock: ManualClock, document) -> None:
    """Each administrator has one failure or none, and the phone has them all."""
    changed = settings.model_copy(update={"failures_noted": 2, "failures_refused": 3})
    services = wiring.wire(changed, clock=clock, identity=WrittenIdentity(), reader=PlannedReader())
    wish = {"kind": "reserve_card_no_pnr"}
    lines = {"lines": list(document.mrz_lines), "source": "app_ocr"}
    with TestClient(application(services), raise_server_exceptions=False) as client:
        for number in range(3):
            who = {"id": f"pe_{number}", "device": "de_bad"}
            opened = client.post("/v1/verifications", json=wish, headers=headers("open", **who))
            case = opened.json()["links"]["self"]
            assert client.post(f"{case}/mrz", json=lines, headers=headers(**who)).status_code == 200
            if number == 2:
                challenge = client.post(f"{case}/chip-challenges", headers=headers(**who)).json()["challenge"]
                body = SpecimenChip(document).to_json_body(from_base64url(challenge))
                assert client.post(f"{case}/chip", json=body, headers=headers("chip", **who)).status_code == 200
                shown = client.get(case, headers=headers(**who)).json()["findings"]
                assert [finding["code"] for finding in shown] == ["many_failed_cases"]
            assert client.post(f"{case}/cancel", headers=headers("cancel", **who)).status_code == 200
        on_it = client.post("/v1/verifications", json=wish, headers=headers("open", id="pe_9", device="de_bad"))
        assert (on_it.status_code, on_it.json()["code"]) == (429, "too_many_requests")
        other = client.post("/v1/verifications", json=wish, headers=headers("open", id="pe_9", device="de_good"))
        assert other.status_code == 201
    services.close()


def test_an_approval_is_no_failure(limited: Counter, document) -> None:
    for _ in range(4):
        limited.approved(document)


def test_the_limits_that_are_shipped() -> None:
    """docs/reverification.md and the settings name them."""
    shipped = Settings()
    limits = FailureLimits()
    assert (shipped.failures_noted, shipped.failures_refused) == (limits.noted, limits.refused) == (10, 50)
    assert limits.window.total_seconds() == shipped.failure_hours * 3600
