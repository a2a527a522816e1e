"""The specimen chip as a card: no antenna, no reader, the same commands."""

from __future__ import annotations

from typing import Final

from mrtd.specimen.card import SpecimenCard
from mrtd.specimen.card import TagLostError as ChipLostError
from service.client.cards.card import TagLostError

#: Octets of the longest command or answer: what phones of these years pass on.
MAX_APDU: Final = 65_544


class SpecimenReader:
    """A specimen chip that lies on no reader.

    Args:
        chip: what answers.
        extended_length: whether long commands get through, as phones differ in it.
    """

    def __init__(self, chip: SpecimenCard, *, extended_length: bool = True) -> None:
        self.chip: Final = chip
        self.extended_length: Final = extended_length
        self.max_apdu: Final = MAX_APDU if extended_length else 261

    def connect(self) -> bytes:
        """Put it on the reader; it has no ATR."""
        self.chip.put_on()
        return b""

    def transmit(self, command: bytes) -> bytes:
        """Its answer.

        Raises:
            TagLostError: its fault is that it is lost here.
        """
        try:
            return self.chip.transmit(command)
        except ChipLostError:
            raise TagLostError from None

    def close(self) -> None:
        """Nothing is held."""
