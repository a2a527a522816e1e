"""How much of a body is read; more is answered with a problem, like everything else.

The framework's own limit answers in plain text, outside of our handlers and headers.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.live_codec import MAX_FRAME
from service.api.v1.problems import problem
from service.domain.errors import ProblemCode
from service.domain.photo import MAX_IMAGES_BYTES

#: SECURITY.md 6.3: a session is at most 4 MiB.
MAX_CHIP_BODY: Final = 4 * 1024 * 1024
#: Photos, and the headers of five parts.
MAX_PHOTO_BODY: Final = MAX_IMAGES_BYTES + 16 * 1024
#: An attestation has up to ten certificates; with post-quantum signatures each has some kilobytes.
MAX_ATTESTATION_BODY: Final = 256 * 1024
#: No other request of the contract comes near.
MAX_BODY: Final = 16 * 1024

#: Seconds for a whole body. 5 MB at 1 Mbit/s, about the worst that a phone is used with, take 40.
BODY_TIME_S: Final = 60.0
#: Seconds in which nothing of a body comes.
BODY_PAUSE_S: Final = 15.0

_TAKES_A_CHIP: Final = re.compile(r"/v1/verifications/[^/]+/chip|/v1/inspections")
_TAKES_A_FRAME: Final = re.compile(r"/v1/verifications/[^/]+/chip/live/frames")
_TAKES_AN_ATTESTATION: Final = re.compile(r"/v1/devices(/[^/]+/attestations)?")
_TAKES_PHOTOS: Final = re.compile(r"/v1/verifications/[^/]+/mrz-image")


class BodyLimit:
    """ASGI middleware: a declared length is refused at once, an undeclared one when it is exceeded.

    A body that comes too slowly is refused as well: who sends it holds what others need.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _limit(scope["path"])
        if _declared_length(scope) > limit:
            await problem(ProblemCode.BODY_TOO_LARGE)(scope, receive, send)
            return
        received = 0
        whole = False
        ends: float | None = None

        async def receive_limited() -> Message:
            nonlocal received, whole, ends
            if whole:
                # All that is left to hear of is that the client went away.
                return await receive()
            # From the first look on: for how long a request waited for its turn is not the client's doing.
            now = time.monotonic()
            ends = now + BODY_TIME_S if ends is None else ends
            try:
                async with asyncio.timeout(min(BODY_PAUSE_S, ends - now)):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            whole = not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_limited, send)


def _limit(path: str) -> int:
    if _TAKES_PHOTOS.fullmatch(path):
        return MAX_PHOTO_BODY
    if _TAKES_A_FRAME.fullmatch(path):
        return MAX_FRAME
    if _TAKES_AN_ATTESTATION.fullmatch(path):
        return MAX_ATTESTATION_BODY
    return MAX_CHIP_BODY if _TAKES_A_CHIP.fullmatch(path) else MAX_BODY


def _declared_length(scope: Scope) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else 0
