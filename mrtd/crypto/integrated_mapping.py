"""The pseudo-random function of PACE's integrated mapping (ICAO 9303-11 §4.4.3.3.2)."""

from __future__ import annotations

from typing import Final

from mrtd.crypto import session_ciphers as ciphers
from mrtd.crypto.session_ciphers import Cipher

#: Bits beyond the length of the prime, so that the remainder is even.
_SPARE_BITS: Final = 64
#: c0 and c1 by the length of a block of the function (128 and 256 bits).
_CONSTANTS: Final = {
    16: (
        bytes.fromhex("a668892a7c41e3ca739f40b057d85904"),
        bytes.fromhex("a4e136ac725f738b01c1f60217c188ad"),
    ),
    32: (
        bytes.fromhex("d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676"),
        bytes.fromhex("54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517"),
    ),
}


def nonce_sizes(cipher: Cipher) -> tuple[int, int]:
    """Octets of the chip's nonce s and of the terminal's nonce t: l and k of the standard."""
    return (16 if cipher in (Cipher.TDES, Cipher.AES_128) else 32), cipher.key_size


def pseudo_random(cipher: Cipher, s: bytes, t: bytes, modulus: int) -> int:
    """R_p(s, t): as many blocks as the prime has bits and 64 more, taken modulo the prime.

    Args:
        cipher: of the protocol.
        s: the chip's nonce, decrypted.
        t: the terminal's nonce.
        modulus: the prime of the field.
    """
    size, key_size = nonce_sizes(cipher)
    c0, c1 = _CONSTANTS[size]
    key = ciphers.encrypt(cipher, t, s)[:key_size]
    count = -(-(modulus.bit_length() + _SPARE_BITS) // (8 * size))
    blocks = []
    for _ in range(count):
        blocks.append(ciphers.encrypt(cipher, key, c1))
        key = ciphers.encrypt(cipher, key, c0)[:key_size]
    return int.from_bytes(b"".join(blocks)) % modulus
