"""Attacks over HTTP that no other file makes: foreign signers, keys said twice, keys of others, a chosen policy."""

from __future__ import annotations

import json

import cbor2
import pytest
from pydantic import ValidationError
from sqlalchemy import text
from starlette.testclient import TestClient

from mrtd.evidence import ElementaryFile
from mrtd.inspection import POLICIES
from mrtd.specimen.chip import SpecimenChip
from service import wiring
from service.app import application
from service.domain.idempotency import LEASE
from service.settings import Settings
from tests.mrtd.inspection.cms_builder import Party, lds_security_object, security_object, signer_info
from tests.mrtd.inspection.strangers import STRANGER
from tests.service.api.test_life import TwoOrganisations
from tests.service.api.test_results import payload_of
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.photo_reader import PlannedReader

CBOR = {"Content-Type": "application/cbor"}
JSON = {"Content-Type": "application/json"}


def groups_of(document) -> dict[int, bytes]:
    """The signed data groups of a document, by number."""
    return {name.data_group: data for name, data in document.files.items() if name.data_group is not None}


# --- signer mix and match (SECURITY.md 3.1)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("signers", ["the stranger alone", "the stranger and a copied signature"])
def test_a_strangers_signature_beside_the_genuine_certificate(
    counter: Counter, issuer, document, passport, order: int, signers: str
) -> None:
    """The forger's groups under the forger's signature, the state's certificate and signature beside them."""
    genuine = Party(issuer.dsc_key.private, issuer.dsc_certificate)
    forged_groups = groups_of(passport(7))
    signed, forged = lds_security_object(groups_of(document)), lds_security_object(forged_groups)
    infos = [signer_info(STRANGER, forged)]
    if signers != "the stranger alone":
        infos.append(signer_info(genuine, signed))
    certificates = [STRANGER.certificate, genuine.certificate]
    step = 1 if order == 0 else -1
    sod = security_object(forged, tuple(certificates[::step]), tuple(infos[::step]))
    forgery = passport(7).with_file(ElementaryFile.SOD, sod)
    case = counter.captured(forgery)
    answer = counter.read_chip(case, forgery)
    assert answer["next_step"] == "stop"
    assert answer["report"]["authenticity"] != "authentic"
    assert answer["report"]["chip_genuine"] != "yes"
    shown = counter.get(case).json()
    assert shown["identity_verified"] is False
    assert counter.review(case, 0).status_code == 409
    assert counter.get(f"{case}/result").status_code == 409


def test_the_same_builder_makes_a_document_that_passes(counter: Counter, issuer, document) -> None:
    """Otherwise the refusals above would prove nothing."""
    content = lds_security_object(groups_of(document))
    genuine = Party(issuer.dsc_key.private, issuer.dsc_certificate)
    sod = security_object(content, (genuine.certificate,), (signer_info(genuine, content),))
    counter.checked(document.with_file(ElementaryFile.SOD, sod))


# --- a dump that was recorded


def test_a_whole_recorded_answer_is_worth_nothing_in_another_case(counter: Counter, document, passport) -> None:
    """Files and answer of a reading that passed, octet for octet, sent once more."""
    case = counter.captured(document)
    body = SpecimenChip(document).to_json_body(counter.challenge(case))
    assert counter.post(f"{case}/chip", body).json()["state"] == "checked"
    other = counter.captured(document)
    for _ in range(2):
        # with no challenge of its own, and with one that the dump does not answer
        answer = counter.post(f"{other}/chip", body)
        if answer.status_code == 200:
            assert answer.json()["state"] != "checked"
            assert answer.json()["report"]["chip_genuine"] != "yes"
        else:
            assert answer.json()["code"] in ("wrong_state", "challenge_used")
        counter.post(f"{other}/chip-challenges")
    assert counter.get(f"{other}/result").status_code == 409


def test_a_challenge_that_was_answered_is_used_up(counter: Counter, document) -> None:
    """Also for an answer that failed, and for another key of the client."""
    case = counter.captured(document)
    challenge = counter.challenge(case)
    missing = SpecimenChip(document.without_file(ElementaryFile.DG2)).to_json_body(challenge)
    assert counter.post(f"{case}/chip", missing).json()["state"] == "mrz_captured"
    again = counter.post(f"{case}/chip", SpecimenChip(document).to_json_body(challenge))
    assert (again.status_code, again.json()["code"]) == (409, "challenge_used")


# --- keys said twice


def twice_in_cbor(document, challenge: bytes) -> bytes:
    """A map that names EF.DG1 twice: the genuine octets first, then others."""
    body = SpecimenChip(document).to_json_body(challenge)
    whole = cbor2.dumps(body)
    one = cbor2.dumps("EF.DG1") + cbor2.dumps(body["files"]["EF.DG1"])
    assert whole.count(one) == 1
    files = cbor2.dumps(body["files"])
    longer = bytes([files[0] + 1]) + files[1:] + cbor2.dumps("EF.DG1") + cbor2.dumps("YQA")
    assert whole.count(files) == 1
    return whole.replace(files, longer)


def twice_in_json(document, challenge: bytes) -> bytes:
    body = json.dumps(SpecimenChip(document).to_json_body(challenge))
    assert body.count('"EF.DG1":') == 1
    return body.replace('"EF.DG1":', '"EF.DG1": "YQA", "EF.DG1":').encode()


@pytest.mark.parametrize(("write", "headers"), [(twice_in_cbor, CBOR), (twice_in_json, JSON)], ids=["cbor", "json"])
def test_a_file_named_twice_is_no_file(counter: Counter, document, write, headers) -> None:
    case = counter.captured(document)
    challenge = counter.challenge(case)
    answer = counter.request("POST", f"{case}/chip", content=write(document, challenge), headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"] in ("malformed_request", "unreadable_dump")
    # nothing was used up: the honest phone goes on
    assert counter.post(f"{case}/chip", SpecimenChip(document).to_json_body(challenge)).json()["state"] == "checked"


# --- a policy of the client's own choice


@pytest.mark.parametrize("where", ["body", "query", "header"])
def test_a_client_cannot_choose_the_policy(counter: Counter, document, where: str) -> None:
    case = counter.captured(document)
    body = SpecimenChip(document).to_json_body(counter.challenge(case))
    query, headers = "", {}
    if where == "body":
        body |= {"policy": "forensic", "chip_proof_required": False, "realm": "production"}
    elif where == "query":
        query = "?policy=forensic"
    else:
        headers = {"X-Passkoll-Policy": "forensic"}
    answer = counter.request("POST", f"{case}/chip{query}", json=body, headers=headers)
    if answer.status_code == 200:
        assert answer.json()["report"]["policy"] == "strict-level3"
    else:
        assert where == "body"
        assert answer.status_code in (400, 422)
    opened = {"kind": "reserve_card_no_pnr", "policy": "forensic"}
    assert counter.post("/v1/verifications", opened).json()["code"] == "validation_failed"


def test_a_service_does_not_start_with_a_policy_that_is_none(tmp_path) -> None:
    with pytest.raises(ValidationError, match="strict-level3"):
        Settings(data_dir=tmp_path, policy="lenient")
    assert "lenient" not in POLICIES


def test_a_service_without_chip_proof_is_no_setting(tmp_path) -> None:
    """What the invariant of level 3 rests on is no switch."""
    for name in ("chip_proof_required", "reviewers", "four_eyes", "require_reviews"):
        with pytest.raises(ValidationError):
            Settings(**{"data_dir": tmp_path, name: False})


# --- keys of requests, and people


def test_a_key_belongs_to_the_one_who_made_it(counter: Counter, document) -> None:
    """The same key and body by another person is another request: two reviews, never one answer for both."""
    case = counter.checked(document)
    first = counter.post(f"{case}/reviews", _approval(counter, case), key="one-key")
    assert first.status_code == 201
    second = counter.post(f"{case}/reviews", _approval(counter, case), key="one-key", person=1)
    assert second.status_code == 201
    assert second.json()["state"] == "approved"
    assert second.content != first.content


def _approval(counter: Counter, case: str) -> dict:
    from tests.service.counter import CHECKLIST

    return {
        "decision": "approve",
        **CHECKLIST,
        "reason": "seen",
        "decision_hash": counter.get(case).json()["decision_hash"],
    }


def test_a_key_never_answers_for_another_organisation(settings: Settings, clock: ManualClock, document) -> None:
    identity = TwoOrganisations(clock)
    services = wiring.wire(settings, clock=clock, identity=identity, reader=PlannedReader())
    identity.register(services, "north/anna", "north/bengt", "south/anna", "south/david")
    with TestClient(application(services), raise_server_exceptions=False) as client:
        north, south = Counter(client, ("north/anna", "north/bengt")), Counter(client, ("south/anna", "south/david"))
        body = {"kind": "reserve_card_no_pnr", "order_reference": "order-1"}
        mine, theirs = (place.post("/v1/verifications", body, key="one-key").json()["id"] for place in (north, south))
        assert mine != theirs
        case = north.approved(document, "order-1")
        jti = payload_of(north.get(f"{case}/result").text)["jti"]
        used = f"/v1/results/{jti}/consume", {"order_reference": "order-1"}
        assert north.post(*used, key="one-key").status_code == 200
        stranger = south.post(*used, key="one-key")
        assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")
        portrait = south.get(f"{case}/portrait")
        assert (portrait.status_code, portrait.json()["code"]) == (404, "not_found")


def test_a_cut_off_request_blocks_nobody_longer_than_its_lease(
    counter: Counter, services, clock: ManualClock
) -> None:
    """A process that was killed while it worked: the same request waits a minute, then it is done."""
    body = {"kind": "reserve_card_no_pnr"}
    assert counter.post("/v1/verifications", body, key="mine").status_code == 201
    with services.database.engine.begin() as connection:
        # as a process leaves it that is killed after it began
        connection.execute(text("UPDATE remembered_answers SET answer = NULL, verification_id = NULL"))
    blocked = counter.post("/v1/verifications", body, key="mine")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "in_progress")
    assert int(blocked.headers["retry-after"]) <= LEASE.total_seconds()
    clock.advance(seconds=LEASE.total_seconds())
    assert counter.post("/v1/verifications", body, key="mine").status_code == 201


# --- the trail


def test_a_trail_that_somebody_changed_is_found(counter: Counter, services, settings: Settings, document) -> None:
    """With the rights of the database's owner and its triggers away; the service goes on, the check names the row."""
    from tests.service.life.server import passkoll

    case = counter.approved(document)
    whole = passkoll(settings, "audit", "verify")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    with services.database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_trail'")
            ).scalars()
            for name in list(names):
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            connection.execute(text("ALTER TABLE audit_trail DISABLE TRIGGER ALL"))
        changed = connection.execute(
            text("UPDATE audit_trail SET action = 'cancelled' WHERE action = 'reviewed' AND verification_id = :id"),
            {"id": case.rpartition("/")[2]},
        )
        assert changed.rowcount == 2
        (first,) = connection.execute(
            text("SELECT number FROM audit_trail WHERE action = 'cancelled' ORDER BY number LIMIT 1")
        ).scalars()
    found = passkoll(settings, "audit", "verify")
    assert found.returncode == 1
    assert str(first) in found.stdout


def test_a_file_swapped_between_cases_is_not_opened(counter: Counter, services, settings: Settings, passport) -> None:
    """Sealed octets belong to their place: swapped within the store, they are unreadable, and nobody is approved."""
    from service.adapters.db import vault_tables

    one, other = counter.checked(passport(1)), counter.checked(passport(2))
    with services.database.engine.connect() as connection:
        rows = connection.execute(vault_tables.blobs.select()).all()
    named = {
        case: {row.retention: row.name for row in rows if row.verification_id == case.rpartition("/")[2]}
        for case in (one, other)
    }
    paths = {path.name: path for path in (settings.data_dir / "blobs").rglob("*") if path.is_file()}
    for retention, name in named[one].items():
        paths[name].write_bytes(paths[named[other][retention]].read_bytes())
    answer = counter.get(f"{one}/portrait")
    assert (answer.status_code, answer.json()["code"]) == (503, "record_unreadable") or answer.status_code == 500
    assert b"JFIF" not in answer.content
    assert counter.get(f"{other}/portrait").status_code == 200
