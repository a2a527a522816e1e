"""One terminal a verification, and only so many in a process (SECURITY.md 6.3)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import InvalidStatus

from mrtd.specimen.card import SpecimenCard
from service.api import live_socket
from service.domain.live import MAX_SESSION_S, ClientFrame, LiveCode, ServerFrame
from service.usecases import live_sessions
from service.usecases.live_reading import LiveReading
from tests.service.live.conftest import OnPhone, Place, Seconds
from tests.service.live.wire import (
    CBOR,
    ENDS,
    JSON,
    PostPhone,
    WsPhone,
    answered,
    hello,
    opened,
    read_whole,
    refused,
    written,
)

Chip = Callable[..., SpecimenCard]
STOP = 4005


@pytest.fixture
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_socket, "LOOK_S", 0.01)


@pytest.mark.usefixtures("_looks_often")
def test_a_newer_socket_ends_the_older_one(place: Place, chip: Chip) -> None:
    """Without the older phone saying anything."""
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as first, opened(place.app, case) as second:
        older, newer = WsPhone(first), WsPhone(second, JSON)
        end = older.told()
        assert (end["code"], end["next_try"]) == ("superseded", "stop")
        assert older.closed_with() == STOP
        assert read_whole(newer, card)["state"] == "checked"


@pytest.mark.usefixtures("_looks_often")
def test_a_socket_whose_session_ends_while_it_answers(
    place: Place, chip: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a frame and its answer another terminal began: the socket is not closed as if all were done."""
    take = LiveReading.take

    def superseded_meanwhile(self: LiveReading, frame: ClientFrame) -> ServerFrame:
        answer = take(self, frame)
        self.fail(LiveCode.SUPERSEDED)
        return answer

    case = place.case(chip())
    monkeypatch.setattr(LiveReading, "take", superseded_meanwhile)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        assert phone.ask(hello())["type"] == "apdus"
        assert phone.told()["code"] == "superseded"
        assert phone.closed_with() == STOP


def test_what_the_older_socket_sends_never_reaches_the_newer_session(place: Place, chip: Chip) -> None:
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as first, opened(place.app, case) as second:
        older, newer = WsPhone(first), WsPhone(second)
        card.put_on()
        told = newer.ask(hello())
        # the older one answers what the newer one was asked, under the name of the newer one
        end = older.ask(answered(card, told) | {"session": told["session"]})
        assert end["code"] in ("bad_frame", "superseded")
        assert end["session"] != told["session"]
        assert older.closed_with() == STOP
        card.put_on()
        told = newer.ask(answered(card, told))
        while told["type"] not in ENDS:
            told = newer.ask(answered(card, told))
        assert (told["type"], told["state"]) == ("done", "checked")


@pytest.mark.parametrize("way", ["a socket then frames", "frames then a socket", "frames then frames"])
def test_both_ways_are_one_terminal(place: Place, chip: Chip, way: str) -> None:
    card = chip()
    case = place.case(card)
    older, newer = way.split(" then ")
    with opened(place.app, case) as socket:
        if older == "a socket":
            first: WsPhone | PostPhone = WsPhone(socket)
        else:
            socket.close()
            first = PostPhone(place.app, case)
        told = first.ask(hello())
        card.put_on()
        reply = answered(card, told)
        with opened(place.app, case) as other:
            second = WsPhone(other, JSON)
            if newer == "frames":
                other.close()
                second = PostPhone(place.app, case, JSON)
                second.ask(hello())
            end = first.ask(reply)
            # a socket is told why; by POST the session is not there any more
            assert end["code"] == ("superseded" if older == "a socket" else "unknown_session")
            if newer == "a socket":
                assert read_whole(second, card)["state"] == "checked"
    assert place.kept(case) == (newer == "a socket")


def test_two_phones_race(place: Place, chip: Chip) -> None:
    """Whoever comes first, one of them reads, and one judgement is kept."""
    card = chip()
    case = place.case(card)
    start = threading.Barrier(2)

    def race(_number: int) -> str:
        # a chip carries out one command at a time, so each phone has one that is just like the other
        own = SpecimenCard(card.document, card.behaviour)
        start.wait(20)
        try:
            with opened(place.app, case) as socket:
                end = read_whole(WsPhone(socket), own)
        except InvalidStatus as refusal:
            end = json.loads(refusal.response.body)
        return str(end.get("code", end.get("state")))

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(race, range(2)))
    ends.remove("checked")
    assert ends[0] in ("superseded", "conflict", "wrong_state")
    with place.services.database.reading() as work:
        challenges = work.challenges.of(case.rpartition("/")[2])
    assert sum(challenge.answered_at is not None for challenge in challenges) == 1


def test_another_phone_pushes_nobody_out(place: Place, chip: Chip) -> None:
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        told = phone.ask(hello())
        assert refused(place.on_another_phone().app, case).told == (409, "other_device")
        card.put_on()
        assert phone.ask(answered(card, told))["type"] == "apdus"


def test_no_more_sessions_than_a_process_holds(
    place: Place, chip: Chip, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = place.services.live
    monkeypatch.setattr(live, "_sessions", {})
    monkeypatch.setattr(live_sessions, "MAX_SESSIONS", 2)
    cases = [place.case(chip()) for _ in range(3)]
    phones = [PostPhone(place.app, case) for case in cases]
    assert [phone.ask(hello())["type"] for phone in phones[:2]] == ["apdus"] * 2
    assert live.open_now == 2
    full = refused(place.app, cases[2])
    assert (full.told, full.problem["retry"], full.headers["Retry-After"]) == (
        (429, "too_many_requests"),
        "after_seconds",
        "5",
    )
    answer = phones[2].post(written(hello(), CBOR))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert place.challenges(cases[2]) == 0
    # one that ended makes room, and so does time
    assert phones[0].ask({"type": "cancel"})["code"] == "live_cancelled"
    assert phones[2].ask(hello())["type"] == "apdus"
    assert refused(place.app, cases[0]).told == (429, "too_many_requests")
    seconds.now += MAX_SESSION_S
    assert live.open_now == 0
    with opened(place.app, cases[0]) as socket:
        assert WsPhone(socket).ask(hello())["type"] == "apdus"
    assert len(live._sessions) == 1


def test_one_phone_leaves_room_for_others(
    place: Place, chip: Chip, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds one passport; what it gave up without a word counts until its time is over."""
    live = place.services.live
    monkeypatch.setattr(live, "_sessions", {})
    monkeypatch.setattr(live, "_most_of_one", 2)
    cases = [place.case(chip()) for _ in range(3)]
    phones = [PostPhone(place.app, case) for case in cases]
    assert [phone.ask(hello())["type"] for phone in phones[:2]] == ["apdus"] * 2
    assert refused(place.app, cases[2]).told == (429, "too_many_requests")
    assert place.challenges(cases[2]) == 0
    # the same passport once more is none beside the others, and another phone is another one
    assert PostPhone(place.app, cases[1]).ask(hello())["type"] == "apdus"
    other = place.on_another_phone().app
    assert PostPhone(other, place.case(chip(), app=other)).ask(hello())["type"] == "apdus"
    seconds.now += MAX_SESSION_S
    assert phones[2].ask(hello())["type"] == "apdus"


@pytest.fixture(scope="module")
def elsewhere(place: Place) -> OnPhone:
    """The same person on another phone."""
    return place.on_another_phone()


def test_a_session_is_of_whoever_opened_it(place: Place, chip: Chip, elsewhere: OnPhone) -> None:
    """The answer is the same for a session of somebody else's, for one that is over, and for one that never was."""
    case, other = place.case(chip()), place.case(chip(), app=elsewhere.app)
    phone = PostPhone(place.app, case)
    told = phone.ask(hello())
    unknown = {
        "type": "error",
        "session": None,
        "code": "unknown_session",
        "sw": None,
        "next_try": "new_chip_attempt",
        "retry_after_s": None,
    }
    lost = {"type": "tag_lost", "batch": told["batch"]}
    for app, path, session in (
        (elsewhere.app, case, phone.session),
        (place.app, other, phone.session),
        (elsewhere.app, other, phone.session),
        (place.app, case, "ls_" + "A" * 26),
        (place.app, "/v1/verifications/vs_" + "A" * 26, phone.session),
    ):
        assert PostPhone(app, path, session=session).ask(lost) == unknown
    # and theirs goes on
    assert phone.ask(lost)["type"] == "restart"


def test_a_lost_hello_opens_another_session(place: Place, chip: Chip) -> None:
    card = chip()
    case = place.case(card)
    lost, phone = PostPhone(place.app, case), PostPhone(place.app, case)
    first = lost.ask(hello())
    again = phone.ask(hello())
    assert (first["batch"], again["batch"]) == (1, 1)
    assert first["session"] != again["session"]
    assert lost.ask({"type": "tag_lost", "batch": 1})["code"] == "unknown_session"
    card.put_on()
    told = again
    while told["type"] not in ENDS:
        told = phone.ask(answered(card, told))
    assert told["state"] == "checked"
    assert place.challenges(case) == 2


@pytest.mark.parametrize("form", [CBOR, JSON], ids=["cbor", "json"])
def test_a_repeated_frame_is_answered_octet_for_octet_and_counted_once(
    place: Place, chip: Chip, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = chip()
    case = place.case(card)
    phone = PostPhone(place.app, case, form)
    worked = []
    go_on = LiveReading._go_on

    def counted(self: LiveReading, answers: tuple[bytes, ...]) -> object:
        worked.append(self._batch)
        return go_on(self, answers)

    monkeypatch.setattr(LiveReading, "_go_on", counted)
    card.put_on()
    told = phone.ask(hello())
    frames = 0
    while told["type"] not in ENDS:
        content = written(answered(card, told) | {"session": phone.session}, form)
        answers = [phone.post(content).content for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        frames += 1
        told = phone.heard(answers[0])
    assert (told["type"], told["state"]) == ("done", "checked")
    assert worked == list(range(1, frames + 1))
    assert place.challenges(case) == 1


def test_a_repeated_frame_after_a_lost_tag(place: Place, chip: Chip) -> None:
    case = place.case(chip())
    phone = PostPhone(place.app, case)
    phone.ask(hello())
    lost = {"type": "tag_lost", "batch": 1}
    assert phone.ask(lost) == phone.ask(lost)
    ready = {"type": "ready", "connection": 2}
    assert phone.ask(ready) == phone.ask(ready)
    # each connection has one challenge, however often the phone says that it is ready
    assert place.challenges(case) == 2


def test_frames_at_the_same_time_are_taken_one_by_one(place: Place, chip: Chip) -> None:
    """A phone that does not wait for the answer sends the same again: all get the one answer."""
    card = chip()
    case = place.case(card)
    phone = PostPhone(place.app, case)
    card.put_on()
    content = written(answered(card, phone.ask(hello())) | {"session": phone.session}, CBOR)
    with ThreadPoolExecutor(4) as pool:
        answers = {answer.content for answer in pool.map(lambda _: phone.post(content), range(8))}
    (only,) = answers
    assert phone.heard(only)["batch"] == 2
