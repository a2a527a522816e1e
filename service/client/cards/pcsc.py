"""A chip on a reader of this machine, by PC/SC (extra `pcsc`: pyscard, and the daemon of the system)."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from service.client.cards.card import NoCardError, TagLostError

#: Octets of the longest command or answer that is asked of a reader; longer ones are where readers differ most.
MAX_APDU: Final = 4_096
#: SCARD_SHARE_EXCLUSIVE of PC/SC: a word of another program in a session would end it.
_ALONE: Final = 1
#: Seconds that a passport may take to be put on the reader.
WAIT_S: Final = 30.0
_POLL_S: Final = 0.25
_MISSING: Final = "the extra is missing: pip install 'passkoll[pcsc]' (it needs the system's pcscd and libpcsclite)"


class PcscReader:
    """The passport on a reader.

    Args:
        name: part of the reader's name; empty takes the first one.
        extended_length: whether the reader passes long commands.
        wait_s: for how long a passport is waited for.
        waiting: told once when there is none yet, with the reader's name.

    Raises:
        NoCardError: no driver, no daemon, or no such reader.
    """

    def __init__(
        self,
        name: str = "",
        *,
        extended_length: bool = True,
        wait_s: float = WAIT_S,
        waiting: Callable[[str], None] | None = None,
    ) -> None:
        self.extended_length: Final = extended_length
        self.max_apdu: Final = MAX_APDU if extended_length else 261
        self._wait_s: Final = wait_s
        self._waiting: Final = waiting
        self._readers, self._errors = _library()
        self._reader: Final = self._found(name)
        self._connection: Any = None

    def connect(self) -> bytes:
        """Power the chip up anew; its ATR.

        Raises:
            NoCardError: nobody puts a passport there, or another program holds it.
        """
        self.close()
        until, told = time.monotonic() + self._wait_s, False
        while (atr := self._powered_up()) is None:
            if time.monotonic() >= until:
                raise NoCardError("no passport on the reader, or another program holds it")
            if not told and self._waiting is not None:
                self._waiting(str(self._reader))
            told = True
            time.sleep(_POLL_S)
        return atr

    def transmit(self, command: bytes) -> bytes:
        """The answer of the chip.

        Raises:
            TagLostError: it was taken away, or the reader lost it.
        """
        if self._connection is None:
            raise TagLostError
        try:
            data, first, second = self._connection.transmit(list(command))
        except self._errors:
            raise TagLostError from None
        return bytes([*data, first, second])

    def close(self) -> None:
        """Power it down."""
        if self._connection is not None:
            with suppress(*self._errors):  # it was taken away
                self._connection.release()
            self._connection = None

    def _powered_up(self) -> bytes | None:
        """The ATR of what lies there; None where nothing does, or where it does not answer."""
        try:
            connection = self._reader.createConnection()
        except self._errors:
            return None
        try:
            connection.connect(mode=_ALONE)
            atr = bytes(connection.getATR())
        except self._errors:
            with suppress(*self._errors):
                connection.release()
            return None
        self._connection = connection
        return atr

    def _found(self, name: str) -> Any:  # noqa: ANN401 a library without types
        try:
            readers = self._readers()
        except self._errors:
            raise NoCardError("no smart card service: is pcscd running?") from None
        for reader in readers:
            if name.casefold() in str(reader).casefold():
                return reader
        names = ", ".join(map(str, readers)) or "none"
        raise NoCardError(f"no such reader; there is: {names}")


def _library() -> tuple[Any, tuple[type[Exception], ...]]:
    """What lists the readers, and what is raised when one fails: a library without types, which may be missing."""
    try:
        system, errors, daemon = map(
            importlib.import_module,
            ("smartcard.System", "smartcard.Exceptions", "smartcard.pcsc.PCSCExceptions"),
        )
    except ImportError:
        raise NoCardError(_MISSING) from None
    return system.readers, (errors.SmartcardException, daemon.BaseSCardException)
