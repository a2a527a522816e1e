"""Password Authenticated Connection Establishment, version 2 (ICAO 9303-11 §4.4).

Generic and integrated mapping over ECDH and DH, chip authentication mapping over ECDH with AES. What the chip offers
in EF.CardAccess is not signed; that it was really offered is judged after Passive Authentication.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrtd import tlv
from mrtd.crypto import session_ciphers as ciphers
from mrtd.crypto.domain_parameters import standardised
from mrtd.crypto.integrated_mapping import nonce_sizes, pseudo_random
from mrtd.crypto.key_agreement import DhGroup, EcGroup, KeyPair, Randomness, Scalars, scalars
from mrtd.crypto.session_ciphers import CIPHERS, Cipher, SessionKeys, password_key, session_keys
from mrtd.errors import MalformedError, MrtdError, UnsupportedError
from mrtd.lds.security_infos import PACE, PaceInfo, SecurityInfos
from mrtd.protocols.apdu import CLA_CHAINING, Command, Ins, Response, Sw, data_object
from mrtd.protocols.errors import AccessDeniedError, ProofFailedError, ProtocolError
from mrtd.protocols.exchange import Exchange, Phase, send
from mrtd.protocols.password import Password
from mrtd.protocols.secure_messaging import SecureMessaging

#: The only version with standardised parameters (ICAO 9303-11 §9.2.1).
VERSION: Final = 2
#: Octets of the nonce with generic and chip authentication mapping: one block of AES (§4.4.3.2 asks for at least 128
#: bits and whole blocks).
_NONCE: Final = 16
_DYNAMIC: Final = 0x7C
#: Dynamic authentication data of GENERAL AUTHENTICATE (ICAO 9303-11 §4.4.4.2).
_ENCRYPTED_NONCE: Final = 0x80
_MAPPING: Final = 0x81
_MAPPING_ANSWER: Final = 0x82
_PUBLIC_KEY: Final = 0x83
_PUBLIC_KEY_ANSWER: Final = 0x84
_TOKEN: Final = 0x85
_TOKEN_ANSWER: Final = 0x86
_CHIP_AUTHENTICATION_DATA: Final = 0x8A
#: Certification authority references, for terminals that authenticate themselves (BSI TR-03110-2 §3.2).
_AUTHORITIES: Final = (0x87, 0x88)
#: MSE:Set AT for mutual authentication (ICAO 9303-11 §4.4.4.1).
_SET_AT: Final = (0xC1, 0xA4)
#: MSE:Set AT may warn how many tries are left; the password may still be right.
_GOES_ON: Final = frozenset({int(Sw.OK), *range(0x63C1, 0x63D0)})


class Mapping(StrEnum):
    """How the nonce becomes a base element (ICAO 9303-11 §4.4.3.3)."""

    GENERIC = "GM"
    INTEGRATED = "IM"
    CHIP_AUTHENTICATION = "CAM"


#: The arc after id-PACE: mapping, and whether points are agreed on (ICAO 9303-11 §9.2.1).
_PROTOCOLS: Final = {
    "1": (Mapping.GENERIC, False),
    "2": (Mapping.GENERIC, True),
    "3": (Mapping.INTEGRATED, False),
    "4": (Mapping.INTEGRATED, True),
    "6": (Mapping.CHIP_AUTHENTICATION, True),
}


@dataclass(frozen=True, slots=True)
class PaceProtocol:
    """What one PACEInfo means.

    `named`: whether the parameters must be named to the chip, because it offers others for the same protocol.
    """

    oid: str
    mapping: Mapping
    cipher: Cipher
    group: EcGroup | DhGroup
    parameter_id: int
    named: bool

    @property
    def name(self) -> str:
        """`PACE-GM` and so on."""
        return f"PACE-{self.mapping}"


@dataclass(frozen=True, slots=True, repr=False)
class Established:
    """A channel by PACE.

    `mapping_key`: PK_Map,IC, empty with integrated mapping. `chip_data`: CA_IC of chip authentication mapping; what
    it proves is for `factor_maps`, once EF.CardSecurity is trusted.
    """

    protocol: PaceProtocol
    channel: SecureMessaging
    mapping_key: bytes
    chip_data: int | None


def protocol_of(info: PaceInfo, *, named: bool = False) -> PaceProtocol:
    """The protocol that a PACEInfo offers.

    Raises:
        UnsupportedError: `unknown_protocol`, `unknown_parameters`, `bad_version`: nothing is tried with a chip that
            wants something else than the standard has (SECURITY.md 5.4).
    """
    mapping, _, cipher = info.oid.removeprefix(PACE).partition(".")
    known = _PROTOCOLS.get(mapping)
    if known is None or cipher not in CIPHERS:
        raise UnsupportedError("unknown_protocol", detail=info.oid)
    if info.version != VERSION:
        raise UnsupportedError("bad_version", detail=f"PACE version {info.version}")
    kind, elliptic = known
    if kind is Mapping.CHIP_AUTHENTICATION and CIPHERS[cipher] is Cipher.TDES:
        raise UnsupportedError("unknown_protocol", detail=info.oid)
    if info.parameter_id is None:
        raise UnsupportedError("unknown_parameters", detail="no standardised parameters")
    group = standardised(info.parameter_id, elliptic=elliptic)
    if kind is Mapping.INTEGRATED and isinstance(group, EcGroup) and group.curve.p % 4 != 3:
        raise UnsupportedError("mapping_not_defined", detail=group.curve.name)
    return PaceProtocol(info.oid, kind, CIPHERS[cipher], group, info.parameter_id, named)


def offers_chip_authentication_mapping(infos: SecurityInfos) -> bool:
    """Whether a chip says that it proves itself within PACE (ICAO 9303-11 §9.2.1), with whatever cipher."""
    arcs = (info.oid.removeprefix(PACE).partition(".")[0] for info in infos.pace_infos)
    return any(arc in _PROTOCOLS and _PROTOCOLS[arc][0] is Mapping.CHIP_AUTHENTICATION for arc in arcs)


#: Which offer is taken: one that proves the chip first, then the stronger cipher, then what most chips do well.
_PREFERENCE: Final = (Mapping.CHIP_AUTHENTICATION, Mapping.GENERIC, Mapping.INTEGRATED)
_STRENGTH: Final = (Cipher.TDES, Cipher.AES_128, Cipher.AES_192, Cipher.AES_256)


def offered(infos: SecurityInfos) -> tuple[PaceProtocol, ...]:
    """What a chip offers that can be done, best first (ICAO 9303-11 §4.4.1); infos of other kinds are passed over."""
    found = []
    for info in infos.pace_infos:
        others = [other for other in infos.pace_infos if other.oid == info.oid]
        try:
            found.append(protocol_of(info, named=len(others) > 1))
        except UnsupportedError:
            continue
    return tuple(sorted(found, key=lambda one: (_PREFERENCE.index(one.mapping), -_STRENGTH.index(one.cipher))))


def establish(protocol: PaceProtocol, password: Password, randomness: Randomness) -> Exchange[Established]:
    """Run PACE (ICAO 9303-11 §4.4.3): steps as the standard numbers them.

    Raises:
        AccessDeniedError: `pace.denied`: the chip does not know the password.
        ProtocolError: `pace.refused`, `pace.bad_response`, `pace.bad_key`.
    """
    return (yield from establish_with(protocol, password, scalars(randomness), randomness))


def establish_with(
    protocol: PaceProtocol, password: Password, draw: Scalars, randomness: Randomness
) -> Exchange[Established]:
    """The same with the private keys given by `draw`."""
    try:
        return (yield from _establish(protocol, password, draw, randomness))
    except MalformedError as error:
        code = "pace.bad_key" if error.code == "bad_key" else "pace.bad_response"
        raise ProtocolError(code, detail=error.detail) from None


def _establish(
    protocol: PaceProtocol, password: Password, draw: Scalars, randomness: Randomness
) -> Exchange[Established]:
    cipher, group = protocol.cipher, protocol.group
    key = password_key(cipher, password.encoded)
    # 1. the chip's nonce, encrypted under the password
    hidden = _only(_ENCRYPTED_NONCE, (yield from _begin(protocol, password)))
    size = _NONCE
    if protocol.mapping is Mapping.INTEGRATED:
        size, _ = nonce_sizes(cipher)
    if len(hidden) != size:
        raise MalformedError("bad_length", detail="nonce")
    nonce = ciphers.decrypt(cipher, key, hidden)
    # 2. mapping
    if protocol.mapping is Mapping.INTEGRATED:
        mine = randomness(nonce_sizes(cipher)[1])
        _only(_MAPPING_ANSWER, (yield from _general_authenticate(data_object(_MAPPING, mine))), empty=True)
        value = pseudo_random(cipher, nonce, mine, group.modulus)
        mapped, their_mapping_key = group.integrated(value), b""
    else:
        pair = group.pair(draw)
        answer = yield from _general_authenticate(data_object(_MAPPING, pair.public))
        their_mapping_key = _only(_MAPPING_ANSWER, answer)
        _refuse_echo(pair, their_mapping_key)
        mapped = group.mapped(int.from_bytes(nonce), pair.private, their_mapping_key)
    # 3. key agreement on the mapped base
    ephemeral = mapped.pair(draw)
    answer = yield from _general_authenticate(data_object(_PUBLIC_KEY, ephemeral.public))
    theirs = _only(_PUBLIC_KEY_ANSWER, answer)
    _refuse_echo(ephemeral, theirs)
    keys = session_keys(cipher, mapped.secret(ephemeral.private, theirs))
    # 4. mutual authentication
    token = _token(protocol, keys, theirs)
    last = yield from _last(data_object(_TOKEN, token))
    chip_token, chip_data = _last_answer(last)
    if not ciphers.same(chip_token, _token(protocol, keys, ephemeral.public)):
        raise ProtocolError("pace.bad_token")
    proof = None
    if protocol.mapping is Mapping.CHIP_AUTHENTICATION:
        proof = _chip_authentication_data(protocol, keys, chip_data)
    return Established(protocol, SecureMessaging(keys), their_mapping_key, proof)


def factor_maps(group: EcGroup, factor: int, mapping_key: bytes, chip_keys: Iterable[bytes]) -> bool:
    """Whether PK_Map,IC = CA_IC x PK_IC for one of the chip's static keys (ICAO 9303-11 §4.4.3.5.2).

    Args:
        group: the standardised parameters that PACE ran on.
        factor: CA_IC.
        mapping_key: PK_Map,IC, as the chip sent it.
        chip_keys: PK_IC of a trusted EF.CardSecurity, on the same parameters, as uncompressed points.
    """
    for key in chip_keys:
        try:
            if ciphers.same(group.times(factor, key), mapping_key):
                return True
        except MrtdError:
            continue
    return False


def _begin(protocol: PaceProtocol, password: Password) -> Exchange[bytes]:
    """MSE:Set AT (ICAO 9303-11 §4.4.4.1) and, in one batch, the first GENERAL AUTHENTICATE; its data objects."""
    data = data_object(0x80, tlv.encode_oid(protocol.oid)) + data_object(0x83, bytes([password.reference]))
    if protocol.named:
        data += data_object(0x84, bytes([protocol.parameter_id]))
    select = Command(0, Ins.MANAGE_SECURITY_ENVIRONMENT, *_SET_AT, data)
    answers = yield from send(Phase.PACE, select, _step(b""), accept=_GOES_ON)
    if len(answers) < 2 or not answers[1].ok:
        raise ProtocolError("pace.refused", sw=answers[-1].sw)
    return _dynamic(answers[1])


def _step(data: bytes) -> Command:
    """A GENERAL AUTHENTICATE but the last (ICAO 9303-11 §4.4.4.2)."""
    return Command(CLA_CHAINING, Ins.GENERAL_AUTHENTICATE, 0, 0, data_object(_DYNAMIC, data), expected=256)


def _general_authenticate(data: bytes) -> Exchange[bytes]:
    """A step but the last; the data objects of the answer."""
    (answer,) = yield from send(Phase.PACE, _step(data))
    if not answer.ok:
        raise ProtocolError("pace.refused", sw=answer.sw)
    return _dynamic(answer)


def _last(data: bytes) -> Exchange[bytes]:
    command = Command(0, Ins.GENERAL_AUTHENTICATE, 0, 0, data_object(_DYNAMIC, data), expected=256)
    (answer,) = yield from send(Phase.PACE, command)
    if not answer.ok:
        # the chip saw our token first: the password is wrong
        raise AccessDeniedError("pace.denied", sw=answer.sw)
    return _dynamic(answer)


def _dynamic(answer: Response) -> bytes:
    return tlv.read_only(answer.data, _DYNAMIC).value


def _only(tag: int, content: bytes, *, empty: bool = False) -> bytes:
    """The value of the one data object that must be there; of an empty mapping answer, chips leave the object out."""
    if empty and not content:
        return b""
    value = tlv.read_only(content, tag).value
    if empty and value:
        raise MalformedError("bad_length", detail="mapping data")
    return value


def _refuse_echo(pair: KeyPair, theirs: bytes) -> None:
    """Both public keys differ (ICAO 9303-11 §4.4.3.1)."""
    if pair.public == theirs:
        raise MalformedError("bad_key", detail="our own key came back")


def _token(protocol: PaceProtocol, keys: SessionKeys, public: bytes) -> bytes:
    """T = MAC(KSMAC, public key of the other side with the protocol's identifier) (ICAO 9303-11 §4.4.3.4, §9.4.4)."""
    identifier = data_object(0x06, tlv.encode_oid(protocol.oid))
    template = data_object(0x7F49, identifier + data_object(protocol.group.public_tag, public))
    return ciphers.token(protocol.cipher, keys.authentication, template)


def _last_answer(content: bytes) -> tuple[bytes, bytes | None]:
    """The token, and the encrypted chip authentication data; each object once, in the order of their tags."""
    objects = tlv.read_all(content)
    tags = [item.tag for item in objects]
    allowed = [_TOKEN_ANSWER, *_AUTHORITIES, _CHIP_AUTHENTICATION_DATA]
    if tags[:1] != [_TOKEN_ANSWER] or tags != [tag for tag in allowed if tag in tags]:
        raise MalformedError("bad_data_objects")
    by_tag = {item.tag: item.value for item in objects}
    return by_tag[_TOKEN_ANSWER], by_tag.get(_CHIP_AUTHENTICATION_DATA)


def _chip_authentication_data(protocol: PaceProtocol, keys: SessionKeys, hidden: bytes | None) -> int:
    """CA_IC, decrypted with IV = E(KSEnc, -1) (ICAO 9303-11 §4.4.3.5.1); from 1 to the order less one."""
    if hidden is None:
        raise ProofFailedError("cam.no_data")
    start = ciphers.encrypt_block(protocol.cipher, keys.encryption, b"\xff" * protocol.cipher.block_size)
    plain = ciphers.unpad(ciphers.decrypt(protocol.cipher, keys.encryption, hidden, start))
    value = int.from_bytes(plain)
    if not 0 < value < protocol.group.order:
        raise ProofFailedError("cam.bad_data")
    return value
