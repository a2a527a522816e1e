"""Chip Authentication, version 1 (ICAO 9303-11 §6.2): the chip shows that it holds the key of its DG14.

Nothing is proved by the commands themselves. The proof is an answer whose code verifies under the new keys, which
only a holder of the static private key can make (SECURITY.md 5.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrtd import tlv
from mrtd.crypto.domain_parameters import DH_PARAMETERS
from mrtd.crypto.ec_params import Curve
from mrtd.crypto.key_agreement import MAX_DH_BITS, MIN_DH_BITS, DhGroup, EcGroup, Scalars
from mrtd.crypto.keys import EC_DH, EC_PUBLIC_KEY, EcPublicKey, parse_spki
from mrtd.crypto.session_ciphers import CIPHERS, Cipher, SessionKeys, session_keys
from mrtd.errors import DuplicateError, LimitExceededError, MalformedError, UnsupportedError
from mrtd.lds.security_infos import CHIP_AUTHENTICATION, PUBLIC_KEY, ChipAuthenticationPublicKeyInfo, SecurityInfos
from mrtd.protocols.apdu import Command, Ins, data_object

#: id-PK-DH and id-PK-ECDH, as the arc after id-PK, and after id-CA for the cipher suites.
_DH: Final = "1"
_ECDH: Final = "2"
#: Object identifiers of Diffie-Hellman keys: dhpublicnumber (RFC 3279 §2.3.3), dhKeyAgreement (PKCS#3).
DH_PUBLIC_NUMBER: Final = "1.2.840.10046.2.1"
DH_KEY_AGREEMENT: Final = "1.2.840.113549.1.3.1"
_DYNAMIC: Final = 0x7C
#: MSE:Set KAT, and MSE:Set AT for internal authentication (ICAO 9303-11 §6.2.4).
_SET_KAT: Final = (0x41, 0xA6)
_SET_AT: Final = (0x41, 0xA4)


@dataclass(frozen=True, slots=True, repr=False)
class ChipKey:
    """A static key of the chip, and how to use it.

    `oid`: the protocol with its cipher. `inferred`: no ChipAuthenticationInfo says which, so it is 3DES
    (ICAO 9303-11 §9.2.5; SECURITY.md 5.2). `key_id`: to be named to the chip, where it has several keys.
    """

    oid: str
    cipher: Cipher
    group: EcGroup | DhGroup
    public: bytes
    key_id: int | None
    inferred: bool


def chip_keys(infos: SecurityInfos) -> tuple[ChipKey, ...]:
    """The keys that a signed DG14 (or EF.CardSecurity) offers Chip Authentication with, strongest cipher first.

    Keys of kinds that are not known here are passed over; the inspection reports them.

    Raises:
        DuplicateError: `ambiguous_key_id`: two keys of one kind with the same identifier, or several without one.
    """
    found = []
    for info in infos.chip_authentication_public_keys:
        kind = info.oid.removeprefix(PUBLIC_KEY)
        # a number is named to the chip without a sign
        if kind not in (_DH, _ECDH) or (info.key_id or 0) < 0:
            continue
        twins = [other for other in infos.chip_authentication_public_keys if other.oid == info.oid]
        if [other.key_id for other in twins].count(info.key_id) > 1:
            raise DuplicateError("ambiguous_key_id")
        try:
            group, public = static_key(info)
        except (UnsupportedError, MalformedError):
            continue
        found += _suites(infos, info, kind, group, public)
    return tuple(sorted(found, key=lambda key: tuple(Cipher).index(key.cipher), reverse=True))


def _suites(
    infos: SecurityInfos, info: ChipAuthenticationPublicKeyInfo, kind: str, group: EcGroup | DhGroup, public: bytes
) -> list[ChipKey]:
    """The cipher suites of one key: those whose key identifier is its own (ICAO 9303-11 §9.2.5, §9.2.6)."""
    prefix = f"{CHIP_AUTHENTICATION}{kind}."
    offers = [one for one in infos.chip_authentication_infos if one.oid.startswith(prefix)]
    fitting = [one.oid for one in offers if one.key_id == info.key_id and one.oid.removeprefix(prefix) in CIPHERS]
    if not offers:
        return [ChipKey(f"{prefix}1", Cipher.TDES, group, public, info.key_id, inferred=True)]
    return [
        ChipKey(oid, CIPHERS[oid.removeprefix(prefix)], group, public, info.key_id, inferred=False) for oid in fitting
    ]


def public_points(infos: SecurityInfos) -> list[tuple[Curve, bytes]]:
    """The static keys on elliptic curves, as uncompressed points; unusable ones are passed over."""
    found = []
    for info in infos.chip_authentication_public_keys:
        try:
            group, public = static_key(info)
        except (UnsupportedError, MalformedError):
            continue
        if isinstance(group, EcGroup):
            found.append((group.curve, public))
    return found


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One attempt: what is sent under the old keys, and the keys that only this chip can come to as well."""

    commands: tuple[Command, ...]
    keys: SessionKeys


def attempt(key: ChipKey, draw: Scalars) -> Attempt:
    """Prepare an attempt with an ephemeral key of its own (ICAO 9303-11 §6.2.2).

    The commands, and their answers, are protected by the old keys; then keys, cipher and counter change (§9.8.2).

    Raises:
        MalformedError: `bad_key`: the chip's key agrees on nothing.
    """
    pair = key.group.pair(draw)
    keys = session_keys(key.cipher, key.group.secret(pair.private, key.public))
    named = b"" if key.key_id is None else data_object(0x84, _unsigned(key.key_id))
    if key.cipher is Cipher.TDES:
        data = data_object(0x91, pair.public) + named
        return Attempt((Command(0, Ins.MANAGE_SECURITY_ENVIRONMENT, *_SET_KAT, data),), keys)
    select = data_object(0x80, tlv.encode_oid(key.oid)) + named
    authenticate = data_object(_DYNAMIC, data_object(0x80, pair.public))
    return Attempt(
        (
            Command(0, Ins.MANAGE_SECURITY_ENVIRONMENT, *_SET_AT, select),
            Command(0, Ins.GENERAL_AUTHENTICATE, 0, 0, authenticate, expected=256),
        ),
        keys,
    )


def _unsigned(value: int) -> bytes:
    return value.to_bytes(max((value.bit_length() + 7) // 8, 1))


def static_key(info: ChipAuthenticationPublicKeyInfo) -> tuple[EcGroup | DhGroup, bytes]:
    """Group and public key of a ChipAuthenticationPublicKeyInfo: a standard curve, or a standard prime field.

    Raises:
        MalformedError: `bad_key`, `changed_parameters` and the codes of the TLV reader.
        UnsupportedError: `unsupported_algorithm`, `unknown_curve`, `unknown_parameters`.
    """
    algorithm, parameters, octets = _taken_apart(info.spki)
    if algorithm in (EC_PUBLIC_KEY, EC_DH):
        key = parse_spki(info.spki)
        if not isinstance(key, EcPublicKey):
            raise UnsupportedError("unsupported_algorithm")
        size = key.curve.octets
        return EcGroup(key.curve), b"\x04" + key.x.to_bytes(size) + key.y.to_bytes(size)
    if algorithm not in (DH_PUBLIC_NUMBER, DH_KEY_AGREEMENT):
        raise UnsupportedError("unsupported_algorithm", detail=f"key {algorithm}")
    group = _prime_field(algorithm, parameters)
    public = tlv.integer(tlv.read_only(octets, tlv.INTEGER), max_octets=MAX_DH_BITS // 8 + 1)
    if public < 2:
        raise MalformedError("bad_key", detail="not in the group")
    written = public.to_bytes(group.octets) if public < group.p else b"\xff" * (group.octets + 1)
    group.check(written)
    return group, written


def _taken_apart(spki: bytes) -> tuple[str, tlv.Tlv | None, bytes]:
    """Algorithm, parameters and key octets of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7)."""
    items = tlv.read_only(spki, tlv.SEQUENCE).children()
    if len(items) != 2:
        raise MalformedError("bad_key")
    identifier = items[0].expect(tlv.SEQUENCE).children()
    bits = items[1].expect(tlv.BIT_STRING).value
    if not 1 <= len(identifier) <= 2 or not bits or bits[0] != 0:
        raise MalformedError("bad_key")
    return tlv.oid(identifier[0]), identifier[1] if len(identifier) == 2 else None, bits[1:]


def _prime_field(algorithm: str, parameters: tlv.Tlv | None) -> DhGroup:
    """p, g, q of a DH key (RFC 3279 §2.3.3); a key without q, as PKCS#3 writes it, must be of a standard group.

    Raises:
        MalformedError: `bad_key`, `changed_parameters`.
        UnsupportedError: `unknown_parameters`: not one of RFC 5114's groups. Parameters by a stranger may hide a
            group in which everything is easy; that they are prime would not show that.
    """
    if parameters is None:
        raise MalformedError("bad_key", detail="no parameters")
    items = parameters.expect(tlv.SEQUENCE).children()
    if len(items) < 2:
        raise MalformedError("bad_key")
    p, g = (tlv.integer(item, max_octets=MAX_DH_BITS // 8 + 1) for item in items[:2])
    if not MIN_DH_BITS <= p.bit_length() <= MAX_DH_BITS:
        raise LimitExceededError("bad_key", detail="length of the modulus")
    group = next((one for one in DH_PARAMETERS.values() if one.p == p), None)
    if group is None:
        raise UnsupportedError("unknown_parameters", detail="a prime field of no standard")
    named = algorithm == DH_PUBLIC_NUMBER and len(items) > 2 and items[2].tag == tlv.INTEGER
    if g != group.g or (named and tlv.integer(items[2], max_octets=MAX_DH_BITS // 8 + 1) != group.q):
        raise MalformedError("changed_parameters", detail="a standard prime with another base or order")
    return group
