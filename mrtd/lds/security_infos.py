"""SecurityInfos, what a chip says about its protocols (ICAO 9303-10 §3.11.3, §4.7.14; 9303-11 §9.2).

SecurityInfos ::= SET OF SecurityInfo
SecurityInfo ::= SEQUENCE {
    protocol      OBJECT IDENTIFIER,
    requiredData  ANY DEFINED BY protocol,
    optionalData  ANY DEFINED BY protocol OPTIONAL }
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.lds.elementary_file import reading
from mrtd.tlv import Tlv

#: SECURITY.md 3.10; real files hold fewer than 20.
MAX_INFOS: Final = 64

_BSI: Final = "0.4.0.127.0.7.2.2"
#: id-PK, id-TA, id-CA, id-PACE (ICAO 9303-11 §9.2; BSI TR-03110-3 A.1).
PUBLIC_KEY: Final = f"{_BSI}.1."
TERMINAL_AUTHENTICATION: Final = f"{_BSI}.2"
CHIP_AUTHENTICATION: Final = f"{_BSI}.3."
PACE: Final = f"{_BSI}.4."
#: id-icao-mrtd-security-aaProtocolObject (ICAO 9303-11 §9.2).
ACTIVE_AUTHENTICATION: Final = "2.23.136.1.1.5"

_Info = TypeVar("_Info")


@dataclass(frozen=True, slots=True, repr=False)
class SecurityInfo:
    """One entry as stored; both data members are whole objects, header included."""

    oid: str
    required_raw: bytes
    optional_raw: bytes | None

    def __repr__(self) -> str:
        return f"SecurityInfo(oid={self.oid})"


@dataclass(frozen=True, slots=True)
class ChipAuthenticationInfo:
    """Which Chip Authentication the chip offers (ICAO 9303-11 §9.2.5)."""

    oid: str
    version: int
    key_id: int | None


@dataclass(frozen=True, slots=True, repr=False)
class ChipAuthenticationPublicKeyInfo:
    """A static key of the chip (ICAO 9303-11 §9.2.6); `spki` is the SubjectPublicKeyInfo as stored."""

    oid: str
    spki: bytes
    key_id: int | None

    def __repr__(self) -> str:
        return f"ChipAuthenticationPublicKeyInfo(oid={self.oid}, key_id={self.key_id})"


@dataclass(frozen=True, slots=True)
class ActiveAuthenticationInfo:
    """The signature algorithm of Active Authentication with ECDSA (ICAO 9303-11 §9.2.4)."""

    oid: str
    version: int
    signature_algorithm: str


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """A mapping, a cipher and the number of standard domain parameters (ICAO 9303-11 §9.2.1)."""

    oid: str
    version: int
    parameter_id: int | None


@dataclass(frozen=True, slots=True, repr=False)
class PaceDomainParameterInfo:
    """Explicit domain parameters (ICAO 9303-11 §9.2.2), an AlgorithmIdentifier as stored; never used."""

    oid: str
    domain_parameter: bytes
    parameter_id: int | None

    def __repr__(self) -> str:
        return f"PaceDomainParameterInfo(oid={self.oid}, parameter_id={self.parameter_id})"


@dataclass(frozen=True, slots=True)
class TerminalAuthenticationInfo:
    """Terminal Authentication, version 1 or 2 (BSI TR-03110-3 A.1.1)."""

    oid: str
    version: int


@dataclass(frozen=True, slots=True, repr=False)
class SecurityInfos:
    """All entries in stored order, and typed views of those that this service uses."""

    infos: tuple[SecurityInfo, ...]
    chip_authentication_infos: tuple[ChipAuthenticationInfo, ...]
    chip_authentication_public_keys: tuple[ChipAuthenticationPublicKeyInfo, ...]
    active_authentication_infos: tuple[ActiveAuthenticationInfo, ...]
    pace_infos: tuple[PaceInfo, ...]
    pace_domain_parameter_infos: tuple[PaceDomainParameterInfo, ...]
    terminal_authentication_infos: tuple[TerminalAuthenticationInfo, ...]

    def __repr__(self) -> str:
        return f"SecurityInfos({len(self.infos)} infos)"


@reading("SecurityInfos")
def parse(set_of: bytes) -> SecurityInfos:
    """Read a SET OF SecurityInfo (ICAO 9303-11 §9.2); unknown protocols stay raw.

    An entry of a protocol that is used here must be well-formed: to drop it would make a chip look as if it
    supported less than its state signed (SECURITY.md 2.3).

    Raises:
        MalformedError: not this structure, or bytes behind it.
        LimitExceededError: more than `MAX_INFOS` entries, or a bound of `mrtd.tlv`.
    """
    members = tlv.read_only(set_of, tlv.SET).children()
    if len(members) > MAX_INFOS:
        raise LimitExceededError("too_many_infos", detail=f"{len(members)}")
    infos = tuple(_info(member) for member in members)
    return SecurityInfos(
        infos=infos,
        chip_authentication_infos=_all(infos, _is_suite(CHIP_AUTHENTICATION), _chip_authentication),
        chip_authentication_public_keys=_all(infos, _is_kind(PUBLIC_KEY), _public_key),
        active_authentication_infos=_all(infos, _is_exactly(ACTIVE_AUTHENTICATION), _active_authentication),
        pace_infos=_all(infos, _is_suite(PACE), _pace),
        pace_domain_parameter_infos=_all(infos, _is_kind(PACE), _pace_domain_parameter),
        terminal_authentication_infos=_all(infos, _is_exactly(TERMINAL_AUTHENTICATION), _terminal_authentication),
    )


def _info(member: Tlv) -> SecurityInfo:
    parts = member.expect(tlv.SEQUENCE).children()
    if len(parts) not in (2, 3):
        raise MalformedError("bad_security_info", detail=f"{len(parts)} members")
    return SecurityInfo(tlv.oid(parts[0]), parts[1].raw, parts[2].raw if len(parts) == 3 else None)


def _all(
    infos: tuple[SecurityInfo, ...], wanted: Callable[[str], bool], read: Callable[[SecurityInfo], _Info]
) -> tuple[_Info, ...]:
    return tuple(read(info) for info in infos if wanted(info.oid))


def _is_exactly(oid: str) -> Callable[[str], bool]:
    return lambda other: other == oid


def _is_kind(prefix: str) -> Callable[[str], bool]:
    """One arc below the protocol: DH or ECDH, or a PACE mapping, without a cipher."""
    return lambda oid: oid.startswith(prefix) and oid.count(".") == prefix.count(".")


def _is_suite(prefix: str) -> Callable[[str], bool]:
    """Two arcs below the protocol: with a cipher."""
    return lambda oid: oid.startswith(prefix) and oid.count(".") == prefix.count(".") + 1


def _integer(raw: bytes) -> int:
    return tlv.integer(tlv.read_only(raw), max_octets=4)


def _optional_integer(raw: bytes | None) -> int | None:
    return None if raw is None else _integer(raw)


def _chip_authentication(info: SecurityInfo) -> ChipAuthenticationInfo:
    return ChipAuthenticationInfo(info.oid, _integer(info.required_raw), _optional_integer(info.optional_raw))


def _public_key(info: SecurityInfo) -> ChipAuthenticationPublicKeyInfo:
    spki = tlv.read_only(info.required_raw, tlv.SEQUENCE).raw
    return ChipAuthenticationPublicKeyInfo(info.oid, spki, _optional_integer(info.optional_raw))


def _active_authentication(info: SecurityInfo) -> ActiveAuthenticationInfo:
    if info.optional_raw is None:
        raise MalformedError("bad_security_info", detail="no signature algorithm")
    algorithm = tlv.oid(tlv.read_only(info.optional_raw))
    return ActiveAuthenticationInfo(info.oid, _integer(info.required_raw), algorithm)


def _pace(info: SecurityInfo) -> PaceInfo:
    return PaceInfo(info.oid, _integer(info.required_raw), _optional_integer(info.optional_raw))


def _pace_domain_parameter(info: SecurityInfo) -> PaceDomainParameterInfo:
    parameters = tlv.read_only(info.required_raw, tlv.SEQUENCE).raw
    return PaceDomainParameterInfo(info.oid, parameters, _optional_integer(info.optional_raw))


def _terminal_authentication(info: SecurityInfo) -> TerminalAuthenticationInfo:
    return TerminalAuthenticationInfo(info.oid, _integer(info.required_raw))
