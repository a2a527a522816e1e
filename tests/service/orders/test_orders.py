"""Orders of portals over HTTP, with real tokens."""

from __future__ import annotations

import pytest

from service.domain.identity import Role
from tests.service.devices.world import ELSEWHERE, Phone
from tests.service.two_people.desk import KIND, Desk, Portal

ORDER = KIND | {"order_reference": "order-1"}
HOLDER = ORDER | {"actor": "holder"}
NOW = "2026-11-24T09:30:00Z"


def made(portal: Portal, body: dict = ORDER) -> dict:
    """An order."""
    answer = portal.post("/v1/orders", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def code_of(answer) -> str:
    """Why something was refused."""
    assert answer.status_code >= 400, answer.text
    return answer.json()["code"]


def holders_phone(desk: Desk, order: dict) -> Phone:
    """The person's own phone, enrolled with the code of the order."""
    phone = desk.world.phone()
    answer = phone.enrol(order["holder_code"]["code"])
    assert (answer.status_code, answer.json()["status"]) == (201, "active"), answer.text
    return phone


# --- the order


def test_an_order(portal: Portal) -> None:
    order = made(portal)
    assert (order["state"], order["actor"], order["holder_code"]) == ("open", "administrator", None)
    assert portal.get(order["links"]["self"]).json() == order


def test_the_same_wish_is_the_same_order(portal: Portal) -> None:
    order = made(portal)
    assert made(portal) == order
    assert code_of(portal.post("/v1/orders", HOLDER)) == "idempotency_mismatch"


def test_each_portal_has_orders_of_its_own(desk: Desk, portal: Portal) -> None:
    order = made(portal)
    for other in (desk.portal("NEIGHBOUR"), desk.portal("STRANGER", ELSEWHERE)):
        assert code_of(other.get(order["links"]["self"])) == "not_found"
        event = {"type": "cancelled", "at": NOW}
        assert code_of(other.post(order["links"]["events"], event)) == "not_found"
        # the reference of another one tells nothing either
        assert made(other)["id"] != order["id"]


@pytest.mark.parametrize("path", ["/v1/orders/or_" + "A" * 26, "/v1/orders/vs_" + "A" * 26, "/v1/orders/%00"])
def test_what_is_no_order(portal: Portal, path: str) -> None:
    assert code_of(portal.get(path)) == "not_found"


def test_an_order_from_verification_to_card(desk: Desk, portal: Portal) -> None:
    """Two administrators verify; the result is for the portal of the order, and for no other one."""
    order = made(portal)
    events = order["links"]["events"]
    assert code_of(portal.post(events, {"type": "issued", "at": NOW})) == "order_state"
    case = desk.captured(order_reference="order-1")
    assert desk.review(desk.first, case).status_code == 201
    assert desk.review(desk.second, case).status_code == 201
    shown = portal.get(order["links"]["self"]).json()
    assert (shown["state"], shown["verifications"]) == (
        "verified",
        [{"id": case.rpartition("/")[2], "state": "approved"}],
    )
    assert portal.get(f"{case}/result").status_code == 200
    assert code_of(desk.portal("NEIGHBOUR").get(f"{case}/result")) == "not_found"
    for number, event in enumerate(("issued", "handed_over", "activated", "returned"), start=1):
        answer = portal.post(events, {"type": event, "at": NOW})
        assert (answer.status_code, len(answer.json()["events"])) == (201, number), answer.text
    assert portal.post(events, {"type": "returned", "at": NOW}).json() == answer.json()
    assert code_of(portal.post(events, {"type": "returned", "at": "2026-11-24T09:29:00Z"})) == "already_recorded"
    told = [details for action, details in desk.world.recorded() if action == "order_event_recorded"]
    assert told == [
        {"order": order["id"], "event": event} for event in ("issued", "handed_over", "activated", "returned")
    ]


def test_a_verified_order_opens_no_other_verification(desk: Desk, portal: Portal) -> None:
    made(portal)
    case = desk.captured(order_reference="order-1")
    desk.review(desk.first, case)
    desk.review(desk.second, case)
    answer = desk.phone.post("/v1/verifications", desk.token, ORDER)
    assert code_of(answer) == "order_state"


def test_nobody_gets_a_result_for_a_cancelled_order(desk: Desk, portal: Portal) -> None:
    order = made(portal)
    case = desk.captured(order_reference="order-1")
    desk.review(desk.first, case)
    desk.review(desk.second, case)
    answer = portal.post(order["links"]["events"], {"type": "cancelled", "at": NOW})
    assert answer.json()["state"] == "cancelled"
    assert code_of(portal.get(f"{case}/result")) == "order_state"
    assert code_of(desk.phone.post("/v1/verifications", desk.token, ORDER)) == "order_state"


def test_two_portals_with_one_reference(desk: Desk, portal: Portal) -> None:
    """An administrator cannot say which one is meant; the portals can."""
    order, other = made(portal), desk.portal("NEIGHBOUR")
    made(other)
    assert code_of(desk.phone.post("/v1/verifications", desk.token, ORDER)) == "order_mismatch"
    assert portal.post("/v1/verifications", ORDER).status_code == 201
    assert len(portal.get(order["links"]["self"]).json()["verifications"]) == 1


def test_people_make_no_orders(desk: Desk) -> None:
    issuer = desk.world.person("ISSUER", *Role)
    assert code_of(issuer.post("/v1/orders", ORDER)) == "forbidden"
    assert code_of(desk.phone.post("/v1/orders", desk.token, ORDER)) == "forbidden"


# --- the holder


def test_a_holder_verifies_alone_and_two_people_decide(desk: Desk, portal: Portal) -> None:
    """From the order to the signed result, with the person's own phone."""
    order = made(portal, HOLDER)
    phone = holders_phone(desk, order)
    token = phone.token()
    case = desk.captured(phone, token)
    shown = phone.get(case, token).json()
    assert (shown["order_reference"], shown["next_step"]) == ("order-1", "wait_review_1")
    for console in (desk.first, desk.second):
        assert desk.review(console, case).status_code == 201
    shown = phone.get(case, token).json()
    assert (shown["state"], shown["reviews"], shown["revocation"], shown["findings"]) == ("approved", [], None, [])
    assert portal.get(order["links"]["self"]).json()["state"] == "verified"
    assert portal.get(f"{case}/result").status_code == 200


def test_a_phone_of_a_holder_does_one_thing(desk: Desk, portal: Portal) -> None:
    """Its own order, and nothing of anybody else's: what is not its is not there."""
    phone = holders_phone(desk, made(portal, HOLDER))
    token = phone.token()
    others = desk.opened()
    made(portal, HOLDER | {"order_reference": "order-2"})
    lines = {"lines": list(desk.document.mrz_lines), "source": "app_ocr"}
    assert code_of(phone.post("/v1/verifications", token, KIND | {"order_reference": "order-2"})) == "order_mismatch"
    assert code_of(phone.get(others, token)) == "not_found"
    assert code_of(phone.post(f"{others}/mrz", token, lines)) == "not_found"
    assert code_of(phone.post(f"{others}/cancel", token)) == "not_found"
    assert phone.get("/v1/verifications?mine", token).json() == {"verifications": []}
    case = desk.captured(phone, token)
    for method, path in (
        ("POST", f"{case}/reviews"),
        ("GET", f"{case}/portrait"),
        ("GET", f"{case}/result"),
        ("POST", f"{case}/hand-overs"),
        ("POST", "/v1/hand-overs/claim"),
        ("POST", "/v1/orders"),
        ("GET", "/v1/devices"),
        ("GET", "/v1/people"),
    ):
        assert code_of(phone.request(method, path, token)) == "forbidden", path


def test_one_phone_for_each_order(desk: Desk, portal: Portal) -> None:
    """Whoever comes second has nothing, with whatever code: a second phone is a second person."""
    order = made(portal, HOLDER)
    again = made(portal, HOLDER)
    assert again["id"] == order["id"]
    assert again["holder_code"]["code"] != order["holder_code"]["code"]
    assert code_of(desk.world.phone().enrol(order["holder_code"]["code"])) == "not_found"
    holders_phone(desk, again)
    assert code_of(desk.world.phone().enrol(again["holder_code"]["code"])) == "not_found"
    assert made(portal, HOLDER)["holder_code"] is None


def test_the_code_ends_with_its_time(desk: Desk, portal: Portal) -> None:
    order = made(portal, HOLDER)
    desk.world.clock.advance(days=7)
    assert code_of(desk.world.phone().enrol(order["holder_code"]["code"])) == "not_found"


def test_the_code_ends_with_the_order(desk: Desk, portal: Portal) -> None:
    order, other = made(portal, HOLDER), made(portal, HOLDER | {"order_reference": "order-2"})
    phone = holders_phone(desk, other)
    token = phone.token()
    for cancelled in (order, other):
        assert portal.post(cancelled["links"]["events"], {"type": "cancelled", "at": NOW}).status_code == 201
    assert code_of(desk.world.phone().enrol(order["holder_code"]["code"])) == "not_found"
    assert code_of(phone.post("/v1/verifications", token, KIND)) == "unauthenticated"
    assert code_of(portal.post("/v1/orders", HOLDER)) == "order_state"


def test_what_people_refused_the_person_does_not_try_again(desk: Desk, portal: Portal) -> None:
    phone = holders_phone(desk, made(portal, HOLDER))
    token = phone.token()
    assert desk.review(desk.first, desk.captured(phone, token), "refuse").status_code == 201
    again = KIND | {"retry_reason": "refused_by_mistake"}
    assert code_of(phone.post("/v1/verifications", token, again)) == "reason_required"
    answer = desk.phone.post("/v1/verifications", desk.token, ORDER | {"retry_reason": "refused_by_mistake"})
    assert answer.status_code == 201


def test_nobody_reads_the_code_of_a_holder_later(desk: Desk, portal: Portal) -> None:
    order = made(portal, HOLDER)
    code = order["holder_code"]["code"]
    assert portal.get(order["links"]["self"]).json()["holder_code"] is None
    assert code not in repr(desk.world.recorded())
    with desk.world.services.database.engine.connect() as connection:
        from service.adapters.db.device_tables import enrolments

        assert code not in repr(connection.execute(enrolments.select()).all())
