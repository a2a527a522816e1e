"""The OpenAPI description is committed, true, and enough to program against."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
)
from starlette.testclient import TestClient

from mrtd.specimen import breakage
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service.api.v1.access import PUBLIC
from service.api.v1.problems import PROBLEMS
from service.app import application, contract
from service.domain.errors import ProblemCode
from service.settings import Settings
from tests.service import two_persons
from tests.service.api.test_results import payload_of
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.photo_reader import PlannedReader
from tests.service.swedish import swedish

#: A route and kind of request each; the whole file stays within half a minute.
EXAMPLES = 40
#: A dump must be one of a chip, an approval must agree with its answers, nothing is given tomorrow, the chip must
#: hold a picture that can be shown, a protected case is opened with a reason, an order reference stands for one
#: order, people are born on some days and not on others, a place offers some ways to sign in, a certificate is DER,
#: words of a phone are counted in octets, and its numbers have no point: no schema can say that.
BEYOND_A_SCHEMA = (
    "make_order",
    "invite_person",
    "change_particulars",
    "begin_sign_in",
    "enrol_device",
    "renew_attestation",
    "submit_chip",
    "inspect_dump",
    "review_verification",
    "give_notice",
    "show_portrait",
    "protect_verification",
    "relay_live_frame",
)
#: Their requests and errors are those of RFC 6749, which test_token_endpoint.py looks into.
OAUTH = ("issue_token", "revoke_token")
#: Octets that are no picture are answered with advice; no schema can tell them from a picture.
ANY_OCTETS = ("capture_photo",)
#: The tool takes application/jwt for JSON; test_results.py looks into it.
NO_JSON = ("fetch_result",)
COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
OPERATIONS = {
    operation["operationId"]: operation for path in contract()["paths"].values() for operation in path.values()
}


def test_the_committed_description_is_up_to_date() -> None:
    """Outsiders program against docs/openapi.json."""
    assert json.loads(COMMITTED.read_text("utf-8")) == contract()


def test_every_problem_code_is_an_enum_value_and_documented() -> None:
    assert set(contract()["components"]["schemas"]["ProblemCode"]["enum"]) == set(ProblemCode)
    described = json.dumps([operation["responses"] for operation in OPERATIONS.values()])
    everywhere = {ProblemCode.INTERNAL_ERROR, ProblemCode.METHOD_NOT_ALLOWED}
    assert [code for code in ProblemCode if f"`{code}`" not in described] == [
        code for code in ProblemCode if code in everywhere
    ]


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_describe_their_problems(name: str) -> None:
    """Problem details, under the statuses of their codes, and nothing of the framework's own."""
    responses = OPERATIONS[name]["responses"]
    assert OPERATIONS[name]["summary"]
    if name not in PUBLIC:
        assert {"401", "403"} <= set(responses)
        assert OPERATIONS[name]["security"]
    for status, response in responses.items():
        if status.startswith("2"):
            continue
        if name in OAUTH and status == "400":
            assert set(response["content"]) == {"application/json"}
            continue
        assert set(response["content"]) == {"application/problem+json"}
        codes = [code for code in ProblemCode if f"`{code}`" in response["description"]]
        assert codes
        assert {PROBLEMS[code].status for code in codes} == {int(status)}
    assert "HTTPValidationError" not in contract()["components"]["schemas"]


# --- schemathesis: what the description promises, for generated requests


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory, issuer, document, trust) -> Iterator[tuple[Counter, list, str]]:
    """A service with a verification in every state, and a result."""
    data = tmp_path_factory.mktemp("data")
    many = dict.fromkeys(("limit_known", "limit_reading", "limit_sign_in", "limit_strangers"), 1_000_000)
    services = two_persons.wire(
        Settings(data_dir=data, trust=(trust,), **many), clock=ManualClock(), reader=PlannedReader()
    )
    with TestClient(application(services)) as client:
        counter = Counter(client, services.identity.tokens)
        clone = breakage.clone(document, BRAINPOOL_P256R1)
        refused = counter.captured(clone)
        counter.read_chip(refused, clone)
        # approved first: from then on the same passport is in another case, which needs a reason
        issued, approved = counter.approved(document), counter.approved(document)
        reviewed = counter.checked(document)
        counter.review(reviewed, 0)
        unproven = counter.captured(document)
        counter.post(f"{unproven}/chip", SpecimenChip(document).to_json_body())
        jti = payload_of(counter.get(f"{issued}/result").text)["jti"]
        cases = [
            counter.open(),
            counter.captured(document),
            unproven,
            counter.checked(document),
            swedish(services, counter.checked(document)),
            reviewed,
            approved,
            issued,
            refused,
        ]
        yield counter, [case.rpartition("/")[2] for case in cases], jti


@pytest.fixture(scope="module")
def described(living):
    """The schema of the living service."""
    return schemathesis.openapi.from_asgi("/openapi.json", living[0].client.app)


def kinds_of_requests() -> list[tuple[str, GenerationMode]]:
    """Every route with good requests, and with bad ones where there is anything to do wrong."""
    return [
        (name, mode)
        for name, operation in OPERATIONS.items()
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or operation.keys() & {"parameters", "requestBody"}
    ]


@pytest.mark.parametrize(("name", "mode"), kinds_of_requests(), ids=lambda value: getattr(value, "value", value))
def test_generated_requests(living, described, name: str, mode: GenerationMode) -> None:
    """On every route, in every state, by both persons: only what is described is answered."""
    counter, ids, jti = living
    operation = described.find_operation_by_id(name)
    excluded = [positive_data_acceptance] if name in BEYOND_A_SCHEMA else []
    excluded += [negative_data_rejection, positive_data_acceptance] if name in (*ANY_OCTETS, *OAUTH) else []
    excluded += [response_schema_conformance] if name in NO_JSON else []

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode), st.integers(0, len(ids)), st.integers(0, 1))
    def check(case: schemathesis.Case, place: int, person: int) -> None:
        if place < len(ids) and "id" in case.path_parameters:
            case.path_parameters["id"] = ids[place]
        if place < len(ids) and "jti" in case.path_parameters:
            case.path_parameters["jti"] = jti
        headers = {"Authorization": f"Bearer {counter.tokens[person]}"}
        if mode is GenerationMode.POSITIVE:
            # each request asks for something of its own; one key for two bodies is a mistake that a schema cannot see
            headers["Idempotency-Key"] = str(uuid.uuid4())
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    check()
