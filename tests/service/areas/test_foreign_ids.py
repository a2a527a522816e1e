"""No answer tells whether a foreign id exists: not the status, not the body, no header (API.md section 5).

Each route with an id in its path is asked for ids that exist and are somebody else's, and for one that never was.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.routing import APIRoute
from starlette.routing import WebSocketRoute

from service.api.v1.access import ACCESS, PUBLIC, SCOPES
from service.app import _ROUTERS
from service.domain.clients import Client, ClientKind
from service.domain.devices import Device, DeviceStatus, KeyProtection, Platform
from service.domain.identity import Caller, Role
from service.domain.orders import Actor, Order
from service.domain.pairing import Pairing
from service.domain.people import Person, PersonStatus
from service.domain.result import ResultRecord
from service.domain.sessions import Session
from service.domain.verification import Kind
from tests.service.areas.conftest import ORGANISATION, headers
from tests.service.areas.test_protected_cases import without_id
from tests.service.conftest import NOW
from tests.service.counter import CHECKLIST
from tests.service.live.wire import hello
from tests.service.sockets import shaken

ANOTHER = "Another organisation"


def operation(route: APIRoute | WebSocketRoute) -> str:
    """The name of a route in the table of access."""
    return str(route.app.operation_id if isinstance(route, WebSocketRoute) else route.operation_id)


ROUTES = [
    route for router in _ROUTERS for route in router.routes if "{" in route.path and operation(route) not in PUBLIC
]
ROLES = sorted(frozenset(Role) - {Role.PROTECTED_IDENTITY})
AT = "2026-11-24T09:00:00Z"
#: Bodies that are good, so that nothing but the id is in the way.
BODIES: dict[str, dict[str, object]] = {
    "capture_mrz": {"lines": ["P<UTO", "L8"], "source": "typed"},
    "submit_chip": {"files": {"DG1": "YQNfHwA"}},
    "relay_live_frame": hello(),
    "review_verification": {"decision": "approve", **CHECKLIST, "decision_hash": "0" * 64},
    "cancel_verification": {},
    "give_notice": {"version": "1", "language": "sv", "given_at": AT},
    "look_up_status": {"source": "polisen", "status": "valid", "document": "passport"},
    "revoke_verification": {"reason": "wrong_person"},
    "consume_result": {"order_reference": "order-1"},
    "record_order_event": {"type": "cancelled", "at": AT},
    "change_roles": {"roles": ["auditor"], "areas": None},
    "change_particulars": {"given_name": "Anna", "family_name": "Specimen"},
    "vouch_for_person": {},
    "confirm_device": {"fingerprint": "0000 0000 0000 0000 0000 0000 0000 0000"},
    "renew_attestation": {"attestation": {"format": "android", "chain": ["MDA"]}},
}


def named(prefix: str, letter: str) -> str:
    """An id."""
    return f"{prefix}_{letter * 26}"


@pytest.fixture
def foreign(client, services, opened) -> dict[str, list[str]]:
    """Ids that exist, by the first part of the path, and that are nobody's whom these tests ask as."""
    cases = [
        opened(key="one", id="pe_other", organisation=ANOTHER),
        opened({"area": "south"}, key="two", id="pe_south"),
        opened(key="three", id="pe_whole"),
        opened(
            {"area": "north", "protected": True},
            key="four",
            id="pe_kur",
            roles=["id_administrator", "protected_identity"],
        ),
    ]
    cases = [case.rpartition("/")[2] for case in cases]
    results = [f"{number:08}-0000-4000-8000-000000000000" for number in range(len(cases))]
    with services.database.changing() as work:
        for jti, case in zip(results, cases, strict=True):
            work.results.add(ResultRecord(jti, f"{jti[:-1]}1", case, NOW))
        work.people.add(_person(named("pe", "B")))
        work.sessions.add(_session(named("ss", "B"), named("pe", "B")), "0" * 64)
        work.devices.add(_device(named("de", "B")))
        work.pairings.add("1" * 64, _pairing(named("pa", "B")))
        for letter, organisation in (("B", ANOTHER), ("C", ORGANISATION)):
            portal = Client(
                named("cl", letter),
                organisation,
                ClientKind.PORTAL,
                f"portal {letter}",
                f"https://{letter.lower()}.invalid",
                frozenset(),
                (),
                NOW,
            )
            work.clients.add(portal)
            kind = Kind.RESERVE_CARD_NO_PNR
            work.orders.add(
                Order(named("or", letter), organisation, portal.id, kind, "order-1", Actor.ADMINISTRATOR, NOW)
            )
    return {
        "verifications": cases,
        "results": results,
        "people": [named("pe", "B")],
        "sessions": [named("ss", "B")],
        "devices": [named("de", "B")],
        "pairings": [named("pa", "B")],
        "orders": [named("or", "B"), named("or", "C")],
    }


NEVER = {
    "verifications": named("vs", "A"),
    "results": "ffffffff-0000-4000-8000-000000000000",
    "people": named("pe", "A"),
    "sessions": named("ss", "A"),
    "devices": named("de", "A"),
    "pairings": named("pa", "A"),
    "orders": named("or", "A"),
}


def ask(client, route: APIRoute | WebSocketRoute, caller: Caller, id_: str):
    """The route, for this id, with a good body, by somebody who works in the north."""
    name = operation(route)
    scopes = sorted(SCOPES.get(name, ())) if caller not in (Caller.REVIEWER, Caller.STAFF) else None
    who = {
        "id": "pe_asks",
        "callers": [caller],
        "roles": ROLES if caller in (Caller.APP, Caller.REVIEWER, Caller.STAFF) else [],
        "areas": ["north"] if caller in (Caller.APP, Caller.REVIEWER, Caller.STAFF) else None,
        "only": named("or", "D") if caller is Caller.HOLDER else None,
        "scopes": scopes,
    }
    # a key of its own for each id: an answer is never one that was remembered
    sent = headers(f"{name}-{id_}", "review", **who)
    path = route.path.replace("{id}", id_).replace("{jti}", id_)
    if isinstance(route, WebSocketRoute):
        return shaken(client, path, sent)
    (method,) = route.methods
    if name == "capture_photo":
        return client.request(method, path, headers=sent | {"Content-Type": "image/jpeg"}, content=b"octets")
    body = BODIES.get(name)
    return client.request(method, path, headers=sent, **({} if body is None else {"json": body}))


def test_every_first_part_is_here() -> None:
    assert {route.path.split("/")[2] for route in ROUTES} == set(NEVER)


def test_a_foreign_id_and_one_that_never_was(client, foreign) -> None:
    asked = [(route, caller) for route in ROUTES for caller in sorted(ACCESS[operation(route)])]
    for route, caller in asked:
        part, told = route.path.split("/")[2], (operation(route), caller)
        never = ask(client, route, caller, NEVER[part])
        assert (told, never.status_code, never.json()["code"]) == (told, 404, "not_found"), never.text
        hidden = foreign[part]
        if part in ("verifications", "results") and caller is Caller.PORTAL:
            # a portal is of all areas; what is protected, and what is another organisation's, is not there for it
            hidden = [hidden[0], hidden[3]]
        for id_ in hidden:
            assert (told, without_id(ask(client, route, caller, id_))) == (told, without_id(never))
    # the routes of a counter, of an office and of portals, by each of their callers
    assert len(asked) >= 48


def _person(id_: str) -> Person:
    return Person(
        id_,
        ANOTHER,
        frozenset({Role.ID_ADMINISTRATOR}),
        None,
        PersonStatus.ACTIVE,
        NOW,
        ("Anna", "Specimen"),
        "1990-01-01",
    )


def _session(id_: str, person: str) -> Session:
    return Session(id_, person, ("passkey",), NOW, NOW, NOW, NOW + timedelta(hours=10))


def _device(id_: str) -> Device:
    return Device(
        id_,
        ANOTHER,
        "k" * 43,
        "{}",
        Platform.HARNESS,
        KeyProtection.SOFTWARE,
        DeviceStatus.PENDING,
        NOW,
        named("pe", "B"),
    )


def _pairing(id_: str) -> Pairing:
    until = NOW + timedelta(seconds=60)
    return Pairing(id_, ANOTHER, named("pe", "B"), named("ss", "B"), "1234", NOW, until)


def test_a_declared_length_is_refused_before_anybody_is_asked_who_they_are(client, opened) -> None:
    """It is a matter of path and length alone: the same for strangers, for others and for ids that never were."""
    case = opened(id="pe_plain")
    paths = [case, "/v1/verifications/vs_" + "A" * 26]
    too_long = {"Content-Length": str(4 * 1024 * 1024 + 1), "Content-Type": "application/json"}
    answers = [
        client.post(f"{path}/chip", content=iter([b"x"]), headers=too_long | who)
        for path in paths
        for who in ({}, headers(id="pe_plain"), headers(id="pe_other", organisation="another"))
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(413, "body_too_large")}
    bodies = [{name: said for name, said in answer.json().items() if name != "request_id"} for answer in answers]
    assert bodies == [bodies[0]] * 6
