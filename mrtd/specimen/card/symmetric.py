"""Key derivation, encryption and codes of the chip (ICAO 9303-11 §9.7, §9.8), by pyca's primitives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

#: The last arc of a protocol's identifier: 3DES, then AES with keys of 128, 192 and 256 bits.
TDES: Final = 1
_KEY_LENGTHS: Final = {1: 16, 2: 16, 3: 24, 4: 32}


@dataclass(frozen=True, slots=True, repr=False)
class Suite:
    """A cipher by the last arc of an identifier."""

    arc: int

    @property
    def block(self) -> int:
        """Octets of a block."""
        return 8 if self.arc == TDES else 16

    @property
    def key_length(self) -> int:
        """Octets of a key."""
        return _KEY_LENGTHS[self.arc]

    def derive(self, secret: bytes, counter: int) -> bytes:
        """KDF(K, c) (§9.7.1)."""
        message = secret + bytes([0, 0, 0, counter])
        if self.arc >= 3:
            return hashlib.sha256(message).digest()[: self.key_length]
        key = hashlib.sha1(message, usedforsecurity=False).digest()[:16]
        return _with_parity(key) if self.arc == TDES else key

    def encrypt(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        """CBC, whole blocks."""
        encryptor = self._mode(key, iv).encryptor()
        return encryptor.update(data) + encryptor.finalize()

    def decrypt(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        """The reverse."""
        decryptor = self._mode(key, iv).decryptor()
        return decryptor.update(data) + decryptor.finalize()

    def mac(self, key: bytes, data: bytes) -> bytes:
        """Eight octets over data of any length; padded first where the algorithm asks for whole blocks."""
        if self.arc != TDES:
            cmac = CMAC(algorithms.AES(key))
            cmac.update(data)
            return cmac.finalize()[:8]
        padded = pad(data, 8)
        single = Cipher(TripleDES(key[:8] * 3), modes.CBC(bytes(8))).encryptor()
        chained = single.update(padded[:-8]) if len(padded) > 8 else bytes(8)
        block = bytes(a ^ b for a, b in zip(chained[-8:], padded[-8:], strict=True))
        # the last block goes through both keys: E, D, E
        double = Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor()  # noqa: S305
        return double.update(block)

    def iv(self, key: bytes, counter: bytes) -> bytes:
        """Zero for 3DES; the encrypted counter for AES."""
        return bytes(8) if self.arc == TDES else self.encrypt(key, bytes(16), counter)

    def _mode(self, key: bytes, iv: bytes) -> Cipher[modes.CBC]:
        algorithm = TripleDES(key + key[:8]) if self.arc == TDES else algorithms.AES(key)
        return Cipher(algorithm, modes.CBC(iv))


def pad(data: bytes, block: int) -> bytes:
    """ISO/IEC 9797-1 padding method 2."""
    return data + b"\x80" + b"\x00" * ((block - 1 - len(data)) % block)


def unpad(data: bytes) -> bytes:
    """The reverse; ValueError if there is no padding."""
    end = data.rindex(b"\x80")
    if data[end + 1 :].strip(b"\x00"):
        raise ValueError("no padding")
    return data[:end]


def _with_parity(key: bytes) -> bytes:
    """Each octet with an odd number of bits set."""
    return bytes((octet & 0xFE) | (bin(octet >> 1).count("1") % 2 == 0) for octet in key)
