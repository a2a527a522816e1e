"""A live reading as frames: the phone is a pipe, the server is the terminal (DESIGN.md section 5, API.md section 6).

The phone says what it can (`Hello`), is given commands for the chip (`Apdus`) and brings the answers (`Responses`). A
frame of the server answers each frame of the phone. docs/live-protocol.md describes them as they are sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.protocols.exchange import Phase
from service.domain.errors import ProblemCode

#: The name of the frames as a WebSocket subprotocol; another name for others that are not compatible.
SUBPROTOCOL: Final = "passkoll.live.1"

#: SECURITY.md 6.3.
MAX_SESSION_OCTETS: Final = 4 * 1024 * 1024
MAX_SESSION_S: Final = 180.0
#: Commands of one session: each costs the server more than its octets tell. The largest portrait in the smallest
#: steps takes 11 000; a passport in one connection takes some hundreds.
MAX_SESSION_COMMANDS: Final = 16_384
#: Connections to the chip in one session, restarts after a lost tag included.
MAX_CONNECTIONS: Final = 8
#: Lines that are tried beside those that were captured, before a person is asked (API.md section 6).
MAX_CANDIDATES: Final = 3
#: Sessions that one process holds at a time; each holds keys and up to the octets above.
MAX_SESSIONS: Final = 1_000
#: Of them, those of one phone, which holds one passport; those that were given up and did not say so count.
MAX_SESSIONS_OF_ONE: Final = 8
#: Seconds between two pings of a WebSocket, and until the answer must be there.
PING_S: Final = 15.0

MIN_APDU: Final = 128
MAX_APDU: Final = 65_544
#: Octets of ATR or ATS (ISO/IEC 7816-3 §8.2.1 allows 32, an ATS may have 254).
MAX_ATR: Final = 254
MAX_WORDS: Final = 64


@dataclass(frozen=True, slots=True, repr=False)
class Hello:
    """The phone has a chip at hand, and says what it can.

    `app`, `platform`: name and version, shown to nobody and kept nowhere. `max_apdu`: octets of the longest command
    or answer that it passes on. `auto_selected`: its system selected the eMRTD application by itself.
    `session_limit_s`: after how long the system of the phone ends the connection to a chip. `atr`: what the chip said
    of itself, historical bytes or ATS.
    """

    app: str
    platform: str
    max_apdu: int
    extended_length: bool
    auto_selected: bool = False
    session_limit_s: int | None = None
    atr: bytes = b""


@dataclass(frozen=True, slots=True, repr=False)
class Responses:
    """The answers to batch `batch`, in order, until the first whose status word was not among those to accept."""

    batch: int
    answers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TagLost:
    """The chip is gone; `batch` brought no answers that count."""

    batch: int


@dataclass(frozen=True, slots=True)
class Ready:
    """After `Restart`: the chip is there again, on a connection of its own."""

    connection: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody wants to read any more."""


ClientFrame = Hello | Responses | TagLost | Ready | Cancel


@dataclass(frozen=True, slots=True, repr=False)
class Apdus:
    """Commands for the chip: send one after the other, stop after the first answer whose word is not in `accept`.

    `batch` counts from 1 through the session. `file`: what is read, where it is one file; `octets`: about how many
    the answers bring. Both are for a progress bar.
    """

    batch: int
    connection: int
    phase: Phase
    commands: tuple[bytes, ...]
    accept: tuple[int, ...]
    file: str | None = None
    octets: int = 0


@dataclass(frozen=True, slots=True)
class Restart:
    """Connect to the chip anew, then say `Ready`. `reason`: why, as a `LiveCode`."""

    connection: int
    reason: LiveCode


@dataclass(frozen=True, slots=True, repr=False)
class Done:
    """The chip was read and judged. `answer`: as `POST .../chip` answers, JSON in octets.

    `proposed_lines`: lines that open the chip where the captured ones do not; a person compares them with the page.
    """

    answer: bytes
    proposed_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The session is over without a judgement. `sw`: the status word of the chip that ended it, if one did."""

    code: LiveCode | ProblemCode
    sw: int | None = None
    retry_after_s: int | None = None


ServerFrame = Apdus | Restart | Done | Failed


class LiveCode(StrEnum):
    """Why a connection to a chip begins anew, or a session ended; each has a text in every language."""

    #: the phone lost the chip
    TAG_LOST = "tag_lost"
    #: the chip, or what stands between, left the protocol
    CHIP_FAILED = "chip_failed"
    #: nothing there answers as an eMRTD
    NO_PASSPORT = "no_passport"
    #: the lines do not open the chip; a person compares them with the page
    ACCESS_DENIED = "access_denied"
    #: a file, or all of them, are larger than any document's
    TOO_MUCH_DATA = "too_much_data"
    TIME_OVER = "time_over"
    #: a newer session reads for this verification
    SUPERSEDED = "superseded"
    #: by the phone
    CANCELLED = "live_cancelled"
    #: a frame that cannot be read, or that nobody waits for
    BAD_FRAME = "bad_frame"
    #: no such session in this process: it ended, or was begun elsewhere
    UNKNOWN_SESSION = "unknown_session"


class NextTry(StrEnum):
    """What the app may do when a session ended."""

    #: open another session at once, or after `retry_after_s`
    RETRY = "retry"
    #: hold the passport to the phone again, then open another session
    NEW_CHIP_ATTEMPT = "new_chip_attempt"
    #: let a person compare the lines with the page, then read the chip again
    CONFIRM_MRZ = "confirm_mrz"
    NEW_VERIFICATION = "new_verification"
    STOP = "stop"


#: Codes of RFC 6455 §7.4.2 for private use, with which the server closes.
CLOSING: Final = MappingProxyType(
    {
        NextTry.RETRY: 4001,
        NextTry.NEW_CHIP_ATTEMPT: 4002,
        NextTry.CONFIRM_MRZ: 4003,
        NextTry.NEW_VERIFICATION: 4004,
        NextTry.STOP: 4005,
    }
)
#: With which it closes after `Done`.
CLOSING_DONE: Final = 1000

NEXT_TRY: Final = MappingProxyType(
    {
        LiveCode.TAG_LOST: NextTry.NEW_CHIP_ATTEMPT,
        LiveCode.CHIP_FAILED: NextTry.NEW_CHIP_ATTEMPT,
        LiveCode.NO_PASSPORT: NextTry.NEW_CHIP_ATTEMPT,
        LiveCode.ACCESS_DENIED: NextTry.CONFIRM_MRZ,
        LiveCode.TOO_MUCH_DATA: NextTry.NEW_CHIP_ATTEMPT,
        LiveCode.TIME_OVER: NextTry.NEW_CHIP_ATTEMPT,
        LiveCode.SUPERSEDED: NextTry.STOP,
        LiveCode.CANCELLED: NextTry.NEW_CHIP_ATTEMPT,
        LiveCode.BAD_FRAME: NextTry.STOP,
        LiveCode.UNKNOWN_SESSION: NextTry.NEW_CHIP_ATTEMPT,
    }
)


#: Where the service stands in the way: what is not in here ends the reading for good.
_AFTER_PROBLEM: Final = MappingProxyType(
    {
        ProblemCode.CONFLICT: NextTry.RETRY,
        ProblemCode.NOT_READY: NextTry.RETRY,
        ProblemCode.TOO_MANY_REQUESTS: NextTry.RETRY,
        ProblemCode.ATTEMPT_LIMIT: NextTry.NEW_VERIFICATION,
    }
)


def next_try(code: LiveCode | ProblemCode) -> NextTry:
    """What the app may do after a session ended with `code`."""
    return NEXT_TRY[code] if isinstance(code, LiveCode) else _AFTER_PROBLEM.get(code, NextTry.STOP)


class SupersededError(Exception):
    """Another terminal reads for this verification."""


#: Commands that must have been timed before a mean says anything.
MIN_TIMED: Final = 8
#: Milliseconds that a command of reading may take on average, network included. A chip gives 223 octets in 20 to 60,
#: a phone network adds little to each command of a batch; a relay to a passport elsewhere adds its way twice.
SLOW_COMMAND_MS: Final = 250


@dataclass(slots=True)
class Stopwatch:
    """How long commands of reading took, as the server saw it (SECURITY.md 6.2): what a phone says is not asked."""

    commands: int = 0
    seconds: float = 0.0

    def add(self, phase: Phase, commands: int, seconds: float) -> None:
        """A batch, from sending it to having all answers."""
        if phase is Phase.READ:
            self.commands += commands
            self.seconds += seconds

    @property
    def command_ms(self) -> int | None:
        """Milliseconds on average; None where too little was timed."""
        return None if self.commands < MIN_TIMED else round(1000 * self.seconds / self.commands)

    @property
    def slow(self) -> bool | None:
        """Whether that is longer than a chip on the counter takes."""
        mean = self.command_ms
        return None if mean is None else mean > SLOW_COMMAND_MS
