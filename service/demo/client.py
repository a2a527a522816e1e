"""The phone, the two administrators and the portal of the demo, over HTTP (docs/android.md)."""

from __future__ import annotations

import base64
import uuid
from types import TracebackType
from typing import Any, Final, Self, cast

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from mrtd.specimen.chip import SpecimenChip

_TIMEOUT_S: Final = 30.0
_ALGORITHMS: Final = ["ES256"]

Json = dict[str, Any]


class DemoError(Exception):
    """The service did not answer as the contract says."""


class Client:
    """One connection to the service, with the tokens of the first and the second administrator."""

    def __init__(self, url: str, tokens: tuple[str, str]) -> None:
        self._http = httpx2.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False)
        self._tokens = tokens

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def open_verification(self, order_reference: str) -> Json:
        """The phone opens a verification."""
        body = {"kind": "reserve_card_no_pnr", "order_reference": order_reference}
        return self._json("POST", "/v1/verifications", body)

    def capture_photo(self, verification: str, photo: bytes) -> Json:
        """The phone sends the photo of the page, a PNG."""
        answer: Json = self._request(
            "POST", f"/v1/verifications/{verification}/mrz-image", content=photo, media_type="image/png"
        ).json()
        return answer

    def capture_mrz(self, verification: str, lines: tuple[str, str]) -> Json:
        """The phone sends lines that its administrator has compared with the page."""
        body = {"lines": list(lines), "source": "confirmed"}
        return self._json("POST", f"/v1/verifications/{verification}/mrz", body)

    def challenge(self, verification: str) -> bytes:
        """The server makes a challenge for the chip."""
        answer = self._json("POST", f"/v1/verifications/{verification}/chip-challenges")
        return base64.urlsafe_b64decode(answer["challenge"] + "=")

    def submit_chip(self, verification: str, chip: SpecimenChip, challenge: bytes) -> Json:
        """The phone sends what it read from the chip, and the chip's answer to the challenge."""
        return self._json("POST", f"/v1/verifications/{verification}/chip", chip.to_json_body(challenge))

    def show(self, verification: str, administrator: int = 0) -> Json:
        """An administrator looks at the case."""
        return self._json("GET", f"/v1/verifications/{verification}", administrator=administrator)

    def approve(self, verification: str, administrator: int) -> Json:
        """An administrator approves what stands there at that moment: the decision is bound to its hash."""
        body = {
            "decision": "approve",
            "inspection": {
                "document_as_expected": True,
                "page_and_laminate_intact": True,
                "chip_in_this_booklet": True,
                "printed_page_equals_screen": True,
            },
            "face": {"same_person": True, "features_compared": True},
            "decision_hash": self.show(verification, administrator)["decision_hash"],
        }
        path = f"/v1/verifications/{verification}/reviews"
        return self._json("POST", path, body, administrator=administrator)

    def result(self, verification: str) -> str:
        """The portal fetches the signed identity, a compact JWS."""
        return self._request("GET", f"/v1/verifications/{verification}/result").text

    def verify_result(self, token: str) -> jwt.Token:
        """The portal verifies the signed identity against the published keys (RFC 7515, RFC 7517).

        Raises:
            DemoError: the signature is not by one of them.
        """
        published = cast(KeySetSerialization, self._json("GET", "/.well-known/jwks.json"))
        try:
            return jwt.decode(token, KeySet.import_key_set(published), algorithms=_ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise DemoError("the signed identity does not verify against the published keys") from error

    def consume(self, jti: str, order_reference: str) -> Json:
        """The portal uses the result for its order."""
        return self._json("POST", f"/v1/results/{jti}/consume", {"order_reference": order_reference})

    def reasons(self) -> dict[str, Json]:
        """The sentence of each reason, in English."""
        reasons: dict[str, Json] = self._json("GET", "/v1/catalogue?lang=en")["reasons"]
        return reasons

    def _json(self, method: str, path: str, body: Json | None = None, *, administrator: int = 0) -> Json:
        answer: Json = self._request(method, path, body, administrator=administrator).json()
        return answer

    def _request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        administrator: int = 0,
        content: bytes | None = None,
        media_type: str | None = None,
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._tokens[administrator]}"}
        if media_type is not None:
            headers["Content-Type"] = media_type
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        try:
            response = self._http.request(method, path, json=body, content=content, headers=headers)
        except httpx2.HTTPError as error:
            raise DemoError(f"{method} {path}: {type(error).__name__}") from error
        if not response.is_success:
            raise DemoError(f"{method} {path} answered {response.status_code}: {_problem(response)}")
        return response


def _problem(response: httpx2.Response) -> str:
    """The code of a problem (RFC 9457), or that there was none."""
    try:
        return str(response.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "no problem document"
