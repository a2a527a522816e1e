"""Reading elementary files: what is selected, how much is asked for, and when it is asked for again.

Sizes come from the files' own headers. Several files are read in one batch: first the headers of all, then the rest
of all, so that the number of round trips does not grow with the number of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mrtd import tlv
from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.protocols.apdu import Command, Ins, Response, data_object, is_wrong_length
from mrtd.protocols.channel import READ, Channel
from mrtd.protocols.errors import ProtocolError
from mrtd.protocols.exchange import MAX_BATCH, Exchange, Phase

#: The eMRTD application (ICAO 9303-10 §3.4).
LDS1_AID: Final = bytes.fromhex("A0000002471001")
#: File identifiers (ICAO 9303-10 §3.6, table 36; §3.11). EF.SOD and EF.CardSecurity share a number: the one lies in
#: the application, the other in the master file.
FILE_IDS: Final = {
    ElementaryFile.COM: 0x011E,
    ElementaryFile.SOD: 0x011D,
    **{ElementaryFile.of_data_group(number): 0x0100 + number for number in range(1, 17)},
    ElementaryFile.CARD_ACCESS: 0x011C,
    ElementaryFile.CARD_SECURITY: 0x011D,
    ElementaryFile.ATR_INFO: 0x2F01,
    ElementaryFile.DIR: 0x2F00,
}
#: Octets in which every header fits: a tag and up to four of length.
HEADER_SIZE: Final = 5
#: Beyond this offset READ BINARY is told the offset in a data object (ISO/IEC 7816-4 §11.2.3).
_MAX_OFFSET: Final = 0x7FFF
_OFFSET: Final = 0x54
_DISCRETIONARY: Final = 0x53
#: What a read that the chip finds too long is tried with instead, in octets; chips that take no more than the last
#: have been met (ANCHORS.md, pains 17 and 18).
STEPS: Final = (223, 160, 128, 96)
#: What secure messaging and a status word add to an answer: DO87 with its padding, DO99, DO8E.
_OVERHEAD: Final = 64
#: Octets that one batch asks for at most, so that its answers, written as text, stay far below a frame of 1 MiB.
MAX_BATCH_OCTETS: Final = 256 * 1024
#: Reads that brought nothing new before a file is given up.
_MAX_STALLS: Final = 6
_SELECT_FILE: Final = (0x02, 0x0C)


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the carrier of the commands can do.

    `max_apdu`: octets of the longest command or answer that it passes. `extended_length`: whether it passes commands
    with lengths of three octets. `application_selected`: the system of the phone selected the eMRTD application by
    itself (ISO 7816 sessions of iOS do). `step`: octets asked for at first, where an earlier connection taught it.
    `long_reads`: whether more is asked for where lengths of three octets pass; no, where that ended a connection.
    """

    max_apdu: int = 261
    extended_length: bool = False
    application_selected: bool = False
    step: int = STEPS[0]
    long_reads: bool = True

    def first_step(self, longest_answer: int | None) -> int:
        """Octets that are asked for at first; `longest_answer`: as EF.ATR/INFO says."""
        room = min(self.max_apdu, longest_answer or self.max_apdu) - _OVERHEAD
        return room if self.extended_length and self.long_reads and room > self.step else self.step

    def cautious(self) -> Terminal:
        """The same, asking for less: for a chip that left secure messaging over a length."""
        if self.extended_length and self.long_reads:
            return replace(self, long_reads=False)
        return replace(self, step=next((step for step in STEPS if step < self.step), STEPS[-1]))


class FileReader:
    """Reads files over a channel, and remembers how much the chip gives at once.

    Args:
        channel: open, with the files' directory selected.
        step: octets asked for at first.
    """

    def __init__(self, channel: Channel, step: int) -> None:
        self._channel = channel
        self.step = step

    def enter_application(self, names: Sequence[ElementaryFile] = ()) -> Exchange[dict[ElementaryFile, bytes]]:
        """SELECT the eMRTD application (ICAO 9303-10 §3.6.2), and read these files of it.

        Raises:
            ProtocolError: `read.no_application`; as `read`.
        """
        select = Command(0, Ins.SELECT, 0x04, 0x0C, LDS1_AID)
        commands = [select, *(command for name in names for command in opening(name))]
        selected, *answers = yield from self._channel.transmit(Phase.SELECT, commands, accept=READ)
        if not selected.ok:
            raise ProtocolError("read.no_application", sw=selected.sw)
        met = taken(names, answers)
        headers = {name: header for name, header in met if header}
        headers.update((yield from self.headers(names[len(met) :])))
        return (yield from self.bodies(headers))

    def read(self, names: Sequence[ElementaryFile]) -> Exchange[dict[ElementaryFile, bytes]]:
        """The files of this list that the chip has and gives (ICAO 9303-10 §3.6).

        Raises:
            ProtocolError: `read.bad_file`, `read.truncated`; secure messaging ended.
        """
        headers = yield from self.headers(names)
        return (yield from self.bodies(headers))

    def headers(self, names: Sequence[ElementaryFile]) -> Exchange[dict[ElementaryFile, bytes]]:
        """The first octets of each file that is there."""
        found: dict[ElementaryFile, bytes] = {}
        left = list(names)
        while left:
            commands = [command for name in left for command in opening(name)]
            answers = yield from self._channel.transmit(Phase.READ, commands, accept=READ)
            met = taken(left, answers)
            found.update({name: header for name, header in met if header})
            if len(met) == 0:
                raise ProtocolError("read.truncated", left[0])
            left = left[len(met) :]
        return found

    def bodies(self, headers: dict[ElementaryFile, bytes]) -> Exchange[dict[ElementaryFile, bytes]]:
        """What is behind the headers; every file whole, or none."""
        files = {name: bytearray(header) for name, header in headers.items()}
        sizes = {name: _size(name, header) for name, header in headers.items()}
        stalls = 0
        while plan := self._plan(files, sizes):
            before = sum(map(len, files.values()))
            names = {part.name for part in plan}
            label = plan[0].name.value if len(names) == 1 else None
            commands = [part.command for part in plan]
            answers = yield from self._channel.transmit(Phase.READ, commands, accept=READ, file=label, retried=True)
            self._take(files, plan, answers)
            stalls = stalls + 1 if sum(map(len, files.values())) == before else 0
            if stalls > _MAX_STALLS:
                raise ProtocolError("read.truncated", plan[0].name)
        return {name: bytes(data[: sizes[name]]) for name, data in files.items()}

    def _plan(self, files: dict[ElementaryFile, bytearray], sizes: dict[ElementaryFile, int]) -> list[_Part]:
        """What is missing, in steps: all of it, or as much as one batch may hold and bring."""
        plan: list[_Part] = []
        left = MAX_BATCH_OCTETS
        for name, data in files.items():
            offset = len(data)
            if offset < sizes[name] and left > 0:
                plan.append(_Part(name, _select(name), 0))
            while offset < sizes[name] and len(plan) < MAX_BATCH and left > 0:
                count = min(self.step, sizes[name] - offset, left)
                plan.append(_Part(name, _read(offset, count), count))
                offset += count
                left -= count
        return plan[:MAX_BATCH]

    def _take(
        self, files: dict[ElementaryFile, bytearray], plan: Sequence[_Part], answers: Sequence[Response]
    ) -> None:
        """Add what was read; an answer that is shorter than asked for makes those behind it worthless."""
        for part, answer in zip(plan, answers, strict=False):
            if part.count == 0:
                if not answer.ok:
                    raise ProtocolError("read.bad_file", part.name, sw=answer.sw)
                continue
            if answer.sw not in READ:
                self._shorten(part, answer)
                return
            octets = _content(part, answer.data)
            files[part.name] += octets
            if len(octets) < part.count:
                self.step = max(min(self.step, len(octets)), 1)
                return

    def _shorten(self, part: _Part, answer: Response) -> None:
        """A length that the chip does not like: the next smaller one is tried."""
        lower = [step for step in STEPS if step < part.count]
        if not is_wrong_length(answer.sw) or not lower:
            raise ProtocolError("read.bad_file", part.name, sw=answer.sw)
        self.step = lower[0]


@dataclass(frozen=True, slots=True)
class _Part:
    """A command of a plan: a selection, or a read of `count` octets."""

    name: ElementaryFile
    command: Command
    count: int


def opening(name: ElementaryFile) -> tuple[Command, Command]:
    """SELECT a file and READ its header."""
    return _select(name), _read(0, HEADER_SIZE)


def taken(names: Sequence[ElementaryFile], answers: Sequence[Response]) -> list[tuple[ElementaryFile, bytes]]:
    """The headers out of the answers to `opening` of each; empty for a file that is not there, or not given."""
    found: list[tuple[ElementaryFile, bytes]] = []
    left = iter(answers)
    for name in names:
        selected = next(left, None)
        if selected is None:
            return found
        if not selected.ok:
            return [*found, (name, b"")]
        read = next(left, None)
        if read is None:
            return found
        if read.sw not in READ:
            return [*found, (name, b"")]
        found.append((name, read.data))
    return found


def _select(name: ElementaryFile) -> Command:
    return Command(0, Ins.SELECT, *_SELECT_FILE, FILE_IDS[name].to_bytes(2))


def _read(offset: int, count: int) -> Command:
    if offset <= _MAX_OFFSET:
        return Command(0, Ins.READ_BINARY, offset >> 8, offset & 0xFF, expected=count)
    written = data_object(_OFFSET, offset.to_bytes((offset.bit_length() + 7) // 8))
    # the answer is wrapped in a data object of its own
    return Command(0, Ins.READ_BINARY_OFFSET, 0, 0, written, len(data_object(_DISCRETIONARY, bytes(count))))


def _content(part: _Part, data: bytes) -> bytes:
    if part.command.ins == Ins.READ_BINARY_OFFSET:
        try:
            data = tlv.read_only(data, _DISCRETIONARY).value
        except MalformedError as error:
            raise ProtocolError("read.bad_file", part.name, error.code) from None
    if len(data) > part.count:
        raise ProtocolError("read.bad_file", part.name, "more than asked for")
    return data


def _size(name: ElementaryFile, header: bytes) -> int:
    """Octets of the whole file: header and content, as the header says.

    Raises:
        ProtocolError: `read.bad_file`, `read.too_long`.
    """
    try:
        size = tlv.declared_length(header)
    except MalformedError as error:
        raise ProtocolError("read.bad_file", name, error.code) from None
    if size > name.max_size:
        raise ProtocolError("read.too_long", name)
    return size
