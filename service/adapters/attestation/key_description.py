"""KeyDescription: what the secure hardware of Android says of a key (AOSP, "Key and ID attestation", Schema).

Read as strict DER, unknown versions and unknown tags refused: what is not understood may take back what is.
Identifiers of one phone (serial number, IMEI, MEID, unique id) are read for their form and never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final, TypeVar

from mrtd import tlv
from mrtd.errors import MrtdError
from mrtd.tlv import SEQUENCE, Tlv
from service.adapters.attestation.strict_der import boolean, enumerated, integer, null, octets, set_members, text
from service.domain.attestation import MalformedAttestationError

KEY_ATTESTATION: Final = "1.3.6.1.4.1.11129.2.1.17"
PROVISIONING_INFO: Final = "1.3.6.1.4.1.11129.2.1.30"
#: Keymaster 2 to 4.1, then KeyMint 1.0 to 5.0.
VERSIONS: Final = frozenset({1, 2, 3, 4, 100, 200, 300, 400, 500})
#: Real ones have below 700 octets, and Android gives the identity of an app 1024.
MAX_DESCRIPTION: Final = 8 * 1024

_CONTEXT: Final = 0xA0
_LONG_TAG: Final = 0x1F

_E = TypeVar("_E", bound=IntEnum)


class SecurityLevel(IntEnum):
    """Where something happens; the weaker is the smaller."""

    SOFTWARE = 0
    TRUSTED_ENVIRONMENT = 1
    STRONG_BOX = 2


class Origin(IntEnum):
    """Where a key comes from."""

    GENERATED = 0
    DERIVED = 1
    IMPORTED = 2
    RESERVED = 3
    SECURELY_IMPORTED = 4


class VerifiedBootState(IntEnum):
    """Whose system the phone started."""

    VERIFIED = 0
    SELF_SIGNED = 1
    UNVERIFIED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class RootOfTrust:
    """What the boot loader told the secure hardware. `verified_boot_hash` came with version 3."""

    verified_boot_key: bytes
    device_locked: bool
    verified_boot_state: VerifiedBootState
    verified_boot_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class ApplicationId:
    """Apps that share the user id that made the key (name and version), and SHA-256 digests of their signers."""

    packages: frozenset[tuple[str, int]]
    signatures: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class AuthorizationList:
    """What holds for the key, as far as it is kept; None and False where it is absent."""

    purposes: frozenset[int] | None = None
    algorithm: int | None = None
    key_size: int | None = None
    block_modes: frozenset[int] | None = None
    digests: frozenset[int] | None = None
    paddings: frozenset[int] | None = None
    ec_curve: int | None = None
    ml_dsa_variant: int | None = None
    rsa_public_exponent: int | None = None
    mgf_digests: frozenset[int] | None = None
    active_date_time: int | None = None
    origination_expire_date_time: int | None = None
    usage_expire_date_time: int | None = None
    usage_count_limit: int | None = None
    no_auth_required: bool = False
    user_auth_type: int | None = None
    auth_timeout: int | None = None
    allow_while_on_body: bool = False
    trusted_user_presence_required: bool = False
    trusted_confirmation_required: bool = False
    unlocked_device_required: bool = False
    creation_date_time: int | None = None
    origin: Origin | None = None
    rollback_resistant: bool = False
    root_of_trust: RootOfTrust | None = None
    os_version: int | None = None
    os_patch_level: int | None = None
    application_id: ApplicationId | None = None
    brand: str | None = None
    device: str | None = None
    product: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    vendor_patch_level: int | None = None
    boot_patch_level: int | None = None
    module_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """The value of the extension. `hardware`: enforced and stated by the secure hardware; `software`: by Android."""

    attestation_version: int
    attestation_level: SecurityLevel
    keymint_version: int
    keymint_level: SecurityLevel
    challenge: bytes
    software: AuthorizationList
    hardware: AuthorizationList


def parse_key_description(value: bytes) -> KeyDescription:
    """Read the value of the extension `KEY_ATTESTATION`.

    Raises:
        MalformedAttestationError: not what the schema says, not DER, or of an unknown version.
    """
    if len(value) > MAX_DESCRIPTION:
        raise MalformedAttestationError("key_description_too_long")
    try:
        root = tlv.read_only(value, SEQUENCE)
        if tlv.leniencies(root):
            raise MalformedAttestationError("not_der")
        return _key_description(root.children())
    except MrtdError as error:
        # without its cause: a traceback would carry what the phone said
        raise MalformedAttestationError(error.code) from None


def _key_description(parts: list[Tlv]) -> KeyDescription:
    if len(parts) != 8:
        raise MalformedAttestationError("bad_key_description")
    version = integer(parts[0])
    if version not in VERSIONS:
        raise MalformedAttestationError("unknown_version")
    octets(parts[5])  # the unique id of the phone for a while
    return KeyDescription(
        attestation_version=version,
        attestation_level=_member(SecurityLevel, enumerated(parts[1])),
        keymint_version=integer(parts[2]),
        keymint_level=_member(SecurityLevel, enumerated(parts[3])),
        challenge=octets(parts[4]),
        software=_authorization_list(parts[6]),
        hardware=_authorization_list(parts[7]),
    )


def _authorization_list(item: Tlv) -> AuthorizationList:
    """Members in the order of their tags and each once, as DER has it: which of two counts is not ours to say."""
    values: dict[str, object] = {}
    last = 0
    for member in item.expect(SEQUENCE).children():
        number = _tag_number(member)
        if number <= last:
            raise MalformedAttestationError("tags_not_ordered")
        last = number
        known = _MEMBERS.get(number)
        if known is None:
            raise MalformedAttestationError("unknown_tag")
        inner = member.children()
        if len(inner) != 1:
            raise MalformedAttestationError("bad_member")
        name, read = known
        value = read(inner[0])
        if name:
            values[name] = value
    return AuthorizationList(**values)  # type: ignore[arg-type]


def _tag_number(item: Tlv) -> int:
    """The number of a context-specific, explicit tag (ITU-T X.690 §8.1.2)."""
    written = item.tag.to_bytes((item.tag.bit_length() + 7) // 8)
    if written[0] & 0xE0 != _CONTEXT:
        raise MalformedAttestationError("bad_member")
    if len(written) == 1:
        return written[0] & _LONG_TAG
    number = 0
    for octet in written[1:]:
        number = number << 7 | octet & 0x7F
    if number < _LONG_TAG:
        raise MalformedAttestationError("not_der")
    return number


def _member(kind: type[_E], value: int) -> _E:
    try:
        return kind(value)
    except ValueError:
        raise MalformedAttestationError("unknown_value") from None


def _unkept(item: Tlv) -> None:
    octets(item)


def _integers(item: Tlv) -> frozenset[int]:
    return frozenset(map(integer, set_members(item)))


def _origin(item: Tlv) -> Origin:
    return _member(Origin, integer(item))


def _root_of_trust(item: Tlv) -> RootOfTrust:
    parts = item.expect(SEQUENCE).children()
    if not 3 <= len(parts) <= 4:
        raise MalformedAttestationError("bad_root_of_trust")
    return RootOfTrust(
        octets(parts[0]),
        boolean(parts[1]),
        _member(VerifiedBootState, enumerated(parts[2])),
        octets(parts[3]) if len(parts) == 4 else None,
    )


def _application_id(item: Tlv) -> ApplicationId:
    """AttestationApplicationId, which the schema holds as octets of its own."""
    root = tlv.read_only(octets(item), SEQUENCE)
    parts = root.children()
    if len(parts) != 2 or tlv.leniencies(root):
        raise MalformedAttestationError("bad_application_id")
    packages = [package.expect(SEQUENCE).children() for package in set_members(parts[0])]
    if any(len(package) != 2 for package in packages):
        raise MalformedAttestationError("bad_application_id")
    return ApplicationId(
        frozenset((text(name), integer(version)) for name, version in packages),
        frozenset(map(octets, set_members(parts[1]))),
    )


#: Tag -> field (empty: read and not kept) and reader.
_MEMBERS: Final[Mapping[int, tuple[str, Callable[[Tlv], object]]]] = MappingProxyType(
    {
        1: ("purposes", _integers),
        2: ("algorithm", integer),
        3: ("key_size", integer),
        4: ("block_modes", _integers),
        5: ("digests", _integers),
        6: ("paddings", _integers),
        7: ("", null),  # callerNonce
        8: ("", integer),  # minMacLength
        10: ("ec_curve", integer),
        11: ("ml_dsa_variant", integer),
        200: ("rsa_public_exponent", integer),
        203: ("mgf_digests", _integers),
        303: ("", null),  # rollbackResistance
        305: ("", null),  # earlyBootOnly
        400: ("active_date_time", integer),
        401: ("origination_expire_date_time", integer),
        402: ("usage_expire_date_time", integer),
        405: ("usage_count_limit", integer),
        502: ("", integer),  # userSecureId
        503: ("no_auth_required", null),
        504: ("user_auth_type", integer),
        505: ("auth_timeout", integer),
        506: ("allow_while_on_body", null),
        507: ("trusted_user_presence_required", null),
        508: ("trusted_confirmation_required", null),
        509: ("unlocked_device_required", null),
        600: ("", null),  # allApplications
        601: ("", _unkept),  # applicationId
        701: ("creation_date_time", integer),
        702: ("origin", _origin),
        703: ("rollback_resistant", null),
        704: ("root_of_trust", _root_of_trust),
        705: ("os_version", integer),
        706: ("os_patch_level", integer),
        709: ("application_id", _application_id),
        710: ("brand", text),
        711: ("device", text),
        712: ("product", text),
        713: ("", _unkept),  # serial number
        714: ("", _unkept),  # IMEI
        715: ("", _unkept),  # MEID
        716: ("manufacturer", text),
        717: ("model", text),
        718: ("vendor_patch_level", integer),
        719: ("boot_patch_level", integer),
        720: ("", null),  # deviceUniqueAttestation
        723: ("", _unkept),  # second IMEI
        724: ("module_hash", octets),
    }
)
