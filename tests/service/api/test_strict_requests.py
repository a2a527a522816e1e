"""Requests that say two things, or something that looks like a yes, decide nothing."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from sqlalchemy import make_url

from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import SpecimenIssuer
from service.api.v1.problems import MAX_ERRORS
from service.domain.errors import ConfigurationError
from service.settings import Settings
from service.wiring import open_database
from tests.service.counter import CHECKLIST, Counter


def raw(counter: Counter, path: str, body: bytes, person: int = 0):
    return counter.request("POST", path, person=person, content=body, headers={"Content-Type": "application/json"})


def test_a_decision_given_twice_is_none(counter: Counter, document) -> None:
    case = counter.checked(document)
    body = json.dumps(
        {"decision": "approve", **CHECKLIST, "decision_hash": counter.get(case).json()["decision_hash"]}
    )
    answer = raw(counter, f"{case}/reviews", body.replace("{", '{"decision": "refuse", ', 1).encode())
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
    assert counter.get(case).json()["reviews"] == []


@pytest.mark.parametrize("yes", [1, "true", "on"])
def test_only_true_is_true(counter: Counter, document, yes: object) -> None:
    case = counter.checked(document)
    answer = counter.review(case, 0, face={"same_person": yes, "features_compared": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize(
    "body",
    [
        '{"kind": "reserve_card_no_pnr"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"kind": "reserve_card_no_pnr"}',
        b'{"kind": NaN}',
        b'{"kind": "reserve_card_no_pnr", "kind": "reserve_card_no_pnr"}',
        json.dumps({str(number): 0 for number in range(1_200)}).encode(),
        b"[" * 10_000,
    ],
    ids=["utf-16", "byte-order-mark", "nan", "key-twice", "many-keys", "deep"],
)
def test_what_is_no_json_of_ours(counter: Counter, body: bytes) -> None:
    answer = raw(counter, "/v1/verifications", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_errors_are_counted(counter: Counter) -> None:
    answer = counter.post("/v1/verifications", {str(number): 0 for number in range(500)})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == MAX_ERRORS


def test_nobody_is_sent_to_another_host(counter: Counter) -> None:
    answer = counter.client.get("/v1/catalogue/", headers={"Host": "evil.example"}, follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_typing_slip_is_asked_about(counter: Counter, document) -> None:
    """A check digit that does not hold is a slip of the finger before it is a false passport."""
    case = counter.open()
    first, second = document.mrz_lines
    slip = second[:13] + str((int(second[13]) + 1) % 10) + second[14:]
    assert counter.mrz(case, (first, slip), source="typed")["status"] == "confirm"
    assert counter.mrz(case, (first, second), source="typed")["status"] == "accepted"
    assert counter.read_chip(case, document)["state"] == "checked"


def test_dg11_never_names_another_person(counter: Counter, issuer: SpecimenIssuer) -> None:
    """DG11 of somebody else under DG1: people may approve what is raised, the name stays DG1's."""
    document = issuer.issue(replace(MARTA, full_name=("Somebody", "Else")))
    case = counter.checked(document)
    assert "cross.dg11_dg1" in counter.get(case).json()["report"]["attention"]
    for person in (0, 1):
        assert counter.review(case, person, reason="seen").status_code == 201
    payload = counter.get(f"{case}/result").text.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))["verified_claims"]["claims"]
    assert claims["family_name"] == "AAKERSTROEM"


def test_the_database_is_its_owners_alone(settings: Settings) -> None:
    if settings.database_url is not None:
        assert make_url(settings.database_url).get_backend_name() == "postgresql"
        return
    settings.data_dir.mkdir(exist_ok=True)
    settings.data_dir.chmod(0o755)
    open_database(settings).engine.dispose()
    assert {file.stat().st_mode & 0o077 for file in settings.data_dir.glob("passkoll.sqlite3*")} == {0}


@pytest.mark.parametrize("url", ["foo", "mysql://localhost/x", "postgresql+psycopg://postgres:secret@127.0.0.1:1/x"])
def test_a_database_that_cannot_be_opened_is_said_without_its_address(settings: Settings, url: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened") as raised:
        open_database(settings.model_copy(update={"database_url": url}))
    assert "secret" not in str(raised.value)
