"""EF.ATR/INFO, what the chip can do with APDUs (ICAO 9303-10 §3.11.1; ISO/IEC 7816-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrtd import tlv
from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds.elementary_file import by_tag, reading
from mrtd.tlv import Tlv

_CARD_CAPABILITIES: Final = 0x47
_EXTENDED_LENGTH: Final = 0x7F66
#: Zero bytes between, FF behind data objects have no meaning (ISO/IEC 7816-4).
_PADDING: Final = (0x00, 0xFF)


@dataclass(frozen=True, slots=True)
class AtrInfo:
    """`card_capabilities` are the octets of object 47; the two lengths are the largest APDUs in bytes."""

    card_capabilities: bytes | None
    max_command_length: int | None
    max_response_length: int | None


@reading(ElementaryFile.ATR_INFO)
def parse(data: bytes) -> AtrInfo:
    """Read EF.ATR/INFO (ICAO 9303-10 §3.11.1); objects of other kinds are passed over.

    Raises:
        MalformedError: not a row of data objects, or extended lengths of another form.
        DuplicateError: an object twice.
        LimitExceededError: a bound of `mrtd.tlv`.
    """
    objects = by_tag(_row(data))
    capabilities = objects.get(_CARD_CAPABILITIES)
    lengths = _lengths(objects.get(_EXTENDED_LENGTH))
    return AtrInfo(None if capabilities is None else capabilities.value, *lengths)


def _row(data: bytes) -> list[Tlv]:
    found: list[Tlv] = []
    position = 0
    while position < len(data):
        if data[position] in _PADDING:
            position += 1
            continue
        found.append(tlv.read(data, position))
        position = found[-1].end
    return found


def _lengths(item: Tlv | None) -> tuple[int | None, int | None]:
    """Two integers: the longest command, the longest response (ISO/IEC 7816-4)."""
    if item is None:
        return None, None
    numbers = [tlv.integer(number, max_octets=4) for number in item.children()]
    if len(numbers) != 2 or min(numbers) < 0:
        raise MalformedError("bad_extended_length")
    return numbers[0], numbers[1]
