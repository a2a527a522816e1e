"""A library of card readers that is not there, as far as `service.client.cards.pcsc` uses pyscard.

Names and signatures are those of pyscard 2.3; `test_the_names_are_those_of_the_library` holds them against it.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable

import pytest

from mrtd.specimen.card import SpecimenCard
from mrtd.specimen.card import TagLostError as ChipLostError

ATR = bytes.fromhex("3B8880010000000000000000E8")


class SmartcardError(Exception):
    """What pyscard raises of cards."""


class DaemonError(Exception):
    """What pyscard raises of the daemon."""


class Connection:
    """One connection to what lies on the reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def connect(self, protocol: int | None = None, mode: int | None = None, disposition: int | None = None) -> None:
        """Power up."""
        if self._reader.chip is None or self._reader.held:
            raise SmartcardError
        self._reader.modes.append(mode)
        self._reader.chip.put_on()

    def getATR(self) -> list[int]:
        """As numbers."""
        return list(ATR)

    def transmit(self, command: list[int], protocol: int | None = None) -> tuple[list[int], int, int]:
        """As numbers."""
        assert self._reader.chip is not None
        try:
            answer = self._reader.chip.transmit(bytes(command))
        except ChipLostError:
            raise SmartcardError from None
        return list(answer[:-2]), answer[-2], answer[-1]

    def release(self) -> None:
        """Power down."""
        self._reader.released += 1


class Reader:
    """A reader with a chip on it, or none. `held`: another program speaks to the chip and lets nobody else."""

    def __init__(self, name: str, chip: SpecimenCard | None = None, *, held: bool = False) -> None:
        self.name = name
        self.chip = chip
        self.held = held
        self.released = 0
        self.modes: list[int | None] = []

    def __str__(self) -> str:
        return self.name

    def createConnection(self) -> Connection:
        """A connection that is not open yet."""
        return Connection(self)


def install(monkeypatch: pytest.MonkeyPatch, readers: Callable[[], list[Reader]]) -> None:
    """Let `import smartcard` find this."""
    modules: dict[str, dict[str, object]] = {
        "smartcard": {},
        "smartcard.System": {"readers": readers},
        "smartcard.Exceptions": {"SmartcardException": SmartcardError},
        "smartcard.pcsc": {},
        "smartcard.pcsc.PCSCExceptions": {"BaseSCardException": DaemonError},
    }
    for name, members in modules.items():
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
