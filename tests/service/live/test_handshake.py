"""Who opens a live reading: whoever may not is told so by HTTP, before there is any WebSocket (SECURITY.md 7.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from mrtd.specimen.card import SpecimenCard
from service.adapters.db.token_tables import access_tokens
from service.client.clock import ServiceClock
from service.client.dpop import SigningKey, proof
from tests.service.conftest import NOW
from tests.service.live.conftest import OnPhone, Place
from tests.service.live.wire import SUBPROTOCOL, Refusal, WsPhone, hello, opened, read_whole, refused

Chip = Callable[..., SpecimenCard]
#: Sessions of both databases are in test_reading, test_transport, test_sessions and test_rights.
pytestmark = pytest.mark.parametrize("place_settings", ["sqlite"], indirect=True)
NEVER = "/v1/verifications/vs_" + "A" * 26


@pytest.fixture(scope="module")
def waiting(place: Place, chip: Chip) -> str:
    """A verification whose chip may be read, by the administrator on the phone."""
    return place.case(chip())


def turned_away(place: Place, case: str, **options: Any) -> Refusal:
    """A handshake that is refused, and leaves no session and no challenge behind."""

    def seen() -> tuple[object, int]:
        return place.services.live._sessions.get(case.rpartition("/")[2]), place.challenges(case)

    before = seen()
    refusal = refused(place.app, case, **options)
    assert seen() == before
    return refusal


def token(headers: dict[str, str]) -> str:
    """The token in the headers of a request."""
    return headers["Authorization"].removeprefix("DPoP ")


class Shown:
    """What is shown of who asks, by name: headers for `path`."""

    def __init__(self, place: Place, path: str) -> None:
        self.place = place
        self.path = path
        self.good = place.app.headers("GET", path)

    def proved(self, address: str, method: str = "GET", key: SigningKey | None = None, ahead: float = 0) -> dict:
        """A good token with this proof."""
        now = ServiceClock.of(self.place.app.url).seconds() + ahead
        made = proof(key or self.place.crew.phone.key, method, address, now, token(self.good))
        return self.good | {"DPoP": made}

    @property
    def address(self) -> str:
        """What a proof is for: the address in its form of HTTP."""
        return self.place.app.url + self.path

    def no_token(self) -> dict:
        return {}

    def token_without_proof(self) -> dict:
        return {"Authorization": self.good["Authorization"]}

    def proof_without_token(self) -> dict:
        return {"DPoP": self.good["DPoP"]}

    def token_that_never_was(self) -> dict:
        return self.good | {"Authorization": "DPoP " + "A" * 43}

    def bearer(self) -> dict:
        return self.good | {"Authorization": f"Bearer {token(self.good)}"}

    def two_tokens(self) -> list:
        return [*self.good.items(), ("Authorization", self.good["Authorization"])]

    def two_proofs(self) -> list:
        return [*self.good.items(), ("DPoP", self.proved(self.address)["DPoP"])]

    def revoked_token(self) -> dict:
        app = self.place.again()
        headers = app.headers("GET", self.path)
        self.place.crew.phone.tokens.revoke(app._current())
        return headers

    def expired_token(self) -> dict:
        headers = self.place.again().headers("GET", self.path)
        digest = hashlib.sha256(token(headers).encode()).hexdigest()
        with self.place.services.database.engine.begin() as connection:
            row = update(access_tokens).where(access_tokens.c.digest == digest).values(expires_at=NOW)
            assert connection.execute(row).rowcount == 1
        return headers

    def token_of_a_portal(self) -> dict:
        return self.place.crew.portal.headers("GET", self.path)

    def token_of_a_harness(self) -> dict:
        return self.place.crew.harness.headers("GET", self.path)

    def token_of_a_phone_by_itself(self) -> dict:
        return self.place.crew.phone.by_itself().headers("GET", self.path)

    def token_that_only_reads(self) -> dict:
        return self.place.again("read").headers("GET", self.path)

    def proof_of_another_key(self) -> dict:
        return self.proved(self.address, key=SigningKey.generate())

    def proof_for_another_address(self) -> dict:
        return self.proved(self.place.app.url + NEVER + "/chip/live")

    def proof_for_frames(self) -> dict:
        return self.proved(self.address + "/frames")

    def proof_for_another_origin(self) -> dict:
        return self.proved("https://elsewhere.example" + self.path)

    def proof_for_post(self) -> dict:
        return self.proved(self.address, "POST")

    def proof_of_long_ago(self) -> dict:
        return self.proved(self.address, ahead=-120)

    def proof_of_the_future(self) -> dict:
        return self.proved(self.address, ahead=120)

    def cookie_alone(self) -> dict:
        return {"Cookie": self.place.crew.first.console._headers()["Cookie"]}

    def cookie_with_csrf(self) -> dict:
        return self.place.crew.first.console._headers()

    def cookie_beside_a_token(self) -> dict:
        return self.good | self.place.crew.first.console._headers()


UNAUTHENTICATED, INVALID_PROOF, FORBIDDEN = (
    (401, "unauthenticated"),
    (401, "invalid_proof"),
    (403, "forbidden"),
)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("no_token", UNAUTHENTICATED),
        ("proof_without_token", UNAUTHENTICATED),
        ("token_that_never_was", UNAUTHENTICATED),
        ("bearer", UNAUTHENTICATED),
        ("two_tokens", UNAUTHENTICATED),
        ("revoked_token", UNAUTHENTICATED),
        ("expired_token", UNAUTHENTICATED),
        ("cookie_alone", UNAUTHENTICATED),
        ("cookie_with_csrf", UNAUTHENTICATED),
        ("cookie_beside_a_token", UNAUTHENTICATED),
        ("token_without_proof", INVALID_PROOF),
        ("two_proofs", INVALID_PROOF),
        ("proof_of_another_key", INVALID_PROOF),
        ("proof_for_another_address", INVALID_PROOF),
        ("proof_for_frames", INVALID_PROOF),
        ("proof_for_another_origin", INVALID_PROOF),
        ("proof_for_post", INVALID_PROOF),
        ("proof_of_long_ago", INVALID_PROOF),
        ("proof_of_the_future", INVALID_PROOF),
        ("token_of_a_portal", FORBIDDEN),
        ("token_of_a_harness", FORBIDDEN),
        ("token_of_a_phone_by_itself", FORBIDDEN),
        ("token_that_only_reads", (403, "insufficient_scope")),
    ],
)
def test_whoever_may_not_read(place: Place, waiting: str, shown: str, expected: tuple[int, str]) -> None:
    headers = getattr(Shown(place, f"{waiting}/chip/live"), shown)()
    answer = turned_away(place, waiting, additional_headers=headers)
    assert answer.told == expected
    if answer.status == 401:
        # RFC 9110 §15.5.2
        assert answer.headers["WWW-Authenticate"].startswith('DPoP algs="ES256"')


def test_a_token_in_the_address_is_none(place: Place, waiting: str) -> None:
    """RFC 6750 §2.3 is not for us: addresses are written into logs on the way."""
    path = f"{waiting}/chip/live"
    query = f"?access_token={token(place.app.headers('GET', path))}"
    assert turned_away(place, waiting, path=path + query, additional_headers={}).told == UNAUTHENTICATED


def test_a_proof_opens_one_socket(place: Place, waiting: str) -> None:
    headers = place.app.headers("GET", f"{waiting}/chip/live")
    with opened(place.app, waiting, additional_headers=headers):
        pass
    assert turned_away(place, waiting, additional_headers=headers).told == INVALID_PROOF


def test_a_proof_of_a_refused_handshake_is_used_up(place: Place) -> None:
    headers = place.app.headers("GET", f"{NEVER}/chip/live")
    assert turned_away(place, NEVER, additional_headers=headers).told == (404, "not_found")
    assert turned_away(place, NEVER, additional_headers=headers).told == INVALID_PROOF


@pytest.fixture(scope="module")
def elsewhere(place: Place) -> OnPhone:
    """The same person on another phone."""
    return place.on_another_phone()


def test_another_phone_than_the_one_that_captured(place: Place, waiting: str, elsewhere: OnPhone) -> None:
    assert refused(elsewhere.app, waiting).told == (409, "other_device")


@pytest.mark.parametrize(
    "id_", ["vs_" + "A" * 26, "vs_" + "a" * 26, "vs_", "none", "%2e%2e", "vs_" + "A" * 25 + "%0A"]
)
def test_a_verification_that_never_was(place: Place, id_: str) -> None:
    assert turned_away(place, f"/v1/verifications/{id_}").told == (404, "not_found")


def test_before_the_lines_are_there(place: Place) -> None:
    answer = turned_away(place, place.open()["links"]["self"])
    assert (answer.told, answer.problem["state"]) == ((409, "wrong_state"), "created")


def test_after_the_chip_was_judged(place: Place, chip: Chip) -> None:
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        assert read_whole(WsPhone(socket), card)["state"] == "checked"
    answer = turned_away(place, case)
    assert (answer.told, answer.problem["state"]) == ((409, "wrong_state"), "checked")


def test_after_it_was_cancelled(place: Place, chip: Chip) -> None:
    case = place.case(chip())
    cancelled = place.app.request("POST", f"{case}/cancel", headers={"Idempotency-Key": f"cancel-{case[-9:]}"})
    assert cancelled.is_success, cancelled.text
    assert turned_away(place, case).told == (409, "wrong_state")


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "file://"]
)
def test_a_page_of_another_origin(place: Place, waiting: str, origin: str) -> None:
    """RFC 6455 §10.2, even with a token and a proof that are good."""
    assert turned_away(place, waiting, origin=origin).told == FORBIDDEN


@pytest.mark.parametrize(
    "offered", [[], ["passkoll.live.2"], ["PASSKOLL.LIVE.1"], ["chat", "passkoll.live"]], ids=str
)
def test_another_subprotocol_or_none(place: Place, waiting: str, offered: list[str]) -> None:
    assert turned_away(place, waiting, subprotocols=offered).told == (400, "malformed_request")


@pytest.mark.parametrize(
    "options",
    [{}, {"subprotocols": ["passkoll.live.2", SUBPROTOCOL]}, {"own_origin": True}, {"compression": None}],
    ids=str,
)
def test_what_opens(place: Place, waiting: str, options: dict[str, Any]) -> None:
    own = {"origin": place.app.url} if options.pop("own_origin", False) else {}
    with opened(place.app, waiting, **options, **own) as socket:
        assert socket.subprotocol == SUBPROTOCOL
        # what compresses tells by its length what it holds
        assert socket.protocol.extensions == []
        assert socket.response.headers["X-Request-Id"].startswith("req_")
        assert socket.response.headers["Cache-Control"] == "no-store"
        assert "Server" not in socket.response.headers
        assert WsPhone(socket).ask(hello())["type"] == "apdus"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/none",
        "/v1/verifications",
        NEVER,
        NEVER + "/chip/live/frames",
        NEVER + "/chip/live/",
        "/openapi.json",
    ],
)
def test_no_other_address_makes_a_socket(place: Place, path: str) -> None:
    headers = place.app.headers("GET", path)
    assert turned_away(place, "", path=path, additional_headers=headers).told == (404, "not_found")


def test_the_address_is_none_of_http(place: Place, waiting: str) -> None:
    answer = place.app.request("GET", f"{waiting}/chip/live")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "changes",
    [
        {"Sec-WebSocket-Key": None},
        {"Sec-WebSocket-Key": "c2hvcnQ="},
        {"Sec-WebSocket-Version": "8"},
        {"Sec-WebSocket-Version": None},
        {"Connection": "keep-alive, Upgrade", "Sec-WebSocket-Key": "no base64"},
    ],
    ids=str,
)
def test_what_is_no_handshake(place: Place, waiting: str, changes: dict[str, str | None]) -> None:
    """RFC 6455 §4.2.1."""
    path = f"{waiting}/chip/live"
    headers: dict[str, str | None] = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
        **place.app.headers("GET", path),
        **changes,
    }
    sent = {name: value for name, value in headers.items() if value is not None}
    answer = place.app._http.request("GET", place.app.url + path, headers=sent)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
