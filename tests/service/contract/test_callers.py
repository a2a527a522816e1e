"""The description, asked by each caller alone: a 2xx for what is theirs, 403 for what is not, and never a 5xx.

`test_stateful` asks as somebody who may everything. Here each request is made by one kind of caller, as in life;
every answer is held against all checks of schemathesis.
"""

from __future__ import annotations

import uuid
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
)
from starlette.testclient import TestClient

from mrtd.specimen.chip import SpecimenChip
from service import wiring
from service.api.v1.access import ACCESS, PUBLIC
from service.app import application, contract
from service.domain.identity import PEOPLE, Caller, Presented, Principal
from service.settings import Settings
from tests.service import two_persons
from tests.service.api.test_results import payload_of
from tests.service.conftest import ManualClock
from tests.service.contract.hello import HELLO
from tests.service.counter import CHECKLIST, from_base64url
from tests.service.photo_reader import PlannedReader, read
from tests.service.pictures.made import plain
from tests.service.swedish import swedish

APP, HOLDER, REVIEWER, PORTAL, HARNESS = CALLERS = (
    Caller.APP,
    Caller.HOLDER,
    Caller.REVIEWER,
    Caller.PORTAL,
    Caller.HARNESS,
)
OPERATIONS = {
    operation["operationId"]: operation for path in contract()["paths"].values() for operation in path.values()
}
#: What the table of access holds beside them: a WebSocket, which tests/service/live and test_access ask for.
SOCKETS = {"read_chip_live"}
#: The life of a verification and what stands around it; signing in, people and phones have tests of their own.
LIFE = {
    name
    for name, operation in OPERATIONS.items()
    if set(operation["tags"]) & {"verifications", "hand-overs", "orders", "results", "inspections"}
}
#: Requests of each operation and caller that are generated; few, since there are hundreds of pairs.
THEIRS, NOT_THEIRS = 4, 1
#: Chains of each caller, and their steps.
CHAINS, STEPS = 3, 10
#: Of a verification or a result: who opened it does not matter here, what its state is does.
UNCHECKED = [positive_data_acceptance, negative_data_rejection, ignored_auth]
#: The tool takes application/jwt for JSON.
NO_JSON = {"fetch_result": [response_schema_conformance]}
ORDER = "order-1"


class EachAlone:
    """The two persons of a counter, and systems, each as one kind of caller: the token says as which."""

    def __init__(self) -> None:
        self.inner: two_persons.TwoPersons | None = None
        #: the order of the holder's phone
        self.order: str | None = None

    def authenticate(self, presented: Presented) -> Principal | None:
        """`<caller>.<token of a person>`."""
        caller, _, token = presented.token.partition(".")
        who = self.inner.authenticate(replace(presented, token=token)) if self.inner else None
        if who is None or caller not in set(CALLERS):
            return None
        as_one = replace(who, callers=frozenset({Caller(caller)}))
        if caller == APP:
            return as_one
        if caller == REVIEWER:
            return replace(as_one, device=None, session=f"{who.id}-console")
        system = replace(as_one, id=f"{caller}-1", roles=frozenset(), device=None, session=None, signed_in_at=None)
        return replace(system, device="holder-phone", only=self.order) if caller == HOLDER else system

    def banner(self) -> tuple[str, ...]:
        """Nothing unusual."""
        return ()


@dataclass
class Living:
    """A service, and which caller got a 2xx of which operation."""

    services: wiring.Services
    client: TestClient
    identity: EachAlone
    reader: PlannedReader
    described: schemathesis.schemas.BaseSchema
    succeeded: set[tuple[str, Caller]] = field(default_factory=set)
    #: ids that paths may name: of verifications, of a result, of an order
    ids: dict[str, list[str]] = field(default_factory=dict)

    def headers(self, caller: Caller, person: int = 0) -> dict[str, str]:
        """Of one request."""
        token = self.identity.inner.tokens[person]
        return {"Authorization": f"Bearer {caller.value}.{token}", "Idempotency-Key": str(uuid.uuid4())}

    def ask(self, caller: Caller, name: str, case: str | None = None, *, person: int = 0, headers=(), **parts):
        """One request as this caller makes it in life, held against all checks; its answer."""
        if case is not None:
            parts["path_parameters"] = {"id": case}
        made = self.described.find_operation_by_id(name).Case(**parts)
        asked = self.headers(caller, person) | dict(headers)
        answer = made.call_and_validate(headers=asked, excluded_checks=NO_JSON.get(name, []))
        assert 200 <= answer.status_code < 300, (name, caller, answer.text)
        self.succeeded.add((name, caller))
        return answer


def json(body: dict) -> dict:
    return {"body": body, "media_type": "application/json"}


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory, trust: Path) -> Iterator[Living]:
    """One for all: what one test leaves behind the next one meets."""
    made = Settings(data_dir=tmp_path_factory.mktemp("data"), trust=(trust,), failures_refused=100_000)
    reader, clock, identity = PlannedReader(), ManualClock(), EachAlone()
    # two known persons, whose identity is then asked as one caller at a time
    services = two_persons.wire(made, clock=clock, reader=reader)
    identity.inner = services.identity
    alone = replace(services, identity=identity)
    app = application(alone)
    with TestClient(app) as client:
        yield Living(alone, client, identity, reader, schemathesis.openapi.from_asgi("/openapi.json", app))


def opened(living: Living, caller: Caller, reference: str | None = None, **headers) -> str:
    """A verification that this caller opened; its id."""
    body = {"kind": "reserve_card_no_pnr", **({} if reference is None else {"order_reference": reference})}
    return living.ask(caller, "open_verification", **json(body), **headers).json()["id"]


def captured(living: Living, phone: Caller, case: str, document) -> None:
    """All that a phone does of a verification."""
    notice = {"version": "1", "language": "sv", "given_at": "2026-11-24T09:29:00Z"}
    living.ask(phone, "give_notice", case, **json(notice))
    living.reader.plan = replace(read(document.mrz_lines), page=plain("navy"), crop=plain("white"))
    living.ask(phone, "capture_photo", case, body=b"a photo of the page", media_type="image/jpeg")
    living.ask(phone, "capture_mrz", case, **json({"lines": list(document.mrz_lines), "source": "confirmed"}))
    assert living.ask(phone, "relay_live_frame", case, **json(dict(HELLO))).json()["type"] == "apdus"
    challenge = living.ask(phone, "issue_chip_challenge", case).json()["challenge"]
    chip = SpecimenChip(document).to_json_body(from_base64url(challenge))
    assert living.ask(phone, "submit_chip", case, **json(chip)).json()["state"] == "checked"


def reviewed(living: Living, case: str, *persons: int) -> None:
    """Approved at the console by these persons."""
    for person in persons:
        shown = living.ask(REVIEWER, "show_verification", case, person=person).json()
        approval = {"decision": "approve", **CHECKLIST, "reason": "seen", "decision_hash": shown["decision_hash"]}
        living.ask(REVIEWER, "review_verification", case, person=person, **json(approval))


def test_each_caller_has_what_is_theirs(living: Living, document, passport) -> None:
    """A life in which everybody does their own part, and everything that the table of access lets them do."""
    order = living.ask(PORTAL, "make_order", **json({"kind": "reserve_card_no_pnr", "order_reference": ORDER})).json()
    living.ask(PORTAL, "show_order", order["id"])
    case = opened(living, APP, ORDER)
    captured(living, APP, case, document)
    for picture in ("show_portrait", "show_page", "show_mrz_crop"):
        living.ask(REVIEWER, picture, case, person=1)
    swedish(living.services, f"/v1/verifications/{case}")
    looked_up = {"source": "polisen", "status": "valid", "document": "passport"}
    living.ask(REVIEWER, "look_up_status", case, **json(looked_up))
    reviewed(living, case, 0)
    for caller in (APP, REVIEWER):
        code = living.ask(caller, "open_hand_over", case).json()["code"]
        found = living.ask(caller, "claim_hand_over", person=1, **json({"code": code})).json()
        assert found["verification_id"] == case
    reviewed(living, case, 1)
    for caller in (APP, PORTAL):
        assert living.ask(caller, "show_verification", case).json()["state"] == "approved"
    jti = payload_of(living.ask(PORTAL, "fetch_result", case).text)["jti"]
    result = {"path_parameters": {"jti": jti}}
    living.ask(PORTAL, "show_result", **result)
    living.ask(PORTAL, "consume_result", **result, **json({"order_reference": ORDER}))
    told = {"type": "issued", "at": "2026-11-24T09:30:00Z"}
    living.ask(PORTAL, "record_order_event", order["id"], **json(told))
    for person in (0, 1):
        living.ask(REVIEWER, "revoke_verification", case, person=person, **json({"reason": "wrong_person"}))

    alone = {"kind": "reserve_card_no_pnr", "order_reference": "order-2", "actor": "holder"}
    living.identity.order = living.ask(PORTAL, "make_order", **json(alone)).json()["id"]
    own = opened(living, HOLDER)
    captured(living, HOLDER, own, passport(7))
    assert living.ask(HOLDER, "show_verification", own).json()["state"] == "checked"
    living.ask(HOLDER, "cancel_verification", own)

    for caller in (APP, HOLDER, REVIEWER, PORTAL):
        if caller is not HOLDER:
            ended = opened(living, caller)
            living.ask(caller, "cancel_verification", ended)
        living.ask(caller, "list_verifications", query={"mine": ""})
    for caller in (APP, REVIEWER):
        living.ask(caller, "protect_verification", opened(living, caller),
                   headers={"X-Passkoll-Reason-Code": "identity_check"})  # fmt: skip
    living.ask(HARNESS, "inspect_dump", **json({"dump": SpecimenChip(document).to_json_body()}))

    theirs = {(name, caller) for name in LIFE for caller in ACCESS[name] & set(CALLERS)}
    assert living.succeeded == theirs


@pytest.fixture(scope="module")
def met(living: Living, passport) -> Living:
    """A service in which there is something to meet: a verification in each state of the way, a result, an order."""
    states = [opened(living, APP)]
    captured(living, APP, checked := opened(living, APP), passport(1))
    captured(living, APP, half := opened(living, APP), passport(2))
    reviewed(living, half, 0)
    captured(living, APP, approved := opened(living, APP, "order-3"), passport(3))
    reviewed(living, approved, 0, 1)
    jti = payload_of(living.ask(PORTAL, "fetch_result", approved).text)["jti"]
    wish = {"kind": "reserve_card_no_pnr", "order_reference": "order-4"}
    order = living.ask(PORTAL, "make_order", **json(wish)).json()["id"]
    living.ids = {"/v1/verifications/": [*states, checked, half, approved], "jti": [jti], "/v1/orders/": [order]}
    return living


def placed(living: Living, case: schemathesis.Case, place: int) -> None:
    """Let a path name something that there is, three times of four."""
    if place % 4 == 0:
        return
    if "jti" in (case.path_parameters or {}):
        case.path_parameters["jti"] = living.ids["jti"][0]
    for prefix in ("/v1/verifications/", "/v1/orders/"):
        if case.operation.path.startswith(prefix) and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = living.ids[prefix][place % len(living.ids[prefix])]


def quick(examples: int) -> settings:
    """So many requests, and no search for smaller ones."""
    return settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), derandomize=True,
    )  # fmt: skip


def answers_of(met: Living, caller: Caller, name: str) -> set[int]:
    """Good and bad requests of one operation by one caller; the statuses of the answers, which are as described."""
    operation = met.described.find_operation_by_id(name)
    modes = st.sampled_from(list(GenerationMode)).flatmap(operation.as_strategy)
    excluded = [*UNCHECKED, *NO_JSON.get(name, [])]
    seen = set()

    @quick(THEIRS)
    @given(modes, st.integers(0, 7))
    def check(case: schemathesis.Case, place: int) -> None:
        placed(met, case, place)
        answer = case.call(headers=met.headers(caller))
        seen.add(answer.status_code)
        assert answer.status_code < 500, (name, answer.text)
        case.validate_response(answer, excluded_checks=excluded)

    check()
    return seen


def refusals_of(met: Living, caller: Caller, name: str) -> set[tuple[int, str]]:
    """Good requests of one operation by one caller; status and code of the answers, which are as described."""
    operation = met.described.find_operation_by_id(name)
    seen = set()

    @quick(NOT_THEIRS)
    @given(operation.as_strategy(GenerationMode.POSITIVE), st.integers(1, 3))
    def check(case: schemathesis.Case, place: int) -> None:
        placed(met, case, place)
        answer = case.call(headers=met.headers(caller))
        seen.add((answer.status_code, answer.json()["code"]))
        case.validate_response(answer, excluded_checks=UNCHECKED)

    check()
    return seen


@pytest.mark.parametrize("caller", CALLERS)
def test_what_is_theirs_is_answered_as_described(met: Living, caller: Caller) -> None:
    """About what there is and what there is not: what is described, and never a 5xx."""
    theirs = sorted(name for name in ACCESS.keys() - SOCKETS if caller in ACCESS[name])
    statuses = {name: answers_of(met, caller, name) for name in theirs}
    assert any(200 <= status < 300 for status in set.union(*statuses.values()))
    # only people may lack a role beside the right to ask, and only reviewers suspect fraud as they cancel
    refused = {name for name, seen in statuses.items() if 403 in seen}
    assert caller in (APP, REVIEWER) or refused <= {"cancel_verification"}


@pytest.mark.parametrize("caller", CALLERS)
def test_what_is_not_theirs_is_forbidden(met: Living, caller: Caller) -> None:
    """Before anything else is looked at: a good request about something that there is learns no more than that."""
    others = sorted(name for name in ACCESS.keys() - SOCKETS if caller not in ACCESS[name])
    assert set(others) >= {name for name in LIFE if caller not in ACCESS[name]}
    assert {name: refusals_of(met, caller, name) for name in others} == {
        name: {(403, "forbidden")} for name in others
    }


@pytest.mark.parametrize("caller", CALLERS)
def test_chains_of_one_caller(met: Living, caller: Caller) -> None:
    """What answers share with requests makes chains, of which each step is asked by the same caller."""
    base = met.described.as_state_machine()
    seen: Tally = Tally()

    class Chains(base):
        """Steps about what there is, and about what the chain makes."""

        def before_call(self, case: schemathesis.Case) -> None:
            placed(met, case, seen.total())

        def get_call_kwargs(self, case: schemathesis.Case) -> dict:
            return {"headers": met.headers(caller)}

        def validate_response(self, response, case, additional_checks=(), **more) -> None:
            name = case.operation.definition.raw["operationId"]
            seen[name, response.status_code] += 1
            allowed = name in PUBLIC or caller in ACCESS[name]
            # a bad request may be one that shows nobody
            shown = case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE
            assert allowed or response.status_code in ({403} if shown else {401, 403}), (name, response.status_code)
            assert response.status_code < 500, name
            excluded = [*UNCHECKED, *NO_JSON.get(name, [])]
            case.validate_response(response, additional_checks=additional_checks, excluded_checks=excluded)

    limits = settings(quick(1), stateful_step_count=STEPS)
    for number in range(CHAINS):
        # the tool notices that the service remembers earlier chains, and ends this one
        with suppress(FlakyStrategyDefinition):
            run_state_machine_as_test(seed(number)(Chains), settings=limits)
    assert seen.total() > STEPS


def test_everything_but_sockets_is_described() -> None:
    """What is not in the description is not asked here."""
    assert ACCESS.keys() | PUBLIC == OPERATIONS.keys() | SOCKETS


def test_people_are_more_than_callers() -> None:
    """What this file leaves out: a phone by itself and the console's own pages, which other parts test."""
    assert set(Caller) - set(CALLERS) == {Caller.DEVICE, Caller.STAFF}
    assert PEOPLE - set(CALLERS) == {Caller.STAFF}
