"""Whole verifications by real tokens and sessions: two administrators with a hand-over, and one with a holder."""

from __future__ import annotations

import json

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from service.domain.identity import Role
from tests.service.two_people.desk import KIND, Desk, Portal, post

ORDER = KIND | {"order_reference": "order-1"}


def verified(desk: Desk, portal: Portal, case: str) -> dict:
    """What the portal is handed, its signature verified by another library than the one that made it."""
    token = portal.get(f"{case}/result").text
    keys = KeySet.import_key_set(desk.world.client.get("/.well-known/jwks.json").json())
    return json.loads(jws.deserialize_compact(token, keys, algorithms=["ES256"]).payload)


@pytest.mark.parametrize("actor", ["administrator", "holder"])
def test_from_the_order_to_the_receipt(desk: Desk, actor: str) -> None:
    portal = desk.portal()
    order = portal.post("/v1/orders", ORDER | {"actor": actor}).json()
    if actor == "holder":
        phone = desk.world.phone()
        assert phone.enrol(order["holder_code"]["code"]).json()["status"] == "active"
        case = desk.captured(phone, phone.token())
    else:
        case = desk.captured(order_reference="order-1")
    assert desk.review(desk.first, case).json()["next_step"] == "wait_review_2"
    code = desk.first.post(f"{case}/hand-overs").json()["code"]
    found = desk.second.post("/v1/hand-overs/claim", {"code": code}).json()["links"]["verification"]
    assert desk.review(desk.second, found).json()["state"] == "approved"

    claims = verified(desk, portal, case)
    assert claims["aud"] == "https://portal.passkoll.invalid"
    assert claims["passkoll"]["order_reference"] == "order-1"
    assert claims["verified_claims"]["claims"]["family_name"] == "Åkerström"
    # nobody who reviewed is named in it
    for person in (desk.first.person, desk.second.person):
        assert person.id not in repr(claims)
        assert str(person.hsa_id) not in repr(claims)
    receipt = portal.post(f"/v1/results/{claims['jti']}/consume", {"order_reference": "order-1"})
    assert (receipt.status_code, receipt.json()["status"]) == (200, "consumed")
    shown = portal.get(order["links"]["self"]).json()
    assert (shown["state"], shown["verifications"][0]["state"]) == ("verified", "consumed")


def test_the_trail_says_who_and_how(desk: Desk) -> None:
    """Each review with its person, and no person in the details."""
    case = desk.captured()
    for console in (desk.first, desk.second):
        assert desk.review(console, case).status_code == 201
    with desk.world.services.database.reading() as work:
        entries = work.audit.of(case.rpartition("/")[2])
        people = [work.audit.person(entry.actor) for entry in entries if entry.action == "reviewed"]
    assert people == [desk.first.person.id, desk.second.person.id]
    for entry in entries:
        assert desk.first.person.id not in repr(dict(entry.details))


def test_the_roles_of_one_person_do_not_make_two(desk: Desk) -> None:
    """Whoever has every role is still one."""
    everything = desk.world.person("EVERYTHING", *Role)
    case = desk.captured()
    assert desk.review(everything, case).status_code == 201
    assert desk.refused(everything, case) == "same_reviewer"
    body = {"reason": "wrong_person"}
    assert post(everything, f"{case}/revoke", body).status_code == 409


def test_a_second_account_confirms_no_revocation(desk: Desk) -> None:
    """Whoever asked for it cannot confirm it under another account; another person can."""
    case = desk.captured()
    for console in (desk.first, desk.second):
        assert desk.review(console, case).status_code == 201
    roles = (Role.ID_ADMINISTRATOR, Role.RESPONSIBLE_ISSUER)
    issuer = desk.world.person("ISSUER", *roles)
    again = desk.world.person("AGAIN", *roles, personal_number=issuer.person.personal_number)
    body = {"reason": "wrong_person"}
    assert post(issuer, f"{case}/revoke", body).status_code == 200
    answer = post(again, f"{case}/revoke", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "second_account")
    assert post(desk.first, f"{case}/revoke", body).json()["state"] == "revoked"
