"""A relay between a terminal and a second chip: it opened both, so that it can translate what is said inside.

Towards the terminal it is a chip with the files and the password of the first, towards the second chip it is a
terminal. Commands that it can read are answered from its copies or passed on, the challenge of Active Authentication
among them; of what is said under keys that only the chip can come to, it passes on the octets.
"""

from __future__ import annotations

import hashlib
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.specimen.card.apdu import Received, StatusError, objects, written
from mrtd.specimen.card.behaviour import Behaviour
from mrtd.specimen.card.card import APPLICATION, CLONE, SpecimenCard, TagLostError, mrz_information
from mrtd.specimen.card.messaging import Messaging
from mrtd.specimen.card.symmetric import Suite, pad, unpad
from mrtd.specimen.document import SpecimenDocument

_TDES: Final = 1


class TranslatingRelay(SpecimenCard):
    """Until the tag is lost, the first chip; from then on, the relay to the second.

    Args:
        document: of the first chip.
        behaviour: of both; `at` says when the tag is lost, `kept` what is answered from copies.
        second: the chip somewhere else.
    """

    def __init__(self, document: SpecimenDocument, behaviour: Behaviour, second: SpecimenCard) -> None:
        self._second = second
        self._translating = False
        self._upstream: _Terminal | None = None
        self._blind = False
        self._kept = {
            ElementaryFile.of_data_group(number) if number else ElementaryFile.SOD for number in behaviour.kept
        }
        super().__init__(document, behaviour)

    @property
    def second(self) -> SpecimenCard:
        """The other chip."""
        return self._second

    def put_on(self) -> None:
        """A new connection, to the terminal and to the second chip."""
        super().put_on()
        self._upstream, self._blind = None, False
        self._second.put_on()

    def transmit(self, command: bytes) -> bytes:
        """The answer to a command; the tag is lost where the behaviour says so, once."""
        self._commands += 1
        if not self._translating and self._commands == self._behaviour.at:
            # it has no key of the first chip
            self._translating, self._owner = True, CLONE
            raise TagLostError
        return self._second.transmit(command) if self._blind else self._answered(command)

    def _do(self, command: Received) -> bytes:
        readable = self._translating and self._messaging is not None
        entering = command.ins == 0xA4 and command.p1 == 0x04
        # the master file is as good from a copy
        if not readable or entering or not self._in_application:
            return super()._do(command)
        if command.ins == 0xA4 and APPLICATION.get(int.from_bytes(command.data)) in self._kept:
            return super()._do(command)
        if command.ins == 0xA4:
            self._file = None
        elif self._file is not None and command.ins in (0xB0, 0xB1):
            return super()._do(command)
        return self._translated(command)

    def _translated(self, command: Received) -> bytes:
        """What the second chip says to the same command."""
        if self._upstream is None:
            self._upstream = _Terminal(self._second)
        data, sw = self._upstream.ask(command)
        if sw != 0x9000:
            raise StatusError(sw)
        set_kat = command.ins == 0x22 and command.p2 == 0xA6
        if set_kat or command.ins == 0x86:
            # from the next command on the terminal and the second chip have keys that nobody else has
            self._blind = True
        return data


class _Terminal:
    """A terminal that opened a chip by Basic Access Control (ICAO 9303-11 §4.3, §9.8)."""

    def __init__(self, chip: SpecimenCard) -> None:
        self._chip = chip
        suite = Suite(_TDES)
        chip.transmit(bytes.fromhex("00A4040C07A0000002471001"))
        challenge = chip.transmit(bytes.fromhex("0084000008"))[:8]
        seed = hashlib.sha1(mrz_information(chip.document).encode(), usedforsecurity=False).digest()[:16]
        encryption, authentication = suite.derive(seed, 1), suite.derive(seed, 2)
        hidden = suite.encrypt(encryption, bytes(8), bytes(8) + challenge + bytes(16))
        answer = chip.transmit(bytes.fromhex("0082000028") + hidden + suite.mac(authentication, hidden) + b"\x28")
        plain = suite.decrypt(encryption, bytes(8), answer[:32])
        # its own share of the seed is zero
        self._messaging = Messaging(suite, plain[16:], int.from_bytes(challenge[4:] + bytes(4)))

    def ask(self, command: Received) -> tuple[bytes, int]:
        """One protected command; the data and the status word inside the answer."""
        messaging, suite = self._messaging, self._messaging.suite
        messaging.counter += 1
        body = b""
        if command.data:
            hidden = suite.encrypt(messaging.encryption, bytes(8), pad(command.data, 8))
            body = written(0x85, hidden) if command.ins & 1 else written(0x87, b"\x01" + hidden)
        if command.expected is not None:
            body += written(0x97, (command.expected & 0xFFFF).to_bytes(2))
        header = bytes([0x0C, command.ins, command.p1, command.p2])
        counter = messaging.counter.to_bytes(8)
        code = suite.mac(messaging.authentication, counter + (pad(header, 8) + body if body else header))
        data = body + written(0x8E, code)
        answer = self._chip.transmit(header + b"\x00" + len(data).to_bytes(2) + data + b"\x00\x00")
        messaging.counter += 1
        found = dict(objects(answer[:-2]))
        if 0x99 not in found:
            return b"", int.from_bytes(answer[-2:])
        plain = b""
        if 0x87 in found:
            plain = unpad(suite.decrypt(messaging.encryption, bytes(8), found[0x87][1:]))
        return plain, int.from_bytes(found[0x99])
