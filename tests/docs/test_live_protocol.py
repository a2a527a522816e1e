"""docs/live-protocol.md: its frames are those of the contract, its tables those of the service."""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final

import cbor2
import pycddl
import pytest

from mrtd.protocols.connections import MAX_FAILURES
from mrtd.protocols.exchange import MAX_BATCH
from mrtd.protocols.files import MAX_BATCH_OCTETS
from service.api.live_codec import MAX_ANSWER, MAX_FRAME, Form, decode
from service.domain.challenge import MAX_AGE, MAX_ANSWERED, MAX_OPEN
from service.domain.live import (
    CLOSING,
    CLOSING_DONE,
    MAX_APDU,
    MAX_CANDIDATES,
    MAX_CONNECTIONS,
    MAX_SESSION_COMMANDS,
    MAX_SESSION_OCTETS,
    MAX_SESSION_S,
    MAX_SESSIONS,
    MAX_SESSIONS_OF_ONE,
    NEXT_TRY,
    PING_S,
    SUBPROTOCOL,
)
from tests.conftest import ROOT

PAGE, ANDROID = ((ROOT / "docs" / name).read_text("utf-8") for name in ("live-protocol.md", "android.md"))
CDDL: Final = (ROOT / "docs" / "live-protocol.cddl").read_text("utf-8")
FROM_PHONE, FROM_SERVER = (pycddl.Schema(f"sent = {one}\n{CDDL}") for one in ("client-frame", "server-frame"))
CLIENT_FRAMES: Final = {"hello", "responses", "tag_lost", "ready", "cancel"}
SERVER_FRAMES: Final = {"apdus", "restart", "progress", "access_denied", "error"}
#: Members whose text is octets, where a frame is JSON.
OCTETS: Final = {"commands", "answers", "atr"}


def blocks(language: str) -> list[str]:
    """The blocks of code of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def frames(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a block, which follow each other."""
    reader, found = json.JSONDecoder(), []
    while text := text.strip():
        frame, end = reader.raw_decode(text)
        found.append(frame)
        text = text[end:]
    return found


JSON_FRAMES: Final = [frame for block in blocks("json") for frame in frames(block)]


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def in_octets(frame: dict[str, Any]) -> dict[str, Any]:
    """As the frame is in CBOR."""
    return {name: [*map(from_base64url, value)] if name in OCTETS else value for name, value in frame.items()}


def table(heading: str, page: str = PAGE) -> list[list[str]]:
    """The cells of the first table below a row of headings, without their marks."""
    lines = page[page.index(heading) :].splitlines()[2:]
    rows = lines[: next(index for index, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def test_the_page_holds_the_contract() -> None:
    assert blocks("cddl") == [CDDL]


def test_there_is_an_example_of_each_frame() -> None:
    """But for `done`, which is as long as a report."""
    assert {frame["type"] for frame in JSON_FRAMES} == CLIENT_FRAMES | SERVER_FRAMES


@pytest.mark.parametrize("frame", JSON_FRAMES, ids=[frame["type"] for frame in JSON_FRAMES])
def test_an_example_is_a_frame(frame: dict[str, Any]) -> None:
    if frame["type"] in SERVER_FRAMES:
        FROM_SERVER.validate_cbor(cbor2.dumps(in_octets(frame)))
        return
    FROM_PHONE.validate_cbor(cbor2.dumps(in_octets(frame)))
    read = decode(json.dumps(frame).encode(), Form.JSON)
    assert read == decode(cbor2.dumps(in_octets(frame)), Form.CBOR)


@pytest.mark.parametrize(
    "block", blocks("edn"), ids=lambda block: frames(re.sub("h'", "'", block).replace("'", '"'))[0]["type"]
)
def test_the_same_in_diagnostic_notation(block: str) -> None:
    """RFC 8610 appendix G: octets are written as h'...'."""
    (frame,) = frames(re.sub(r"h'([0-9a-f]*)'", r'"\1"', block))
    octets = {name: [*map(bytes.fromhex, value)] if name in OCTETS else value for name, value in frame.items()}
    assert octets in [in_octets(frame) for frame in JSON_FRAMES]


@pytest.mark.parametrize(
    ("page", "heading"), [(PAGE, "| closed with |"), (ANDROID, "| WebSocket closed with |")], ids=["page", "android"]
)
def test_closing_codes(page: str, heading: str) -> None:
    """1012 is of uvicorn, when it stops (RFC 6455 §7.4.2)."""
    told = {int(row[0]): row[1] for row in table(heading, page)}
    expected = {code: str(next_try) for next_try, code in CLOSING.items()}
    assert told == expected | {CLOSING_DONE: "-", 1012: "-"}


def test_codes_of_endings() -> None:
    told = {row[0]: row[1] for row in table("| `code` | `next_try` | what happened")}
    assert told == {str(code): str(next_try) for code, next_try in NEXT_TRY.items()}


def test_limits() -> None:
    told = {row[0]: [int(number) for number in re.findall(r"\d+", row[1])] for row in table("| what | limit |")}
    assert told["a session"] == [MAX_SESSION_S, MAX_CONNECTIONS, MAX_SESSION_OCTETS, MAX_SESSION_COMMANDS]
    assert told["sessions of a phone, of a process"] == [MAX_SESSIONS_OF_ONE, MAX_SESSIONS, 429]
    assert told["connections that fail, the chip being there"] == [MAX_FAILURES]
    assert told["challenges of a verification"] == [MAX_ANSWERED, MAX_OPEN, MAX_AGE.total_seconds()]
    assert told["a batch"] == [MAX_BATCH, MAX_BATCH_OCTETS]
    assert told["a command, an answer"] == [MAX_APDU, MAX_ANSWER]
    assert told["a frame"] == [MAX_FRAME, 1009, 413]
    assert told["ping"] == [PING_S]


def test_words_in_the_text() -> None:
    assert f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\n" in PAGE
    words = {3: "three"}
    assert f"at most {words[MAX_CANDIDATES]} times" in PAGE
    assert f"{words[MAX_ANSWERED].capitalize()} sessions whose chip was judged" in PAGE
