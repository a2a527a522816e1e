"""Commands and answers of a chip card (ISO/IEC 7816-3 §12.1, 7816-4 §5; ICAO 9303-10 §3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mrtd.errors import LimitExceededError, MalformedError

#: Data octets of a short command, and of an extended one (ISO/IEC 7816-3 §12.1.3).
MAX_SHORT_DATA: Final = 255
MAX_DATA: Final = 65_535
#: Expected octets that the field 00 (short) and 0000 (extended) stand for.
MAX_SHORT_EXPECTED: Final = 256
MAX_EXPECTED: Final = 65_536
#: An answer: all that can be expected, what secure messaging adds to it, and the status word.
MAX_RESPONSE: Final = MAX_EXPECTED + 64

#: Bits of the class byte: command chaining, secure messaging with the header authenticated (ISO/IEC 7816-4 §5.4.1).
CLA_CHAINING: Final = 0x10
CLA_SECURE: Final = 0x0C


class Ins(IntEnum):
    """Instructions (ISO/IEC 7816-4 §11, 7816-8 §11)."""

    MANAGE_SECURITY_ENVIRONMENT = 0x22
    EXTERNAL_AUTHENTICATE = 0x82
    GET_CHALLENGE = 0x84
    GENERAL_AUTHENTICATE = 0x86
    INTERNAL_AUTHENTICATE = 0x88
    SELECT = 0xA4
    READ_BINARY = 0xB0
    #: with the offset in a data object, beyond 32767
    READ_BINARY_OFFSET = 0xB1


class Sw(IntEnum):
    """Status words that the reader tells apart (ISO/IEC 7816-4 §5.6)."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    PASSWORD_WARNING = 0x6300
    WRONG_LENGTH = 0x6700
    NO_SECURITY = 0x6982
    BLOCKED = 0x6983
    CONDITIONS = 0x6985
    SM_MISSING = 0x6987
    SM_INCORRECT = 0x6988
    WRONG_DATA = 0x6A80
    NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    WRONG_INSTRUCTION = 0x6D00
    WRONG_CLASS = 0x6E00


def is_wrong_length(sw: int) -> bool:
    """67xx and 6Cxx: the chip wants another number of octets."""
    return sw == Sw.WRONG_LENGTH or sw >> 8 == 0x6C


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """A command APDU. `expected` is Ne: 0 for no answer data, 256 or 65536 for as much as there is.

    `extended` writes the lengths in three octets even where one would do; where one would not, they are anyway.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int = 0
    extended: bool = False

    @property
    def header(self) -> bytes:
        """CLA, INS, P1, P2."""
        return bytes([self.cla, self.ins, self.p1, self.p2])

    @property
    def is_extended(self) -> bool:
        """Whether its lengths take three octets."""
        return self.extended or len(self.data) > MAX_SHORT_DATA or self.expected > MAX_SHORT_EXPECTED

    def encode(self) -> bytes:
        """The octets (ISO/IEC 7816-3 §12.1.3, cases 1 to 4)."""
        if len(self.data) > MAX_DATA or not 0 <= self.expected <= MAX_EXPECTED:
            raise ValueError("a command of this length cannot be written")
        if not self.is_extended:
            lc = bytes([len(self.data)]) if self.data else b""
            le = bytes([self.expected & 0xFF]) if self.expected else b""
            return self.header + lc + self.data + le
        lc = b"\x00" + len(self.data).to_bytes(2) if self.data else b""
        le = (self.expected & 0xFFFF).to_bytes(2) if self.expected else b""
        return self.header + lc + self.data + (le if self.data or not le else b"\x00" + le)

    def __repr__(self) -> str:
        # never the data: it may hold keys or the machine readable zone
        return f"Command({self.header.hex()}, {len(self.data)} octets, expected={self.expected})"


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """A response APDU."""

    data: bytes
    sw: int

    @property
    def ok(self) -> bool:
        """Whether it is 9000."""
        return self.sw == Sw.OK

    def __repr__(self) -> str:
        return f"Response({len(self.data)} octets, {self.sw:04X})"


def parse_response(octets: bytes) -> Response:
    """Take an answer apart (ISO/IEC 7816-3 §12.1.4).

    Raises:
        MalformedError: `no_status_word`.
        LimitExceededError: `response_too_long`.
    """
    if len(octets) < 2:
        raise MalformedError("no_status_word", detail=f"{len(octets)} octets")
    if len(octets) > MAX_RESPONSE:
        raise LimitExceededError("response_too_long")
    return Response(octets[:-2], int.from_bytes(octets[-2:]))


def chained(command: Command, most: int = MAX_SHORT_DATA) -> tuple[Command, ...]:
    """A command whose data does not fit one APDU, in several (ISO/IEC 7816-4 §5.3.3)."""
    parts = [command.data[at : at + most] for at in range(0, len(command.data), most)] or [b""]
    first = (Command(command.cla | CLA_CHAINING, command.ins, command.p1, command.p2, part) for part in parts[:-1])
    return (*first, Command(command.cla, command.ins, command.p1, command.p2, parts[-1], command.expected))


def data_object(tag: int, value: bytes) -> bytes:
    """A BER-TLV data object (ISO/IEC 7816-4 §5.2.2)."""
    size = (tag.bit_length() + 7) // 8
    if len(value) < 0x80:
        length = bytes([len(value)])
    else:
        octets = (len(value).bit_length() + 7) // 8
        length = bytes([0x80 | octets]) + len(value).to_bytes(octets)
    return tag.to_bytes(size) + length + value
