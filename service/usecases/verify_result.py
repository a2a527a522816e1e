"""Verify a signed identity as its recipient does: offline, with the issuer's public keys (RFC 7515, RFC 8725)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from joserfc import jws
from joserfc.errors import BadSignatureError, ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import ECKey
from joserfc.jwt import JWTClaimsRegistry

from mrtd.pki.realm import Realm
from service.domain.issuing import TRUST_FRAMEWORKS, Label
from service.domain.result import TOKEN_TYPES

ALGORITHM: Final = "ES256"
#: Seconds that two clocks may differ.
LEEWAY_S: Final = 60
#: A result has about 3 KiB.
MAX_TOKEN_BYTES: Final = 64 * 1024
#: Keys to look through; an issuer that changes its key each month for ten years has 120.
MAX_KEYS: Final = 1000
#: Nothing else belongs into the header: no key of the sender, no address of one, no extension.
_HEADER: Final = frozenset({"alg", "kid", "typ"})
_NAMES: Final = ("iss", "aud", "jti", "txn", "sub")


class ResultRefusal(StrEnum):
    """Why a result is not to be believed."""

    MALFORMED = "malformed"
    UNEXPECTED_HEADER = "unexpected_header"
    ALGORITHM = "algorithm"
    SPECIMEN = "specimen"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    KEY_RETIRED = "key_retired"
    INCOMPLETE = "incomplete"
    UNKNOWN_LEVEL = "unknown_level"


class ResultRefusedError(Exception):
    """A result that is not to be believed; the text is the code, nothing of the result."""

    def __init__(self, code: ResultRefusal) -> None:
        self.code = code
        super().__init__(code.value)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the recipient expects. None: not checked, and whoever asks is told so."""

    realm: Realm = Realm.PRODUCTION
    issuer: str | None = None
    audience: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedResult:
    """A result to be believed, as far as `expected` asked."""

    claims: Mapping[str, Any]
    kid: str
    level: Label
    expected: Expected


def verify_result(token: bytes, keys: Mapping[str, Any], expected: Expected, at: datetime) -> VerifiedResult:
    """Verify a compact JWS with a JWK Set.

    Args:
        token: as it was received, spaces around it aside.
        keys: the JWK Set of the issuer, from a place that the recipient trusts.
        expected: realm, issuer and audience.
        at: the time that counts, aware.

    Raises:
        ResultRefusedError: it is not to be believed; the first reason in the order below.
    """
    # 1. one JWS with our header and nothing that a stranger could steer by
    signed = _extracted(token.strip())
    header = signed.headers()
    if header.get("alg") != ALGORITHM:
        raise ResultRefusedError(ResultRefusal.ALGORITHM)
    if set(header) != _HEADER:
        raise ResultRefusedError(ResultRefusal.UNEXPECTED_HEADER)
    # 2. the type of a result of that realm (RFC 8725 §3.11)
    if header["typ"] != TOKEN_TYPES[expected.realm]:
        specimen = header["typ"] == TOKEN_TYPES[Realm.SPECIMEN]
        raise ResultRefusedError(ResultRefusal.SPECIMEN if specimen else ResultRefusal.WRONG_TYPE)
    # 3. signed by a key of the issuer, and by none that the token brought along
    member, key = _key(keys, header["kid"])
    try:
        if not jws.validate_compact(signed, key, algorithms=[ALGORITHM]):
            raise ResultRefusedError(ResultRefusal.BAD_SIGNATURE)
    except (BadSignatureError, ValueError, JoseError):
        raise ResultRefusedError(ResultRefusal.BAD_SIGNATURE) from None
    # 4. from whom, for whom, when
    claims = _claims(signed.payload)
    _require_parties(claims, expected)
    _require_time(claims, member, int(at.timestamp()))
    # 5. what it says it is
    level = _level(claims, expected.realm)
    return VerifiedResult(claims, str(header["kid"]), level, expected)


def _extracted(token: bytes) -> jws.CompactSignature:
    if len(token) > MAX_TOKEN_BYTES:
        raise ResultRefusedError(ResultRefusal.MALFORMED)
    try:
        signed = jws.extract_compact(token)
        readable = isinstance(signed.headers(), dict)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        readable = False
    if not readable:
        raise ResultRefusedError(ResultRefusal.MALFORMED)
    return signed


def _key(keys: Mapping[str, Any], kid: object) -> tuple[Mapping[str, Any], ECKey]:
    """The one P-256 key of that name; of what is no such key, nothing can follow."""
    members = keys.get("keys")
    listed = members[:MAX_KEYS] if isinstance(members, list) else []
    found = [member for member in listed if isinstance(member, dict) and member.get("kid") == kid]
    if len(found) != 1:
        raise ResultRefusedError(ResultRefusal.UNKNOWN_KEY)
    try:
        key = ECKey.import_key({name: found[0][name] for name in ("kty", "crv", "x", "y")})
        fits = found[0]["kty"] == "EC" and key.curve_name == "P-256" and "revoked" not in found[0]
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise ResultRefusedError(ResultRefusal.UNKNOWN_KEY)
    return found[0], key


def _claims(payload: bytes | None) -> Mapping[str, Any]:
    try:
        claims = json.loads(payload or b"")
    except (ValueError, RecursionError):
        raise ResultRefusedError(ResultRefusal.INCOMPLETE) from None
    if not isinstance(claims, dict):
        raise ResultRefusedError(ResultRefusal.INCOMPLETE)
    named = all(isinstance(claims.get(name), str) for name in _NAMES)
    timed = all(type(claims.get(name, 0)) is int for name in ("iat", "exp", "nbf"))
    if not named or not timed:
        raise ResultRefusedError(ResultRefusal.INCOMPLETE)
    return claims


def _require_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if expected.issuer is not None and claims["iss"] != expected.issuer:
        raise ResultRefusedError(ResultRefusal.WRONG_ISSUER)
    if expected.audience is not None and claims["aud"] != expected.audience:
        raise ResultRefusedError(ResultRefusal.WRONG_AUDIENCE)


def _require_time(claims: Mapping[str, Any], member: Mapping[str, Any], now: int) -> None:
    registry = JWTClaimsRegistry(now=now, leeway=LEEWAY_S, iat={"essential": True}, exp={"essential": True})
    try:
        registry.validate(dict(claims))
    except ExpiredTokenError:
        raise ResultRefusedError(ResultRefusal.EXPIRED) from None
    except InvalidClaimError:
        # the numbers are numbers (`_claims`), so this one lies in the future
        raise ResultRefusedError(ResultRefusal.NOT_YET_VALID) from None
    except (JoseError, ValueError, TypeError):
        raise ResultRefusedError(ResultRefusal.INCOMPLETE) from None
    retired = member.get("exp")
    if isinstance(retired, int) and claims["iat"] > retired + LEEWAY_S:
        # the private part was destroyed by then
        raise ResultRefusedError(ResultRefusal.KEY_RETIRED)


def _level(claims: Mapping[str, Any], realm: Realm) -> Label:
    try:
        verification = claims["verified_claims"]["verification"]
        framework, level = verification["trust_framework"], verification["assurance_level"]
        complete = isinstance(claims["verified_claims"]["claims"], dict) and isinstance(claims["passkoll"], dict)
    except (KeyError, TypeError):
        complete, framework, level = False, None, None
    if not complete:
        raise ResultRefusedError(ResultRefusal.INCOMPLETE)
    specimen = framework == TRUST_FRAMEWORKS[Realm.SPECIMEN] or level == Label.SPECIMEN
    if specimen and realm is not Realm.SPECIMEN:
        raise ResultRefusedError(ResultRefusal.SPECIMEN)
    if framework != TRUST_FRAMEWORKS[realm] or level not in tuple(Label) or specimen is not (level == Label.SPECIMEN):
        raise ResultRefusedError(ResultRefusal.UNKNOWN_LEVEL)
    return Label(level)
