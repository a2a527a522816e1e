"""Frames of a live reading as JSON, for generated clients. What counts is read by `service.api.live_codec`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, RootModel, StrictBool
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from mrtd.protocols.exchange import MAX_BATCH, Phase
from service.api.live_codec import MAX_COUNT, MAX_NFC_LIMIT_S
from service.api.v1.model import Answer, Request
from service.api.v1.schemas import ChipJudged
from service.domain.live import MAX_APDU, MAX_CONNECTIONS, MAX_WORDS, MIN_APDU, NextTry

Octets = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?$",
        description="base64url without padding; a byte string in CBOR",
    ),
]
SessionId = Annotated[str, Field(pattern=r"^ls_[A-Z2-7]{26}$")]
Words = Annotated[str, Field(min_length=1, max_length=MAX_WORDS, pattern=r"^[^\x00-\x1f\x7f]+$")]
Count = Annotated[int, Field(ge=1, le=MAX_COUNT)]
StatusWord = Annotated[int, Field(ge=0, le=0xFFFF)]

_NfcLimit = Annotated[int, Field(ge=1, le=MAX_NFC_LIMIT_S)]


def _without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


#: What may be missing, and is never null.
_MAY_BE_LEFT_OUT: Final = Field(json_schema_extra=_without_default)


class LiveHello(Request):
    """The first frame: the phone has a chip at hand, and says what it can."""

    type: Literal["hello"]
    app: Words
    platform: Words
    max_apdu: Annotated[int, Field(ge=MIN_APDU, le=MAX_APDU, description="octets of a command or answer")]
    extended_length: StrictBool
    auto_selected_aid: StrictBool
    nfc_session_limit_s: Annotated[_NfcLimit | SkipJsonSchema[None], _MAY_BE_LEFT_OUT] = None
    atr: Annotated[Octets | SkipJsonSchema[None], _MAY_BE_LEFT_OUT] = None


class LiveResponses(Request):
    """The answers to a batch, until the first whose status word was not to be accepted."""

    type: Literal["responses"]
    session: SessionId
    batch: Count
    answers: Annotated[list[Octets], Field(min_length=1, max_length=MAX_BATCH)]


class LiveTagLost(Request):
    """Instead of the answers to a batch: the chip is gone."""

    type: Literal["tag_lost"]
    session: SessionId
    batch: Count


class LiveReady(Request):
    """After `restart`: the chip is there again."""

    type: Literal["ready"]
    session: SessionId
    connection: Count


class LiveCancel(Request):
    """Nobody wants to read any more."""

    type: Literal["cancel"]
    session: SessionId


class LiveClientFrame(
    RootModel[
        Annotated[
            LiveHello | LiveResponses | LiveTagLost | LiveReady | LiveCancel,
            Field(discriminator="type"),
        ]
    ]
):
    """A frame of the phone; every one but `hello` names its session."""


class LiveApdus(Answer):
    """Commands for the chip: one after the other, until an answer whose status word is not in `accept`."""

    type: Literal["apdus"]
    session: SessionId
    batch: Count
    connection: Annotated[int, Field(ge=1, le=MAX_CONNECTIONS)]
    phase: Phase
    file: str | None
    bytes_total: Annotated[int, Field(ge=0, description="about how many octets the answers bring; 0: nobody knows")]
    commands: list[Octets]
    accept: list[StatusWord]


class LiveRestart(Answer):
    """Connect to the chip anew, then send `ready`. `reason`: a code of the group `live` of the catalogue."""

    type: Literal["restart"]
    session: SessionId
    connection: Annotated[int, Field(ge=1, le=MAX_CONNECTIONS)]
    reason: str


class LiveAccessDenied(Answer):
    """The session is over: the lines do not open the chip."""

    type: Literal["access_denied"]
    session: SessionId
    advice: Literal["confirm_mrz"]
    next_try: NextTry


class LiveError(Answer):
    """The session is over without a judgement. `code`: of the group `live` of the catalogue, or a problem's.

    `session`: null where there is none. `sw`: the status word of the chip that ended it, if one did.
    """

    type: Literal["error"]
    session: SessionId | None
    code: str
    sw: StatusWord | None
    next_try: NextTry
    retry_after_s: int | None


class LiveDone(ChipJudged):
    """The session is over, the chip read and judged.

    `proposed_lines`: lines that open the chip where the captured ones do not; a person compares them with the page.
    """

    type: Literal["done"]
    session: SessionId
    proposed_lines: list[str]


class LiveServerFrame(
    RootModel[
        Annotated[
            LiveApdus | LiveRestart | LiveAccessDenied | LiveError | LiveDone,
            Field(discriminator="type"),
        ]
    ]
):
    """A frame of the server, which answers one of the phone."""
