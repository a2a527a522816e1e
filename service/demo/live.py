"""A live reading as the demo tells it: what each connection to the chip went through, and what passed over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mrtd.protocols.exchange import Phase
from mrtd.specimen.card import SpecimenCard
from service.client.cards.specimen import SpecimenReader
from service.demo.narrator import Narrator

#: What a phase is called in the story.
_WORDS: Final[Mapping[str, str]] = {
    Phase.CARD_ACCESS: "EF.CardAccess",
    Phase.PACE: "PACE",
    Phase.BAC: "BAC",
    Phase.SELECT: "eMRTD application",
    Phase.CHIP_AUTHENTICATION: "Chip Authentication",
    Phase.ACTIVE_AUTHENTICATION: "Active Authentication",
    Phase.READ: "files",
}


class WatchedReader(SpecimenReader):
    """Tells the story while it carries.

    Args:
        narrator: where it is told.
        chip: what lies on the reader.
    """

    def __init__(self, narrator: Narrator, chip: SpecimenCard) -> None:
        super().__init__(chip)
        self._narrator = narrator
        self._connection = 1
        self._phases: list[str] = []
        self._round_trips = 0
        self._commands = 0
        self._octets = 0

    def transmit(self, command: bytes) -> bytes:
        """The chip's answer, counted."""
        answer = super().transmit(command)
        self._commands += 1
        self._octets += len(command) + len(answer)
        return answer

    def frame(self, frame: Mapping[str, Any]) -> None:
        """The server said something."""
        if frame["type"] == "apdus":
            if not self._round_trips:
                self._narrator.step("WS .../chip/live", "the server reads the chip itself, through the phone")
            self._round_trips += 1
            phase = _WORDS[frame["phase"]]
            if phase not in self._phases:
                self._phases.append(phase)
            self._connection = frame["connection"]
        elif frame["type"] == "restart":
            self._told()
            self._narrator.detail(f"once more: {frame['reason']}")
        elif frame["type"] in ("done", "error", "access_denied"):
            self._told()
            self._narrator.detail(
                f"{self._round_trips} round trips, {self._commands} commands, {self._octets} octets"
            )

    def _told(self) -> None:
        self._narrator.detail(f"connection {self._connection}: {', '.join(self._phases)}")
        self._phases.clear()
