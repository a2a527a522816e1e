"""The terminal in this program: reads a chip without a service, with the code that the service reads it with.

Whoever runs it vouches for it: what it says counts on this machine alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence, EvidenceSource, IssuedChallenge, Provenance
from mrtd.protocols.connections import Connections, Next
from mrtd.protocols.errors import AccessDeniedError
from mrtd.protocols.exchange import Batch, Exchange, Phase
from mrtd.protocols.files import Terminal
from mrtd.protocols.password import Password
from mrtd.protocols.read_session import CHALLENGE_SIZE, Reading, Wanted, read_chip
from service.client.cards import Card, TagLostError
from service.domain.live import MAX_CONNECTIONS, MAX_SESSION_OCTETS, Stopwatch

Randomness = Callable[[int], bytes]


class ReadingError(Exception):
    """The chip was not read; `code` says why, `sw` is the status word behind it."""

    def __init__(self, code: str, sw: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.sw = sw


class AccessError(ReadingError):
    """The lines or the number do not open this chip."""


@dataclass(slots=True)
class Progress:
    """What passed so far, over all connections. `last`: the batch that is on its way."""

    connections: int = 0
    round_trips: int = 0
    commands: int = 0
    octets: int = 0
    phase: Phase = Phase.CARD_ACCESS
    file: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ReadChip:
    """A chip that was read: the evidence, where it comes from, and what it took."""

    evidence: ChipEvidence
    provenance: Provenance
    progress: Progress
    seconds: float = field(compare=False)


def read_here(
    card: Card,
    password: Password,
    randomness: Randomness,
    at: datetime,
    show: Callable[[Progress], None] = lambda _progress: None,
    monotonic: Callable[[], float] = time.monotonic,
) -> ReadChip:
    """Read a chip to the end, over as many connections as it takes.

    Args:
        card: the chip.
        password: what opens it.
        randomness: unpredictable octets.
        at: the time that counts as now.
        show: told before each batch goes out.
        monotonic: seconds that never go back.

    Raises:
        AccessError: the password is not this chip's.
        ReadingError: it cannot be read.
        NoCardError: there is no chip.
    """
    return _Reading(card, password, randomness, at, show, monotonic).run()


class _Reading:
    def __init__(
        self,
        card: Card,
        password: Password,
        randomness: Randomness,
        at: datetime,
        show: Callable[[Progress], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._card = card
        self._password = password
        self._randomness = randomness
        self._at = at
        self._show = show
        self._monotonic = monotonic
        self._progress: Final = Progress()
        self._connections = Connections(Terminal(card.max_apdu, card.extended_length))

    def run(self) -> ReadChip:
        began = self._monotonic()
        lost: MrtdError | None = None
        while self._progress.connections < MAX_CONNECTIONS:
            self._card.connect()
            self._progress.connections += 1
            # a challenge is of one connection (SECURITY.md 6.1)
            challenge, issued = self._randomness(CHALLENGE_SIZE), self._monotonic()
            watch = Stopwatch()
            try:
                reading = self._connection(self._connections.wanted(challenge), watch)
            except TagLostError:
                lost = None
                self._connections.lost(self._progress.phase)
                continue
            except MrtdError as error:
                lost = error
                self._learn(error)
                continue
            return self._read(reading, watch, challenge, issued - began, self._monotonic() - began)
        raise _told(lost)

    def _connection(self, wanted: Wanted, watch: Stopwatch) -> Reading:
        exchange: Exchange[Reading] = read_chip(self._password, self._randomness, wanted)
        try:
            batch = next(exchange)
            while True:
                batch = exchange.send(self._answers(batch, watch))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        finally:
            exchange.close()

    def _answers(self, batch: Batch, watch: Stopwatch) -> Sequence[bytes]:
        now = self._progress
        now.round_trips += 1
        now.phase, now.file = batch.phase, batch.file
        self._show(now)
        began, answers = self._monotonic(), []
        for command in batch.commands:
            answers.append(self._card.transmit(command))
            now.commands += 1
            now.octets += len(command) + len(answers[-1])
            if now.octets > MAX_SESSION_OCTETS:
                raise ReadingError("too_much_data")
            if int.from_bytes(answers[-1][-2:]) not in batch.accept:
                break
        watch.add(batch.phase, len(answers), self._monotonic() - began)
        return answers

    def _learn(self, error: MrtdError) -> None:
        match self._connections.after(error, self._progress.phase):
            case Next.AGAIN:
                return
            case Next.OTHER_PASSWORD | Next.GIVE_UP:
                raise _told(error) from None

    def _read(self, reading: Reading, watch: Stopwatch, challenge: bytes, issued_s: float, now_s: float) -> ReadChip:
        session = replace(reading.session, command_ms=watch.command_ms, slow=watch.slow)
        issued, answered = (self._at + timedelta(seconds=seconds) for seconds in (issued_s, now_s))
        own = None if reading.active_authentication is None else IssuedChallenge(challenge, issued, answered)
        return ReadChip(
            ChipEvidence(reading.files, reading.active_authentication),
            Provenance(EvidenceSource.LIVE, own, session),
            self._progress,
            now_s,
        )


def _told(error: MrtdError | None) -> ReadingError:
    """Why it ended, where no other connection is to be had."""
    if error is None:
        return ReadingError("tag_lost")
    kind = AccessError if isinstance(error, AccessDeniedError) else ReadingError
    return kind(error.code, getattr(error, "sw", None))
