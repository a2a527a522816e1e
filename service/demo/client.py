"""The phone, the two administrators and the portal of the demo, over HTTP (docs/android.md, docs/portal.md)."""

from __future__ import annotations

import base64
import uuid
from typing import Any, Final, cast

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from mrtd.specimen.chip import SpecimenChip
from service.client.cards import Card
from service.client.console import ConsoleError, ConsoleSession
from service.client.dpop import DpopSession, TokenRefusedError
from service.client.live import LiveEnd, LiveError, Show, WebSocketLine, carry
from service.crew import Administrator, Crew

_ALGORITHMS: Final = ["ES256"]

Json = dict[str, Any]
Caller = DpopSession | ConsoleSession


class DemoError(Exception):
    """The service did not answer as the contract says."""


class Client:
    """The routes of the demo, each called by whom it is for: the app, a console, the portal, or anybody."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    def order(self, order_reference: str) -> Json:
        """The portal orders a verification."""
        body = {"kind": "reserve_card_no_pnr", "order_reference": order_reference}
        return self._json(self._crew.portal, "POST", "/v1/orders", body)

    def open_verification(self, order_reference: str) -> Json:
        """The phone opens a verification."""
        body = {"kind": "reserve_card_no_pnr", "order_reference": order_reference}
        return self._json(self._crew.app, "POST", "/v1/verifications", body)

    def capture_photo(self, verification: str, photo: bytes) -> Json:
        """The phone sends the photo of the page, a PNG."""
        path = f"/v1/verifications/{verification}/mrz-image"
        headers = {"Content-Type": "image/png"}
        answer: Json = self._request(self._crew.app, "POST", path, content=photo, headers=headers).json()
        return answer

    def capture_mrz(self, verification: str, lines: tuple[str, str]) -> Json:
        """The phone sends lines that its administrator has compared with the page."""
        body = {"lines": list(lines), "source": "confirmed"}
        return self._json(self._crew.app, "POST", f"/v1/verifications/{verification}/mrz", body)

    def challenge(self, verification: str) -> bytes:
        """The server makes a challenge for the chip."""
        answer = self._json(self._crew.app, "POST", f"/v1/verifications/{verification}/chip-challenges")
        return base64.urlsafe_b64decode(answer["challenge"] + "=")

    def submit_chip(self, verification: str, chip: SpecimenChip, challenge: bytes) -> Json:
        """The phone sends what it read from the chip, and the chip's answer to the challenge."""
        path = f"/v1/verifications/{verification}/chip"
        return self._json(self._crew.app, "POST", path, chip.to_json_body(challenge))

    def read_live(self, verification: str, card: Card, show: Show) -> LiveEnd:
        """The phone carries what the server says to the chip, and back, over a WebSocket.

        Raises:
            DemoError: no session comes up, or it breaks off.
        """
        try:
            with WebSocketLine.open(self._crew.app, f"/v1/verifications/{verification}") as line:
                return carry(card, line, show)
        except (LiveError, TokenRefusedError) as error:
            raise DemoError(f"the live reading: {error.code}") from error

    def show(self, verification: str, administrator: Administrator) -> Json:
        """An administrator looks at the case."""
        return self._json(administrator.console, "GET", f"/v1/verifications/{verification}")

    def approve(self, verification: str, administrator: Administrator) -> Json:
        """An administrator approves what stands there at that moment: the decision is bound to its hash.

        Raises:
            DemoError: the service does not take it.
        """
        decision_hash = self.show(verification, administrator)["decision_hash"]
        try:
            administrator.step_up(decision_hash)
        except ConsoleError as error:
            raise DemoError(f"the sign-in at an approval: {error.code}") from error
        body: Json = {
            "decision": "approve",
            "inspection": {
                "document_as_expected": True,
                "page_and_laminate_intact": True,
                "chip_in_this_booklet": True,
                "printed_page_equals_screen": True,
            },
            "face": {"same_person": True, "features_compared": True},
            "decision_hash": decision_hash,
        }
        return self._json(administrator.console, "POST", f"/v1/verifications/{verification}/reviews", body)

    def result(self, verification: str) -> str:
        """The portal fetches the signed identity, a compact JWS."""
        return self._request(self._crew.portal, "GET", f"/v1/verifications/{verification}/result").text

    def verify_result(self, token: str) -> jwt.Token:
        """The portal verifies the signed identity against the published keys (RFC 7515, RFC 7517).

        Raises:
            DemoError: the signature is not by one of them.
        """
        published = cast(KeySetSerialization, self._json(self._crew.portal, "GET", "/.well-known/jwks.json"))
        try:
            return jwt.decode(token, KeySet.import_key_set(published), algorithms=_ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise DemoError("the signed identity does not verify against the published keys") from error

    def consume(self, jti: str, order_reference: str) -> Json:
        """The portal uses the result for its order."""
        body = {"order_reference": order_reference}
        return self._json(self._crew.portal, "POST", f"/v1/results/{jti}/consume", body)

    def reasons(self) -> dict[str, Json]:
        """The sentence of each reason, in English."""
        reasons: dict[str, Json] = self._json(self._crew.app, "GET", "/v1/catalogue?lang=en")["reasons"]
        return reasons

    def _json(self, caller: Caller, method: str, path: str, body: Json | None = None) -> Json:
        answer: Json = self._request(caller, method, path, **({} if body is None else {"json": body})).json()
        return answer

    def _request(self, caller: Caller, method: str, path: str, **options: Any) -> httpx2.Response:  # noqa: ANN401
        if method == "POST":
            options["headers"] = {"Idempotency-Key": str(uuid.uuid4())} | options.get("headers", {})
        try:
            response = caller.request(method, path, **options)
        except httpx2.HTTPError as error:
            raise DemoError(f"{method} {path}: {type(error).__name__}") from error
        except TokenRefusedError as error:
            raise DemoError(f"{method} {path}: no token: {error.code}") from error
        if not response.is_success:
            raise DemoError(f"{method} {path} answered {response.status_code}: {_problem(response)}")
        return response


def _problem(response: httpx2.Response) -> str:
    """The code of a problem (RFC 9457), or that there was none."""
    try:
        return str(response.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "no problem document"
