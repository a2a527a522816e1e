"""A running service as the replay needs it: the routes of a counter and the route for testers (API.md section 5)."""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx2

from mrtd.evidence import ChipEvidence, ElementaryFile
from service.client.dpop import DpopSession, TokenRefusedError
from service.replay.errors import ReplayError, Unreachable
from service.replay.report_json import read_report
from service.replay.sending import CBOR, JSON, inspection_body

#: An empty EF.COM: the smallest dump there is, to ask the service what it judges with.
_QUESTION: Final = ChipEvidence({ElementaryFile.COM: b"\x60\x00"})
_INSPECTIONS: Final = "/v1/inspections"
#: A service that is asked too much says for how many seconds to wait; it is asked again as often as this.
_MAX_WAITS: Final = 5
_LONGEST_WAIT_S: Final = 60

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What the service said: a body, or the code of a problem (RFC 9457)."""

    body: Json
    problem: str | None


@dataclass(frozen=True, slots=True)
class ServiceSetting:
    """What the service judges with: its clock, the digest of its trust store, its policy."""

    at: datetime
    trust_store: str
    policy: str


class Client:
    """One service of the specimen realm, with a phone and a harness. May be used by several threads.

    Args:
        app: an administrator on an enrolled phone.
        harness: the client for testers.
    """

    def __init__(self, app: DpopSession, harness: DpopSession) -> None:
        self._app = app
        self._harness = harness

    def setting(self) -> ServiceSetting:
        """Ask the service what it judges with.

        Raises:
            Unreachable: it does not answer as the service.
            ReplayError: it does not take this caller's dumps.
        """
        answer = self.inspect(inspection_body(_QUESTION, None, None))
        if answer.problem is not None:
            raise ReplayError(f"the service judges no dump: {answer.problem}")
        report = read_report(answer.body)
        return ServiceSetting(report.at, report.trust_store, str(answer.body["policy"]))

    def inspect(self, body: bytes) -> Answer:
        """Judge a dump, in CBOR; nothing is stored."""
        return self._request("POST", _INSPECTIONS, body, CBOR)

    def open(self) -> str:
        """Open a verification; its address.

        Raises:
            ReplayError: the service does not open one.
        """
        answer = self._post("/v1/verifications", {"kind": "reserve_card_no_pnr", "order_reference": "replay"})
        if answer.problem is not None:
            raise ReplayError(f"the service opens no verification: {answer.problem}")
        return f"/v1/verifications/{answer.body['id']}"

    def give_mrz(self, verification: str, lines: tuple[str, ...], source: str) -> Answer:
        """Give the printed lines."""
        return self._post(f"{verification}/mrz", {"lines": list(lines), "source": source})

    def challenge(self, verification: str) -> tuple[bytes, Answer]:
        """A challenge for the chip; empty where there is a problem."""
        answer = self._post(f"{verification}/chip-challenges", {})
        text = str(answer.body.get("challenge", ""))
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), answer

    def give_chip(self, verification: str, body: bytes, media_type: str) -> Answer:
        """Give what was read from the chip."""
        return self._request("POST", f"{verification}/chip", body, media_type)

    def show(self, verification: str) -> Json:
        """Where the verification stands."""
        return self._request("GET", verification).body

    def _post(self, path: str, body: Json) -> Answer:
        return self._request("POST", path, json.dumps(body).encode(), JSON)

    def _request(self, method: str, path: str, body: bytes | None = None, media_type: str | None = None) -> Answer:
        headers = {}
        if media_type is not None:
            headers = {"Content-Type": media_type, "Idempotency-Key": str(uuid.uuid4())}
        caller = self._harness if path == _INSPECTIONS else self._app
        try:
            response = self._patiently(caller, method, path, content=body, headers=headers)
            answered = response.json()
        except httpx2.HTTPError as error:
            raise Unreachable(f"{method} of {_route(path)}: {type(error).__name__}") from None
        except TokenRefusedError as error:
            raise ReplayError(f"the service gives no token: {error.code}") from None
        except ValueError:
            raise Unreachable(f"{method} of {_route(path)}: the answer is not JSON; is this the service?") from None
        if not isinstance(answered, dict):
            raise Unreachable(f"{method} of {_route(path)}: the answer is no object; is this the service?")
        if response.is_success:
            return Answer(answered, None)
        problem = str(answered.get("code", f"status_{response.status_code}"))
        if problem in ("unauthenticated", "forbidden"):
            raise ReplayError(f"the service refuses the caller: {problem}")
        return Answer(answered, problem)

    def _patiently(self, caller: DpopSession, method: str, path: str, **options: Any) -> httpx2.Response:  # noqa: ANN401
        """The answer; a service that says when to come again is asked again then."""
        for _ in range(_MAX_WAITS):
            response = caller.request(method, path, **options)
            wait = response.headers.get("Retry-After", "")
            if response.status_code != httpx2.codes.TOO_MANY_REQUESTS or not wait.isdigit():
                break
            time.sleep(min(int(wait), _LONGEST_WAIT_S))
        return response


def _route(path: str) -> str:
    """The kind of a path; an id is nothing to tell."""
    return "/".join("{id}" if part.startswith("vs_") else part for part in path.split("/"))
