"""One WebSocket of a live reading: a frame in, a frame out, until the session is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.websockets import WebSocket, WebSocketDisconnect

from service.api.live_codec import Form, FrameError, Received, decode, encode, encode_progress
from service.api.request_context import BATCHES, current_request_id, log
from service.domain.errors import ProblemCode
from service.domain.live import (
    CLOSING,
    CLOSING_DONE,
    SUBPROTOCOL,
    ClientFrame,
    Done,
    Failed,
    LiveCode,
    Responses,
    ServerFrame,
    next_try,
)
from service.log import named
from service.metrics import Meter
from service.usecases.live_reading import LiveReading

#: Frames that are worked on at a time in one process; beside these threads there are those of all other routes.
LIVE_THREADS: Final = 16
#: Seconds between two looks at whether a session that waits for its phone was ended from elsewhere.
LOOK_S: Final = 1.0
#: Seconds after which a phone is told that the document is being judged.
PROGRESS_AFTER_S: Final = 0.5

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LiveWork:
    """Where frames are worked on, and who counts."""

    limiter: CapacityLimiter
    meter: Meter

    async def run(self, work: Callable[[], _T]) -> _T:
        """In a thread: reading and judging a chip would hold up every other request."""
        return await to_thread.run_sync(work, limiter=self.limiter)

    async def take(self, session: LiveReading, frame: ClientFrame) -> ServerFrame:
        """Have a session answer a frame. What should not happen ends it, and is told as a problem."""
        began = time.monotonic()
        try:
            answer = await self.run(lambda: session.take(frame))
        except Exception as error:
            log.error("fault", request_id=current_request_id(), **named(error))
            await self.run(lambda: session.fail(LiveCode.CANCELLED))
            return Failed(ProblemCode.INTERNAL_ERROR)
        if isinstance(frame, Responses):
            self.meter.live_batch(time.monotonic() - began)
        return answer


class LiveSocket:
    """Serves a session that is open.

    The next frame is read when the last one was answered: a phone that sends faster fills its own buffers.
    """

    def __init__(self, session: LiveReading, work: LiveWork) -> None:
        self._session = session
        self._work = work
        self._form = Form.CBOR

    async def serve(self, websocket: WebSocket) -> None:
        """From the handshake to the end; a socket that is gone ends the session."""
        try:
            await websocket.accept(SUBPROTOCOL)
            # whoever reads nothing is waited for no longer than whoever says nothing
            async with asyncio.timeout(self._session.seconds_left + LOOK_S):
                await websocket.close(await self._exchange(websocket))
        except (WebSocketDisconnect, TimeoutError):
            pass
        finally:
            websocket.scope[BATCHES] = self._session.batches
            with anyio.CancelScope(shield=True):
                await self._work.run(lambda: self._session.fail(LiveCode.CANCELLED))

    async def _exchange(self, websocket: WebSocket) -> int:
        """Frames for frames; the code to close with."""
        while True:
            answer = await self._answer(websocket)
            await self._send(websocket, encode(answer, self._session.id, self._form))
            # a session that was ended from elsewhere meanwhile is found so when the next frame is waited for
            match answer:
                case Failed(code=code):
                    return CLOSING[next_try(code)]
                case Done():
                    return CLOSING_DONE

    async def _answer(self, websocket: WebSocket) -> ServerFrame:
        message = await self._received(websocket)
        if message is None:
            # that it ended from elsewhere, if it did
            return await self._work.run(lambda: self._session.fail(LiveCode.TIME_OVER))
        try:
            received = self._read(message)
        except FrameError:
            return await self._work.run(lambda: self._session.fail(LiveCode.BAD_FRAME))
        if received.session not in (None, self._session.id):
            return await self._work.run(lambda: self._session.fail(LiveCode.BAD_FRAME))
        return await self._taken(websocket, received.frame)

    async def _received(self, websocket: WebSocket) -> dict[str, Any] | None:
        """The next message; None where none may come any more."""
        receiving = asyncio.ensure_future(websocket.receive())
        try:
            while not receiving.done():
                left = 0.0 if self._session.ended else self._session.seconds_left
                if left == 0:
                    return None
                await asyncio.wait({receiving}, timeout=min(left, LOOK_S))
            message: dict[str, Any] = dict(receiving.result())
        finally:
            receiving.cancel()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        return message

    def _read(self, message: dict[str, Any]) -> Received:
        text = message.get("text")
        self._form = Form.CBOR if text is None else Form.JSON
        return decode(message["bytes"] if text is None else text.encode(), self._form)

    async def _taken(self, websocket: WebSocket, frame: ClientFrame) -> ServerFrame:
        """The answer to a frame; where judging takes a while, the phone is told so."""
        taking = asyncio.ensure_future(self._work.take(self._session, frame))
        done, _ = await asyncio.wait({taking}, timeout=PROGRESS_AFTER_S)
        if not done and self._session.judging:
            await self._send(websocket, encode_progress(self._session.id, self._form))
        return await taking

    async def _send(self, websocket: WebSocket, frame: bytes) -> None:
        if self._form is Form.CBOR:
            await websocket.send_bytes(frame)
        else:
            await websocket.send_text(frame.decode())
