"""A result is for one portal: another one of the same organisation gets nothing of it."""

from __future__ import annotations

import base64
import json

import pytest

from service.domain.clients import ClientKind
from tests.service.counter import Counter
from tests.service.tokens.keys import Key
from tests.service.tokens.world import OTHER_PORTAL, PORTAL, PORTAL_SCOPES, World

#: `aud` where no portal ordered: the setting.
DEFAULT = "https://portal.passkoll.invalid"
KIND = "reserve_card_no_pnr"


def claims_of(token: str) -> dict:
    """The payload."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture
def other(world: World) -> Key:
    """A second portal of the organisation."""
    key = Key()
    with world.services.database.changing() as work:
        work.clients.add(world.system(OTHER_PORTAL, key, ClientKind.PORTAL, "https://second.example", *PORTAL_SCOPES))
    return key


def ordered(world: World, reference: str) -> None:
    """The first portal orders."""
    body = {"kind": KIND, "order_reference": reference}
    token = world.given(world.portal, PORTAL)
    assert world.call("POST", "/v1/orders", world.portal, token, json=body).status_code == 201


def test_the_audience_is_that_of_the_portal_that_ordered(
    world: World, counter: Counter, document, other: Key
) -> None:
    ordered(world, "order-1")
    case = counter.approved(document, "order-1")
    token, foreign = world.given(world.portal, PORTAL), world.given(other, OTHER_PORTAL)
    stolen = world.call("GET", f"{case}/result", other, foreign)
    assert (stolen.status_code, stolen.json()["code"]) == (404, "not_found")
    result = world.call("GET", f"{case}/result", world.portal, token)
    assert result.status_code == 200, result.text
    claims = claims_of(result.text)
    assert claims["aud"] == "https://portal.example"
    path, body = f"/v1/results/{claims['jti']}", {"order_reference": "order-1"}
    assert world.call("GET", path, other, foreign).status_code == 404
    assert world.call("POST", f"{path}/consume", other, foreign, json=body).status_code == 404
    assert world.call("GET", path, world.portal, token).json()["status"] == "valid"
    assert world.call("POST", f"{path}/consume", world.portal, token, json=body).status_code == 200


def test_one_that_a_portal_opened(world: World, counter: Counter, document, other: Key) -> None:
    token = world.given(world.portal, PORTAL)
    case = world.open(world.portal, token).json()["links"]["self"]
    counter.mrz(case, document.mrz_lines)
    foreign = world.given(other, OTHER_PORTAL)
    for method, path in (("GET", case), ("POST", f"{case}/cancel")):
        stranger = world.call(method, path, other, foreign, **({"json": {}} if method == "POST" else {}))
        assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")
    assert world.call("GET", case, world.portal, token).status_code == 200
    assert counter.read_chip(case, document)["state"] == "checked"
    for person in (0, 1):
        assert counter.review(case, person).status_code == 201
    assert world.call("GET", f"{case}/result", other, world.given(other, OTHER_PORTAL)).status_code == 404
    result = world.call("GET", f"{case}/result", world.portal, token)
    assert claims_of(result.text)["aud"] == "https://portal.example"


def test_one_that_no_portal_ordered_is_for_the_setting(world: World, counter: Counter, document) -> None:
    """Of the portals the one with that audience gets it, if there is one."""
    case = counter.approved(document)
    token = world.given(world.portal, PORTAL)
    assert world.call("GET", f"{case}/result", world.portal, token).status_code == 404
    key = Key()
    with world.services.database.changing() as work:
        work.clients.add(world.system(OTHER_PORTAL, key, ClientKind.PORTAL, DEFAULT, *PORTAL_SCOPES))
    result = world.call("GET", f"{case}/result", key, world.given(key, OTHER_PORTAL))
    assert claims_of(result.text)["aud"] == DEFAULT
