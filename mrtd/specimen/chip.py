"""A specimen chip: it gives its files and signs the challenge of Active Authentication (ICAO 9303-11 §6.1)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.scheme import EcKeySpec, SchemeKind, SignatureScheme
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


@dataclass(frozen=True, slots=True, repr=False)
class SpecimenChip:
    """The chip of a document.

    `seed` makes the random part M1 of ISO/IEC 9796-2. With `complement` the chip answers n - J instead of J, which
    the standard allows as well (SECURITY.md 5.7).
    """

    document: SpecimenDocument
    seed: bytes = b"M1"
    complement: bool = False

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
        if isinstance(key.private, rsa.RSAPrivateKey):
            return self._sign_iso9796(key.private, challenge)
        return self._sign_ecdsa(key, challenge)

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

    def _sign_iso9796(self, private: rsa.RSAPrivateKey, challenge: bytes) -> bytes:
        """Partial recovery (ISO/IEC 9796-2, scheme 1): 6A || M1 || H(M1 || M2) || trailer, to the power d."""
        numbers = private.private_numbers()
        modulus = numbers.public_numbers.n
        size = (modulus.bit_length() + 7) // 8
        name = self.document.active_authentication_hash
        trailer = TRAILERS[name]
        hash_length = hashlib.new(name, usedforsecurity=False).digest_size
        m1 = octets(self.seed + challenge)(size - len(_HEADER) - hash_length - len(trailer))
        digest = hashlib.new(name, m1 + challenge, usedforsecurity=False).digest()
        representative = int.from_bytes(_HEADER + m1 + digest + trailer)
        # A specimen key is public, so plain exponentiation gives nothing away.
        answer = pow(representative, numbers.d, modulus)
        return (modulus - answer if self.complement else answer).to_bytes(size)

    def _sign_ecdsa(self, key: SigningKey, challenge: bytes) -> bytes:
        """ECDSA in plain format (BSI TR-03111 §5.2.1): r || s, each as long as the group order."""
        if not isinstance(key.spec, EcKeySpec):
            raise ValueError("not an EC key")
        scheme = SignatureScheme(SchemeKind.ECDSA, self.document.active_authentication_hash)
        r, s = decode_dss_signature(key.sign(scheme, challenge))
        size = coordinate_size(key.spec)
        return r.to_bytes(size) + s.to_bytes(size)

    def __repr__(self) -> str:
        return f"SpecimenChip({self.document!r})"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
