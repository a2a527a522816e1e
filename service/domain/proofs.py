"""Proofs that whoever asks holds a key: DPoP (RFC 9449) and signed assertions of clients (RFC 7523).

Signatures are an adapter's matter (`ProofReader`); what a proof must say is judged here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit

from service.domain.identity import Presented

#: How far the clock of a phone may be off, either way (SECURITY.md 7.1).
PROOF_WINDOW: Final = timedelta(seconds=30)
#: How far ahead an assertion may end (SECURITY.md 7.1).
MAX_ASSERTION_LIFE: Final = timedelta(seconds=60)
#: How far the clock of a client may be ahead where an assertion says when it was made.
CLOCK_SKEW: Final = timedelta(seconds=5)
#: For how long beyond its end an id is remembered: the clocks of replicas differ too.
MEMORY_MARGIN: Final = timedelta(minutes=2)
#: A proof with a P-256 key has about 500 characters.
MAX_PROOF: Final = 4096
#: Characters of a `jti`; one of RFC 9449's examples has 16.
MAX_JTI: Final = 256
#: The algorithm of proofs and of what phones sign: their hardware has no other.
ALGORITHM: Final = "ES256"
#: What systems may sign assertions with: which one, follows from their key.
CLIENT_ALGORITHMS: Final = (ALGORITHM, "PS256")


class ProofRefusal(StrEnum):
    """Why a proof or an assertion proves nothing: for the log of the operator, and no value of the request."""

    ABSENT = "absent"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"
    ALGORITHM = "algorithm"
    UNUSABLE_KEY = "unusable_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_METHOD = "wrong_method"
    WRONG_ADDRESS = "wrong_address"
    NOT_FRESH = "not_fresh"
    WRONG_TOKEN = "wrong_token"
    WRONG_KEY = "wrong_key"
    USED_BEFORE = "used_before"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_PARTY = "wrong_party"
    TOO_LONG_LIVED = "too_long_lived"
    EXPIRED = "expired"
    UNKNOWN_CLIENT = "unknown_client"


class ProofRefusedError(Exception):
    """It proves nothing; the text is the code."""

    def __init__(self, code: ProofRefusal) -> None:
        self.code = code
        super().__init__(code.value)


@dataclass(frozen=True, slots=True)
class ProvenKey:
    """A P-256 key that whoever asks holds.

    `thumbprint`: RFC 7638, with SHA-256, in base64url. `public_key`: the key itself, as a JWK in JSON.
    """

    thumbprint: str
    public_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """A DPoP proof whose signature holds (RFC 9449 §4.2); what it says is not judged yet."""

    key: ProvenKey
    jti: str = field(repr=False)
    htm: str
    htu: str = field(repr=False)
    iat: float
    ath: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a client says of itself (RFC 7523 §3). `audience`: None where `aud` is anything but one text."""

    issuer: str
    subject: str
    jti: str = field(repr=False)
    audience: str | None
    exp: float
    iat: float | None = None
    nbf: float | None = None


class ProofReader(Protocol):
    """Knows signatures."""

    def proof(self, text: str) -> Proof:
        """A DPoP proof, signed by the key that it names.

        Raises:
            ProofRefusedError: it is none.
        """
        ...

    def claimed_issuer(self, text: str) -> str:
        """Who an assertion says that it is from; nothing is verified.

        Raises:
            ProofRefusedError: it is no assertion.
        """
        ...

    def assertion(self, text: str, keys: Sequence[str]) -> Assertion:
        """An assertion, signed by one of `keys`, which are JWKs in JSON.

        Raises:
            ProofRefusedError: it is none, or signed by another key.
        """
        ...


class UsedIds(Protocol):
    """Ids that count once, known to all replicas."""

    def use(self, issuer: str, jti: str, until: datetime) -> bool:
        """Remember an id of an issuer; False where it is known already."""
        ...

    def forget(self, now: datetime) -> int:
        """Delete those that would be refused by their time alone; how many there were."""
        ...


class ProofCheck(Protocol):
    """Checks the DPoP proof of a request: key, method, address, time, token, and that it was never used before."""

    def __call__(self, presented: Presented, *, token: str | None = None, key: str | None = None) -> ProvenKey:
        """The key that whoever asks holds.

        Args:
            presented: the request.
            token: the access token that it came with (`ath`, RFC 9449 §4.2), None where there is none yet.
            key: the thumbprint of the one key that counts, None where any does.

        Raises:
            ServiceError: `invalid_proof`: nothing was proven.
        """
        ...


def require_key(proof: Proof, key: str | None) -> None:
    """It is a proof of the key that counts, if there is one.

    Raises:
        ProofRefusedError: it is of another one.
    """
    if key is not None and not _equal(proof.key.thumbprint, key):
        raise ProofRefusedError(ProofRefusal.WRONG_KEY)


def require_fitting(proof: Proof, method: str, address: str, token: str | None, now: datetime) -> None:
    """What a proof says is about this request, now (RFC 9449 §4.3, 8 to 12).

    Raises:
        ProofRefusedError: it is not.
    """
    if proof.htm != method:
        raise ProofRefusedError(ProofRefusal.WRONG_METHOD)
    if not same_address(proof.htu, address):
        raise ProofRefusedError(ProofRefusal.WRONG_ADDRESS)
    if abs(now.timestamp() - proof.iat) > PROOF_WINDOW.total_seconds():
        raise ProofRefusedError(ProofRefusal.NOT_FRESH)
    # A proof that names a token is for use with that one: without one it was taken from somewhere else.
    expected = None if token is None else token_hash(token)
    if not _equal(proof.ath, expected):
        raise ProofRefusedError(ProofRefusal.WRONG_TOKEN)


def require_standing(assertion: Assertion, client: str, audience: str, now: datetime) -> None:
    """What a client says of itself holds here and now (RFC 7523 §3; SECURITY.md 7.1).

    Raises:
        ProofRefusedError: it does not.
    """
    if not assertion.issuer == assertion.subject == client:
        raise ProofRefusedError(ProofRefusal.WRONG_PARTY)
    # One text: in a list there could be others whom the client speaks to, and who could send it on to us.
    if assertion.audience != audience:
        raise ProofRefusedError(ProofRefusal.WRONG_AUDIENCE)
    at = now.timestamp()
    if assertion.exp <= at:
        raise ProofRefusedError(ProofRefusal.EXPIRED)
    if assertion.exp > at + MAX_ASSERTION_LIFE.total_seconds():
        raise ProofRefusedError(ProofRefusal.TOO_LONG_LIVED)
    ahead = at + CLOCK_SKEW.total_seconds()
    if any(moment is not None and moment > ahead for moment in (assertion.iat, assertion.nbf)):
        raise ProofRefusedError(ProofRefusal.NOT_FRESH)


def token_hash(token: str) -> str:
    """`ath`: base64url of the SHA-256 of the token's ASCII (RFC 9449 §4.2)."""
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _equal(given: str | None, expected: str | None) -> bool:
    if given is None or expected is None:
        return given is expected
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ESCAPED: Final = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def same_address(given: str, own: str) -> bool:
    """Whether two http addresses are the same after normalisation, query and fragment aside (RFC 9449 §4.3, 9)."""
    normal = normal_address(given)
    return normal is not None and normal == normal_address(own)


def normal_address(address: str) -> tuple[str, str, int, str] | None:
    """Scheme, host, port and path as RFC 3986 §6.2.2 and §6.2.3 normalise them; None: no plain http address."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    plain = address.isascii() and address.isprintable() and " " not in address and parts.username is None
    if scheme not in _DEFAULT_PORTS or not host or not plain:
        return None
    path = _ESCAPED.sub(_normal_escape, parts.path) or "/"
    return scheme, host, _DEFAULT_PORTS[scheme] if port is None else port, path


def _normal_escape(escaped: re.Match[str]) -> str:
    """Letters, digits and a few marks are written plainly, other octets in upper case."""
    character = chr(int(escaped[1], 16))
    return character if character in _UNRESERVED else escaped[0].upper()
