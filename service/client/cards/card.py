"""What a chip is to a program: connect, transmit, and it may be gone at any time."""

from __future__ import annotations

from typing import Protocol


class TagLostError(Exception):
    """The chip is not there any more; a new connection begins from nothing."""


class NoCardError(Exception):
    """There is no chip to connect to. The text says what is missing, in a sentence for the operator."""


class Card(Protocol):
    """A chip within reach."""

    @property
    def max_apdu(self) -> int:
        """Octets of the longest command or answer that gets through."""

    @property
    def extended_length(self) -> bool:
        """Whether commands with lengths of three octets get through."""

    def connect(self) -> bytes:
        """Connect, after an earlier connection anew: what the chip says of itself (ATR), nothing where it does not.

        Raises:
            NoCardError: nothing is there.
        """

    def transmit(self, command: bytes) -> bytes:
        """The answer to a command, as it comes.

        Raises:
            TagLostError: it is gone.
        """

    def close(self) -> None:
        """Let it go."""
