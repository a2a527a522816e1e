"""Encodings that real issuers use and DER forbids (ITU-T X.690 §8), made from a ContentInfo in DER."""

from __future__ import annotations

from typing import Final

from mrtd import tlv as reader
from mrtd.specimen.encoding import tlv
from mrtd.tlv import Tlv

#: How many octets of content a segment of a constructed OCTET STRING takes in the object of a real state.
_SEGMENT: Final = 1000
_OCTET_STRING: Final = 0x04
_CONSTRUCTED_OCTET_STRING: Final = 0x24
_END_OF_CONTENTS: Final = b"\x00\x00"


def indefinite_lengths(content_info: bytes, *, segmented: bool = True) -> bytes:
    """A ContentInfo with indefinite lengths around everything that the signature does not cover (X.690 §8.1.3.6).

    Signed attributes and certificates keep their octets (RFC 5652 §5.4 signs the former in DER).

    Args:
        content_info: in DER.
        segmented: also write eContent as a constructed OCTET STRING.
    """
    content_type, wrapped = reader.read(content_info).children()
    version, digests, encapsulated, *rest = wrapped.children()[0].children()
    econtent_type, econtent = encapsulated.children()
    (octets,) = econtent.children()
    content = _segments(octets) if segmented else octets.raw
    signed_data = _indefinite(
        0x30,
        version.raw,
        digests.raw,
        _indefinite(0x30, econtent_type.raw, _indefinite(0xA0, content)),
        *(part.raw for part in rest),
    )
    return _indefinite(0x30, content_type.raw, _indefinite(0xA0, signed_data))


def long_length(content_info: bytes) -> bytes:
    """A ContentInfo whose own length takes one octet more than needed (X.690 §8.1.3.5)."""
    item = reader.read(content_info)
    length = len(item.value)
    size = (length.bit_length() + 7) // 8 + 1
    return bytes([0x30, 0x80 | size]) + length.to_bytes(size) + item.value


def _segments(octets: Tlv) -> bytes:
    value = octets.value
    parts = [tlv(_OCTET_STRING, value[place : place + _SEGMENT]) for place in range(0, len(value), _SEGMENT)]
    return _indefinite(_CONSTRUCTED_OCTET_STRING, *parts)


def _indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(parts) + _END_OF_CONTENTS
