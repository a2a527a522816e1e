"""A specimen chip: it gives its files and signs the challenge of Active Authentication (ICAO 9303-11 §6.1)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import gmpy2
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.elliptic_curves import LibraryKey
from mrtd.specimen.scheme import EcKeySpec
from mrtd.specimen.signing_key import SigningKey, coordinate_size, octets

#: A challenge has eight octets (ICAO 9303-11 §6.1).
CHALLENGE_LENGTH: Final = 8

#: ISO/IEC 9796-2 trailers: SHA-1 is implicit (BC), the others are named (ISO/IEC 10118-3) before CC.
TRAILERS: Final = MappingProxyType(
    {
        "sha1": bytes.fromhex("BC"),
        "sha224": bytes.fromhex("38CC"),
        "sha256": bytes.fromhex("34CC"),
        "sha384": bytes.fromhex("36CC"),
        "sha512": bytes.fromhex("35CC"),
    }
)
#: Signature scheme 1 with partial recovery: the header and the padding nibbles 6 and A.
_HEADER: Final = b"\x6a"
#: How many answers are made in search of one with a leading zero; each has one with probability 1/256.
_MAX_SEARCH: Final = 10_000


def _unchanged(octets_: bytes) -> bytes:
    return octets_


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a chip signs, where it does something else than its document says.

    `hash` is used instead of the document's. For RSA, `header` and `trailer` replace those of ISO/IEC 9796-2. For
    ECDSA, `der_encoded` answers with a DER sequence instead of r || s. `signs` turns the challenge into what is
    signed instead. `leading_zero` looks for an answer that begins with a zero octet, which has to be sent as well.
    `answer` changes the finished answer.
    """

    hash: str | None = None
    header: bytes = _HEADER
    trailer: bytes | None = None
    der_encoded: bool = False
    leading_zero: bool = False
    signs: Callable[[bytes], bytes] = _unchanged
    answer: Callable[[bytes], bytes] = _unchanged


AS_DECLARED: Final = Behaviour()

#: Ways to answer, by name; none but the first is what ICAO 9303-11 §6.1 asks for, and three are tolerated or right.
BEHAVIOURS: Final = MappingProxyType(
    {
        "as-declared": AS_DECLARED,
        "leading-zero": Behaviour(leading_zero=True),
        "der-encoded": Behaviour(der_encoded=True),
        "sha1-instead": Behaviour(hash="sha1"),
        "sha512-instead": Behaviour(hash="sha512"),
        "leading-zero-left-out": Behaviour(leading_zero=True, answer=lambda answer: answer.lstrip(b"\x00")),
        "zero-before": Behaviour(answer=lambda answer: b"\x00" + answer),
        "last-octet-left-out": Behaviour(answer=lambda answer: answer[:-1]),
        "empty": Behaviour(answer=lambda answer: answer[:0]),
        "zeros": Behaviour(answer=lambda answer: bytes(len(answer))),
        "ones": Behaviour(answer=lambda answer: b"\xff" * len(answer)),
        "one-bit-changed": Behaviour(answer=lambda answer: answer[:-1] + bytes([answer[-1] ^ 1])),
        "another-message": Behaviour(signs=lambda challenge: bytes(octet ^ 0xFF for octet in challenge)),
        "reversed-challenge": Behaviour(signs=lambda challenge: challenge[::-1]),
        "longer-message": Behaviour(signs=lambda challenge: challenge + b"\x00"),
        "total-recovery-header": Behaviour(header=b"\x4a"),
        "padded-header": Behaviour(header=b"\x6b\xbb\xba"),
        "trailer-of-ripemd-160": Behaviour(hash="sha1", trailer=bytes.fromhex("31CC")),
        "trailer-33cc": Behaviour(hash="sha1", trailer=bytes.fromhex("33CC")),
        "trailer-bc-over-sha256": Behaviour(hash="sha256", trailer=b"\xbc"),
        "trailer-of-another-hash": Behaviour(hash="sha256", trailer=bytes.fromhex("35CC")),
        "no-trailer": Behaviour(trailer=b""),
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class SpecimenChip:
    """The chip of a document.

    `seed` makes the random part M1 of ISO/IEC 9796-2. With `complement` the chip answers n - J instead of J, which
    the standard allows as well (SECURITY.md 5.7). `behaviour` is how it errs.
    """

    document: SpecimenDocument
    seed: bytes = b"M1"
    complement: bool = False
    behaviour: Behaviour = field(default=AS_DECLARED)

    def sign_challenge(self, challenge: bytes) -> bytes:
        """INTERNAL AUTHENTICATE (ICAO 9303-11 §6.1): ISO/IEC 9796-2 for RSA, plain r || s for ECDSA.

        Args:
            challenge: eight octets, M2.

        Raises:
            ValueError: another length, or a chip without Active Authentication.
        """
        key = self.document.active_authentication_key
        if key is None:
            raise ValueError("this chip has no Active Authentication")
        if len(challenge) != CHALLENGE_LENGTH:
            raise ValueError(f"a challenge has {CHALLENGE_LENGTH} octets")
        message = self.behaviour.signs(challenge)
        if isinstance(key.private, rsa.RSAPrivateKey):
            answers = self._rsa_answers(key.private, message)
        else:
            answers = self._ecdsa_answers(key, message)
        wanted = (answer for answer in answers if answer.startswith(b"\x00") or not self.behaviour.leading_zero)
        return self.behaviour.answer(next(wanted))

    def evidence(self, challenge: bytes | None = None) -> ChipEvidence:
        """The files of the chip and, where a challenge is given and the chip can, the answer to it."""
        answer = None
        if challenge is not None and self.document.active_authentication_key is not None:
            answer = ActiveAuthenticationResponse(challenge, self.sign_challenge(challenge))
        return ChipEvidence(self.document.files, answer)

    def to_json_body(self, challenge: bytes | None = None) -> dict[str, object]:
        """The same as the body of `POST …/chip` (docs/api): bytes in base64url without padding."""
        evidence = self.evidence(challenge)
        body: dict[str, object] = {"files": {name.value: _base64url(data) for name, data in evidence.files.items()}}
        if evidence.active_authentication is not None:
            body["active_authentication"] = {
                "challenge": _base64url(evidence.active_authentication.challenge),
                "response": _base64url(evidence.active_authentication.response),
            }
        return body

    def _rsa_answers(self, private: rsa.RSAPrivateKey, message: bytes) -> Iterator[bytes]:
        """Answers by ISO/IEC 9796-2, scheme 1, each with another M1."""
        for number in range(_MAX_SEARCH):
            yield self._sign_iso9796(private, message, self.seed if number == 0 else self.seed + number.to_bytes(2))

    def _sign_iso9796(self, private: rsa.RSAPrivateKey, message: bytes, seed: bytes) -> bytes:
        """Partial recovery (ISO/IEC 9796-2, scheme 1): 6A || M1 || H(M1 || M2) || trailer, to the power d."""
        numbers = private.private_numbers()
        modulus = numbers.public_numbers.n
        size = (modulus.bit_length() + 7) // 8
        name = self._hash
        header = self.behaviour.header
        trailer = TRAILERS[name] if self.behaviour.trailer is None else self.behaviour.trailer
        hash_length = hashlib.new(name, usedforsecurity=False).digest_size
        m1 = octets(seed + message)(size - len(header) - hash_length - len(trailer))
        digest = hashlib.new(name, m1 + message, usedforsecurity=False).digest()
        representative = int.from_bytes(header + m1 + digest + trailer)
        # A specimen key is public, so plain exponentiation gives nothing away.
        answer = int(gmpy2.powmod(representative, numbers.d, modulus))
        return (modulus - answer if self.complement else answer).to_bytes(size)

    def _ecdsa_answers(self, key: SigningKey, message: bytes) -> Iterator[bytes]:
        """Answers by ECDSA: as RFC 6979 has it, then each with another nonce."""
        if not isinstance(key.spec, EcKeySpec):
            raise ValueError("not an EC key")
        private = key.private
        if isinstance(private, ec.EllipticCurvePrivateKey):
            private = LibraryKey.on(key.spec.curve, private.private_numbers().private_value)
        if not isinstance(private, LibraryKey):
            raise ValueError("not an EC key")
        size = coordinate_size(key.spec)
        for number in range(_MAX_SEARCH):
            extra = b"" if number == 0 else number.to_bytes(2)
            signature = private.sign(self._hash, message, extra_entropy=extra)
            if self.behaviour.der_encoded:
                yield signature
                continue
            r, s = decode_dss_signature(signature)
            yield r.to_bytes(size) + s.to_bytes(size)

    @property
    def _hash(self) -> str:
        return self.behaviour.hash or self.document.active_authentication_hash

    def __repr__(self) -> str:
        return f"SpecimenChip({self.document!r})"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
