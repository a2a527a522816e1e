"""Data objects for tests, encoded by DER independently of the reader."""

from __future__ import annotations


def der(tag: int, *content: bytes) -> bytes:
    """One object: tag octets as a number, definite length in its shortest form."""
    value = b"".join(content)
    if len(value) < 0x80:
        length = bytes((len(value),))
    else:
        octets = len(value).to_bytes((len(value).bit_length() + 7) // 8)
        length = bytes((0x80 | len(octets),)) + octets
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1) + length + value
