"""The symmetric side of the chip protocols: keys, encryption and codes (ICAO 9303-11 §9.7, §9.8).

Two-key 3DES with the retail MAC, and AES-CBC with CMAC, by pycryptodome: pyca keeps 3DES among its relics.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from Crypto.Cipher import AES, DES, DES3
from Crypto.Hash import CMAC

from mrtd.crypto.digests import digest
from mrtd.errors import MalformedError

#: Codes are cut to this many octets (ICAO 9303-11 §9.8.7).
MAC_SIZE: Final = 8
#: Counters of the key derivation function (ICAO 9303-11 §9.7.1).
_ENCRYPTION: Final = 1
_AUTHENTICATION: Final = 2
_PASSWORD: Final = 3
_PADDING: Final = 0x80


class Cipher(StrEnum):
    """A block cipher with its key length, as object identifiers of protocols name it."""

    TDES = "3des"
    AES_128 = "aes128"
    AES_192 = "aes192"
    AES_256 = "aes256"

    @property
    def block_size(self) -> int:
        """Octets of a block."""
        return DES3.block_size if self is Cipher.TDES else AES.block_size

    @property
    def key_size(self) -> int:
        """Octets of a key; 3DES has two keys of eight."""
        return _KEY_SIZES[self]


_KEY_SIZES: Final[Mapping[Cipher, int]] = MappingProxyType(
    {Cipher.TDES: 16, Cipher.AES_128: 16, Cipher.AES_192: 24, Cipher.AES_256: 32}
)
#: The last arc of a protocol's object identifier (ICAO 9303-11 §9.2.1, §9.2.5; BSI TR-03110-3 §A.1.1).
CIPHERS: Final[Mapping[str, Cipher]] = MappingProxyType(
    {"1": Cipher.TDES, "2": Cipher.AES_128, "3": Cipher.AES_192, "4": Cipher.AES_256}
)


@dataclass(frozen=True, slots=True, repr=False)
class SessionKeys:
    """KSEnc and KSMAC (ICAO 9303-11 §9.7)."""

    cipher: Cipher
    encryption: bytes
    authentication: bytes

    def __repr__(self) -> str:
        return f"SessionKeys({self.cipher})"


def session_keys(cipher: Cipher, secret: bytes) -> SessionKeys:
    """KSEnc = KDF(K, 1) and KSMAC = KDF(K, 2) (ICAO 9303-11 §9.7.1)."""
    return SessionKeys(cipher, _derive(cipher, secret, _ENCRYPTION), _derive(cipher, secret, _AUTHENTICATION))


def password_key(cipher: Cipher, encoded: bytes) -> bytes:
    """The key that the nonce of PACE is encrypted with: KDF(f(password), 3) (ICAO 9303-11 §9.7.3)."""
    return _derive(cipher, encoded, _PASSWORD)


def _derive(cipher: Cipher, secret: bytes, counter: int) -> bytes:
    """KDF(K, c) = H(K || c), cut to the length of a key; 3DES keys with odd parity (ICAO 9303-11 §9.7.1)."""
    hash_name = "sha1" if cipher in (Cipher.TDES, Cipher.AES_128) else "sha256"
    key = digest(hash_name, secret + counter.to_bytes(4))[: cipher.key_size]
    return _odd_parity(key) if cipher is Cipher.TDES else key


def _odd_parity(key: bytes) -> bytes:
    return bytes(octet & 0xFE | (octet >> 1).bit_count() + 1 & 1 for octet in key)


def pad(data: bytes, block_size: int) -> bytes:
    """Padding method 2 (ISO/IEC 9797-1 §6.3.3): 80, then zeros to the end of a block."""
    return data + bytes([_PADDING]) + bytes(-(len(data) + 1) % block_size)


def unpad(data: bytes) -> bytes:
    """Take padding method 2 off.

    Raises:
        MalformedError: `bad_padding`. Only after a code was verified can this say anything to a stranger.
    """
    stripped = data.rstrip(b"\x00")
    if not stripped or stripped[-1] != _PADDING:
        raise MalformedError("bad_padding")
    return stripped[:-1]


def encrypt(cipher: Cipher, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """CBC over whole blocks; the initialisation vector is zero unless given."""
    return _cbc(cipher, key, iv).encrypt(data)


def decrypt(cipher: Cipher, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """The reverse of `encrypt`.

    Raises:
        MalformedError: `bad_length`: not whole blocks.
    """
    if not data or len(data) % cipher.block_size:
        raise MalformedError("bad_length", detail="not whole blocks")
    return _cbc(cipher, key, iv).decrypt(data)


def encrypt_block(cipher: Cipher, key: bytes, block: bytes) -> bytes:
    """One block by itself: how the initialisation vector of AES is made (ICAO 9303-11 §9.8.6.1)."""
    return encrypt(cipher, key, block)


def code(cipher: Cipher, key: bytes, blocks: bytes) -> bytes:
    """The code over whole, padded blocks: retail MAC or CMAC, eight octets (ICAO 9303-11 §9.8.6, §9.8.7)."""
    if cipher is not Cipher.TDES:
        return CMAC.new(key, blocks, ciphermod=AES).digest()[:MAC_SIZE]
    # ISO/IEC 9797-1 MAC algorithm 3: DES-CBC with the first key, and the last block through the second one as well
    last = DES.new(key[:8], DES.MODE_CBC, bytes(8)).encrypt(blocks)[-8:]  # noqa: S304
    back = DES.new(key[8:], DES.MODE_ECB).decrypt(last)  # noqa: S304
    return DES.new(key[:8], DES.MODE_ECB).encrypt(back)  # noqa: S304


def token(cipher: Cipher, key: bytes, data: bytes) -> bytes:
    """The code over data of any length, as authentication tokens of PACE have it (ICAO 9303-11 §4.4.3.4)."""
    return code(cipher, key, pad(data, cipher.block_size) if cipher is Cipher.TDES else data)


def same(one: bytes, other: bytes) -> bool:
    """Whether two secrets or codes are equal, in a time that tells nothing."""
    return hmac.compare_digest(one, other)


class _Cbc(Protocol):
    def encrypt(self, plaintext: bytes) -> bytes: ...
    def decrypt(self, ciphertext: bytes) -> bytes: ...


def _cbc(cipher: Cipher, key: bytes, iv: bytes | None) -> _Cbc:
    start = bytes(cipher.block_size) if iv is None else iv
    if cipher is not Cipher.TDES:
        return AES.new(key, AES.MODE_CBC, start)
    try:
        return DES3.new(key, DES3.MODE_CBC, start)
    except ValueError:
        # Both halves alike: 3DES would be single DES. A chip that steers the keys there is refused.
        raise MalformedError("degenerate_key") from None
