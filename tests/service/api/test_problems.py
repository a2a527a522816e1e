"""Every problem code, made over HTTP, in the form of RFC 9457, and silent about what was sent."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import update

from mrtd.evidence import ElementaryFile
from mrtd.specimen.chip import SpecimenChip
from service.adapters.db.tables import judgements, reviews, verifications
from service.api.v1.problems import PROBLEMS
from service.domain.challenge import MAX_OPEN
from service.domain.errors import ProblemCode
from service.domain.mrz_capture import MAX_MRZ_ATTEMPTS
from service.domain.people import Grip, Handling, PersonStatus
from service.domain.retention import RetentionClass
from service.domain.reverification import Standing
from service.usecases.open_verification import OpenVerification
from service.usecases.show_verification import ShowVerification
from tests.service.conftest import ManualClock
from tests.service.counter import CHECKLIST, Counter
from tests.service.devices.world import ORIGIN, read_qr
from tests.service.swedish import swedish
from tests.service.tokens.keys import Key
from tests.service.tokens.world import PORTAL, SignInPage, World
from tests.service.two_persons import PERSONS

UNKNOWN = "/v1/verifications/vs_" + "A" * 26
KIND = "reserve_card_no_pnr"
JSON = {"Content-Type": "application/json"}
STATUS = {"source": "polisen", "status": "valid", "document": "passport"}
#: Stands for what must never come back: the number of a document.
SECRET = "L898902C3"


class Situations:
    """One method a problem code: brings the service there and returns the answer."""

    def __init__(
        self, counter: Counter, services, document, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.counter = counter
        self.services = services
        self.document = document
        self.clock = clock
        self.monkeypatch = monkeypatch

    def malformed_request(self):
        return self.counter.request("POST", "/v1/verifications", content=f'{{"kind": {SECRET}', headers=JSON)

    def unauthenticated(self):
        return self.counter.client.get(UNKNOWN)

    def forbidden(self):
        from service.api.v1 import access, dependencies

        nobody = {operation: frozenset() for operation in access.ACCESS}
        self.monkeypatch.setattr(dependencies, "ACCESS", nobody)
        return self.counter.get(UNKNOWN)

    def invalid_proof(self):
        """A token of a phone without the proof of its key; the whole of it is in tests/service/tokens."""
        world = World(self.services, self.counter.client, SignInPage(), self.clock)
        world.settle()
        token = world.given(world.portal, PORTAL)
        self.counter.client.app.state.services = replace(self.services, identity=self.services.tokens.identity)
        return self.counter.client.get(UNKNOWN, headers={"Authorization": f"DPoP {token}"})

    def insufficient_scope(self):
        world = World(self.services, self.counter.client, SignInPage(), self.clock)
        world.settle()
        token = world.given(world.portal, PORTAL, scope="results")
        self.counter.client.app.state.services = replace(self.services, identity=self.services.tokens.identity)
        return world.call("GET", UNKNOWN, world.portal, token)

    def not_found(self):
        return self.counter.get(UNKNOWN)

    def method_not_allowed(self):
        answer = self.counter.request("DELETE", UNKNOWN)
        assert answer.headers["allow"] == "GET"
        return answer

    def wrong_state(self):
        return self.counter.post(f"{self.counter.open()}/chip-challenges")

    def conflict(self):
        """Another request changes the case while a chip is being judged."""
        from service.usecases import submit_chip

        case = self.counter.captured(self.document)
        body = SpecimenChip(self.document).to_json_body(self.counter.challenge(case))
        judge = submit_chip.Judging.judge_stored

        def slow(*arguments):
            self.counter.challenge(case)
            return judge(*arguments)

        self.monkeypatch.setattr(submit_chip.Judging, "judge_stored", slow)
        return self.counter.post(f"{case}/chip", body)

    def attempt_limit(self):
        case = self.counter.open()
        for _ in range(MAX_MRZ_ATTEMPTS):
            left = self.counter.mrz(case, ["NOTHING"])["attempts_left"]
        assert left == 0
        return self.counter.post(f"{case}/mrz", {"lines": ["NOTHING"], "source": "app_ocr"})

    def already_consumed(self):
        """Another request for the same order."""
        path = f"/v1/results/{self._jti(self.counter.approved(self.document, 'order-1'))}/consume"
        assert self.counter.post(path, {"order_reference": "order-1"}).status_code == 200
        return self.counter.post(path, {"order_reference": "order-1"})

    def already_recorded(self):
        case = swedish(self.services, self.counter.checked(self.document))
        assert self.counter.post(f"{case}/status-lookups", STATUS | {"status": "unknown"}).status_code == 201
        return self.counter.post(f"{case}/status-lookups", STATUS)

    def lookup_not_applicable(self):
        return self.counter.post(f"{self.counter.checked(self.document)}/status-lookups", STATUS)

    def status_lookup_required(self):
        return self.counter.review(swedish(self.services, self.counter.checked(self.document)), 0)

    def idempotency_key_required(self):
        body, who = {"kind": KIND}, {"Authorization": f"Bearer {self.counter.tokens[0]}"}
        return self.counter.client.post("/v1/verifications", json=body, headers=who)

    def idempotency_mismatch(self):
        assert self.counter.post("/v1/verifications", {"kind": KIND}, key="one").status_code == 201
        return self.counter.post("/v1/verifications", {"kind": KIND, "order_reference": "other"}, key="one")

    def in_progress(self):
        """The same request comes again while the first one opens the verification."""
        opening, answers = OpenVerification.__call__, []

        def slow(*arguments, **named):
            answers.append(self.counter.post("/v1/verifications", {"kind": KIND}, key="one"))
            return opening(*arguments, **named)

        self.monkeypatch.setattr(OpenVerification, "__call__", slow)
        assert self.counter.post("/v1/verifications", {"kind": KIND}, key="one").status_code == 201
        assert answers[0].headers["retry-after"] == "60"
        return answers[0]

    def erased(self):
        case = self.counter.checked(self.document)
        with self.services.database.changing() as work:
            work.vault.erase(case.rpartition("/")[2], RetentionClass.PORTRAIT)
        return self.counter.get(f"{case}/portrait")

    def not_displayable(self):
        """The chip's portrait was not among what was read."""
        case = self.counter.captured(self.document)
        self.counter.read_chip(case, self.document.without_file(ElementaryFile.DG2))
        return self.counter.get(f"{case}/portrait")

    def record_unreadable(self):
        """Somebody wrote over what is sealed."""
        case = self.counter.checked(self.document)
        with self.services.database.engine.begin() as connection:
            connection.execute(update(judgements).values(report=SECRET.encode()))
        return self.counter.get(case)

    def challenge_used(self):
        case = self.counter.captured(self.document)
        body = SpecimenChip(self.document).to_json_body(self.counter.challenge(case))
        del body["files"]["EF.DG2"]
        assert self.counter.post(f"{case}/chip", body).json()["next_step"] == "retry_chip"
        return self.counter.post(f"{case}/chip", body)

    def decision_changed(self):
        case = self.counter.checked(self.document)
        return self.counter.review(case, 0, decision_hash="0" * 64)

    def same_reviewer(self):
        case = self.counter.checked(self.document)
        self.counter.review(case, 0)
        return self.counter.review(case, 0)

    def _second(self, **changes: object):
        """The second review, by a person of whom something else is known."""
        case = self.counter.checked(self.document)
        assert self.counter.review(case, 0).status_code == 201
        with self.services.database.changing() as work:
            first, second = (work.people.find(person) for person in PERSONS)
            known = {name: value(first) if callable(value) else value for name, value in changes.items()}
            work.people.save(replace(second, **known))
        return self.counter.review(case, 1)

    def second_account(self):
        return self._second(personal_number=lambda first: first.personal_number)

    def identifiers_unverified(self):
        return self._second(vouched_by=())

    def handled_account(self):
        return self._second(handlings=(Handling(Grip.RESET, PERSONS[0], self.clock.now()),))

    def own_passport(self):
        from mrtd.specimen.holder import MARTA

        family, given = MARTA.full_name
        return self._second(names=(given, family), born=MARTA.date_of_birth.isoformat())

    def same_session(self):
        case = self.counter.checked(self.document)
        assert self.counter.review(case, 0).status_code == 201
        with self.services.database.engine.begin() as connection:
            connection.execute(update(reviews).values(session=f"{PERSONS[1]}-session"))
        return self.counter.review(case, 1)

    def same_screen(self):
        """The second phone turns out to be the one that captured."""
        case = self.counter.checked(self.document)
        assert self.counter.review(case, 0).status_code == 201
        with self.services.database.engine.begin() as connection:
            connection.execute(update(verifications).values(captured_by_device=f"{PERSONS[1]}-phone"))
        return self.counter.review(case, 1)

    def _person(self, **more: object) -> str:
        body = {"given_name": "Test", "family_name": "Person", "roles": ["system_administrator"]}
        answer = self.counter.post("/v1/people", body | more)
        assert answer.status_code == 201, answer.text
        return answer.json()["person"]["id"]

    def sign_in_refused(self):
        """A password of nobody."""
        begun = self.counter.client.post("/v1/sign-ins", json={"method": "password"})
        cookie = begun.headers["set-cookie"].partition(";")[0]
        body = {"login": SECRET, "password": SECRET}
        path = f"/v1/sign-ins/{begun.json()['id']}"
        return self.counter.client.post(path, json=body, headers={"Cookie": cookie})

    def own_account(self):
        own = self._person()
        authenticate = self.services.identity.authenticate
        as_them = lambda presented: replace(authenticate(presented), id=own)  # noqa: E731 a line
        self.monkeypatch.setattr(self.services.identity, "authenticate", as_them)
        return self.counter.post(f"/v1/people/{own}/lock")

    def last_administrator(self):
        """The only one who can change accounts is locked by somebody whose own right was taken a moment ago."""
        last = self._person()
        with self.services.database.changing() as work:
            for person in work.people.of("Specimen organisation"):
                roles = person.roles if person.id == last else frozenset()
                work.people.save(replace(person, roles=roles, status=PersonStatus.ACTIVE))
        return self.counter.post(f"/v1/people/{last}/lock")

    def identifiers_differ(self):
        """Nobody can vouch for an account without identifiers."""
        return self.counter.post(f"/v1/people/{self._person()}/vouch", {"hsa_id": None})

    def already_in_use(self):
        self._person(hsa_id="SE2321000016-100A")
        body = {"given_name": SECRET, "family_name": SECRET, "roles": [], "hsa_id": "se2321000016-100a"}
        return self.counter.post("/v1/people", body)

    def step_up_required(self):
        """Both signed in when the service started, and never since."""
        case = self.counter.checked(self.document)
        then = ManualClock()
        self.monkeypatch.setattr(self.services.identity, "_clock", then)
        self.clock.advance(minutes=6)
        return self.counter.review(case, 0)

    def other_device(self):
        case = self.counter.captured(self.document)
        return self.counter.post(f"{case}/chip-challenges", person=1)

    def order_state(self):
        order = self.counter.post("/v1/orders", {"kind": KIND, "order_reference": "order-1"}).json()
        event = {"type": "issued", "at": "2026-11-24T09:30:00Z"}
        return self.counter.post(order["links"]["events"], event)

    def not_approvable(self):
        """A chip whose clone detection is not supported: nobody can lift that."""
        from mrtd.specimen.holder import MARTA
        from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
        from mrtd.specimen.scheme import BRAINPOOL_P256R1

        issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=self.clock.now())
        document = issuer.issue(MARTA, IssuingProfile(active_authentication=False))
        case = self.counter.captured(document)
        answer = self.counter.post(f"{case}/chip", SpecimenChip(document).to_json_body()).json()
        assert (answer["state"], answer["next_step"], answer["reason"]) == ("checked", "stop", "not_supported")
        return self.counter.review(case, 0, reason="I know this person")

    def trust_withdrawn(self):
        """Judged anew, an approval does not hold."""
        case = self.counter.approved(self.document)
        verification_id = case.rpartition("/")[2]
        with self.services.database.changing() as work:
            current = work.reverifications.begin("0" * 64, "0" * 64, self.clock.now())
            withdrawn = Standing(False, self.clock.now(), True, ("revoked",))
            work.reverifications.stand(verification_id, current.id, withdrawn)
        return self.counter.get(f"{case}/result")

    def order_mismatch(self):
        case = self.counter.approved(self.document, "order-1")
        self.counter.get(f"{case}/result")
        return self.counter.post(f"/v1/results/{self._jti(case)}/consume", {"order_reference": "order-2"})

    def _jti(self, case: str) -> str:
        from tests.service.api.test_results import payload_of

        return payload_of(self.counter.get(f"{case}/result").text)["jti"]

    def body_too_large(self):
        return self.counter.post("/v1/verifications", {"kind": "x" * 20_000})

    def unsupported_media_type(self):
        text = {"Content-Type": "text/plain"}
        return self.counter.request("POST", "/v1/verifications", content=SECRET, headers=text)

    def validation_failed(self):
        return self.counter.post("/v1/verifications", {"kind": SECRET, SECRET: SECRET})

    def unreadable_dump(self):
        case = self.counter.captured(self.document)
        return self.counter.post(f"{case}/chip", {"files": {"DG1": 5}, SECRET: SECRET})

    def attestation_refused(self):
        """A chain that ends at nobody's root."""
        from tests.service.attestation.authorities import AndroidAuthority
        from tests.service.attestation.key_descriptions import Stated
        from tests.service.devices.world import android

        key = Key()
        evidence = AndroidAuthority("nobody").evidence(key.private.public_key(), Stated())
        return self._enrolled(key, android(*evidence.chain))

    def fingerprint_mismatch(self):
        phone = self._enrolled(Key()).json()["id"]
        return self.counter.post(f"/v1/devices/{phone}/confirm", {"fingerprint": SECRET}, person=1)

    def same_person(self):
        phone = self._enrolled(Key()).json()["id"]
        return self.counter.post(f"/v1/devices/{phone}/confirm", {"fingerprint": SECRET})

    def _enrolled(self, key: Key, attestation: dict | None = None):
        """The answer to a phone that the first administrator invited."""
        code = read_qr(self.counter.post("/v1/devices/invitations").json()["qr"], "PKE1")["code"]
        proof = key.proof("POST", f"{ORIGIN}/v1/devices", self.clock.now())
        body = {"code": code, "attestation": attestation or {"format": "none"}}
        return self.counter.client.post("/v1/devices", json=body, headers={"DPoP": proof})

    def reason_required(self):
        self.clock.advance(days=200)
        case = self.counter.checked(self.document)
        return self.counter.review(case, 0)

    def access_reason_required(self):
        answer = self.counter.post("/v1/verifications", {"kind": KIND, "protected": True})
        return self.counter.get(answer.json()["links"]["self"])

    def request_timeout(self):
        """A body of which nothing comes; over sockets in tests/service/network."""
        import asyncio

        from service.api import body_limit

        limited = body_limit.BodyLimit.__call__

        async def slow(self, scope, receive, send):
            async def later():
                await asyncio.sleep(1)
                return await receive()

            await limited(self, scope, later, send)

        self.monkeypatch.setattr(body_limit, "BODY_PAUSE_S", 0.05)
        self.monkeypatch.setattr(body_limit.BodyLimit, "__call__", slow)
        return self.counter.post("/v1/verifications", {"kind": KIND})

    def checklist_contradicted(self):
        case = self.counter.checked(self.document)
        answer = self.counter.review(case, 0, face={"same_person": False, "features_compared": True})
        assert answer.json()["errors"] == [{"pointer": "/face/same_person", "code": "must_be_true"}]
        return answer

    def too_many_requests(self):
        case = self.counter.captured(self.document)
        for _ in range(MAX_OPEN):
            self.counter.challenge(case)
        answer = self.counter.post(f"{case}/chip-challenges")
        assert answer.headers["retry-after"] == "121"
        return answer

    def internal_error(self):
        def broken(*_arguments):
            raise ZeroDivisionError(SECRET)

        self.monkeypatch.setattr(ShowVerification, "__call__", broken)
        return self.counter.get(UNKNOWN)

    def not_ready(self):
        from service.adapters.db.database import SqlDatabase

        self.monkeypatch.setattr(SqlDatabase, "ready", lambda _self: False)
        answer = self.counter.client.get("/v1/health/ready")
        assert answer.headers["retry-after"] == "5"
        return answer


@pytest.mark.parametrize("code", ProblemCode)
def test_every_code(counter: Counter, services, document, clock, monkeypatch, code: ProblemCode) -> None:
    answer = getattr(Situations(counter, services, document, clock, monkeypatch), code.value)()
    problem = answer.json()
    known = PROBLEMS[code]
    assert problem["code"] == code.value, problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:passkoll:problem:{code.value}"
    assert (answer.status_code, problem["status"], problem["retry"]) == (known.status, known.status, known.retry)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert set(problem) == {"type", "title", "status", "code", "retry", "request_id", "state", "errors"}
    assert SECRET not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 16_000, b'{"kind": NaN}'], ids=repr)
def test_what_is_no_json(counter: Counter, content: bytes) -> None:
    answer = counter.request("POST", "/v1/verifications", content=content, headers=JSON)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("malformed_request", "validation_failed")


def test_three_answered_challenges_are_enough(counter: Counter, document) -> None:
    case = counter.captured(document)
    incomplete = document.without_file(next(name for name in document.files if name.value == "EF.DG2"))
    for _ in range(2):
        assert counter.read_chip(case, incomplete)["next_step"] == "retry_chip"
    last = counter.read_chip(case, incomplete)
    assert (last["state"], last["next_step"], last["reason"]) == ("mrz_captured", "stop", "chip_attempts_used")
    assert "cancel" in counter.get(case).json()["links"]
    assert counter.post(f"{case}/chip-challenges").json()["code"] == "attempt_limit"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/kind", "missing")]),
        ({"kind": 5}, [("/kind", "enum")]),
        (
            {"kind": "reserve_card_no_pnr", "order_reference": "a b"},
            [("/order_reference", "string_pattern_mismatch")],
        ),
        ({"kind": KIND, "extra": 1}, [("", "extra_forbidden")]),
        ([], [("", "model_attributes_type")]),
    ],
)
def test_errors_name_places(counter: Counter, body, errors) -> None:
    problem = counter.post("/v1/verifications", body).json()
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == errors


@pytest.mark.parametrize(
    "path", ["/v1/verifications/%00", "/v1/verifications/vs_short", "/v1/verifications/vs_" + "0" * 26, "/v1/x", "/"]
)
def test_what_cannot_be_an_id_is_not_found(counter: Counter, path: str) -> None:
    assert counter.get(path).json()["code"] == "not_found"


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"[]", b"", b"\xa1", b"null"])
def test_a_body_is_what_its_media_type_says(counter: Counter, document, content: bytes) -> None:
    """Archives have no way in here (API.md section 5)."""
    case = counter.captured(document)
    answer = counter.request("POST", f"{case}/chip", content=content, headers=JSON)
    assert answer.json()["code"] == "malformed_request"


@pytest.mark.parametrize("media", ["application/zip", "multipart/form-data; boundary=x", "", "application/xml"])
@pytest.mark.parametrize("path", ["chip", "inspections"])
def test_other_media_types(counter: Counter, document, media: str, path: str) -> None:
    target = "/v1/inspections" if path == "inspections" else f"{counter.captured(document)}/chip"
    answer = counter.request("POST", target, content=b"{}", headers={"Content-Type": media})
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
@pytest.mark.parametrize(("size", "status"), [(4 * 1024 * 1024, 400), (4 * 1024 * 1024 + 1, 413)])
def test_limit_of_a_chip(counter: Counter, document, declared: bool, size: int, status: int) -> None:
    case = counter.captured(document)
    content = b"x" * size if declared else iter([b"x" * (size - 1), b"x"])
    assert counter.request("POST", f"{case}/chip", content=content, headers=JSON).status_code == status


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
@pytest.mark.parametrize(("size", "status"), [(16 * 1024, 400), (16 * 1024 + 1, 413)])
def test_limit_of_everything_else(counter: Counter, declared: bool, size: int, status: int) -> None:
    content = b"x" * size if declared else iter([b"x" * (size - 1), b"x"])
    answer = counter.request("POST", "/v1/verifications", content=content, headers=JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_answer_has_safe_headers(counter: Counter) -> None:
    for answer in (counter.get(UNKNOWN), counter.client.get("/v1/health/live"), counter.client.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("reason", ["a\x00b", "a\nb", "", "x" * 501, "\ud800"])
def test_reasons_are_one_plain_line(counter: Counter, reason: str) -> None:
    body = {"decision": "refuse", **CHECKLIST, "decision_hash": "0" * 64, "reason": reason}
    content = json.dumps(body)
    answer = counter.request("POST", f"{counter.open()}/reviews", content=content, headers=JSON)
    assert answer.json()["code"] == "validation_failed"
