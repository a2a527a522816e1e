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
from mrtd.specimen.card.agreement import Powers, Side, points
from mrtd.specimen.card.apdu import Received, StatusError, objects, take_apart, written
from mrtd.specimen.card.behaviour import Behaviour, ChipAuthenticationOffer, Fault, PaceOffer
from mrtd.specimen.card.messaging import Messaging
from mrtd.specimen.card.pace import Pace
from mrtd.specimen.card.symmetric import Suite
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.elliptic_curves import LibraryKey
from mrtd.specimen.encoding import object_identifier
from mrtd.specimen.holder import MARTA, Holder
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import EcKeySpec
from mrtd.specimen.signing_key import SigningKey, load

_AID: Final = bytes.fromhex("A0000002471001")
_APPLICATION: Final = MappingProxyType(
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
#: The chip authentication key of PACE-CAM lies on the curve of its parameters; specimens have one on this.
_CURVE: Final = EcKeySpec("brainpoolp256r1")
_CAM: Final = "6."


class TagLostError(Exception):
    """The chip is not on the reader any more."""


class SpecimenCard:
    """A chip of the specimen state.

    Args:
        document: its files, and its key for Active Authentication.
        behaviour: what it can do, and how it errs.
        seed: where its random numbers come from: the same seed, the same answers.
    """

    def __init__(self, document: SpecimenDocument, behaviour: Behaviour, seed: bytes = b"card") -> None:
        self._document = document
        self._behaviour = behaviour
        self._seed = seed
        self._drawn = 0
        self._commands = 0
        self._lost = False
        self.put_on()

    @property
    def document(self) -> SpecimenDocument:
        """What is on it."""
        return self._document

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
            if secured is None or error.sw in (0x6987, 0x6988):
                self._messaging = None
                return error.sw.to_bytes(2)
            if error.sw == 0x6700 and self._behaviour.naked_length_word:
                secured.counter -= 1
                return error.sw.to_bytes(2)
            return secured.close(b"", error.sw)
        sw = 0x9000
        answer = data + sw.to_bytes(2) if secured is None else secured.close(data, sw)
        if self._next is not None:
            self._messaging, self._next = self._next, None
        return answer

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
        names = _APPLICATION if self._in_application else _MASTER
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
        seed = hashlib.sha1(self._mrz_information().encode(), usedforsecurity=False).digest()[:16]
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
        offers = [one for one in self._behaviour.pace if _oid(f"{oids.PACE}.{one.suite}") == found.get(0x80)]
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
            encoded = hashlib.sha1(self._mrz_information().encode(), usedforsecurity=False).digest()
        else:
            raise StatusError(0x6A88)
        mapping, cipher = offers[0].suite.split(".")
        return Pace(
            found[0x80],
            mapping,
            Suite(int(cipher)),
            _group(offers[0]),
            encoded,
            _scalar(_static_key(clone=self._clone)),
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
            named = _oid(_ca_protocol(offer)) == protocol if protocol is not None else offer.cipher == 1
            if offer.key_id == number and named:
                return offer
        raise StatusError(0x6A88)

    def _agree(self, offer: ChipAuthenticationOffer, public: bytes) -> None:
        if self._messaging is None:
            raise StatusError(0x6982)
        if offer.kind == "dh":
            side: Side = _diffie_hellman()
            private = chip_protocols.diffie_hellman_private(_dh_name(offer, clone=self._clone))
        else:
            side, private = points(13), _scalar(_static_key(clone=self._clone, key_id=offer.key_id))
        self._next = Messaging(Suite(offer.cipher), side.shared(private, public))

    # --- Active Authentication

    def _internal_authenticate(self, command: Received) -> bytes:
        key = self._document.active_authentication_key
        if key is None or self._messaging is None or len(command.data) != 8:
            raise StatusError(0x6985)
        document = self._document
        if self._clone:
            document = replace(document, active_authentication_key=load("clone", key.spec))
        answer = SpecimenChip(document).sign_challenge(command.data)
        if len(answer) > (command.expected or 0):
            raise StatusError(0x6700)
        return answer

    # --- what it rests on

    @property
    def _clone(self) -> bool:
        return self._behaviour.fault is Fault.CLONE

    def _draw(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            self._drawn += 1
            out += hashlib.sha256(self._seed + self._drawn.to_bytes(4)).digest()
        return out[:count]

    def _mrz_information(self) -> str:
        line = self._document.mrz_lines[1]
        return line[0:10] + line[13:20] + line[21:28]


def make_card(
    issuer: SpecimenIssuer, behaviour: Behaviour, *, holder: Holder = MARTA, profile: IssuingProfile | None = None
) -> SpecimenCard:
    """Make out a document whose signed DG14 says what the chip can, and put it on a chip."""
    base = profile or IssuingProfile()
    pace = [chip_protocols.pace_info(f"{oids.PACE}.{one.suite}", one.parameter_id) for one in behaviour.pace]
    infos = [info for offer in behaviour.chip_authentication for info in _infos(offer)]
    chosen = replace(
        base,
        active_authentication=behaviour.active_authentication,
        security_infos=(*base.security_infos, *pace, *infos),
    )
    document = issuer.issue(holder, chosen)
    if pace and behaviour.fault is not Fault.DOWNGRADE:
        document = document.with_file(ElementaryFile.CARD_ACCESS, chip_protocols.card_access(pace))
    if any(one.suite.startswith(_CAM) for one in behaviour.pace):
        content = (*pace, *infos, chip_protocols.chip_authentication_public_key(_static_key(clone=False).spki()))
        signed = issuer.sign_card_security(content, issuer.now.date())
        document = document.with_file(ElementaryFile.CARD_SECURITY, signed)
    if behaviour.atr_info:
        lengths = written(0x02, (1000).to_bytes(2)) * 2
        document = document.with_file(ElementaryFile.ATR_INFO, written(0x7F66, lengths))
    for number in behaviour.missing:
        document = document.without_file(ElementaryFile.of_data_group(number))
    return SpecimenCard(_damaged(document, behaviour.fault), behaviour)


def _damaged(document: SpecimenDocument, fault: Fault | None) -> SpecimenDocument:
    content = document.files[ElementaryFile.DG2]
    if fault is Fault.CUT_FILE:
        return document.with_file(ElementaryFile.DG2, content[:-20])
    if fault is Fault.ENDLESS_FILE:
        return document.with_file(ElementaryFile.DG2, content[:1] + bytes.fromhex("83FFFFFF") + content[4:])
    return document


def _infos(offer: ChipAuthenticationOffer) -> list[bytes]:
    if offer.kind == "dh":
        spki, kind = chip_protocols.diffie_hellman_spki(_dh_name(offer, clone=False)), oids.PK_DH
    else:
        spki, kind = _static_key(clone=False, key_id=offer.key_id).spki(), oids.PK_ECDH
    key = chip_protocols.chip_authentication_public_key(spki, kind, offer.key_id)
    info = chip_protocols.chip_authentication_info(_ca_protocol(offer), offer.key_id)
    return [info, key] if offer.declared else [key]


def _ca_protocol(offer: ChipAuthenticationOffer) -> str:
    return f"{oids.CHIP_AUTHENTICATION}.{1 if offer.kind == 'dh' else 2}.{offer.cipher}"


def _static_key(*, clone: bool, key_id: int | None = None) -> SigningKey:
    return load(f"{'clone-' if clone else ''}chip-authentication{'' if key_id is None else f'-{key_id}'}", _CURVE)


def _dh_name(offer: ChipAuthenticationOffer, *, clone: bool) -> str:
    return f"{'clone-' if clone else ''}chip-authentication{'' if offer.key_id is None else f'-{offer.key_id}'}"


def _scalar(key: SigningKey) -> int:
    private = key.private
    if isinstance(private, LibraryKey):
        return private.scalar
    return int(private.private_numbers().private_value)  # type: ignore[union-attr]


def _group(offer: PaceOffer) -> Side:
    if offer.suite[0] in "13":
        return Powers(*chip_protocols.MODP[offer.parameter_id])
    return points(offer.parameter_id)


def _diffie_hellman() -> Powers:
    return Powers(*chip_protocols.MODP[2])


def _oid(dotted: str) -> bytes:
    return object_identifier(dotted)[2:]
