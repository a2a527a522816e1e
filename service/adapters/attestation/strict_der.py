"""Values of ASN.1 in DER alone (ITU-T X.690 §10, §11), small and not negative, as attestations have them.

All raise MalformedAttestationError, or the errors of the TLV reader.
"""

from __future__ import annotations

from typing import Final

from mrtd.tlv import BOOLEAN, INTEGER, NULL, OCTET_STRING, SET, Tlv
from service.domain.attestation import MalformedAttestationError

#: An unsigned integer of 64 bits, with the octet that keeps it positive.
MAX_INTEGER: Final = 9
#: Members of one SET: apps of one user id, signers of an app, purposes. Real ones have below 20.
MAX_SET: Final = 64

_ENUMERATED: Final = 0x0A
_TRUE: Final = b"\xff"
_FALSE: Final = b"\x00"


def integer(item: Tlv) -> int:
    """INTEGER (X.690 §8.3)."""
    return _unsigned(item.expect(INTEGER).value)


def enumerated(item: Tlv) -> int:
    """ENUMERATED (X.690 §8.4)."""
    return _unsigned(item.expect(_ENUMERATED).value)


def octets(item: Tlv) -> bytes:
    """OCTET STRING, in one piece (X.690 §10.2)."""
    return item.expect(OCTET_STRING).value


def text(item: Tlv) -> str:
    """UTF-8 in an OCTET STRING."""
    try:
        return octets(item).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedAttestationError("bad_text") from None


def null(item: Tlv) -> bool:
    """NULL (X.690 §8.8): that it stands there is what it says."""
    if item.expect(NULL).value:
        raise MalformedAttestationError("bad_null")
    return True


def boolean(item: Tlv) -> bool:
    """BOOLEAN: DER knows two values (X.690 §11.1). Real phones have written a third."""
    value = item.expect(BOOLEAN).value
    if value not in (_TRUE, _FALSE):
        raise MalformedAttestationError("bad_boolean")
    return value == _TRUE


def set_members(item: Tlv) -> list[Tlv]:
    """The members of a SET OF."""
    members = item.expect(SET).children()
    if len(members) > MAX_SET:
        raise MalformedAttestationError("set_too_large")
    return members


def _unsigned(value: bytes) -> int:
    if not value or len(value) > MAX_INTEGER or value[0] & 0x80:
        raise MalformedAttestationError("bad_integer")
    if len(value) > 1 and value[0] == 0 and not value[1] & 0x80:
        raise MalformedAttestationError("not_der")
    return int.from_bytes(value)
