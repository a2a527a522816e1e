"""What stands around the sessions: addresses, texts, tables, TLS, the end of the service, patience with the deaf."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio import CapacityLimiter
from starlette.testclient import TestClient
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from mrtd.specimen.card import SpecimenCard
from mrtd.specimen.document import SpecimenDocument
from service.api import live_socket
from service.api.live_socket import LiveSocket, LiveWork
from service.api.v1 import answers
from service.api.v1.live import rendered
from service.app import application
from service.domain.errors import ProblemCode
from service.domain.live import CLOSING, MAX_SESSION_S, NEXT_TRY, LiveCode, NextTry
from service.domain.proxies import TrustedProxies, networks_of
from service.domain.verification import State
from service.settings import Settings
from tests.conftest import ROOT
from tests.service import two_persons
from tests.service.live.conftest import Place, Seconds
from tests.service.live.wire import (
    CBOR,
    SUBPROTOCOL,
    PostPhone,
    WsPhone,
    hello,
    written,
)
from tests.service.photo_reader import PlannedReader
from tests.service.sockets import shaken

Chip = Callable[..., SpecimenCard]
KIND = {"kind": "reserve_card_no_pnr"}


def test_where_the_chip_is_read(place: Place) -> None:
    answer = place.open()
    assert answer["live_url"] == f"ws{place.app.url.removeprefix('http')}{answer['links']['self']}/chip/live"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [("https://id.example.se", "wss://id.example.se"), ("https://id.example.se:8443", "wss://id.example.se:8443")],
)
def test_the_address_is_of_the_public_origin(tmp_path: Path, origin: str, expected: str) -> None:
    """RFC 6455 §3: wss for https; whatever address this machine took the request at."""
    services = two_persons.wire(Settings(data_dir=tmp_path, public_origin=origin), reader=PlannedReader())
    with TestClient(application(services), base_url="http://10.0.0.7:8000") as client:
        headers = {"Authorization": f"Bearer {services.identity.tokens[0]}", "Idempotency-Key": "one"}
        answer = client.post("/v1/verifications", json=KIND, headers=headers).json()
    assert answer["live_url"] == f"{expected}/v1/verifications/{answer['id']}/chip/live"


def test_no_address_once_the_chip_was_read(place: Place) -> None:
    with place.services.database.reading() as work:
        verification = work.verifications.get(place.open()["id"])
    shown = {
        state: answers.opened(replace(verification, state=state), "https://id.example.se").live_url for state in State
    }
    assert {state for state, url in shown.items() if url is not None} == {State.CREATED, State.MRZ_CAPTURED}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_end_has_a_text(place: Place, language: str) -> None:
    texts = place.app.request("GET", f"/v1/catalogue?lang={language}").json()
    assert (set(texts["live"]), set(texts["next_tries"])) == (set(LiveCode), set(NextTry))
    assert set(map(str, ProblemCode)) <= set(texts["problems"])
    for text in (*texts["live"].values(), *texts["next_tries"].values()):
        assert text["text"]
        assert text["do"]


def test_the_texts_are_of_two_languages(place: Place) -> None:
    swedish, english = (place.app.request("GET", f"/v1/catalogue?lang={one}").json() for one in ("sv", "en"))
    for group in ("live", "next_tries"):
        for code, texts in swedish[group].items():
            assert texts != english[group][code]


def test_the_tables_of_the_page_are_what_is_done() -> None:
    """docs/live-protocol.md, "How a session ends"."""
    page = (ROOT / "docs" / "live-protocol.md").read_text()
    closing = {code: NextTry(name) for code, name in re.findall(r"^\| (4\d{3}) \| `(\w+)` \|", page, re.MULTILINE)}
    assert closing == {str(code): one for one, code in CLOSING.items()}
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", page, re.MULTILINE)
    assert rows[0] == ("code", "next_try")
    assert {LiveCode(code): NextTry(one) for code, one in rows[1:]} == dict(NEXT_TRY)


def test_nothing_is_read_in_the_clear_where_proxies_bring_tls(tmp_path: Path) -> None:
    services = two_persons.wire(Settings(data_dir=tmp_path), reader=PlannedReader())
    object.__setattr__(services, "proxies", TrustedProxies(networks_of("10.0.0.1"), only_secure=True))
    never = "/v1/verifications/vs_" + "A" * 26 + "/chip/live"
    token = {"Authorization": f"Bearer {services.identity.tokens[0]}"}
    behind = {"X-Forwarded-For": "192.0.2.43", "X-Forwarded-Proto": "https"}
    told = []
    for peer, more in (("192.0.2.43", {}), ("10.0.0.1", {}), ("192.0.2.43", behind), ("10.0.0.1", behind)):
        with TestClient(application(services), client=(peer, 50_000)) as client:
            answer = shaken(client, never, token | more)
            told.append((answer.status_code, answer.json()["code"], "strict-transport-security" in answer.headers))
    assert told == [(403, "forbidden", False)] * 3 + [(404, "not_found", True)]


def test_a_service_that_ends_says_that_it_comes_back(tmp_path: Path, document: SpecimenDocument) -> None:
    """1012 of the registry that RFC 6455 §11.7 makes: service restart. The reading is begun anew."""
    with ExitStack() as stack:
        service = stack.enter_context(two_persons.running(Settings(data_dir=tmp_path, port=0)))
        token = {"Authorization": f"Bearer {service.services.identity.tokens[0]}"}
        with httpx2.Client(base_url=service.url, headers=token, trust_env=False) as http:
            case = http.post("/v1/verifications", json=KIND, headers={"Idempotency-Key": "one"}).json()
            path = case["links"]["self"]
            lines = {"lines": list(document.mrz_lines), "source": "typed"}
            assert http.post(f"{path}/mrz", json=lines).status_code == 200
        with connect(
            case["live_url"], additional_headers=token, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None
        ) as socket:
            phone = WsPhone(socket)
            phone.ask(hello())
            session = service.services.live._sessions[case["id"]]
            stack.close()
            assert phone.closed_with() == 1012
            assert session.ended


class Deaf:
    """A socket whose other end reads nothing, though it is there: nothing that is sent is ever gone."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}

    async def accept(self, _subprotocol: str) -> None:
        """As any other."""

    async def receive(self) -> dict[str, Any]:
        """Its first frame."""
        return {"type": "websocket.receive", "bytes": written(hello(), CBOR)}

    async def send_bytes(self, _data: bytes) -> None:
        """Never done."""
        await asyncio.Event().wait()

    async def close(self, _code: int) -> None:
        """Never come to."""


def test_whoever_reads_nothing_is_waited_for_as_long_as_whoever_says_nothing(
    place: Place, chip: Chip, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_socket, "LOOK_S", 0.01)
    case = place.case(chip())
    id_ = case.rpartition("/")[2]
    PostPhone(place.app, case).ask(hello())
    who = place.services.live._sessions[id_].who
    session = place.services.live.open(who, id_, rendered)
    seconds.now += MAX_SESSION_S - 0.01
    deaf: Any = Deaf()

    async def serve() -> None:
        work = LiveWork(CapacityLimiter(1), place.services.telemetry)
        await asyncio.wait_for(LiveSocket(session, work).serve(deaf), 20)

    asyncio.run(serve())
    assert session.ended
    assert session.batches == 1
