"""What a phone must not send, over the wire: a fault of the app ends its session, and no octet of it counts."""

from __future__ import annotations

import json
from collections.abc import Callable

import cbor2
import pytest

from mrtd.specimen.card import SpecimenCard
from service.api.live_codec import MAX_ANSWER, MAX_FRAME
from tests.service.live.conftest import Place
from tests.service.live.raw import CONTINUATION, TEXT, RawSocket
from tests.service.live.wire import (
    CBOR,
    JSON,
    Frame,
    PostPhone,
    WsPhone,
    answered,
    hello,
    opened,
    read_whole,
    written,
)

Chip = Callable[..., SpecimenCard]
#: What is read here is in memory alone.
pytestmark = pytest.mark.parametrize("place_settings", ["sqlite"], indirect=True)
STOP = 4005
OK = b"\x90\x00"
OTHER = "ls_" + "A" * 26


def responses(*answers: bytes, batch: int = 1, **more: object) -> Frame:
    """Answers to the first batch, which has four commands."""
    return {"type": "responses", "batch": batch, "answers": list(answers), **more}


#: What comes in the place of the answers to the first batch, as a message: octets are binary, a string is text.
MESSAGES: dict[str, bytes | str] = {
    "nothing": b"",
    "garbage": b"\xff\xfe\xfd",
    "no json": "hello",
    "json in a binary message": json.dumps({"type": "cancel"}).encode(),
    "base64url in a binary message": json.dumps(responses() | {"answers": ["kAA"]}).encode(),
    "two frames in a message": cbor2.dumps({"type": "cancel"}) * 2,
    "a list": cbor2.dumps([{"type": "cancel"}]),
    "a frame of the server": cbor2.dumps({"type": "restart", "connection": 2, "reason": "tag_lost"}),
    "a second hello": cbor2.dumps(hello()),
    "another session": cbor2.dumps(responses(OK, session=OTHER)),
    "another session is cancelled": cbor2.dumps({"type": "cancel", "session": OTHER}),
    "no session": cbor2.dumps(responses(OK, session=None)),
    "a batch that is not there yet": cbor2.dumps(responses(OK, batch=2)),
    "no batch": cbor2.dumps(responses(OK, batch=0)),
    "another batch is lost": cbor2.dumps({"type": "tag_lost", "batch": 2}),
    "a restart that nobody asked for": cbor2.dumps({"type": "ready", "connection": 2}),
    "no answers": cbor2.dumps(responses()),
    "an answer without a word": cbor2.dumps(responses(b"\x90")),
    "an answer that is too long": cbor2.dumps(responses(bytes(MAX_ANSWER - 1) + OK)),
    "more answers than commands": cbor2.dumps(responses(*[OK] * 5)),
    "more answers than any batch has commands": cbor2.dumps(responses(*[OK] * 513)),
    "fewer answers, though none stops the batch": cbor2.dumps(responses(OK)),
    "an answer after the one that stops the batch": cbor2.dumps(responses(OK, b"\x6a\x82", OK)),
    "a member that nobody knows": cbor2.dumps(responses(OK) | {"speed": 1}),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_it_ends_the_session(place: Place, chip: Chip, name: str) -> None:
    message = MESSAGES[name]
    case = place.case(chip())
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        assert len(phone.ask(hello())["commands"]) == 4
        socket.send(message)
        phone.form = JSON if isinstance(message, str) else CBOR
        end = phone.told()
        assert (end["code"], end["next_try"], end["sw"]) == ("bad_frame", "stop", None)
        assert phone.closed_with() == STOP
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


@pytest.mark.parametrize(
    "first", [responses(OK), {"type": "tag_lost", "batch": 1}, {"type": "ready", "connection": 1}]
)
def test_the_first_frame_is_hello(place: Place, chip: Chip, first: Frame) -> None:
    with opened(place.app, place.case(chip())) as socket:
        phone = WsPhone(socket)
        assert phone.ask(first)["code"] == "bad_frame"
        assert phone.closed_with() == STOP


def test_a_batch_is_answered_once(place: Place, chip: Chip) -> None:
    """Other answers to the batch before are not looked at; those to an older one are nobody's (SECURITY.md 5.1)."""
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        first = phone.ask(hello())
        card.put_on()
        second = phone.ask(answered(card, first))
        assert phone.ask(responses(b"\x6f\x00", batch=1)) == second
        third = phone.ask(answered(card, second))
        assert third["batch"] == 3
        assert phone.ask(responses(OK, batch=1))["code"] == "bad_frame"
        assert phone.closed_with() == STOP


def test_wrong_answers_to_a_batch_before_do_no_harm(place: Place, chip: Chip) -> None:
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        card.put_on()
        told = phone.ask(hello())
        while told["type"] == "apdus":
            reply = answered(card, told)
            told = phone.ask(reply)
            if told["type"] == "apdus":
                assert phone.ask(reply | {"answers": [b"\x69\x82"]}) == told
        assert (told["type"], told["state"]) == ("done", "checked")


def test_the_form_may_change_between_two_frames(place: Place, chip: Chip) -> None:
    """Each frame is answered in its own form."""
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        phone = WsPhone(socket, CBOR)
        card.put_on()
        told = phone.ask(hello())
        phone.form = JSON
        told = phone.ask(answered(card, told))
        phone.form = CBOR
        assert phone.ask(answered(card, told))["type"] == "apdus"


@pytest.mark.parametrize("name", ["garbage", "json in a binary message", "two frames in a message", "a list"])
def test_by_post_what_cannot_be_read_is_a_problem(place: Place, chip: Chip, name: str) -> None:
    message = MESSAGES[name]
    assert isinstance(message, bytes)
    answer = PostPhone(place.app, place.case(chip())).post(message)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("no session", "/session"),
        ("no batch", "/batch"),
        ("no answers", "/answers"),
        ("an answer without a word", "/answers/0"),
        ("an answer that is too long", "/answers/0"),
        ("more answers than any batch has commands", "/answers"),
        ("a frame of the server", "/type"),
        ("a member that nobody knows", ""),
    ],
)
def test_by_post_what_is_no_frame_is_a_problem_with_its_place(
    place: Place, chip: Chip, name: str, pointer: str
) -> None:
    phone = PostPhone(place.app, place.case(chip()))
    told = phone.ask(hello())
    frame = cbor2.loads(MESSAGES[name])  # type: ignore[arg-type]
    answer = phone.post(cbor2.dumps({"session": phone.session} | frame))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    # the session waits on
    assert phone.ask({"type": "tag_lost", "batch": told["batch"]})["type"] == "restart"


@pytest.mark.parametrize(
    "name",
    [
        "a batch that is not there yet",
        "another batch is lost",
        "a restart that nobody asked for",
        "more answers than commands",
        "fewer answers, though none stops the batch",
        "an answer after the one that stops the batch",
    ],
)
def test_by_post_what_nobody_waits_for_ends_the_session(place: Place, chip: Chip, name: str) -> None:
    case = place.case(chip())
    phone = PostPhone(place.app, case)
    phone.ask(hello())
    end = phone.ask(cbor2.loads(MESSAGES[name]))  # type: ignore[arg-type]
    assert (end["type"], end["code"], end["next_try"]) == ("error", "bad_frame", "stop")
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


def test_by_post_a_frame_that_is_refused_may_be_mended(place: Place, chip: Chip) -> None:
    card = chip()
    case = place.case(card)
    phone = PostPhone(place.app, case, JSON)
    card.put_on()
    good = answered(card, phone.ask(hello())) | {"session": phone.session}
    answer = phone.post(written(good | {"speed": 1}, JSON))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    answer = phone.post(written(good, JSON), "text/plain")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert phone.ask(good)["type"] == "apdus"


def test_by_post_every_frame_but_the_first_names_its_session(place: Place, chip: Chip) -> None:
    phone = PostPhone(place.app, place.case(chip()), JSON)
    answer = phone.post(written({"type": "cancel"}, JSON))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/session"]


def test_by_post_a_frame_of_more_than_a_mebibyte(place: Place, chip: Chip) -> None:
    phone = PostPhone(place.app, place.case(chip()))
    answer = phone.post(bytes(MAX_FRAME + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("octets", [MAX_FRAME, MAX_FRAME + 1])
def test_a_message_of_a_mebibyte_and_of_more(place: Place, chip: Chip, octets: int) -> None:
    """RFC 6455 §7.4.1: 1009."""
    case = place.case(chip())
    with opened(place.app, case) as socket:
        phone = WsPhone(socket)
        phone.ask(hello())
        socket.send(bytes(octets))
        if octets == MAX_FRAME:
            assert phone.told()["code"] == "bad_frame"
        assert phone.closed_with() == (STOP if octets == MAX_FRAME else 1009)
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


def test_a_message_of_more_than_a_mebibyte_in_parts(place: Place, chip: Chip) -> None:
    with opened(place.app, place.case(chip())) as socket:
        phone = WsPhone(socket)
        phone.ask(hello())
        socket.send([bytes(MAX_FRAME // 2)] * 3)
        assert phone.closed_with() == 1009


def test_a_frame_may_come_in_parts(place: Place, chip: Chip) -> None:
    """RFC 6455 §5.4."""
    card = chip()
    with opened(place.app, place.case(card)) as socket:
        phone = WsPhone(socket)
        octets = cbor2.dumps(hello())
        socket.send([octets[:5], octets[5:6], octets[6:]])
        card.put_on()
        assert phone.ask(answered(card, phone.told()))["batch"] == 2


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"masked": False}, 1002),
        ({"reserved": 0x40}, 1002),
        ({"opcode": 0x3}, 1002),
        ({"opcode": CONTINUATION}, 1002),
        ({"opcode": TEXT, "payload": b"\xff\xff"}, 1007),
        ({"opcode": 0x9, "payload": bytes(126)}, 1002),
        ({"opcode": 0x8, "payload": b"\x03"}, 1002),
    ],
    ids=[
        "not masked",
        "a reserved bit",
        "an opcode that is none",
        "a part of nothing",
        "no UTF-8",
        "a long ping",
        "half",
    ],
)
def test_what_is_no_websocket(place: Place, chip: Chip, frame: dict, code: int) -> None:
    """RFC 6455 §5.1, §5.2, §5.4, §5.5, §5.5.1, §8.1."""
    case = place.case(chip())
    with RawSocket.open(place.app, case) as raw:
        raw.send(cbor2.dumps(hello()))
        assert cbor2.loads(raw.message())["type"] == "apdus"
        raw.send(**{"payload": b"x", **frame})
        assert raw.closed_with() == code
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


def test_the_case_goes_on_with_another_session(place: Place, chip: Chip) -> None:
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        WsPhone(socket).ask({"type": "ready", "connection": 7})
    with opened(place.app, case) as socket:
        assert read_whole(WsPhone(socket), card)["state"] == "checked"
