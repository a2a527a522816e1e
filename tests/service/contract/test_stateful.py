"""Chains of requests through the description: everything that is answered is described, and every operation succeeds.

schemathesis makes the chains from `docs/openapi.json`, by the ids that answers and requests share. Steps that no
schema can know (what a chip signed, whose review, which digest) are mostly what a counter would send, so that the
chains get far; every answer is held against all checks of the tool.
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
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
)
from starlette.testclient import TestClient

from mrtd.specimen.chip import SpecimenChip
from service import wiring
from service.app import application, contract
from service.settings import Settings
from tests.service import two_persons
from tests.service.api.test_results import payload_of
from tests.service.conftest import ManualClock
from tests.service.contract.hello import HELLO
from tests.service.counter import CHECKLIST, Counter, from_base64url
from tests.service.photo_reader import PlannedReader, read
from tests.service.pictures.made import plain
from tests.service.swedish import swedish

#: Each of its own, since the tool expects that the same steps are answered alike, and here others came before.
CHAINS = 8
STEPS = 15
OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, item in contract()["paths"].items()
    for method, operation in item.items()
}
#: What one person can do who may everything. Marks, hand-overs and orders are in `test_callers`; signing in, people
#: and phones have whole lives of their own.
HERE = {
    operation["operationId"]
    for item in contract()["paths"].values()
    for operation in item.values()
    if set(operation["tags"]) & {"verifications", "results", "inspections", "meta"}
} - {"protect_verification"}
#: As in tests/service/test_contract.py: what no schema can say, and the answer in application/jwt.
EXCLUDED = {"fetch_result": [response_schema_conformance]}
ORDER = "order-1"


@dataclass
class Living:
    """A service, who asks it, and how often each operation was answered with what."""

    services: wiring.Services
    counter: Counter
    reader: PlannedReader
    answered: Tally = field(default_factory=Tally)


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory, trust: Path) -> Iterator[Living]:
    """One for all chains: what one leaves behind the next one meets."""
    many = dict.fromkeys(("failures_refused", "limit_known", "limit_reading", "limit_strangers"), 1_000_000)
    made = Settings(data_dir=tmp_path_factory.mktemp("data"), trust=(trust,), **many)
    reader = PlannedReader()
    services = two_persons.wire(made, clock=ManualClock(), reader=reader)
    with TestClient(application(services)) as client:
        yield Living(services, Counter(client, services.identity.tokens), reader)


@pytest.fixture(scope="module")
def described(living: Living):
    """The description of the living service."""
    return schemathesis.openapi.from_asgi("/openapi.json", living.counter.client.app)


def ask(living: Living, described, name: str, person: int = 0, **parts):
    """One request as a counter sends it, held against all checks; its answer."""
    case = described.find_operation_by_id(name).Case(**parts)
    headers = {"Authorization": f"Bearer {living.counter.tokens[person]}", "Idempotency-Key": str(uuid.uuid4())}
    answer = case.call_and_validate(headers=headers, excluded_checks=EXCLUDED.get(name, []))
    assert 200 <= answer.status_code < 300, (name, answer.text)
    living.answered[name] += 1
    return answer


def test_every_operation_succeeds_and_passes_all_checks(living: Living, described, document) -> None:
    """A whole life by the operations of the description, in the order of a counter."""

    def of(name: str, case: str, person: int = 0, **parts):
        return ask(living, described, name, person, path_parameters={"id": case}, **parts)

    def opened() -> str:
        body = {"kind": "reserve_card_no_pnr", "order_reference": ORDER}
        return ask(living, described, "open_verification", body=body, media_type="application/json").json()["id"]

    def json(body: dict) -> dict:
        return {"body": body, "media_type": "application/json"}

    case = opened()
    of("give_notice", case, **json({"version": "1", "language": "sv", "given_at": "2026-11-24T09:29:00Z"}))
    living.reader.plan = replace(read(document.mrz_lines), page=plain("navy"), crop=plain("white"))
    of("capture_photo", case, body=b"a photo of the page", media_type="image/jpeg")
    of("capture_mrz", case, **json({"lines": list(document.mrz_lines), "source": "app_ocr"}))
    assert of("relay_live_frame", case, **json(dict(HELLO))).json()["type"] == "apdus"
    challenge = of("issue_chip_challenge", case).json()["challenge"]
    of("submit_chip", case, **json(SpecimenChip(document).to_json_body(from_base64url(challenge))))
    for picture in ("show_portrait", "show_page", "show_mrz_crop"):
        of(picture, case)
    swedish(living.services, f"/v1/verifications/{case}")
    status = {"source": "polisen", "status": "valid", "document": "passport"}
    of("look_up_status", case, **json(status))
    for person in (0, 1):
        shown = of("show_verification", case, person).json()
        approval = {"decision": "approve", **CHECKLIST, "reason": "seen", "decision_hash": shown["decision_hash"]}
        of("review_verification", case, person, **json(approval))
    jti = payload_of(of("fetch_result", case).text)["jti"]
    result = {"path_parameters": {"jti": jti}}
    ask(living, described, "show_result", **result)
    ask(living, described, "consume_result", **result, **json({"order_reference": ORDER}))
    for person in (0, 1):
        of("revoke_verification", case, person, **json({"reason": "wrong_person"}))

    ended = opened()
    of("cancel_verification", ended, **json({"suspected_fraud": True}))
    ask(living, described, "list_verifications", query={"mine": ""})
    ask(living, described, "inspect_dump", **json({"dump": SpecimenChip(document).to_json_body()}))
    for name in ("show_catalogue", "show_public_keys", "show_configuration", "show_openid_configuration",
                 "show_live", "show_ready"):  # fmt: skip
        ask(living, described, name)
    assert {name for name in HERE if not living.answered[name]} == set()


def test_chains_of_requests(living: Living, described, document) -> None:
    """What answers share with requests makes chains; whatever comes, only what is described is answered."""
    tokens = living.counter.tokens
    base = described.as_state_machine()
    seen: Tally = Tally()

    class Chains(base):
        """One chain, most of whose steps are about the first verification that it opens."""

        mine: str | None = None

        def before_call(self, case: schemathesis.Case) -> None:
            name = case.operation.definition.raw["operationId"]
            if seen.total() % 3 and self.mine and "id" in (case.path_parameters or {}):
                case.path_parameters["id"] = self.mine
            if seen.total() % 3 and name in ("capture_mrz", "submit_chip", "review_verification"):
                _as_a_counter(living, case, name, document)

        def get_call_kwargs(self, case: schemathesis.Case) -> dict:
            headers = {"Authorization": f"Bearer {tokens[seen.total() % 2]}"}
            if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
                # a wrong key stays wrong; a good one asks for something of its own
                headers["Idempotency-Key"] = str(uuid.uuid4())
            return {"headers": headers}

        def validate_response(self, response, case, additional_checks=(), **more) -> None:
            name = case.operation.definition.raw["operationId"]
            seen[name, response.status_code // 100] += 1
            if (name, response.status_code) == ("open_verification", 201) and self.mine is None:
                self.mine = response.json()["id"]
            # whether good and bad data are told apart is asked of each operation in test_contract.py; here the steps
            # of a counter were put into what the tool made
            excluded = [*EXCLUDED.get(name, []), positive_data_acceptance, negative_data_rejection]
            case.validate_response(response, additional_checks=additional_checks, excluded_checks=excluded)

    limits = settings(
        max_examples=2, stateful_step_count=STEPS, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for number in range(CHAINS):
        # the tool notices that the service remembers earlier chains, and ends this one
        with suppress(FlakyStrategyDefinition):
            run_state_machine_as_test(seed(number)(Chains), settings=limits)
    assert seen.total() > CHAINS * STEPS / 2
    assert not [name for name, status in seen if status == 5]
    far = {name for name, status in seen if status == 2}
    # how far a chain comes is by lot; that every operation can succeed is the test above
    assert "open_verification" in far


def _as_a_counter(living: Living, case: schemathesis.Case, name: str, document) -> None:
    """Put in what somebody at a counter would send to this verification."""
    path = f"/v1/verifications/{case.path_parameters['id']}"
    case.media_type = "application/json"
    if name == "capture_mrz":
        case.body = {"lines": list(document.mrz_lines), "source": "app_ocr"}
    elif name == "review_verification":
        shown = living.counter.get(path)
        if shown.status_code == 200 and shown.json()["decision_hash"]:
            case.body = {"decision": "approve", **CHECKLIST, "reason": "seen",
                         "decision_hash": shown.json()["decision_hash"]}  # fmt: skip
    else:
        challenge = living.counter.post(f"{path}/chip-challenges")
        if challenge.status_code == 201:
            case.body = SpecimenChip(document).to_json_body(from_base64url(challenge.json()["challenge"]))
