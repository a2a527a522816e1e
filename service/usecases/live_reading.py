"""One live session: the terminal's side of a reading, frame by frame (DESIGN.md section 5, SECURITY.md section 6).

The session lives in this process alone. When it ends without a judgement nothing of it is kept: no octet, no key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence
from mrtd.protocols.connections import Connections, Next
from mrtd.protocols.exchange import Batch, Exchange, Phase
from mrtd.protocols.files import Terminal
from mrtd.protocols.read_session import Reading, read_chip
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.live import (
    MAX_CONNECTIONS,
    MAX_SESSION_COMMANDS,
    MAX_SESSION_OCTETS,
    MAX_SESSION_S,
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
    Stopwatch,
    SupersededError,
    TagLost,
    next_try,
)
from service.domain.ports import Randomness
from service.domain.repositories import Database
from service.usecases.judging import stockholm_day
from service.usecases.live_connection import LiveConnection, OpenLiveConnection
from service.usecases.live_passwords import LivePasswords
from service.usecases.still_acting import look_still_acting
from service.usecases.submit_chip import ChipJudged, SeenLive, SubmitChip

#: Times that a judgement is tried which somebody else's change to the case got in the way of.
_MAX_CONFLICTS: Final = 3

#: Not as many answers as the batch was to bring (`mrtd.protocols.exchange.answers_of`): no chip can do that.
_FAULT_OF_THE_APP: Final = "wrong_answer_count"

_CODES: Final = {"read.no_application": LiveCode.NO_PASSPORT, "read.too_long": LiveCode.TOO_MUCH_DATA}


@dataclass(frozen=True, slots=True)
class LiveTools:
    """What every session needs of the service. `monotonic`: seconds that never go back.

    `ended`: told once of each session, with `done` or the code for which there is no judgement.
    """

    database: Database
    randomness: Randomness
    open_connection: OpenLiveConnection
    submit_chip: SubmitChip
    monotonic: Callable[[], float]
    ended: Callable[[str], None] = lambda _code: None


class LiveReading:
    """A session for one verification and whoever opened it; frames come one at a time, from any thread.

    Args:
        session_id: `ls_` and 26 characters.
        who: who reads.
        verification_id: what for.
        tools: of the service.
        connection: the first one, open already.
        render: the JSON that a judgement is answered with.
    """

    def __init__(
        self,
        session_id: str,
        who: Principal,
        verification_id: str,
        tools: LiveTools,
        connection: LiveConnection,
        render: Callable[[ChipJudged], bytes],
    ) -> None:
        self.id: Final = session_id
        self.who: Final = who
        self.verification_id: Final = verification_id
        self._tools = tools
        self._connection = connection
        self._render = render
        self._lock = threading.Lock()
        self._ends_at = tools.monotonic() + MAX_SESSION_S
        self._passwords = LivePasswords(
            connection.document, connection.can, stockholm_day(connection.challenge.issued_at)
        )
        self._connections = Connections(Terminal())
        self._exchange: Exchange[Reading] | None = None
        self._phase = Phase.CARD_ACCESS
        self._stopwatch = Stopwatch()
        self._waits_for: type[ClientFrame] = Hello
        self._number = 0
        self._batch = 0
        self._sent: tuple[float, int] = (0.0, 0)
        self._octets = 0
        self._commands = 0
        self._last: ServerFrame | None = None
        self._judging = False

    def __repr__(self) -> str:
        return f"LiveReading({self.id})"

    @property
    def ended(self) -> bool:
        """Whether no frame is answered any more but the one that ended it."""
        return isinstance(self._last, (Done, Failed))

    @property
    def next_try(self) -> NextTry | None:
        """What the app may do after it ended; None while it goes on, and after a judgement."""
        return next_try(self._last.code) if isinstance(self._last, Failed) else None

    @property
    def judging(self) -> bool:
        """Whether everything was read, and is being judged."""
        return self._judging

    @property
    def batches(self) -> int:
        """How many batches were sent."""
        return self._batch

    @property
    def seconds_left(self) -> float:
        """Until the session ends by itself; never below 0."""
        return max(0.0, self._ends_at - self._tools.monotonic())

    def take(self, frame: ClientFrame) -> ServerFrame:
        """Answer a frame. Whatever phone and chip do ends in a frame; nothing is raised for it."""
        with self._lock:
            if self._last is not None and (self.ended or self._repeats(frame)):
                return self._last
            try:
                answer = self._answer(frame)
            except SupersededError:
                answer = Failed(LiveCode.SUPERSEDED)
            except ServiceError as error:
                answer = Failed(error.code, retry_after_s=error.retry_after_s)
            return self._told(answer)

    def fail(self, code: LiveCode) -> ServerFrame:
        """End the session from outside: the frame that says so, or the one that ended it before."""
        with self._lock:
            if self._last is not None and self.ended:
                return self._last
            return self._told(Failed(code))

    def _told(self, answer: ServerFrame) -> ServerFrame:
        self._last = answer
        if isinstance(answer, (Done, Failed)):
            if self._exchange is not None:
                self._exchange.close()
                self._exchange = None
            self._tools.ended(answer.code.value if isinstance(answer, Failed) else "done")
        return answer

    def _repeats(self, frame: ClientFrame) -> bool:
        """Whether the phone sends again what was answered, because the answer was lost on its way."""
        match frame:
            case Responses(batch=batch) | TagLost(batch=batch):
                answered = self._batch - 1 if isinstance(self._last, Apdus) else self._batch
                return self._waits_for is not Hello and batch == answered and batch > 0
            case Ready(connection=connection):
                return connection == self._number and self._waits_for is Responses
            case _:
                return False

    def _answer(self, frame: ClientFrame) -> ServerFrame:
        if self.seconds_left == 0:
            return Failed(LiveCode.TIME_OVER)
        if isinstance(frame, Cancel):
            return Failed(LiveCode.CANCELLED)
        self._look_still_acting()
        return self._waited_for(frame)

    def _waited_for(self, frame: ClientFrame) -> ServerFrame:
        match frame:
            case Hello() if self._waits_for is Hello:
                self._connections = Connections(_terminal(frame))
                return self._connect()
            case Ready(connection=connection) if self._waits_for is Ready and connection == self._number + 1:
                self._connection = self._tools.open_connection(
                    self.who, self.verification_id, self._connection.ordinal
                )
                return self._connect()
            case Responses(batch=batch) if self._waits_for is Responses and batch == self._batch:
                return self._go_on(frame.answers)
            case TagLost(batch=batch) if self._waits_for is Responses and batch == self._batch:
                self._connections.lost(self._phase)
                return self._restart(LiveCode.TAG_LOST)
        return Failed(LiveCode.BAD_FRAME)

    def _look_still_acting(self) -> None:
        """At each frame, and once more in the transaction that keeps what was read (SECURITY.md 7.1)."""
        with self._tools.database.reading() as work:
            look_still_acting(work, self.who)

    def _connect(self) -> ServerFrame:
        """Begin to read, with nothing of an earlier connection (SECURITY.md 6.1)."""
        self._number += 1
        self._stopwatch = Stopwatch()
        wanted = self._connections.wanted(self._connection.challenge.value)
        self._exchange = read_chip(self._passwords.current, self._tools.randomness.octets, wanted)
        return self._step(self._exchange, None)

    def _go_on(self, answers: Sequence[bytes]) -> ServerFrame:
        sent_at, commands = self._sent
        self._stopwatch.add(self._phase, commands, self._tools.monotonic() - sent_at)
        self._octets += sum(map(len, answers))
        if self._octets > MAX_SESSION_OCTETS:
            return Failed(LiveCode.TOO_MUCH_DATA)
        return Failed(LiveCode.BAD_FRAME) if self._exchange is None else self._step(self._exchange, answers)

    def _step(self, exchange: Exchange[Reading], answers: Sequence[bytes] | None) -> ServerFrame:
        try:
            batch = next(exchange) if answers is None else exchange.send(answers)
        except StopIteration as end:
            return self._judged(end.value)
        except MrtdError as error:
            return self._after(error)
        return self._send(batch)

    def _send(self, batch: Batch) -> ServerFrame:
        self._octets += sum(map(len, batch.commands))
        self._commands += len(batch.commands)
        if self._octets > MAX_SESSION_OCTETS or self._commands > MAX_SESSION_COMMANDS:
            return Failed(LiveCode.TOO_MUCH_DATA)
        self._waits_for = Responses
        self._batch += 1
        self._phase = batch.phase
        self._sent = self._tools.monotonic(), len(batch.commands)
        accept = tuple(sorted(batch.accept))
        return Apdus(self._batch, self._number, batch.phase, batch.commands, accept, batch.file, batch.octets)

    def _after(self, error: MrtdError) -> ServerFrame:
        """The connection is over: what the next one does differently, if there is one."""
        if error.code == _FAULT_OF_THE_APP:
            return Failed(LiveCode.BAD_FRAME)
        sw: int | None = getattr(error, "sw", None)
        match self._connections.after(error, self._phase):
            case Next.AGAIN:
                return self._restart(LiveCode.CHIP_FAILED, _CODES.get(error.code, LiveCode.CHIP_FAILED), sw)
            case Next.OTHER_PASSWORD if self._passwords.use_next():
                return self._restart(LiveCode.ACCESS_DENIED)
            case Next.OTHER_PASSWORD:
                return Failed(LiveCode.ACCESS_DENIED, sw)
        return Failed(_CODES.get(error.code, LiveCode.CHIP_FAILED), sw)

    def _restart(self, reason: LiveCode, last: LiveCode | None = None, sw: int | None = None) -> ServerFrame:
        """Ask for another connection, while there may be one; `last`: what is told where there may not."""
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None
        if self._number >= MAX_CONNECTIONS:
            return Failed(last or reason, sw)
        self._waits_for = Ready
        return Restart(self._number + 1, reason)

    def _judged(self, reading: Reading) -> ServerFrame:
        self._judging = True
        watch = self._stopwatch
        session = replace(reading.session, command_ms=watch.command_ms, slow=watch.slow)
        evidence = ChipEvidence(reading.files, reading.active_authentication)
        seen = SeenLive(session, self._connection.ordinal, self._passwords.are_others)
        return Done(self._render(self._submitted(evidence, seen)), self._passwords.proposed)

    def _submitted(self, evidence: ChipEvidence, seen: SeenLive) -> ChipJudged:
        """Judge it; once more where a change to the case by somebody else got in the way."""
        for _ in range(_MAX_CONFLICTS - 1):
            try:
                return self._tools.submit_chip(self.who, self.verification_id, evidence, seen=seen)
            except ServiceError as error:
                if error.code is not ProblemCode.CONFLICT:
                    raise
        return self._tools.submit_chip(self.who, self.verification_id, evidence, seen=seen)


def _terminal(hello: Hello) -> Terminal:
    return Terminal(hello.max_apdu, hello.extended_length, hello.auto_selected)
