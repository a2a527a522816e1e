"""How a session ends, over the wire: the last frame, the code of the socket, and what the case is left as."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from mrtd.specimen.card import Behaviour, Fault, SpecimenCard, TagLostError
from service.api import live_socket
from service.domain.challenge import MAX_OPEN
from service.domain.live import MAX_CONNECTIONS, MAX_SESSION_S
from service.usecases import live_reading
from service.usecases.judging import Judging
from tests.service.live.conftest import WHOLE, Place, Seconds
from tests.service.live.wire import (
    CBOR,
    ENDS,
    JSON,
    Frame,
    PostPhone,
    WsPhone,
    answered,
    hello,
    opened,
    read_whole,
)

Chip = Callable[..., SpecimenCard]
Phone = WsPhone | PostPhone
#: Sessions of both databases are in test_reading, test_transport, test_sessions and test_rights.
pytestmark = pytest.mark.parametrize("place_settings", ["sqlite"], indirect=True)
#: Each way to the server with one of the forms; whole readings in all four are in test_transport.py.
WAYS = pytest.mark.parametrize(("way", "form"), [("websocket", CBOR), ("post", JSON)], ids=["websocket", "post"])
RETRY, NEW_CHIP_ATTEMPT, CONFIRM_MRZ, NEW_VERIFICATION, STOP = 4001, 4002, 4003, 4004, 4005
CODES = {
    "retry": RETRY,
    "new_chip_attempt": NEW_CHIP_ATTEMPT,
    "confirm_mrz": CONFIRM_MRZ,
    "new_verification": NEW_VERIFICATION,
    "stop": STOP,
}


@contextmanager
def dialled(place: Place, case: str, way: str, form: str) -> Iterator[Phone]:
    """A phone that is ready to read."""
    if way == "post":
        yield PostPhone(place.app, case, form)
        return
    with opened(place.app, case) as socket:
        yield WsPhone(socket, form)


def is_over(phone: Phone, end: Frame, code: str, next_try: str) -> None:
    """The frame says so, the socket is closed with the code for it, and nobody answers any more."""
    assert (end.get("code", end["type"]), end["next_try"]) == (code, next_try)
    if isinstance(phone, WsPhone):
        assert phone.closed_with() == CODES[next_try]
    else:
        # whatever comes, a session that is over has said its last word
        assert phone.ask({"type": "tag_lost", "batch": 1}) == end


class Wall:
    """What answers every command with the same word, as a card does that is no passport."""

    def __init__(self, word: bytes) -> None:
        self.word = word

    def put_on(self) -> None:
        """It stays."""

    def transmit(self, _command: bytes) -> bytes:
        """The word."""
        return self.word


@dataclass
class Leaving:
    """A chip that answers in the clear once it was opened."""

    card: SpecimenCard
    word: bytes

    def put_on(self) -> None:
        """As any other."""
        self.card.put_on()

    def transmit(self, command: bytes) -> bytes:
        """The word to each command of secure messaging (ISO/IEC 7816-4 §5.4.1: class 0C)."""
        return self.word if command[0] == 0x0C else self.card.transmit(command)


class Lossy:
    """What the phone loses at each first command."""

    def put_on(self) -> None:
        """It is there again."""

    def transmit(self, _command: bytes) -> bytes:
        """Gone."""
        raise TagLostError


@WAYS
@pytest.mark.parametrize("word", ["6a82", "6d00", "6f00"])
def test_what_is_no_passport(place: Place, chip: Chip, way: str, form: str, word: str) -> None:
    case = place.case(chip())
    with dialled(place, case, way, form) as phone:
        end = read_whole(phone, Wall(bytes.fromhex(word)))
        assert end["sw"] == int(word, 16)
        is_over(phone, end, "no_passport", "new_chip_attempt")
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


@WAYS
def test_a_chip_that_leaves_the_protocol_again_and_again(place: Place, chip: Chip, way: str, form: str) -> None:
    card = chip()
    case = place.case(card)
    with dialled(place, case, way, form) as phone:
        end = read_whole(phone, Leaving(card, bytes.fromhex("6988")))
        assert end["sw"] == 0x6988
        is_over(phone, end, "chip_failed", "new_chip_attempt")
    assert 1 < place.challenges(case) <= MAX_CONNECTIONS
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


@WAYS
def test_a_tag_that_is_lost_once(place: Place, chip: Chip, way: str, form: str) -> None:
    card = chip(
        Behaviour(pace=WHOLE.pace, chip_authentication=WHOLE.chip_authentication, fault=Fault.TAG_LOST, at=14)
    )
    case = place.case(card)
    with dialled(place, case, way, form) as phone:
        told, seen = phone.ask(hello()), []
        card.put_on()
        while told["type"] not in ENDS:
            if told["type"] == "restart":
                seen.append((told["connection"], told["reason"]))
            told = phone.ask(answered(card, told))
        assert (told["type"], told["state"]) == ("done", "checked")
        if isinstance(phone, WsPhone):
            assert phone.closed_with() == 1000
    assert seen == [(2, "tag_lost")]
    assert place.challenges(case) == 2


@WAYS
def test_a_tag_that_is_lost_too_often(place: Place, chip: Chip, way: str, form: str) -> None:
    case = place.case(chip())
    with dialled(place, case, way, form) as phone:
        end = read_whole(phone, Lossy())
        is_over(phone, end, "tag_lost", "new_chip_attempt")
    assert place.challenges(case) == MAX_CONNECTIONS
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


@WAYS
def test_too_many_connections_in_a_while(place: Place, chip: Chip, way: str, form: str) -> None:
    """The challenges of all sessions together are limited (SECURITY.md 2.6); the second session runs into that."""
    case = place.case(chip())
    with dialled(place, case, way, form) as phone:
        read_whole(phone, Lossy())
    with dialled(place, case, way, form) as phone:
        end = read_whole(phone, Lossy())
        assert 0 < end["retry_after_s"] <= 121
        is_over(phone, end, "too_many_requests", "retry")
    assert place.challenges(case) == MAX_OPEN


@WAYS
def test_no_attempts_left(place: Place, chip: Chip, way: str, form: str) -> None:
    """Three answers were judged, by other requests; the next connection would bring a fourth."""
    card = chip()
    case = place.case(card)
    for _ in range(3):
        assert place.app.request("POST", f"{case}/chip-challenges").status_code == 201
    with dialled(place, case, way, form) as phone:
        told = phone.ask(hello())
        with place.services.database.changing() as work:
            for challenge in work.challenges.of(case.rpartition("/")[2])[:3]:
                work.challenges.mark_answered(challenge, place.services.clock.now())
        restart = phone.ask({"type": "tag_lost", "batch": told["batch"]})
        end = phone.ask(answered(card, restart))
        is_over(phone, end, "attempt_limit", "new_verification")


@WAYS
def test_lines_that_do_not_open_the_chip(place: Place, chip: Chip, way: str, form: str) -> None:
    card, other = chip(), chip()
    case = place.case(card, other.document.mrz_lines)
    with dialled(place, case, way, form) as phone:
        end = read_whole(phone, card)
        assert (end["type"], end["advice"]) == ("access_denied", "confirm_mrz")
        is_over(phone, end, "access_denied", "confirm_mrz")
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)
    # a person compares, and the chip is read again
    place.lines(case, card.document.mrz_lines, "confirmed")
    with dialled(place, case, way, form) as phone:
        assert read_whole(phone, card)["state"] == "checked"


@WAYS
@pytest.mark.parametrize("when", ["first", "between two batches", "after a restart"])
def test_cancelled_by_the_phone(place: Place, chip: Chip, way: str, form: str, when: str) -> None:
    case = place.case(chip())
    with dialled(place, case, way, form) as phone:
        if when != "first" or way == "post":
            told = phone.ask(hello())
        if when == "after a restart":
            phone.ask({"type": "tag_lost", "batch": told["batch"]})
        is_over(phone, phone.ask({"type": "cancel"}), "live_cancelled", "new_chip_attempt")
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


def test_a_socket_that_is_closed_cancels(place: Place, chip: Chip) -> None:
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        WsPhone(socket).ask(hello())
        session = place.services.live._sessions[case.rpartition("/")[2]]
    # the server answered the close frame; the newer session finds the older one over
    with opened(place.app, case) as socket:
        assert session.ended
        assert read_whole(WsPhone(socket), card)["state"] == "checked"


def test_time_is_over_at_the_next_frame(place: Place, chip: Chip, seconds: Seconds) -> None:
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        told = phone.ask(hello())
        card.put_on()
        reply = answered(card, told)
        seconds.now += MAX_SESSION_S
        is_over(phone, phone.ask(reply), "time_over", "new_chip_attempt")
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


def test_time_is_over_for_whoever_says_nothing(
    place: Place, chip: Chip, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_socket, "LOOK_S", 0.01)
    case = place.case(chip())
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        phone.ask(hello())
        seconds.now += MAX_SESSION_S
        is_over(phone, phone.told(), "time_over", "new_chip_attempt")


def test_by_post_a_session_whose_time_is_over_is_none(place: Place, chip: Chip, seconds: Seconds) -> None:
    case = place.case(chip())
    phone = PostPhone(place.app, case)
    told = phone.ask(hello())
    seconds.now += MAX_SESSION_S - 1
    assert phone.ask({"type": "tag_lost", "batch": told["batch"]})["type"] == "restart"
    seconds.now += 1
    end = phone.ask({"type": "ready", "connection": 2})
    assert (end["code"], end["session"], end["next_try"]) == ("unknown_session", None, "new_chip_attempt")


@WAYS
def test_more_octets_than_a_session_may_have(
    place: Place, chip: Chip, way: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY.md 6.3; a passport of Utopia has about 30 000."""
    card = chip()
    case = place.case(card)
    monkeypatch.setattr(live_reading, "MAX_SESSION_OCTETS", 8_000)
    with dialled(place, case, way, form) as phone:
        is_over(phone, read_whole(phone, card), "too_much_data", "new_chip_attempt")
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


@WAYS
def test_a_file_without_an_end(place: Place, chip: Chip, way: str, form: str) -> None:
    card = chip(Behaviour(fault=Fault.ENDLESS_FILE, at=1))
    with dialled(place, place.case(card), way, form) as phone:
        is_over(phone, read_whole(phone, card), "too_much_data", "new_chip_attempt")


@WAYS
def test_a_fault_of_the_service(
    place: Place, chip: Chip, way: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("AAKERSTROEM")

    card = chip()
    case = place.case(card)
    monkeypatch.setattr(Judging, "judge_stored", broken)
    with dialled(place, case, way, form) as phone:
        end = read_whole(phone, card)
        assert (end["code"], end["next_try"]) == ("internal_error", "stop")
        assert "AAKERSTROEM" not in str(end)
        if isinstance(phone, WsPhone):
            assert phone.closed_with() == STOP
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)
