"""Reads DPoP proofs and assertions: the form strictly, then the signature; joserfc does the cryptography.

Which algorithm counts follows from the key, never from the header, so that no header turns a public key into a secret
(RFC 8725 §3.1). A header that names keys or addresses of keys is not followed: the key of a client is the registered
one, and that of a proof is the one whose use it proves.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int, urlsafe_b64decode

from service.domain.proofs import (
    ALGORITHM,
    MAX_JTI,
    MAX_PROOF,
    Assertion,
    Proof,
    ProofRefusal,
    ProofRefusedError,
    ProvenKey,
)

PROOF_TYPE: Final = "dpop+jwt"
#: RFC 7519 §5.1, and the type that draft-ietf-oauth-rfc7523bis gives assertions of clients.
ASSERTION_TYPES: Final = frozenset({"JWT", "client-authentication+jwt"})
#: Members of a JWK that nobody else may know (RFC 7518 §6.2.2, §6.3.2, §6.4).
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
#: RSA keys: below, factoring is in reach; above, each request costs too much.
RSA_BITS: Final = range(2048, 4097)

#: Extensions that change how the rest is read (RFC 7515 §4.1.11, RFC 7797); we know none, so none may be there.
EXTENSIONS: Final = frozenset({"crit", "b64"})

AnyKey = ECKey | RSAKey


class JoseProofs:
    """Answers `service.domain.proofs.ProofReader`."""

    def proof(self, text: str) -> Proof:
        token = _token(text)
        if token.header.get("typ") != PROOF_TYPE:
            raise ProofRefusedError(ProofRefusal.WRONG_TYPE)
        if token.header.get("alg") != ALGORITHM:
            raise ProofRefusedError(ProofRefusal.ALGORITHM)
        key = p256_key(token.header.get("jwk"))
        _verify(text, key, ALGORITHM)
        claims = token.claims
        return Proof(
            ProvenKey(key.thumbprint(), json.dumps(public_members(key))),
            jti=_text(claims, "jti", MAX_JTI),
            htm=_text(claims, "htm"),
            htu=_text(claims, "htu"),
            iat=_time(claims, "iat"),
            ath=_text(claims, "ath") if "ath" in claims else None,
        )

    def claimed_issuer(self, text: str) -> str:
        return _text(_token(text).claims, "iss")

    def assertion(self, text: str, keys: Sequence[str]) -> Assertion:
        token = _token(text)
        if token.header.get("typ", "JWT") not in ASSERTION_TYPES:
            raise ProofRefusedError(ProofRefusal.WRONG_TYPE)
        _verify_by_one(text, token.header, [client_key(json.loads(key)) for key in keys])
        claims = token.claims
        return Assertion(
            _text(claims, "iss"),
            _text(claims, "sub"),
            _text(claims, "jti", MAX_JTI),
            claims["aud"] if isinstance(claims.get("aud"), str) else None,
            _time(claims, "exp"),
            _time(claims, "iat") if "iat" in claims else None,
            _time(claims, "nbf") if "nbf" in claims else None,
        )


def p256_key(members: object) -> ECKey:
    """The public P-256 key of a JWK.

    Raises:
        ProofRefusedError: it is none, is not on the curve, or holds more than the public part.
    """
    key = client_key(members)
    if not isinstance(key, ECKey):
        raise ProofRefusedError(ProofRefusal.UNUSABLE_KEY)
    return key


def client_key(members: object) -> AnyKey:
    """The public key of a JWK: P-256, or RSA of 2048 to 4096 bits.

    Raises:
        ProofRefusedError: it is none of these, or holds more than the public part.
    """
    if not isinstance(members, dict) or PRIVATE_MEMBERS & members.keys():
        raise ProofRefusedError(ProofRefusal.UNUSABLE_KEY)
    names = _MEMBERS.get(str(members.get("kty")), ())
    given = {name: members.get(name) for name in names}
    try:
        key = _imported(given)
        # One key has one spelling, or it would have several thumbprints.
        usable = key is not None and public_members(key) == given
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        key, usable = None, False
    if key is None or not usable:
        raise ProofRefusedError(ProofRefusal.UNUSABLE_KEY)
    return key


def algorithm_of(key: AnyKey) -> str:
    """The one algorithm that a key is used with here (RFC 7518 §3.1)."""
    return ALGORITHM if isinstance(key, ECKey) else "PS256"


def public_members(key: AnyKey) -> dict[str, str]:
    """The members of RFC 7638 §3.2 that are the key, as joserfc writes its numbers."""
    # `dict_value` of a key that was imported is what came in; of one that is made of numbers, what they are
    written = type(key).import_key(key.as_pem(private=False)).as_dict(private=False)
    return {name: str(written[name]) for name in _MEMBERS[str(written["kty"])]}


#: What a key consists of, by type (RFC 7638 §3.2).
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "EC": ("kty", "crv", "x", "y"),
    "RSA": ("kty", "n", "e"),
}


def _imported(given: dict[str, Any]) -> AnyKey | None:
    match given:
        case {"kty": "EC", "crv": "P-256"}:
            return ECKey.import_key(given)
        case {"kty": "RSA", "n": str(modulus)} if base64_to_int(modulus).bit_length() in RSA_BITS:
            return RSAKey.import_key(given)
    return None


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    header: dict[str, Any]
    claims: dict[str, Any]


def _token(text: str) -> _Token:
    """The parts of a compact JWS, each JSON object read strictly; nothing is verified."""
    parts = text.split(".")
    if len(text) > MAX_PROOF or len(parts) != 3 or not text.isascii():
        raise ProofRefusedError(ProofRefusal.MALFORMED)
    token = _Token(_object(parts[0]), _object(parts[1]))
    if EXTENSIONS & token.header.keys():
        raise ProofRefusedError(ProofRefusal.MALFORMED)
    return token


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(
            urlsafe_b64decode(part.encode()).decode(), object_pairs_hook=_members_once, parse_constant=_no_constant
        )
    except (ValueError, IndexError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProofRefusedError(ProofRefusal.MALFORMED)
    return found


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and infinities are no JSON")


def _verify_by_one(text: str, header: Mapping[str, Any], keys: Sequence[AnyKey]) -> None:
    """By the key that the header names by its thumbprint, or by any of the few where it names none."""
    named = [key for key in keys if header.get("kid", key.thumbprint()) == key.thumbprint()]
    if not named:
        raise ProofRefusedError(ProofRefusal.WRONG_KEY)
    fitting = [key for key in named if algorithm_of(key) == header.get("alg")]
    if not fitting:
        raise ProofRefusedError(ProofRefusal.ALGORITHM)
    for key in fitting[:-1]:
        try:
            return _verify(text, key, algorithm_of(key))
        except ProofRefusedError:
            continue
    return _verify(text, fitting[-1], algorithm_of(fitting[-1]))


def _verify(text: str, key: AnyKey, algorithm: str) -> None:
    try:
        jws.deserialize_compact(text, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, AttributeError):
        # also a header that joserfc does not know
        raise ProofRefusedError(ProofRefusal.BAD_SIGNATURE) from None


def _text(claims: Mapping[str, Any], name: str, longest: int = MAX_PROOF) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise ProofRefusedError(ProofRefusal.MALFORMED)
    return value


def _time(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519 §2)."""
    value = claims.get(name)
    # `true` is an int to Python
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ProofRefusedError(ProofRefusal.MALFORMED)
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise ProofRefusedError(ProofRefusal.MALFORMED)
    return seconds
