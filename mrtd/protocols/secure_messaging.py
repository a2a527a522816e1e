"""Secure messaging: commands and answers under the keys of a session (ICAO 9303-11 §9.8).

An answer counts only if its code verifies (SECURITY.md 5.1). The code is looked at before anything is decrypted, the
status word that is believed is the one inside, and an answer in the clear ends the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrtd import tlv
from mrtd.crypto import session_ciphers as ciphers
from mrtd.crypto.session_ciphers import Cipher, SessionKeys
from mrtd.errors import MalformedError, MrtdError
from mrtd.protocols.apdu import (
    CLA_SECURE,
    MAX_SHORT_DATA,
    MAX_SHORT_EXPECTED,
    Command,
    Response,
    data_object,
    is_wrong_length,
)
from mrtd.protocols.errors import ProtocolError

#: Data objects of secure messaging (ISO/IEC 7816-4 §10.2; ICAO 9303-11 §9.8.4).
_ENCRYPTED: Final = 0x87
_ENCRYPTED_TLV: Final = 0x85
_STATUS: Final = 0x99
_CODE: Final = 0x8E
_EXPECTED: Final = 0x97
#: DO87 begins with the padding-content indicator: padding method 2.
_PADDED: Final = b"\x01"


@dataclass(frozen=True, slots=True, repr=False)
class Protected:
    """A protected command, and the value of the send sequence counter that its answer is made under."""

    octets: bytes
    answer_counter: int


class SecureMessaging:
    """One secure messaging session (ICAO 9303-11 §9.8.3 to §9.8.7).

    Args:
        keys: KSEnc and KSMAC.
        counter: the send sequence counter (§9.8.2): zero after PACE and Chip Authentication, from the two nonces
            after BAC.
    """

    def __init__(self, keys: SessionKeys, counter: int = 0) -> None:
        self._keys: SessionKeys | None = keys
        self.cipher: Final = keys.cipher
        self._counter = counter
        self._modulus: Final = 1 << 8 * keys.cipher.block_size

    @property
    def open_(self) -> bool:
        """Whether the session still has its keys."""
        return self._keys is not None

    @property
    def counter(self) -> int:
        """The send sequence counter."""
        return self._counter

    def keys(self) -> SessionKeys:
        """The keys, for what a protocol encrypts under them by itself.

        Raises:
            ProtocolError: `sm.closed`.
        """
        if self._keys is None:
            raise ProtocolError("sm.closed")
        return self._keys

    def close(self) -> None:
        """Erase the keys: nothing can be sent or believed any more."""
        self._keys = None

    def protect(self, command: Command) -> Protected:
        """The command as it is sent (ICAO 9303-11 §9.8.5.1); the counter moves past its answer.

        Several may be protected in a row. If the chip never got the later ones, `rewind` to the last that it got.
        """
        keys = self.keys()
        counter = self._step()
        header = bytes([command.cla | CLA_SECURE, command.ins, command.p1, command.p2])
        body = self._cryptogram(keys, command, counter)
        if command.expected:
            body += data_object(_EXPECTED, _expected(command))
        code = self._code(keys, counter, ciphers.pad(header, self.cipher.block_size) + body if body else header)
        data = body + data_object(_CODE, code)
        long = command.is_extended or len(data) > MAX_SHORT_DATA
        whole = 65_536 if long else MAX_SHORT_EXPECTED
        secured = Command(header[0], command.ins, command.p1, command.p2, data, whole, extended=long)
        return Protected(secured.encode(), self._step())

    def rewind(self, last: Protected) -> None:
        """The chip got nothing after `last`."""
        self._counter = last.answer_counter

    def roll_back(self, command: Protected) -> None:
        """The chip did not take `command` for one of the session: its number is used again."""
        self._counter = (command.answer_counter - 2) % self._modulus

    def unprotect(self, command: Protected, answer: Response) -> Response:
        """The answer as the chip meant it: code, then status word, then data (ICAO 9303-11 §9.8.5.2).

        Raises:
            ProtocolError: `sm.unprotected_response`: a status word in the clear; it is never believed, and the
                session is over, but for `naked_length_word`. `sm.bad_response`: not what secure messaging looks like.
                `sm.bad_mac`: the code is wrong. The keys are erased.
        """
        keys = self.keys()
        try:
            return self._unprotect(keys, command.answer_counter, answer)
        except MrtdError as error:
            self.close()
            if isinstance(error, ProtocolError):
                raise
            raise ProtocolError("sm.bad_response", detail=error.code) from None

    def _unprotect(self, keys: SessionKeys, counter: int, answer: Response) -> Response:
        if not answer.data:
            raise ProtocolError("sm.unprotected_response", sw=answer.sw)
        objects = tlv.read_all(answer.data)
        tags = [item.tag for item in objects]
        if tags not in ([_STATUS, _CODE], [_ENCRYPTED, _STATUS, _CODE], [_ENCRYPTED_TLV, _STATUS, _CODE]):
            raise ProtocolError("sm.bad_response", detail="data objects")
        status, code = objects[-2], objects[-1]
        covered = answer.data[: code.start]
        if not ciphers.same(self._code(keys, counter, covered), code.value):
            raise ProtocolError("sm.bad_mac")
        if len(status.value) != 2:
            raise ProtocolError("sm.bad_response", detail="status word")
        data = self._plain(keys, counter, objects[0]) if len(objects) == 3 else b""
        return Response(data, int.from_bytes(status.value))

    def _cryptogram(self, keys: SessionKeys, command: Command, counter: int) -> bytes:
        """DO87, or DO85 where the instruction is odd (ISO/IEC 7816-4 §10.2.3)."""
        if not command.data:
            return b""
        padded = ciphers.pad(command.data, self.cipher.block_size)
        hidden = ciphers.encrypt(self.cipher, keys.encryption, padded, self._start(keys, counter))
        if command.ins & 1:
            return data_object(_ENCRYPTED_TLV, hidden)
        return data_object(_ENCRYPTED, _PADDED + hidden)

    def _plain(self, keys: SessionKeys, counter: int, item: tlv.Tlv) -> bytes:
        hidden = item.value
        if item.tag == _ENCRYPTED:
            if hidden[:1] != _PADDED:
                raise MalformedError("bad_padding")
            hidden = hidden[1:]
        return ciphers.unpad(ciphers.decrypt(self.cipher, keys.encryption, hidden, self._start(keys, counter)))

    def _start(self, keys: SessionKeys, counter: int) -> bytes | None:
        """The initialisation vector: zero for 3DES, E(KSEnc, SSC) for AES (ICAO 9303-11 §9.8.6.1)."""
        if self.cipher is Cipher.TDES:
            return None
        return ciphers.encrypt_block(self.cipher, keys.encryption, self._written(counter))

    def _code(self, keys: SessionKeys, counter: int, covered: bytes) -> bytes:
        """MAC over the counter and what it covers, padded (ICAO 9303-11 §9.8.6)."""
        padded = ciphers.pad(self._written(counter) + covered, self.cipher.block_size)
        return ciphers.code(self.cipher, keys.authentication, padded)

    def _written(self, counter: int) -> bytes:
        return counter.to_bytes(self.cipher.block_size)

    def _step(self) -> int:
        self._counter = (self._counter + 1) % self._modulus
        return self._counter


def is_naked_length_word(answer: Response) -> bool:
    """A 6700 or 6Cxx in the clear: chips that leave secure messaging to complain about a length (SECURITY.md 5.1)."""
    return not answer.data and is_wrong_length(answer.sw)


def _expected(command: Command) -> bytes:
    """DO97: Le as it would stand in the command, 00 and 0000 for as much as there is (ISO/IEC 7816-4 §10.4)."""
    if command.is_extended:
        return (command.expected & 0xFFFF).to_bytes(2)
    return bytes([command.expected & 0xFF])
