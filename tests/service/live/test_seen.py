"""What is seen of a live reading from outside: frames on the wire, log lines, numbers, texts, addresses."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mrtd.specimen.card import Behaviour, Fault, SpecimenCard
from service import log
from service.domain.errors import ProblemCode
from service.domain.live import LiveCode
from service.usecases.judging import Judging
from tests.service.live.conftest import WHOLE, Place
from tests.service.live.wire import (
    CBOR,
    ENDS,
    FROM_PHONE,
    JSON,
    Frame,
    PostPhone,
    WsPhone,
    answered,
    described,
    hello,
    opened,
    read_whole,
    refused,
)

Chip = Callable[..., SpecimenCard]
FORMS = pytest.mark.parametrize("form", [CBOR, JSON], ids=["cbor", "json"])
ROUTE = "/v1/verifications/{id}/chip/live"


@FORMS
@pytest.mark.parametrize("way", ["websocket", "post"])
def test_a_whole_conversation_is_as_the_page_describes_it(place: Place, chip: Chip, form: str, way: str) -> None:
    """Both directions against docs/live-protocol.cddl; `wire` looks at each frame of the server in all tests."""
    card = chip(Behaviour(pace=WHOLE.pace, chip_authentication=WHOLE.chip_authentication, fault=Fault.TAG_LOST, at=9))
    case = place.case(card)
    said = []

    with opened(place.app, case) as socket:
        phone = WsPhone(socket, form) if way == "websocket" else PostPhone(place.app, case, form)
        frame = hello(atr=b"\x3b\x80\x80\x01\x01", nfc_session_limit_s=60)
        card.put_on()
        while True:
            octets = phone.octets(frame)
            said.append(described(octets, form, FROM_PHONE)["type"])
            told = phone.ask(frame)
            if told["type"] in ENDS:
                break
            frame = answered(card, told)
    assert told["type"] == "done"
    assert set(said) == {"hello", "responses", "tag_lost", "ready"}
    described(phone.octets({"type": "cancel"}), form, FROM_PHONE)


def test_progress_is_told_while_the_document_is_judged(
    place: Place, chip: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = chip()
    case = place.case(card)
    heard = threading.Event()
    judge = Judging.judge_stored

    class Progress(list[Frame]):
        def append(self, frame: Frame) -> None:
            super().append(frame)
            heard.set()

    def judged_once_the_phone_heard(*arguments: Any) -> Any:
        assert heard.wait(20)
        return judge(*arguments)

    monkeypatch.setattr(Judging, "judge_stored", judged_once_the_phone_heard)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket, progress=Progress())
        assert read_whole(phone, card)["type"] == "done"
    assert [frame["phase"] for frame in phone.progress] == ["judging"]


class Lines(io.StringIO):
    """A log; who reads it waits for the lines of sockets, which are written when these have ended."""

    def __init__(self) -> None:
        super().__init__()
        self._more = threading.Condition()

    def write(self, text: str) -> int:
        with self._more:
            self._more.notify_all()
            return super().write(text)

    def of_sockets(self, number: int) -> list[dict[str, Any]]:
        """As many lines, oldest first."""
        with self._more:
            assert self._more.wait_for(lambda: len(self._sockets()) >= number, 20)
            return self._sockets()

    def _sockets(self) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.getvalue().splitlines()) if line["event"] == "websocket"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged, at its most talkative."""
    stream = Lines()
    log.configure("debug", stream)
    yield stream
    log.configure("critical")


def test_a_line_a_socket_that_says_nothing_of_people(
    place: Place, chip: Chip, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = chip()
    case = place.case(card)
    secrets = {case.rpartition("/")[2], place.crew.phone.id, place.crew.first.console.person, "ls_", "Asta"}
    secrets |= {*card.document.mrz_lines, card.document.mrz_lines[1][:9], "MARTA", "UTO", "AAKERSTROEM"}

    def noted(octets: bytes) -> None:
        secrets.update({octets.hex(), base64.urlsafe_b64encode(octets).decode().rstrip("=")})

    with opened(place.app, case) as socket:
        first = socket.response.headers["X-Request-Id"]
        phone = WsPhone(socket)
        secrets.add(socket.request.headers["Authorization"][-40:])
        secrets.add(socket.request.headers["DPoP"][-40:])
        card.put_on()
        told = phone.ask(hello(app="AAKERSTROEM 1.0", platform="AAKERSTROEM"))
        batches = 0
        while told["type"] not in ENDS:
            batches += 1
            reply = answered(card, told)
            for octets in (*told["commands"], *reply["answers"]):
                if len(octets) > 8:
                    noted(octets)
            told = phone.ask(reply)
        assert phone.closed_with() == 1000
    with opened(place.app, case := place.case(chip())) as socket:
        phone = WsPhone(socket)
        phone.ask(hello())
        phone.form = JSON
        socket.send("AAKERSTROEM")
        assert (phone.told()["code"], phone.closed_with()) == ("bad_frame", 4005)
    monkeypatch.setattr(Judging, "judge_stored", _broken)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        assert (read_whole(phone, card)["type"], phone.closed_with()) == ("access_denied", 4003)
    other = chip()
    with opened(place.app, place.case(other)) as socket:
        phone = WsPhone(socket)
        assert (read_whole(phone, other)["code"], phone.closed_with()) == ("internal_error", 4005)
    turned_away = refused(place.app, case, additional_headers={"Authorization": "DPoP AAKERSTROEM"})
    refused(place.app, "", path="/AAKERSTROEM?AAKERSTROEM=1", additional_headers={})

    seen = lines.of_sockets(6)
    assert {(line["route"], line["status"], line["code"], line["batches"]) for line in seen} == {
        (ROUTE, 101, 1000, batches),
        (ROUTE, 101, 4005, 1),
        (ROUTE, 101, 4003, seen[2]["batches"]),
        (ROUTE, 101, 4005, batches),
        (ROUTE, 401, None, None),
        (None, 404, None, None),
    }
    by_id = {line["request_id"]: line for line in seen}
    assert by_id[first]["code"] == 1000
    assert by_id[turned_away.headers["X-Request-Id"]]["status"] == 401
    everything = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert all(set(line) <= log.ALLOWED_KEYS for line in everything)
    faults = [line for line in everything if line["event"] == "fault"]
    assert [fault["exception"] for fault in faults] == ["ZeroDivisionError"]
    assert faults[0]["request_id"] in by_id
    # what people do wrong is no error of the service
    assert [line for line in everything if line["level"] in ("error", "critical")] == faults
    text = lines.getvalue()
    assert [secret for secret in secrets if secret in text] == []


def _broken(*_arguments: object) -> None:
    raise ZeroDivisionError("AAKERSTROEM")


def numbers(place: Place) -> dict[tuple[str, ...], float]:
    """The numbers of live readings, by name and what they are counted by; not how long batches took."""
    shown = generate_latest(place.services.telemetry.registry).decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(shown)
        if family.name.startswith("passkoll_live_")
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_sum", "_created"))
    }


def test_numbers_move_and_tell_nothing_else(place: Place, chip: Chip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place.services.live, "_sessions", {})
    card = chip()
    case, other = place.case(card), place.case(chip())
    before = numbers(place)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        card.put_on()
        told, batches = phone.ask(hello()), 0
        assert numbers(place)["passkoll_live_sessions",] == 1
        while told["type"] not in ENDS:
            told, batches = phone.ask(answered(card, told)), batches + 1
    cancelled = PostPhone(place.app, other)
    cancelled.ask(hello())
    for _ in range(2):
        cancelled.ask({"type": "cancel"})
    after = numbers(place)
    assert {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)} == {
        ("passkoll_live_batch_seconds_count",): batches,
        ("passkoll_live_sessions_ended_total", "done"): 1,
        ("passkoll_live_sessions_ended_total", "live_cancelled"): 1,
    }
    counted_by = {label for _, *labels in after for label in labels}
    assert counted_by <= {"done", *map(str, LiveCode), *map(str, ProblemCode)}
