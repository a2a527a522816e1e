"""The chip: files, access control, proofs, in answer to APDUs (ICAO 9303-10 §3, 9303-11 §4 to §6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids
from mrtd.evidence import ElementaryFile
from mrtd.specimen import chip_protocols
from mrtd.specimen.card.agreement import Side, points
from mrtd.specimen.card.apdu import Received, StatusError, objects, take_apart, written
from mrtd.specimen.card.behaviour import Behaviour, ChipAuthenticationOffer, Fault
from mrtd.specimen.card.keys import ca_protocol, diffie_hellman, group_of, key_name, oid, scalar, static_key
from mrtd.specimen.card.messaging import Messaging
from mrtd.specimen.card.pace import Pace
from mrtd.specimen.card.symmetric import Suite
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.signing_key import load

_AID: Final = bytes.fromhex("A0000002471001")
APPLICATION: Final = MappingProxyType(
    {0x011E: ElementaryFile.COM, 0x011D: ElementaryFile.SOD}
    | {0x0100 + number: ElementaryFile.of_data_group(number) for number in range(1, 17)}
)
_MASTER: Final = MappingProxyType(
    {
        0x011C: ElementaryFile.CARD_ACCESS,
        0x011D: ElementaryFile.CARD_SECURITY,
        0x2F01: ElementaryFile.ATR_INFO,
        0x2F00: ElementaryFile.DIR,
    }
)
#: What the names of keys begin with that no state signed.
CLONE: Final = "clone-"
#: An answer to a command with lengths of one octet, with its status word.
_SHORT_ANSWER: Final = 258
#: SELECT (as a terminal asks for it here) and MANAGE SECURITY ENVIRONMENT bring nothing but a status word.
_WITHOUT_DATA: Final = (0xA4, 0x22)


class TagLostError(Exception):
    """The chip is not on the reader any more."""


class SpecimenCard:
    """A chip of the specimen state.

    Args:
        document: its files, and its key for Active Authentication.
        behaviour: what it can do, and how it errs.
        seed: where its random numbers come from: the same seed, the same answers.
        owner: what the names of its static keys begin with; another beginning, other keys.
    """

    def __init__(
        self, document: SpecimenDocument, behaviour: Behaviour, seed: bytes = b"card", *, owner: str = ""
    ) -> None:
        self._document = document
        self._behaviour = behaviour
        self._seed = seed
        self._owner = CLONE if behaviour.fault in (Fault.CLONE, Fault.CLONE_THAT_ANSWERS) else owner
        self._drawn = 0
        self._commands = 0
        self._lost = False
        self.put_on()

    @property
    def document(self) -> SpecimenDocument:
        """What is on it."""
        return self._document

    @property
    def behaviour(self) -> Behaviour:
        """What it can do, and how it errs."""
        return self._behaviour

    def put_on(self) -> None:
        """A new connection: everything that was agreed on is forgotten."""
        self._in_application = False
        self._file: ElementaryFile | None = None
        self._challenge = b""
        self._pace: Pace | None = None
        self._by_pace = False
        self._messaging: Messaging | None = None
        self._agreed: ChipAuthenticationOffer | None = None
        self._next: Messaging | None = None
        self._earlier = b""

    def transmit(self, command: bytes) -> bytes:
        """The answer to a command.

        Raises:
            TagLostError: once, where the behaviour says so; `put_on` begins again.
        """
        self._commands += 1
        fault, here = self._behaviour.fault, self._commands == self._behaviour.at
        if fault is Fault.TAG_LOST and here and not self._lost:
            self._lost = True
            raise TagLostError
        if fault is Fault.NAKED_WORD and here:
            return self._behaviour.naked.to_bytes(2)
        answer = self._answered(command)
        if here and fault is Fault.WRONG_CODE and len(answer) > 10:
            answer = answer[:-3] + bytes([answer[-3] ^ 1]) + answer[-2:]
        if here and fault is Fault.OLD_ANSWER:
            return self._earlier
        self._earlier = answer
        return answer

    def _answered(self, command: bytes) -> bytes:
        secured: Messaging | None = None
        try:
            received = take_apart(command)
            if received.extended and not self._behaviour.extended_length:
                raise StatusError(0x6700)
            if received.cla & 0x0C:
                if self._messaging is None:
                    raise StatusError(0x6882)
                inside = self._messaging.open(received)
                secured = self._messaging
                received = inside
            elif self._messaging is not None:
                # a command in the clear ends secure messaging (§9.8.1)
                self._messaging = None
            data = self._do(received)
        except StatusError as error:
            if secured is None and self._messaging is not None and self._pretends:
                return self._messaging.close(b"", 0x9000)
            if secured is None or error.sw in (0x6987, 0x6988):
                self._messaging = None
                return error.sw.to_bytes(2)
            if error.sw == 0x6700 and self._behaviour.naked_length_word:
                secured.counter -= 1
                return error.sw.to_bytes(2)
            return secured.close(b"", error.sw)
        answer = data + b"\x90\x00" if secured is None else self._closed(secured, data, received)
        if self._next is not None:
            self._messaging, self._next = self._next, None
        return answer

    def _closed(self, secured: Messaging, data: bytes, command: Received) -> bytes:
        """The protected answer; 6700 in its place where the lengths of the command have no room for it."""
        counter = secured.counter
        answer = secured.close(data, 0x9000)
        if command.extended or len(answer) <= _SHORT_ANSWER:
            return answer
        secured.counter = counter
        return secured.close(b"", 0x6700)

    def _do(self, command: Received) -> bytes:
        doing = {
            0xA4: self._select,
            0xB0: self._read,
            0xB1: self._read,
            0x84: self._get_challenge,
            0x82: self._external_authenticate,
            0x22: self._manage_security_environment,
            0x86: self._general_authenticate,
            0x88: self._internal_authenticate,
        }.get(command.ins)
        if doing is None:
            raise StatusError(0x6D00)
        if self._behaviour.strict_le and command.ins in _WITHOUT_DATA and command.expected is not None:
            raise StatusError(0x6700)
        return doing(command)

    # --- files

    def _select(self, command: Received) -> bytes:
        if command.p1 == 0x04:
            if command.data != _AID:
                raise StatusError(0x6A82)
            if not self._behaviour.bac and self._messaging is None:
                raise StatusError(0x6982)
            self._in_application, self._file = True, None
            return b""
        if command.p1 == 0x00:
            if self._behaviour.select_mf != 0x9000:
                raise StatusError(self._behaviour.select_mf)
            self._in_application, self._file = False, None
            return b""
        if command.p1 != 0x02 or len(command.data) != 2:
            raise StatusError(0x6A86)
        names = APPLICATION if self._in_application else _MASTER
        name = names.get(int.from_bytes(command.data))
        if name is None or name not in self._document.files:
            raise StatusError(0x6A82)
        self._allow(name)
        self._file = name
        return b""

    def _allow(self, name: ElementaryFile) -> None:
        free = name in (ElementaryFile.CARD_ACCESS, ElementaryFile.ATR_INFO, ElementaryFile.DIR)
        inside = name is not ElementaryFile.CARD_SECURITY or self._by_pace
        if not free and (self._messaging is None or not inside):
            raise StatusError(0x6982)

    def _read(self, command: Received) -> bytes:
        if self._file is None:
            raise StatusError(0x6986)
        self._allow(self._file)
        content = self._document.files[self._file]
        expected = command.expected or 0
        if command.ins == 0xB0:
            if command.p1 & 0x80:
                raise StatusError(0x6A81)
            offset = command.p1 << 8 | command.p2
        else:
            found = objects(command.data)
            if len(found) != 1 or found[0][0] != 0x54:
                raise StatusError(0x6A80)
            offset = int.from_bytes(found[0][1])
            # room for the data object around the octets
            expected -= len(written(0x53, bytes(expected))) - expected
        if expected > self._behaviour.max_expected and not (self._messaging is None and expected <= 256):
            raise StatusError(0x6700)
        if offset >= len(content):
            raise StatusError(0x6B00)
        octets = content[offset : offset + expected]
        return octets if command.ins == 0xB0 else written(0x53, octets)

    # --- Basic Access Control (9303-11 §4.3)

    def _get_challenge(self, _command: Received) -> bytes:
        if not self._in_application:
            raise StatusError(0x6985)
        self._challenge = self._draw(8)
        return self._challenge

    def _external_authenticate(self, command: Received) -> bytes:
        suite = Suite(1)
        seed = hashlib.sha1(mrz_information(self._document).encode(), usedforsecurity=False).digest()[:16]
        encryption, authentication = suite.derive(seed, 1), suite.derive(seed, 2)
        challenge, self._challenge = self._challenge, b""
        hidden, code = command.data[:32], command.data[32:]
        if not self._behaviour.bac or not challenge or suite.mac(authentication, hidden) != code:
            raise StatusError(0x6300)
        plain = suite.decrypt(encryption, bytes(8), hidden)
        theirs, back, key = plain[:8], plain[8:16], plain[16:]
        if back != challenge:
            raise StatusError(0x6300)
        own = self._draw(16)
        answer = suite.encrypt(encryption, bytes(8), challenge + theirs + own)
        shared = bytes(a ^ b for a, b in zip(key, own, strict=True))
        self._next = Messaging(suite, shared, int.from_bytes(challenge[4:] + theirs[4:]))
        return answer + suite.mac(authentication, answer)

    # --- PACE and Chip Authentication

    def _manage_security_environment(self, command: Received) -> bytes:
        found = dict(objects(command.data))
        if (command.p1, command.p2) == (0xC1, 0xA4):
            self._pace = self._set_pace(found)
        elif (command.p1, command.p2) == (0x41, 0xA4):
            self._agreed = self._named(found.get(0x84), found.get(0x80))
        elif (command.p1, command.p2) == (0x41, 0xA6):
            offer = self._named(found.get(0x84), None)
            self._agree(offer, found.get(0x91, b""))
        else:
            raise StatusError(0x6A86)
        return b""

    def _set_pace(self, found: Mapping[int, bytes]) -> Pace:
        offers = [one for one in self._behaviour.pace if oid(f"{oids.PACE}.{one.suite}") == found.get(0x80)]
        if 0x84 in found:
            offers = [one for one in offers if one.parameter_id == int.from_bytes(found[0x84])]
        elif len(offers) > 1:
            raise StatusError(0x6A88)
        if not offers:
            raise StatusError(0x6A80)
        reference = found.get(0x83)
        if reference == b"\x02" and self._behaviour.can is not None:
            encoded = self._behaviour.can.encode()
        elif reference == b"\x01":
            encoded = hashlib.sha1(mrz_information(self._document).encode(), usedforsecurity=False).digest()
        else:
            raise StatusError(0x6A88)
        mapping, cipher = offers[0].suite.split(".")
        return Pace(
            found[0x80],
            mapping,
            Suite(int(cipher)),
            group_of(offers[0]),
            encoded,
            scalar(static_key(self._owner)),
            self._draw,
            self._behaviour.fault,
        )

    def _general_authenticate(self, command: Received) -> bytes:
        if self._agreed is not None:
            offer, self._agreed = self._agreed, None
            outer = objects(command.data)
            inner = objects(outer[0][1]) if len(outer) == 1 and outer[0][0] == 0x7C else []
            self._agree(offer, inner[0][1] if inner and inner[0][0] == 0x80 else b"")
            return written(0x7C, b"")
        if self._pace is None:
            raise StatusError(0x6985)
        answer, messaging = self._pace.step(command.data)
        if messaging is not None:
            self._next, self._by_pace, self._pace = messaging, True, None
        return answer

    def _named(self, key_id: bytes | None, protocol: bytes | None) -> ChipAuthenticationOffer:
        """The key that is meant: by number, and by the protocol where one is named."""
        if self._behaviour.fault is Fault.CLONE_THAT_REFUSES:
            raise StatusError(0x6A80)
        number = None if key_id is None else int.from_bytes(key_id)
        for offer in self._behaviour.chip_authentication:
            named = oid(ca_protocol(offer)) == protocol if protocol is not None else offer.cipher == 1
            if offer.key_id == number and named:
                return offer
        raise StatusError(0x6A88)

    def _agree(self, offer: ChipAuthenticationOffer, public: bytes) -> None:
        if self._messaging is None:
            raise StatusError(0x6982)
        if offer.kind == "dh":
            side: Side = diffie_hellman()
            private = chip_protocols.diffie_hellman_private(key_name(self._owner, offer.key_id))
        else:
            side, private = points(13), scalar(static_key(self._owner, offer.key_id))
        self._next = Messaging(Suite(offer.cipher), side.shared(private, public))

    # --- Active Authentication

    def _internal_authenticate(self, command: Received) -> bytes:
        key = self._document.active_authentication_key
        if key is None or self._messaging is None or len(command.data) != 8:
            raise StatusError(0x6985)
        document = self._document
        if self._owner == CLONE:
            document = replace(document, active_authentication_key=load("clone", key.spec))
        answer = SpecimenChip(document).sign_challenge(command.data)
        if len(answer) > (command.expected or 0):
            raise StatusError(0x6700)
        return answer

    # --- what it rests on

    @property
    def _pretends(self) -> bool:
        """Whether it says that a command went well that it could not read."""
        return self._behaviour.fault is Fault.CLONE_THAT_ANSWERS

    def _draw(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            self._drawn += 1
            out += hashlib.sha256(self._seed + self._drawn.to_bytes(4)).digest()
        return out[:count]


def mrz_information(document: SpecimenDocument) -> str:
    """Number, dates of birth and of expiry with their check digits, of a TD3 document (ICAO 9303-11 §9.7.2)."""
    line = document.mrz_lines[1]
    return line[0:10] + line[13:20] + line[21:28]
