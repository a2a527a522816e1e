"""Reading a chip from end to end: access, files, and the proofs that it is no copy (ICAO 9303-11 §4.1; DESIGN.md 5).

One generator is one connection. After a lost tag a new one begins with nothing of the old one (SECURITY.md 6.1). What
comes out is evidence and what the session saw; the inspection judges both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mrtd.crypto.key_agreement import Randomness, scalars
from mrtd.crypto.keys import RsaPublicKey, parse_spki
from mrtd.errors import MrtdError
from mrtd.evidence import (
    EAC_PROTECTED,
    ActiveAuthenticationResponse,
    ChipAuthenticationProof,
    ElementaryFile,
    LiveSession,
    PaceCamProof,
)
from mrtd.lds import atr_info, card_access, com, dg14, dg15
from mrtd.lds.security_infos import SecurityInfos
from mrtd.protocols import chip_authentication, pace
from mrtd.protocols.apdu import MAX_SHORT_EXPECTED, Command, Ins
from mrtd.protocols.bac import basic_access_control
from mrtd.protocols.channel import READ, Channel
from mrtd.protocols.chip_authentication import ChipKey
from mrtd.protocols.errors import NewKeysError, ProofFailedError, ProtocolError
from mrtd.protocols.exchange import Exchange, Phase
from mrtd.protocols.files import FILE_IDS, FileReader, Terminal, opening, taken
from mrtd.protocols.pace import Mapping, PaceProtocol
from mrtd.protocols.password import Password
from mrtd.protocols.secure_messaging import SecureMessaging

#: Octets of the data of INTERNAL AUTHENTICATE (ICAO 9303-11 §6.1).
CHALLENGE_SIZE: Final = 8
#: What secure messaging puts around the blocks of a short answer: head and indicator of DO87, DO99, DO8E.
_AROUND_BLOCKS: Final = 4 + 4 + 10
#: What a chip says in the clear that cannot make sense of a protected command (ICAO 9303-11 §9.8.1): after Chip
#: Authentication went well, it has other keys than the holder of the signed one would have.
_OTHER_KEYS: Final = frozenset({0x6987, 0x6988})
_SELECT_FILE: Final = (0x02, 0x0C)
_MASTER_FILE: Final = 0x3F00


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a connection is to be used.

    `terminal`: what the phone can. `use_bac`: not PACE though the chip offers it, after PACE failed on an earlier
    connection; the inspection reports it. `skip_chip_authentication`, `skip_active_authentication`: the chip broke
    off at it before. `failed_chip_authentication`, `failed_cam`: a false proof was given on an earlier connection, so
    that it is left out and told. `challenge`: for Active Authentication, eight octets made for this connection alone.
    """

    terminal: Terminal = field(default_factory=Terminal)
    use_bac: bool = False
    skip_chip_authentication: bool = False
    skip_active_authentication: bool = False
    failed_chip_authentication: ChipAuthenticationProof | None = None
    failed_cam: bool = False
    challenge: bytes = field(default=b"", repr=False)
    forgives_length_words: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """What one connection brought."""

    files: dict[ElementaryFile, bytes]
    active_authentication: ActiveAuthenticationResponse | None
    session: LiveSession

    def __repr__(self) -> str:
        return f"Reading(files={sorted(self.files)})"


def read_chip(password: Password, randomness: Randomness, wanted: Wanted) -> Exchange[Reading]:
    """Read a chip that was just put on the reader (ICAO 9303-11 §4.1, figure 1).

    Args:
        password: MRZ or card access number.
        randomness: unpredictable octets; with recorded ones a session repeats itself octet by octet.
        wanted: how.

    Raises:
        AccessDeniedError: the password is not this chip's.
        ProofFailedError: `ca.bad_mac`, `cam.*`: the chip, or what stands in for it, failed a proof.
        ProtocolError: the connection cannot go on; nothing of it may be used.
    """
    return (yield from _Connection(password, randomness, wanted).run())


class _Connection:
    def __init__(self, password: Password, randomness: Randomness, wanted: Wanted) -> None:
        self._password = password
        self._randomness = randomness
        self._wanted = wanted
        self._files: dict[ElementaryFile, bytes] = {}
        self._longest_answer: int | None = None

    def run(self) -> Exchange[Reading]:
        # 1. what the chip offers before anybody proved to know its password
        yield from self._look()
        offers = self._offers()
        # 2. access control: PACE where it is offered, else BAC; never both on one connection (SECURITY.md 5.4)
        cam: PaceCamProof | None = None
        if offers and not self._wanted.use_bac:
            established = yield from pace.establish(offers[0], self._password, self._randomness)
            access = offers[0].name
            reader = self._reader(established.channel)
            if offers[0].mapping is Mapping.CHIP_AUTHENTICATION:
                self._files.update((yield from reader.read([ElementaryFile.CARD_SECURITY])))
                cam = PaceCamProof(established.mapping_key, established.chip_data or 0, offers[0].parameter_id)
        else:
            access = "BAC"
            if not self._password.for_bac:
                raise ProtocolError("bac.needs_mrz")
            plain = FileReader(Channel(), 0)
            yield from plain.enter_application()
            reader = self._reader((yield from basic_access_control(self._password, self._randomness)))
        # 3. EF.COM and DG14 say what there is; neither is believed for more than the order of work
        start = [ElementaryFile.COM, ElementaryFile.DG14]
        known = reader.read(start) if access == "BAC" else reader.enter_application(start)
        self._files.update((yield from known))
        # 4. Chip Authentication, unless PACE proved the chip already; everything that counts is read under its keys
        proof: ChipAuthenticationProof | None = None
        first = [ElementaryFile.SOD, ElementaryFile.DG1, *self._groups()]
        key = None if cam is not None else self._chip_key()
        if key is None:
            under_keys = yield from reader.read(first)
        else:
            proof, under_keys = yield from self._authenticate_chip(reader, key, first)
        self._files.update(under_keys)
        # 5. Active Authentication, where DG15 is there
        response = yield from self._sign(reader)
        channel = self._channel
        session = LiveSession(
            access=access,
            card_access_read=ElementaryFile.CARD_ACCESS in self._files,
            length_quirk=channel.length_quirk,
            chip_authentication=proof or self._wanted.failed_chip_authentication,
            pace_cam=cam,
            failed_cam=self._wanted.failed_cam,
            read_under_proof=_digests(under_keys) if proof or cam else {},
        )
        return Reading(self._files, response, session)

    # --- 1

    def _look(self) -> Exchange[None]:
        """EF.CardAccess and EF.ATR/INFO, in the clear, in the master file (ICAO 9303-10 §3.11).

        The master file is selected only where the phone left it: chips answer that command in every way there is.
        """
        channel = Channel()
        if self._wanted.terminal.application_selected:
            yield from channel.transmit(Phase.SELECT, [Command(0, Ins.SELECT, 0x00, 0x0C, _MASTER_FILE.to_bytes(2))])
        commands: list[Command] = []
        for name in (ElementaryFile.CARD_ACCESS, ElementaryFile.ATR_INFO):
            commands.append(Command(0, Ins.SELECT, *_SELECT_FILE, FILE_IDS[name].to_bytes(2)))
            commands.append(Command(0, Ins.READ_BINARY, 0, 0, expected=MAX_SHORT_EXPECTED))
        answers = yield from channel.transmit(Phase.CARD_ACCESS, commands, accept=READ)
        for place, name in ((1, ElementaryFile.CARD_ACCESS), (3, ElementaryFile.ATR_INFO)):
            if len(answers) > place and answers[place].sw in READ and answers[place].data:
                self._files[name] = answers[place].data
        if ElementaryFile.ATR_INFO in self._files:
            try:
                self._longest_answer = atr_info.parse(self._files[ElementaryFile.ATR_INFO]).max_response_length
            except MrtdError:
                self._longest_answer = None

    def _offers(self) -> Sequence[PaceProtocol]:
        data = self._files.get(ElementaryFile.CARD_ACCESS)
        if data is None:
            return ()
        try:
            offers = pace.offered(card_access.parse(data).security_infos)
        except MrtdError:
            return ()
        if self._wanted.failed_cam:
            return [offer for offer in offers if offer.mapping is not Mapping.CHIP_AUTHENTICATION]
        return offers

    # --- 2

    def _reader(self, messaging: SecureMessaging) -> FileReader:
        self._channel = Channel(messaging, forgives_length_words=self._wanted.forgives_length_words)
        return FileReader(self._channel, self._wanted.terminal.first_step(self._longest_answer))

    # --- 3

    def _groups(self) -> list[ElementaryFile]:
        """The data groups that EF.COM lists, without those read before and those that are never read."""
        data = self._files.get(ElementaryFile.COM)
        listed: Sequence[ElementaryFile] = ()
        if data is not None:
            try:
                listed = [ElementaryFile.of_data_group(number) for number in com.parse(data).data_groups]
            except MrtdError:
                listed = ()
        if not listed:
            listed = [ElementaryFile.DG2, ElementaryFile.DG15]
        passed = {ElementaryFile.DG1, ElementaryFile.DG14, *EAC_PROTECTED}
        return [name for name in dict.fromkeys(listed) if name not in passed]

    # --- 4

    def _chip_key(self) -> ChipKey | None:
        data = self._files.get(ElementaryFile.DG14)
        failed = self._wanted.failed_chip_authentication is not None
        if data is None or self._wanted.skip_chip_authentication or failed:
            return None
        try:
            infos: SecurityInfos = dg14.parse(data).security_infos
            keys = chip_authentication.chip_keys(infos)
        except MrtdError:
            return None
        return keys[0] if keys else None

    def _authenticate_chip(
        self, reader: FileReader, key: ChipKey, names: Sequence[ElementaryFile]
    ) -> Exchange[tuple[ChipAuthenticationProof, dict[ElementaryFile, bytes]]]:
        """Chip Authentication, and the first read under its keys, in one batch (SECURITY.md 5.3)."""
        attempt = chip_authentication.attempt(key, scalars(self._randomness))
        head = list(names[:2])
        commands = [command for name in head for command in opening(name)]
        try:
            done, answers = yield from self._channel.switch(
                Phase.CHIP_AUTHENTICATION, attempt.commands, SecureMessaging(attempt.keys), commands
            )
        except NewKeysError as error:
            # where no info names the cipher, ours may be the wrong one: then nothing is held against the chip
            if error.code == "sm.bad_mac" or (error.sw in _OTHER_KEYS and not key.inferred):
                claimed = ChipAuthenticationProof(key.oid, key.public, key.inferred, proved=False)
                raise ProofFailedError("ca.bad_mac", claimed) from None
            raise
        if not answers:
            raise ProtocolError("ca.refused", sw=done[-1].sw if done else None)
        headers = {name: header for name, header in taken(head, answers) if header}
        headers.update((yield from reader.headers([name for name in names if name not in headers])))
        files = yield from reader.bodies(headers)
        return ChipAuthenticationProof(key.oid, key.public, key.inferred), files

    # --- 5

    def _sign(self, reader: FileReader) -> Exchange[ActiveAuthenticationResponse | None]:
        """INTERNAL AUTHENTICATE, where there is a key for it (ICAO 9303-11 §6.1.3)."""
        challenge, data = self._wanted.challenge, self._files.get(ElementaryFile.DG15)
        if len(challenge) != CHALLENGE_SIZE or data is None:
            return None
        long = self._wanted.terminal.extended_length and _signature_octets(data) > self._short_room()
        expected = 65_536 if long else MAX_SHORT_EXPECTED
        command = Command(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, challenge, expected, extended=long)
        (answer,) = yield from self._channel.transmit(Phase.ACTIVE_AUTHENTICATION, [command])
        return ActiveAuthenticationResponse(challenge, answer.data) if answer.ok and answer.data else None

    def _short_room(self) -> int:
        """Octets of data that fit an answer with a length of one octet, once they are padded and protected."""
        messaging = self._channel.messaging
        block = 1 if messaging is None else messaging.cipher.block_size
        return (MAX_SHORT_EXPECTED - _AROUND_BLOCKS) // block * block - 1


def _digests(files: Mapped[ElementaryFile, bytes]) -> dict[ElementaryFile, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def _signature_octets(data: bytes) -> int:
    """Octets of a signature by the RSA key of this DG15; others are short, whatever curve they are on."""
    try:
        key = parse_spki(dg15.parse(data).spki)
    except MrtdError:
        return 0
    return (key.n.bit_length() + 7) // 8 if isinstance(key, RsaPublicKey) else 0
