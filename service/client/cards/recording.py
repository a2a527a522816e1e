"""A session of a specimen chip kept octet by octet, and played again without the chip.

Whoever has a transcript has the keys of the session and every file. It is for specimens alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from mrtd.evidence import ElementaryFile
from service.client.cards.card import Card, TagLostError

SCHEMA: Final = "passkoll/chip-transcript/1"

Randomness = Callable[[int], bytes]


class TranscriptError(Exception):
    """It is no transcript, or what is asked of it is not what was recorded."""


class Recorder:
    """Stands between a terminal and a specimen chip, and writes down what passes.

    Args:
        card: the chip.
        randomness: of the terminal.
    """

    def __init__(self, card: Card, randomness: Randomness) -> None:
        self._card: Final = card
        self._randomness: Final = randomness
        self._drawn: list[str] = []
        self._connections: list[list[tuple[str, str | None]]] = []
        self.max_apdu: Final = card.max_apdu
        self.extended_length: Final = card.extended_length

    def connect(self) -> bytes:
        """Connect to the chip."""
        atr = self._card.connect()
        self._connections.append([])
        return atr

    def transmit(self, command: bytes) -> bytes:
        """The answer of the chip.

        Raises:
            TagLostError: it is gone, which is written down as well.
        """
        try:
            answer = self._card.transmit(command)
        except TagLostError:
            self._connections[-1].append((command.hex(), None))
            raise
        self._connections[-1].append((command.hex(), answer.hex()))
        return answer

    def close(self) -> None:
        """Let the chip go."""
        self._card.close()

    def octets(self, count: int) -> bytes:
        """Random octets for the terminal."""
        drawn = self._randomness(count)
        self._drawn.append(drawn.hex())
        return drawn

    def to_json(
        self, reader: str, at: datetime, password: Mapping[str, str], files: Mapping[ElementaryFile, str]
    ) -> str:
        """The transcript.

        Args:
            reader: which specimen chip it is.
            at: the time that counted as now.
            password: what opened it: `lines` or `can`.
            files: SHA-256 of each file that was read.
        """
        kept = {
            "schema": SCHEMA,
            "reader": reader,
            "at": at.isoformat(),
            "password": dict(password),
            "max_apdu": self.max_apdu,
            "extended_length": self.extended_length,
            "drawn": self._drawn,
            "connections": self._connections,
            "files": {name.value: digest for name, digest in files.items()},
        }
        return json.dumps(kept, indent=1) + "\n"


class RecordedCard:
    """Answers as the chip did, to the recorded commands alone and in their order.

    Args:
        transcript: as `Recorder.to_json` wrote it.

    Raises:
        TranscriptError: it is none.
    """

    def __init__(self, transcript: str | bytes) -> None:
        try:
            kept = json.loads(transcript)
            if kept["schema"] != SCHEMA:
                raise TranscriptError("another schema")
            self._drawn = [bytes.fromhex(octets) for octets in kept["drawn"]]
            self._connections = [[_pair(pair) for pair in one] for one in kept["connections"]]
            self.max_apdu: Final = int(kept["max_apdu"])
            self.extended_length: Final = bool(kept["extended_length"])
            self.reader: Final = str(kept["reader"])
            self.at: Final = datetime.fromisoformat(kept["at"])
            self.password: Final[dict[str, str]] = dict(kept["password"])
            self.files: Final[dict[str, str]] = dict(kept["files"])
        except (ValueError, KeyError, TypeError):
            raise TranscriptError("no transcript") from None
        self._now: list[tuple[bytes, bytes | None]] = []

    @property
    def finished(self) -> bool:
        """Whether everything was asked that was recorded, and every random octet drawn."""
        return not (self._now or self._connections or self._drawn)

    def connect(self) -> bytes:
        """The next recorded connection; the one before must have been used up."""
        if self._now or not self._connections:
            raise TranscriptError("a connection that was not recorded")
        self._now = self._connections.pop(0)
        return b""

    def transmit(self, command: bytes) -> bytes:
        """The recorded answer.

        Raises:
            TagLostError: as recorded.
            TranscriptError: another command was recorded.
        """
        expected, answer = self._now.pop(0) if self._now else (b"", b"")
        if command != expected:
            raise TranscriptError("a command that was not recorded")
        if answer is None:
            raise TagLostError
        return answer

    def close(self) -> None:
        """Nothing is held."""

    def octets(self, count: int) -> bytes:
        """The recorded random octets."""
        drawn = self._drawn.pop(0) if self._drawn else b""
        if len(drawn) != count:
            raise TranscriptError("other random octets were drawn")
        return drawn


def _pair(pair: Any) -> tuple[bytes, bytes | None]:  # noqa: ANN401 JSON
    command, answer = pair
    return bytes.fromhex(command), None if answer is None else bytes.fromhex(answer)
