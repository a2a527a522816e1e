"""Frames from octets and to octets: what is no frame is refused with one error, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.protocols.exchange import MAX_BATCH, Phase
from service.api.live_codec import MAX_FRAME, Form, FrameError, Received, decode, encode, encode_progress
from service.api.v1.live_schemas import LiveClientFrame, LiveServerFrame
from service.domain.errors import ProblemCode
from service.domain.live import (
    Apdus,
    Cancel,
    Done,
    Failed,
    Hello,
    LiveCode,
    NextTry,
    Ready,
    Responses,
    Restart,
    ServerFrame,
    TagLost,
)
from tests.service.live.wire import CBOR, hello, read, written

SESSION = "ls_" + "A2" * 13
FORMS = pytest.mark.parametrize("form", list(Form))

#: Each frame of the phone: its members, what they mean, and the session that they name.
FRAMES: dict[str, tuple[dict[str, Any], Received]] = {
    "hello": (
        hello(auto_selected_aid=True, nfc_session_limit_s=60, atr=b"\x3b\x80"),
        Received(Hello("test 1.0", "Python", 4096, True, True, 60, b"\x3b\x80")),
    ),
    "a shorter hello": (hello(), Received(Hello("test 1.0", "Python", 4096, True))),
    "responses": (
        {
            "type": "responses",
            "session": SESSION,
            "batch": 3,
            "answers": [b"\x90\x00", b"\xff\xfe\x90\x00", b"n\x82"],
        },
        Received(Responses(3, (b"\x90\x00", b"\xff\xfe\x90\x00", b"n\x82")), SESSION),
    ),
    "responses without a session": (
        {"type": "responses", "batch": 1, "answers": [b"\x90\x00"]},
        Received(Responses(1, (b"\x90\x00",))),
    ),
    "tag_lost": ({"type": "tag_lost", "session": SESSION, "batch": 7}, Received(TagLost(7), SESSION)),
    "ready": ({"type": "ready", "session": SESSION, "connection": 2}, Received(Ready(2), SESSION)),
    "cancel": ({"type": "cancel"}, Received(Cancel())),
}


@FORMS
@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_read(name: str, form: Form) -> None:
    members, meant = FRAMES[name]
    assert decode(written(members, form), form) == meant


def test_one_frame_as_it_stands_in_the_standards() -> None:
    """RFC 8949 and RFC 4648, by hand: {"type": "responses", "batch": 1, "answers": [h'9000', h'6A82']}."""
    by_hand = bytes.fromhex("a3 6474797065 69726573706f6e736573 656261746368 01 67616e7377657273 82 429000 426a82")
    text = b'{"type":"responses","batch":1,"answers":["kAA","aoI"]}'
    meant = Received(Responses(1, (b"\x90\x00", b"\x6a\x82")))
    assert decode(by_hand, Form.CBOR) == meant
    assert decode(text, Form.JSON) == meant


@FORMS
@pytest.mark.parametrize("name", FRAMES)
def test_a_member_more_or_less_is_refused(name: str, form: Form) -> None:
    members, _ = FRAMES[name]
    assert place_of(members | {"atrs": 1}, form) == ""
    optional = {"session", "nfc_session_limit_s", "atr"}
    for member in members.keys() - optional:
        short = {key: value for key, value in members.items() if key != member}
        assert place_of(short, form) == f"/{member}", member


@FORMS
@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"app": ""}, "/app"),
        ({"app": "a" * 65}, "/app"),
        ({"app": "å" * 33}, "/app"),
        ({"app": "a\nb"}, "/app"),
        ({"app": 5}, "/app"),
        ({"platform": None}, "/platform"),
        ({"max_apdu": 127}, "/max_apdu"),
        ({"max_apdu": 65_545}, "/max_apdu"),
        ({"max_apdu": True}, "/max_apdu"),
        ({"max_apdu": "4096"}, "/max_apdu"),
        ({"extended_length": 1}, "/extended_length"),
        ({"auto_selected_aid": None}, "/auto_selected_aid"),
        ({"nfc_session_limit_s": 0}, "/nfc_session_limit_s"),
        ({"nfc_session_limit_s": None}, "/nfc_session_limit_s"),
        ({"atr": b"\x00" * 255}, "/atr"),
        ({"atr": None}, "/atr"),
        ({"type": "welcome"}, "/type"),
        ({"type": ["hello"]}, "/type"),
        ({"session": SESSION}, ""),
    ],
    ids=str,
)
def test_what_a_phone_says_of_itself_is_bounded(changes: dict[str, Any], place: str, form: Form) -> None:
    assert place_of(hello(**changes), form) == place


@FORMS
@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"batch": 0}, "/batch"),
        ({"batch": -1}, "/batch"),
        ({"batch": 2**32}, "/batch"),
        ({"answers": []}, "/answers"),
        ({"answers": [b"\x90\x00"] * (MAX_BATCH + 1)}, "/answers"),
        ({"answers": b"\x90\x00"}, "/answers"),
        ({"answers": {"0": b"\x90\x00"}}, "/answers"),
        ({"answers": [b"\x90\x00", b"\x90"]}, "/answers/1"),
        ({"answers": [b"\x90\x00", [b"\x90\x00"]]}, "/answers/1"),
        ({"answers": [b"\x00" * 65_601]}, "/answers/0"),
        ({"session": SESSION.lower()}, "/session"),
        ({"session": SESSION + "A"}, "/session"),
        ({"session": SESSION + "\n"}, "/session"),
        ({"session": None}, "/session"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_answers_are_bounded(changes: dict[str, Any], place: str, form: Form) -> None:
    members, _ = FRAMES["responses"]
    assert place_of(members | changes, form) == place


@pytest.mark.parametrize("text", ["kAA=", "kA", "kAB", "k+/A", " kAA", "kAA\n", "kÅA", "", 36864, "k"])
def test_octets_in_json_are_written_in_one_way(text: object) -> None:
    """RFC 4648 §5 without padding, with zero bits at the end, and nothing between."""
    frame = json.dumps({"type": "responses", "batch": 1, "answers": [text]}).encode()
    assert raised(frame, Form.JSON) == "/answers/0"


def test_octets_are_octets_in_cbor_and_text_is_text() -> None:
    assert place_of({"type": "responses", "batch": 1, "answers": ["kAA"]}, Form.CBOR) == "/answers/0"
    assert place_of(hello(app=b"test"), Form.CBOR) == "/app"


@pytest.mark.parametrize(
    ("octets", "form"),
    [
        (b"", Form.CBOR),
        (b"", Form.JSON),
        (b"\xa1", Form.CBOR),
        (cbor2.dumps(hello())[:-1], Form.CBOR),
        (cbor2.dumps(hello()) + b"\x00", Form.CBOR),
        (cbor2.dumps([hello()]), Form.CBOR),
        (cbor2.dumps(cbor2.CBORTag(55799, hello())), Form.CBOR),
        (bytes.fromhex("bf6474797065 6663616e63656c ff"), Form.CBOR),
        (bytes.fromhex("a2 6474797065 6663616e63656c 6474797065 6663616e63656c"), Form.CBOR),
        (bytes.fromhex("a1 01 02"), Form.CBOR),
        (b"\x81" * 10_000, Form.CBOR),
        (bytes.fromhex("9b7fffffffffffffff"), Form.CBOR),
        (bytes.fromhex("5b7fffffffffffffff"), Form.CBOR),
        (b'{"type":"cancel","type":"cancel"}', Form.JSON),
        (b'{"type":"cancel"', Form.JSON),
        (b'{"type":"cancel"} {}', Form.JSON),
        (b'["cancel"]', Form.JSON),
        (b'{"type":"tag_lost","batch":1.0}', Form.JSON),
        (b'{"type":"tag_lost","batch":NaN}', Form.JSON),
        (b'{"type":"tag_lost","batch":' + b"9" * 5_000 + b"}", Form.JSON),
        (b'\xef\xbb\xbf{"type":"cancel"}', Form.JSON),
        (b'{"type":"\xff"}', Form.JSON),
        (b'{"a":' * 50_000, Form.JSON),
        (b" " * (MAX_FRAME + 1), Form.JSON),
        (b"\x00" * (MAX_FRAME + 1), Form.CBOR),
    ],
    ids=lambda value: str(value[:20]) if isinstance(value, bytes) else value.name,
)
def test_what_cannot_be_read_at_all(octets: bytes, form: Form) -> None:
    assert raised(octets, form) is None


def test_half_of_a_character_is_no_text() -> None:
    assert raised(json.dumps(hello(app="\ud800")).encode(), Form.JSON) == "/app"


def test_an_error_says_nothing_of_what_was_sent() -> None:
    with pytest.raises(FrameError) as caught:
        decode(json.dumps({"type": "cancel", "SPECIMEN<<MARTA": 1}).encode(), Form.JSON)
    assert "MARTA" not in repr(caught.value) + str(caught.value) + repr(caught.value.place)


@FORMS
@given(data=st.binary(max_size=300))
def test_any_octets(form: Form, data: bytes) -> None:
    only_refused(data, form)


_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.binary(max_size=8) | st.just(SESSION)
_NAMES = st.sampled_from(["type", "session", "batch", "answers", "connection", "app", "atr", "max_apdu", "x"])
_KINDS = st.sampled_from(["hello", "responses", "tag_lost", "ready", "cancel", "apdus", ""])
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=12
)


@FORMS
@given(members=st.dictionaries(_NAMES, _TREES, max_size=5), kind=_KINDS)
def test_any_members(form: Form, members: dict[str, Any], kind: str) -> None:
    only_refused(written(members | {"type": kind}, form), form)


@FORMS
@given(
    name=st.sampled_from(sorted(FRAMES)),
    place=st.integers(0, 200),
    change=st.binary(max_size=4),
    dropped=st.integers(0, 4),
)
def test_a_frame_that_was_damaged(form: Form, name: str, place: int, change: bytes, dropped: int) -> None:
    octets = written(FRAMES[name][0], form)
    at = place % len(octets)
    only_refused(octets[:at] + change + octets[at + dropped :], form)


@FORMS
@given(
    frame=st.builds(
        Responses,
        st.integers(1, 2**32 - 1),
        st.lists(st.binary(min_size=2, max_size=300), min_size=1, max_size=9).map(tuple),
    )
)
def test_answers_arrive_as_they_were(form: Form, frame: Responses) -> None:
    sent = {"type": "responses", "session": SESSION, "batch": frame.batch, "answers": list(frame.answers)}
    assert decode(written(sent, form), form) == Received(frame, SESSION)
    LiveClientFrame.model_validate_json(written(sent, Form.JSON))


JUDGED = {
    "state": "checked",
    "next_step": "wait_review_1",
    "reason": None,
    "report": {"outcome": "verified", "checks": [{"id": "é", "facts": {"n": 1, "yes": True, "none": None}}]},
}

#: Each frame of the server, and its members.
SERVER: list[tuple[ServerFrame, dict[str, Any]]] = [
    (
        Apdus(2, 1, Phase.READ, (b"\x00\xb0\x00\x00\x04", b"\x00\xb0\x00\x04\x00"), (0x6282, 0x9000), "EF.SOD", 4096),
        {
            "type": "apdus",
            "batch": 2,
            "connection": 1,
            "phase": "read",
            "file": "EF.SOD",
            "bytes_total": 4096,
            "commands": [b"\x00\xb0\x00\x00\x04", b"\x00\xb0\x00\x04\x00"],
            "accept": [25218, 36864],
        },
    ),
    (
        Apdus(1, 1, Phase.CARD_ACCESS, (b"\x00\xa4\x02\x0c",), (0x9000,)),
        {
            "type": "apdus",
            "batch": 1,
            "connection": 1,
            "phase": "card_access",
            "file": None,
            "bytes_total": 0,
            "commands": [b"\x00\xa4\x02\x0c"],
            "accept": [36864],
        },
    ),
    (Restart(2, LiveCode.TAG_LOST), {"type": "restart", "connection": 2, "reason": "tag_lost"}),
    (
        Done(json.dumps(JUDGED).encode(), ("P<UTO", "L898")),
        {"type": "done", "proposed_lines": ["P<UTO", "L898"], **JUDGED},
    ),
    (
        Failed(LiveCode.ACCESS_DENIED, 0x6300),
        {"type": "access_denied", "advice": "confirm_mrz", "next_try": "confirm_mrz"},
    ),
    (
        Failed(LiveCode.CHIP_FAILED, 0x6985),
        {"type": "error", "code": "chip_failed", "sw": 0x6985, "next_try": "new_chip_attempt", "retry_after_s": None},
    ),
    (
        Failed(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=5),
        {"type": "error", "code": "too_many_requests", "sw": None, "next_try": "retry", "retry_after_s": 5},
    ),
]


@FORMS
@pytest.mark.parametrize(
    ("frame", "members"), SERVER, ids=lambda value: value.get("type") if isinstance(value, dict) else ""
)
def test_a_frame_of_the_server_is_written(frame: ServerFrame, members: dict[str, Any], form: Form) -> None:
    octets = encode(frame, SESSION, form)
    assert read(octets, form) == members | {"session": SESSION}


@pytest.mark.parametrize(
    ("frame", "members"),
    [one for one in SERVER if not isinstance(one[0], Done)],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
def test_the_contract_describes_what_is_written(frame: ServerFrame, members: dict[str, Any]) -> None:
    """The schema of the frames in OpenAPI; a whole `done` is looked at where a chip was judged."""
    shown = LiveServerFrame.model_validate_json(encode(frame, SESSION, Form.JSON)).root
    assert shown.type == members["type"]
    assert set(type(shown).model_fields) == members.keys() | {"session"}


@pytest.mark.parametrize("name", [name for name in FRAMES if name not in {"responses without a session", "cancel"}])
def test_the_contract_describes_what_is_read(name: str) -> None:
    LiveClientFrame.model_validate_json(written(FRAMES[name][0], Form.JSON))


@FORMS
def test_an_error_without_a_session(form: Form) -> None:
    frame = read(encode(Failed(LiveCode.UNKNOWN_SESSION), None, form), form)
    assert (frame["session"], frame["code"], frame["next_try"]) == (None, "unknown_session", "new_chip_attempt")


@FORMS
def test_progress(form: Form) -> None:
    assert read(encode_progress(SESSION, form), form) == {"type": "progress", "session": SESSION, "phase": "judging"}


@pytest.mark.parametrize("code", [*LiveCode, *ProblemCode], ids=str)
def test_every_end_says_what_may_be_done(code: LiveCode | ProblemCode) -> None:
    frame = read(encode(Failed(code), SESSION, Form.CBOR), CBOR)
    assert NextTry(frame["next_try"])
    assert frame["type"] == ("access_denied" if code is LiveCode.ACCESS_DENIED else "error")


def place_of(members: dict[str, Any], form: Form) -> str | None:
    """Where a frame with these members is refused."""
    return raised(written(members, form), form)


def raised(octets: bytes, form: Form) -> str | None:
    """Where it is refused; None where it cannot be read at all."""
    with pytest.raises(FrameError) as caught:
        decode(octets, form)
    return None if caught.value.place is None else caught.value.place.pointer


def only_refused(octets: bytes, form: Form) -> None:
    """Read, or refused with the one error."""
    attempt: Callable[[], Received] = lambda: decode(octets, form)  # noqa: E731
    try:
        received = attempt()
    except FrameError:
        return
    assert received.frame is not None
