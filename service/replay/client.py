"""A running service as the replay needs it: the routes of a counter and the route for testers (API.md section 5)."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from mrtd.evidence import ChipEvidence, ElementaryFile
from service.replay.errors import ReplayError, Unreachable
from service.replay.report_json import read_report
from service.replay.sending import CBOR, JSON, inspection_body

#: An empty EF.COM: the smallest dump there is, to ask the service what it judges with.
_QUESTION: Final = ChipEvidence({ElementaryFile.COM: b"\x60\x00"})
#: Opening, giving the MRZ and judging a chip each take well under a second; beyond this something is wrong.
_TIMEOUT_S: Final = 60.0

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
    """One service, with a development token of the specimen realm. May be used by several threads."""

    def __init__(self, url: str, token: str) -> None:
        try:
            self._http = httpx2.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False)
        except (httpx2.InvalidURL, ValueError):
            raise ReplayError("--url is no address of a service") from None
        self._headers = {"Authorization": f"Bearer {token}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

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
        return self._request("POST", "/v1/inspections", body, CBOR)

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
        headers = dict(self._headers)
        if media_type is not None:
            headers |= {"Content-Type": media_type, "Idempotency-Key": str(uuid.uuid4())}
        try:
            response = self._http.request(method, path, content=body, headers=headers)
            answered = response.json()
        except httpx2.InvalidURL:
            raise ReplayError("--url is no address of a service") from None
        except httpx2.HTTPError as error:
            raise Unreachable(f"{method} of {_route(path)}: {type(error).__name__}") from None
        except ValueError:
            raise Unreachable(f"{method} of {_route(path)}: the answer is not JSON; is this the service?") from None
        if not isinstance(answered, dict):
            raise Unreachable(f"{method} of {_route(path)}: the answer is no object; is this the service?")
        if response.is_success:
            return Answer(answered, None)
        problem = str(answered.get("code", f"status_{response.status_code}"))
        if problem in ("unauthenticated", "forbidden"):
            raise ReplayError(f"the service refuses the token: {problem}; give one by PASSKOLL_TOKEN")
        return Answer(answered, problem)


def _route(path: str) -> str:
    """The kind of a path; an id is nothing to tell."""
    return "/".join("{id}" if part.startswith("vs_") else part for part in path.split("/"))
