"""The life of a verification over HTTP: deadlines, notices, registers, new attempts, revocation, organisations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from service import wiring
from service.app import application
from service.domain.audit import Action
from service.domain.events import EventType
from service.domain.identity import Caller, Presented, Principal, Role
from service.domain.jobs import JobKind
from service.domain.people import Person, PersonStatus
from service.settings import Settings
from service.usecases.expire_verification import ExpireDue
from tests.service.api.test_results import payload_of
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter
from tests.service.photo_reader import PlannedReader
from tests.service.swedish import swedish

STATUS = {"source": "polisen", "status": "valid", "document": "passport"}
UNKNOWN_RESULT = "/v1/results/00000000-0000-4000-8000-000000000000"


def id_of(case: str) -> str:
    """The id in a path."""
    return case.rpartition("/")[2]


def written(services: wiring.Services, case: str) -> list[Action]:
    """What the audit keeps of a verification."""
    with services.database.reading() as work:
        return [Action(entry.action) for entry in work.audit.of(id_of(case))]


def jti_of(counter: Counter, case: str) -> str:
    """The result of an approved verification."""
    return payload_of(counter.get(f"{case}/result").text)["jti"]


# --- deadlines


def test_deadlines_are_told(counter: Counter, document, clock: ManualClock) -> None:
    opened = counter.post("/v1/verifications", {"kind": "reserve_card_no_pnr"}).json()
    assert opened["deadlines"] == {
        "capture": "2026-11-24T09:40:00Z",
        "review": "2026-11-24T13:40:00Z",
        "result": None,
    }
    clock.advance(minutes=3)
    case = counter.captured(document)
    clock.advance(minutes=2)
    counter.read_chip(case, document)
    # four hours from the moment in which the chip was judged
    assert counter.get(case).json()["deadlines"]["review"] == "2026-11-24T13:35:00Z"
    clock.advance(minutes=5)
    for person in (0, 1):
        assert counter.review(case, person).status_code == 201
    assert counter.get(case).json()["deadlines"]["result"] == "2026-11-27T09:40:00Z"


#: How far the case is, how long it then may wait, and the request that comes too late.
LATE = {
    "lines": ("open", timedelta(minutes=10), lambda counter, case, document: counter.post(
        f"{case}/mrz", {"lines": list(document.mrz_lines), "source": "app_ocr"})),
    "challenge": ("captured", timedelta(minutes=10), lambda counter, case, _: counter.post(
        f"{case}/chip-challenges")),
    "cancel": ("captured", timedelta(minutes=10), lambda counter, case, _: counter.post(f"{case}/cancel")),
    "notice": ("open", timedelta(minutes=10), lambda counter, case, _: counter.post(
        f"{case}/notice", {"version": "1", "language": "sv", "given_at": "2026-11-24T09:30:00Z"})),
    "review": ("checked", timedelta(hours=4), lambda counter, case, _: counter.review(case, 0)),
    "result": ("approved", timedelta(hours=72), lambda counter, case, _: counter.get(f"{case}/result")),
}  # fmt: skip
REASONS = {"open": "capture_time_over", "captured": "capture_time_over", "checked": "review_time_over",
           "approved": "result_time_over"}  # fmt: skip


@pytest.mark.parametrize("late", LATE)
def test_a_late_request_finds_an_expired_verification(
    counter: Counter, services, document, clock: ManualClock, late: str
) -> None:
    """The refusal is answered, and the end is written down: state, audit, event."""
    how_far, time, request = LATE[late]
    reach = getattr(counter, how_far)
    in_time, case = (reach() if how_far == "open" else reach(document) for _ in range(2))
    clock.time = NOW + time - timedelta(seconds=1)
    assert request(counter, in_time, document).status_code < 400
    clock.advance(seconds=1)
    answer = request(counter, case, document)
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "wrong_state", "expired")
    with services.database.reading() as work:
        kept = work.verifications.get(id_of(case))
    assert (kept.state, kept.reason) == ("expired", REASONS[how_far])
    assert written(services, case)[-1] is Action.EXPIRED
    assert events(services, case)[-1] is EventType.VERIFICATION_EXPIRED


def events(services: wiring.Services, case: str) -> list[EventType]:
    """What portals are told of a verification."""
    from sqlalchemy import select

    from service.adapters.db.job_tables import events as table

    query = select(table).where(table.c.verification_id == id_of(case)).order_by(table.c.at)
    with services.database.engine.connect() as connection:
        return [EventType(row.type) for row in connection.execute(query)]


def test_a_result_cannot_be_consumed_after_its_time(counter: Counter, document, clock: ManualClock) -> None:
    case = counter.approved(document, "order-1")
    jti = jti_of(counter, case)
    clock.advance(hours=72)
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "expired"
    late = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-1"})
    assert (late.json()["code"], late.json()["state"]) == ("wrong_state", "expired")


def test_looking_is_enough(counter: Counter, services, clock: ManualClock) -> None:
    case = counter.open()
    clock.advance(minutes=10)
    shown = counter.get(case).json()
    assert (shown["state"], shown["next_step"], shown["reason"]) == ("expired", "stop", "capture_time_over")
    assert list(shown["links"]) == ["self"]
    clock.time = NOW
    assert counter.get(case).json()["state"] == "expired", "a clock that is set back revives nothing"


def test_a_photo_that_was_sent_in_time_counts(counter: Counter, photo_reader, clock: ManualClock) -> None:
    """Reading takes a moment; the deadline is judged when the request came."""
    case = counter.open()
    clock.time = NOW + timedelta(minutes=10) - timedelta(seconds=1)
    reading = photo_reader.examine

    def slow(*arguments):
        clock.advance(seconds=5)
        return reading(*arguments)

    photo_reader.examine = slow
    headers = {"Content-Type": "image/jpeg"}
    answer = counter.request("POST", f"{case}/mrz-image", content=b"octets", headers=headers)
    assert answer.status_code == 200, answer.text


def waiting(services: wiring.Services) -> list[str | None]:
    """The keys of the jobs that wait for a deadline."""
    from sqlalchemy import select

    from service.adapters.db.job_tables import jobs as table

    with services.database.engine.connect() as connection:
        rows = connection.execute(select(table.c.key).where(table.c.kind == JobKind.EXPIRE).order_by(table.c.key))
        return list(rows.scalars())


def test_deadlines_have_jobs_from_the_change_on(counter: Counter, services, document) -> None:
    case = counter.approved(document)
    assert waiting(services) == [f"{id_of(case)}:{name}" for name in ("capture", "result", "review")]


def test_the_job_of_a_deadline(counter: Counter, services, document, clock: ManualClock) -> None:
    """Done early, in time, twice: only what stands counts."""
    expire = ExpireDue(services.database, clock)
    case = counter.open()
    expire(id_of(case))
    assert counter.get(case).json()["state"] == "created"
    assert waiting(services) == [f"{id_of(case)}:capture"]
    clock.advance(minutes=10)
    for _ in range(2):
        expire(id_of(case))
    assert written(services, case) == [Action.OPENED, Action.EXPIRED]
    with services.database.reading() as work:
        assert work.verifications.get(id_of(case)).state == "expired"


def test_the_worker_does_these_jobs(counter: Counter, services, document, clock: ManualClock) -> None:
    finished, forgotten = counter.approved(document), counter.checked(document)
    clock.advance(hours=5)
    while services.run_jobs({JobKind.EXPIRE}) is not None:
        pass
    with services.database.reading() as work:
        states = [work.verifications.get(id_of(case)).state for case in (forgotten, finished)]
    assert states == ["expired", "approved"]


# --- notices, lists


def test_a_notice_is_recorded(counter: Counter, services) -> None:
    case = counter.open()
    body = {"version": "2026-10", "language": "sv", "given_at": "2026-11-24T10:29:00+01:00"}
    answer = counter.post(f"{case}/notice", body)
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "version": "2026-10",
            "language": "sv",
            "given_at": "2026-11-24T09:29:00Z",
            "recorded_at": "2026-11-24T09:30:00Z",
        },
    )
    assert written(services, case) == [Action.OPENED, Action.NOTICE_GIVEN]
    assert counter.get(case).json()["next_step"] == "take_photo"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"given_at": "2026-11-24T09:36:00Z"}, "/given_at"),
        ({"given_at": "2026-11-24"}, "/given_at"),
        ({"language": "svenska språket"}, "/language"),
        ({"version": "version of Anna"}, "/version"),
    ],
)
def test_a_notice_that_cannot_be(counter: Counter, changes, place: str) -> None:
    body = {"version": "1", "language": "sv", "given_at": "2026-11-24T09:30:00Z"}
    answer = counter.post(f"{counter.open()}/notice", body | changes)
    assert answer.json()["code"] == "validation_failed"
    assert [error["pointer"] for error in answer.json()["errors"]] == [place]


def test_notices_are_counted(counter: Counter) -> None:
    case = counter.open()
    body = {"version": "1", "language": "sv", "given_at": "2026-11-24T09:30:00Z"}
    codes = [counter.post(f"{case}/notice", body).status_code for _ in range(11)]
    assert codes == [201] * 10 + [409]


def test_a_person_finds_their_own(counter: Counter, clock: ManualClock) -> None:
    assert counter.get("/v1/verifications?mine").json() == {"verifications": []}
    old = counter.open()
    clock.advance(minutes=9)
    new = counter.open()
    clock.advance(minutes=1)
    found = counter.get("/v1/verifications?mine").json()["verifications"]
    assert [(one["id"], one["state"]) for one in found] == [(id_of(new), "created"), (id_of(old), "expired")]
    assert found[0]["deadlines"]["capture"] == "2026-11-24T09:49:00Z"
    assert counter.get("/v1/verifications?mine", person=1).json() == {"verifications": []}
    assert counter.get("/v1/verifications").json()["code"] == "validation_failed"


def test_a_list_is_short(counter: Counter) -> None:
    for _ in range(51):
        counter.open()
    assert len(counter.get("/v1/verifications?mine").json()["verifications"]) == 50


# --- people


def test_fraud_can_be_suspected_before_any_chip_is_read(counter: Counter, services) -> None:
    case = counter.open()
    answer = counter.post(f"{case}/cancel", {"suspected_fraud": True})
    assert (answer.json()["state"], answer.json()["next_step"]) == ("suspected_fraud", "stop")
    assert counter.get(case).json()["reason"] == "suspected_by_reviewer"
    assert written(services, case)[-1] is Action.FRAUD_SUSPECTED


def test_a_new_attempt_needs_a_reason(counter: Counter, services, document) -> None:
    """RULES.md section 6: one refusing reviewer refuses; a new attempt needs a reason."""
    case = counter.checked(document, "order-1")
    counter.review(case, 0)
    assert counter.review(case, 1, "refuse").json()["reason"] == "reviewers_disagree"
    body = {"kind": "reserve_card_no_pnr", "order_reference": "order-1"}
    refused = counter.post("/v1/verifications", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_required")
    assert refused.json()["errors"] == [{"pointer": "/retry_reason", "code": "missing"}]
    assert counter.post("/v1/verifications", body | {"order_reference": "order-2"}).status_code == 201
    again = counter.post("/v1/verifications", body | {"retry_reason": "doubt_resolved"})
    assert again.status_code == 201
    with services.database.reading() as work:
        (opened,) = work.audit.of(again.json()["id"])
    assert opened.details["retry_reason"] == "doubt_resolved"


# --- the register of the issuing state


def test_a_swedish_passport_is_looked_up(counter: Counter, services, document) -> None:
    case = swedish(services, counter.checked(document))
    before = counter.get(case).json()
    assert before["status_lookup_required"] is True
    assert counter.review(case, 0).json()["code"] == "status_lookup_required"
    answer = counter.post(f"{case}/status-lookups", STATUS)
    assert answer.status_code == 201
    shown = answer.json()
    assert shown["status_lookup"] == STATUS | {"at": "2026-11-24T09:30:00Z"}
    assert (shown["status_lookup_required"], shown["next_step"]) == (False, "wait_review_1")
    assert shown["decision_hash"] != before["decision_hash"]
    assert written(services, case)[-1] is Action.STATUS_TYPED_IN
    # what was seen before the answer counts no more
    assert counter.review(case, 0, decision_hash=before["decision_hash"]).json()["code"] == "decision_changed"
    for person in (0, 1):
        assert counter.review(case, person).status_code == 201
    assert counter.get(f"{case}/result").status_code == 200


@pytest.mark.parametrize("after_a_review", [False, True])
@pytest.mark.parametrize(("status", "reason"), [("blocked", "document_blocked"), ("not_found", "document_not_found")])
def test_a_blocked_document_refuses(
    counter: Counter, services, document, status: str, reason: str, after_a_review: bool
) -> None:
    """RULES.md section 6: without review, and also after the first one."""
    case = swedish(services, counter.checked(document))
    if after_a_review:
        counter.post(f"{case}/status-lookups", STATUS)
        assert counter.review(case, 0).status_code == 201
    answer = counter.post(f"{case}/status-lookups", STATUS | {"status": status}, person=1)
    assert (answer.json()["state"], answer.json()["reason"]) == ("refused", reason)
    assert events(services, case) == [EventType.VERIFICATION_REFUSED]


def test_a_register_that_could_not_be_asked_needs_a_reason(counter: Counter, services, document) -> None:
    case = swedish(services, counter.checked(document))
    counter.post(f"{case}/status-lookups", STATUS | {"status": "unknown"})
    assert counter.review(case, 0).json()["code"] == "reason_required"
    assert counter.review(case, 0, reason="the register is down").status_code == 201


# --- revocation


def revoke(counter: Counter, case: str, person: int, reason: str = "wrong_person", **more):
    """One call of one person."""
    return counter.post(f"{case}/revoke", {"reason": reason, **more}, person=person)


@pytest.mark.parametrize("how_far", ["approved", "issued", "consumed"])
def test_two_people_revoke(counter: Counter, services, document, how_far: str) -> None:
    case = counter.approved(document, "order-1")
    jti = jti_of(counter, case) if how_far != "approved" else None
    if how_far == "consumed":
        assert counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-1"}).status_code == 200
    state = counter.get(case).json()["state"]
    first = revoke(counter, case, 0, note="called by the unit").json()
    assert first["state"] == state, "one person revokes nothing"
    assert first["revocation"] == {
        "reason": "wrong_person",
        "requested_at": "2026-11-24T09:30:00Z",
        "confirmed_at": None,
        "own": True,
        "note": "called by the unit",
    }
    assert revoke(counter, case, 0).json()["code"] == "same_reviewer"
    assert revoke(counter, case, 1, "false_document").json()["code"] == "decision_changed"
    second = revoke(counter, case, 1).json()
    assert (second["state"], second["reason"], second["identity_verified"]) == ("revoked", "wrong_person", False)
    assert second["revocation"]["confirmed_at"] == "2026-11-24T09:30:00Z"
    assert written(services, case)[-2:] == [Action.REVOCATION_REQUESTED, Action.REVOKED]
    assert EventType.VERIFICATION_REVOKED in events(services, case)
    assert counter.get(f"{case}/result").json()["code"] == "wrong_state"
    if jti is not None:
        assert counter.get(f"/v1/results/{jti}").json()["status"] == "revoked"
        consumed = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-1"})
        assert consumed.status_code == 409
    assert revoke(counter, case, 1).json()["code"] == "wrong_state"


def test_a_request_that_nobody_confirmed_is_forgotten(counter: Counter, document, clock: ManualClock) -> None:
    case = counter.approved(document)
    revoke(counter, case, 0)
    clock.advance(hours=24)
    late = revoke(counter, case, 1).json()
    assert (late["state"], late["revocation"]["own"]) == ("approved", True), "a new request, by the other person"
    assert revoke(counter, case, 0).json()["state"] == "revoked"


@pytest.mark.parametrize("how_far", ["open", "captured", "checked"])
def test_there_is_nothing_to_revoke_before_approval(counter: Counter, document, how_far: str) -> None:
    case = counter.open() if how_far == "open" else getattr(counter, how_far)(document)
    assert revoke(counter, case, 0).json()["code"] == "wrong_state"


# --- organisations and roles


class TwoOrganisations:
    """Tokens that say where somebody works, and what they are trusted with. Everybody signed in a moment ago."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock

    def authenticate(self, presented: Presented) -> Principal | None:
        """`ORGANISATION/PERSON` or `ORGANISATION/PERSON/issuer`."""
        organisation, person, *roles = presented.token.split("/")
        trusted = frozenset({Role.ID_ADMINISTRATOR, *([Role.RESPONSIBLE_ISSUER] if roles else [])})
        return Principal(
            f"{organisation}/{person}",
            organisation,
            frozenset(Caller),
            trusted,
            device=f"phone of {person}",
            session=f"session of {person}",
            signed_in_at=self.clock.now(),
        )

    def register(self, services: wiring.Services, *people: str) -> None:
        """Make people known by identifiers that an identity provider asserted."""
        with services.database.changing() as work:
            for number, name in enumerate(people, start=1):
                organisation = name.partition("/")[0]
                person = Person(
                    name,
                    organisation,
                    frozenset({Role.ID_ADMINISTRATOR}),
                    None,
                    PersonStatus.ACTIVE,
                    self.clock.now(),
                    names=("Test", "Person"),
                    born="1970-01-01",
                    hsa_id=f"SE2321000016-{number}",
                    personal_number=work.people.digest(f"{number:012}"),
                    asserted_at=self.clock.now(),
                )
                work.people.add(person)

    def banner(self) -> tuple[str, ...]:
        """Nothing unusual."""
        return ()


@pytest.fixture
def two_places(settings: Settings, clock: ManualClock) -> Iterator[tuple[Counter, Counter]]:
    """One service for two organisations."""
    identity = TwoOrganisations(clock)
    services = wiring.wire(settings, clock=clock, identity=identity, reader=PlannedReader())
    identity.register(services, "north/anna", "north/bengt", "south/cecilia", "south/david")
    with TestClient(application(services), raise_server_exceptions=False) as client:
        yield (
            Counter(client, ("north/anna/issuer", "north/bengt")),
            Counter(client, ("south/cecilia/issuer", "south/david")),
        )


def test_another_organisation_sees_nothing(two_places: tuple[Counter, Counter], document) -> None:
    """404 everywhere, as for what does not exist: no route tells that there is something."""
    north, south = two_places
    case = north.approved(document, "order-1")
    jti = jti_of(north, case)
    line = {"lines": list(document.mrz_lines), "source": "app_ocr"}
    review = {"decision": "refuse", "decision_hash": "0" * 64}
    from tests.service.counter import CHECKLIST

    requests = [
        ("GET", case, None),
        ("POST", f"{case}/notice", {"version": "1", "language": "sv", "given_at": "2026-11-24T09:30:00Z"}),
        ("POST", f"{case}/mrz", line),
        ("POST", f"{case}/chip-challenges", None),
        ("POST", f"{case}/chip", {"files": {"EF.COM": "YAA"}}),
        ("POST", f"{case}/status-lookups", STATUS),
        ("POST", f"{case}/reviews", review | CHECKLIST),
        ("POST", f"{case}/cancel", None),
        ("POST", f"{case}/revoke", {"reason": "wrong_person"}),
        ("GET", f"{case}/result", None),
        ("GET", f"/v1/results/{jti}", None),
        ("POST", f"/v1/results/{jti}/consume", {"order_reference": "order-1"}),
    ]
    for method, path, body in requests:
        options = {} if body is None else {"json": body}
        answer = south.request(method, path, **options)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        assert answer.json()["state"] is None
    photo = south.request("POST", f"{case}/mrz-image", content=b"octets", headers={"Content-Type": "image/png"})
    assert photo.status_code == 404
    assert south.get("/v1/verifications?mine").json() == {"verifications": []}
    assert north.get(case).json()["state"] == "result_issued"


def test_orders_of_another_organisation_do_not_matter(two_places: tuple[Counter, Counter], document) -> None:
    north, south = two_places
    case = north.checked(document, "order-1")
    north.review(case, 0, "refuse")
    body = {"kind": "reserve_card_no_pnr", "order_reference": "order-1"}
    assert north.post("/v1/verifications", body).json()["code"] == "reason_required"
    assert south.post("/v1/verifications", body).status_code == 201


def test_only_the_responsible_issuer_requests_a_revocation(two_places: tuple[Counter, Counter], document) -> None:
    north, _ = two_places
    case = north.approved(document)
    assert revoke(north, case, 1).json()["code"] == "forbidden"
    assert revoke(north, case, 0).status_code == 200
    assert revoke(north, case, 1).json()["state"] == "revoked"
