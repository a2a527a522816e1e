"""Frames of a live reading as they are sent: CBOR maps, or JSON with the same members (docs/live-protocol.md).

What a phone sends is a stranger's word. The readers are those of dumps, which refuse whatever could be read in two
ways; members are a closed list, each with bounds. What is read here is well-formed; whether it fits is the session's
matter (`service.usecases.live_reading`).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import cbor2

from mrtd import dump_body
from mrtd.errors import MrtdError
from mrtd.protocols.exchange import MAX_BATCH
from service.domain.errors import FieldError
from service.domain.live import (
    MAX_APDU,
    MAX_ATR,
    MAX_WORDS,
    MIN_APDU,
    Apdus,
    Cancel,
    ClientFrame,
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
    next_try,
)

#: Octets of one frame of a phone. A batch asks for at most 256 KiB (`mrtd.protocols.files`), which secure messaging
#: and base64 make less than twice as much.
MAX_FRAME: Final = 1024 * 1024
#: A status word, and the longest answer that secure messaging gives in extended length.
MIN_ANSWER: Final = 2
MAX_ANSWER: Final = 65_600
#: Seconds; no system lets a connection last longer.
MAX_NFC_LIMIT_S: Final = 3_600
#: Batches and connections are counted in 32 bits.
MAX_COUNT: Final = 2**32 - 1

_SESSION: Final = re.compile(r"ls_[A-Z2-7]{26}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Form(StrEnum):
    """The media type of a frame; on a WebSocket CBOR is a binary message, JSON is text."""

    CBOR = "application/cbor"
    JSON = "application/json"


class FrameError(Exception):
    """Octets that are no frame. `place`: the member that is wrong; None where nothing can be read at all."""

    def __init__(self, place: FieldError | None = None) -> None:
        self.place = place
        super().__init__("no frame" if place is None else place.code)


@dataclass(frozen=True, slots=True)
class Received:
    """A frame of a phone, and the session that it names, if it names one."""

    frame: ClientFrame
    session: str | None = None


def decode(data: bytes, form: Form) -> Received:
    """Read a frame of a phone.

    Raises:
        FrameError: it is none.
    """
    if len(data) > MAX_FRAME:
        raise FrameError
    try:
        tree = dump_body.read_cbor(data) if form is Form.CBOR else dump_body.read_json(data)
    except MrtdError:
        raise FrameError from None
    members = _Members(tree, form)
    kind = members.text("type", MAX_WORDS)
    reader = _READERS.get(kind)
    if reader is None:
        raise FrameError(FieldError("/type", "unknown"))
    # the first frame is of no session yet
    session = None if kind == "hello" else members.session()
    frame = reader(members)
    members.require_no_others()
    return Received(frame, session)


def encode(frame: ServerFrame, session: str | None, form: Form) -> bytes:
    """A frame of the server, of a session; None where there is none."""
    return _written(_members(frame, session), form)


def encode_progress(session: str, form: Form) -> bytes:
    """The frame that says that the answer takes a while, since the document is being judged."""
    return _written({"type": "progress", "session": session, "phase": "judging"}, form)


class _Members:
    """The members of a frame, each of which is taken once and checked as it is."""

    def __init__(self, tree: dict[str, object], form: Form) -> None:
        self._left = dict(tree)
        self._form = form

    def has(self, name: str) -> bool:
        """Whether the frame has a member; null is one."""
        return name in self._left

    def text(self, name: str, most: int) -> str:
        """One line of at most so many octets in UTF-8."""
        value = self._take(name)
        if not isinstance(value, str) or not value or _CONTROL.search(value):
            raise FrameError(FieldError(f"/{name}", "no_text"))
        try:
            length = len(value.encode())
        except UnicodeEncodeError:
            # half of a surrogate pair, which JSON can write and UTF-8 cannot
            raise FrameError(FieldError(f"/{name}", "no_text")) from None
        if length > most:
            raise FrameError(FieldError(f"/{name}", "too_long"))
        return value

    def number(self, name: str, least: int, most: int) -> int:
        """A number between two others."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise FrameError(FieldError(f"/{name}", "no_number"))
        if not least <= value <= most:
            raise FrameError(FieldError(f"/{name}", "out_of_range"))
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise FrameError(FieldError(f"/{name}", "no_flag"))
        return value

    def octets(self, name: str, least: int, most: int) -> bytes:
        """Octets of a length between two others."""
        return self._octets(self._take(name), f"/{name}", least, most)

    def answers(self, name: str) -> tuple[bytes, ...]:
        """Answers of a chip, at least one and no more than a batch has commands."""
        value = self._take(name)
        if not isinstance(value, list):
            raise FrameError(FieldError(f"/{name}", "no_list"))
        if not 1 <= len(value) <= MAX_BATCH:
            raise FrameError(FieldError(f"/{name}", "out_of_range"))
        return tuple(
            self._octets(answer, f"/{name}/{place}", MIN_ANSWER, MAX_ANSWER) for place, answer in enumerate(value)
        )

    def session(self) -> str | None:
        """The session that is named, if one is."""
        if not self.has("session"):
            return None
        value = self._take("session")
        if not isinstance(value, str) or _SESSION.fullmatch(value) is None:
            raise FrameError(FieldError("/session", "no_session"))
        return value

    def require_no_others(self) -> None:
        """A misspelt member is never silently ignored; its name is the sender's word and not told."""
        if self._left:
            raise FrameError(FieldError("", "extra_forbidden"))

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise FrameError(FieldError(f"/{name}", "missing"))
        return self._left.pop(name)

    def _octets(self, value: object, place: str, least: int, most: int) -> bytes:
        found = value if self._form is Form.CBOR else _from_base64url(value)
        if not isinstance(found, bytes):
            raise FrameError(FieldError(place, "no_octets"))
        if not least <= len(found) <= most:
            raise FrameError(FieldError(place, "out_of_range"))
        return found


def _from_base64url(value: object) -> bytes | None:
    """RFC 4648 §5 without padding, in the one way in which octets are written; None where it is not."""
    if not isinstance(value, str):
        return None
    try:
        found = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if _base64url(found) == value else None


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _hello(members: _Members) -> Hello:
    limit, atr = "nfc_session_limit_s", "atr"
    return Hello(
        members.text("app", MAX_WORDS),
        members.text("platform", MAX_WORDS),
        members.number("max_apdu", MIN_APDU, MAX_APDU),
        members.flag("extended_length"),
        members.flag("auto_selected_aid"),
        members.number(limit, 1, MAX_NFC_LIMIT_S) if members.has(limit) else None,
        members.octets(atr, 0, MAX_ATR) if members.has(atr) else b"",
    )


def _responses(members: _Members) -> Responses:
    return Responses(members.number("batch", 1, MAX_COUNT), members.answers("answers"))


def _tag_lost(members: _Members) -> TagLost:
    return TagLost(members.number("batch", 1, MAX_COUNT))


def _ready(members: _Members) -> Ready:
    return Ready(members.number("connection", 1, MAX_COUNT))


_READERS: Final[Mapping[str, Callable[[_Members], ClientFrame]]] = MappingProxyType(
    {
        "hello": _hello,
        "responses": _responses,
        "tag_lost": _tag_lost,
        "ready": _ready,
        "cancel": lambda _members: Cancel(),
    }
)


def _members(frame: ServerFrame, session: str | None) -> dict[str, object]:
    match frame:
        case Apdus():
            return {
                "type": "apdus",
                "session": session,
                "batch": frame.batch,
                "connection": frame.connection,
                "phase": frame.phase.value,
                "file": frame.file,
                "bytes_total": frame.octets,
                "commands": list(frame.commands),
                "accept": list(frame.accept),
            }
        case Restart():
            return {
                "type": "restart",
                "session": session,
                "connection": frame.connection,
                "reason": frame.reason.value,
            }
        case Done():
            judged: dict[str, object] = json.loads(frame.answer)
            return {"type": "done", "session": session, "proposed_lines": list(frame.proposed_lines), **judged}
        case Failed(code=LiveCode.ACCESS_DENIED):
            advice = NextTry.CONFIRM_MRZ.value
            return {"type": "access_denied", "session": session, "advice": advice, "next_try": advice}
        case Failed():
            return {
                "type": "error",
                "session": session,
                "code": frame.code.value,
                "sw": frame.sw,
                "next_try": next_try(frame.code).value,
                "retry_after_s": frame.retry_after_s,
            }


def _written(members: dict[str, object], form: Form) -> bytes:
    if form is Form.CBOR:
        return cbor2.dumps(members)
    return json.dumps(members, default=_base64url, ensure_ascii=False, separators=(",", ":")).encode()
