"""docs/portal.md: its program gets a token and uses it, and what it says of tokens is so."""

from __future__ import annotations

import re
from pathlib import Path

from service.domain.tokens import SCOPES_OF, OAuthErrorCode, TokenKind
from tests.service.tokens.test_python_client import pem
from tests.service.tokens.world import ISSUER, ORIGIN, PORTAL, World

GUIDE = (Path(__file__).parents[3] / "docs" / "portal.md").read_text("utf-8")


def test_the_program_of_the_guide(world: World) -> None:
    (code,) = re.findall(r"```py\n(.*?)```", GUIDE, re.DOTALL)
    names: dict = {}
    exec(code, names)  # noqa: S102 - the program of the guide
    clock = lambda: world.now().timestamp()  # noqa: E731
    portal = names["Portal"](ORIGIN, ISSUER, PORTAL, pem(world.portal), world.client, clock)
    body = {"kind": "reserve_card_no_pnr", "order_reference": "A-1029"}
    made = portal.request("POST", "/v1/orders", json=body, headers={"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    first = portal.access_token()
    assert portal.access_token() == first
    world.clock.advance(minutes=10)
    assert portal.request("GET", f"/v1/orders/{made.json()['id']}").status_code == 200
    assert portal.access_token() != first


def test_the_guide_names_every_error_and_scope() -> None:
    named = set(re.findall(r"`([a-z_]+)`", GUIDE))
    assert {code.value for code in OAuthErrorCode} <= named
    assert {scope.value for scope in SCOPES_OF[TokenKind.PORTAL]} <= named
