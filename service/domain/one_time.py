"""One-time codes: long enough that nobody guesses one, kept only as their SHA-256."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

#: Nobody finds a code of 128 random bits in the minutes that it lives.
CODE_BYTES: Final = 16
#: Of the text of a code: base32 without padding, so that it is short in the alphanumeric mode of a QR code.
CODE_LENGTH: Final = 26


def one_time_code(random: bytes) -> str:
    """The text of a code."""
    if len(random) != CODE_BYTES:
        raise ValueError(f"a code is made of {CODE_BYTES} random bytes")
    return base64.b32encode(random).decode().rstrip("=")


def code_digest(code: str) -> str:
    """What is kept of a code, and looked up by: SHA-256, in hex.

    A plain hash is enough: a code is random and long, nobody can try them all. It makes the look-up safe too: what
    its time tells is about the digest, not about the code.
    """
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
