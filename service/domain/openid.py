"""What an identity provider says of somebody, and what of it counts (OpenID Connect Core 1.0 §3.1.3.7)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from service.domain.identifiers import hsa_id, personal_number

#: By how much the clock of the provider may be ahead of ours.
CLOCK_SKEW: Final = timedelta(seconds=60)
#: How long after it was made an ID token is worth something here, whatever `exp` says.
MAX_TOKEN_AGE: Final = timedelta(minutes=10)
#: How long ago the person may have proved who they are where the provider remembers them (single sign-on).
MAX_PROOF_AGE: Final = timedelta(hours=10)
#: Signatures that are read (RFC 7518 §3.1): no `none`, and none whose key we would share with the provider.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
MAX_NAME: Final = 200


class OpenIdRefusal(StrEnum):
    """Why nobody was signed in: for the log of the operator, and no value of the answer."""

    NOT_CONFIGURED = "not_configured"
    UNREACHABLE = "unreachable"
    METADATA = "metadata"
    DENIED = "denied"
    TOKEN_ENDPOINT = "token_endpoint"
    MALFORMED = "malformed"
    SIGNATURE = "signature"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_NONCE = "wrong_nonce"
    EXPIRED = "expired"
    WEAK_ACR = "weak_acr"
    NOT_FRESH = "not_fresh"
    NO_HSA_ID = "no_hsa_id"
    UNKNOWN_PERSON = "unknown_person"
    OTHER_PERSON = "other_person"
    UNKNOWN_STATE = "unknown_state"
    OTHER_BROWSER = "other_browser"


class OpenIdRefusedError(Exception):
    """Nobody is signed in; the text is the code."""

    def __init__(self, code: OpenIdRefusal) -> None:
        self.code = code
        super().__init__(code.value)


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """What the provider calls what is needed. `names`: given name, then family name."""

    hsa_id: str = "employeeHsaId"
    personal_number: str = "credentialPersonalIdentityNumber"
    names: tuple[str, str] = ("given_name", "family_name")


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say. `not_before`: the person proved who they are at this time or later."""

    issuer: str
    audience: str
    nonce: str
    acr: frozenset[str]
    names: ClaimNames
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asserted:
    """Who a provider says somebody is. `at`: when the person proved it (`auth_time`). `issued`: `iat`."""

    subject: str = field(repr=False)
    hsa_id: str = field(repr=False)
    personal_number: str | None = field(repr=False)
    names: tuple[str, str] | None = field(repr=False)
    at: datetime
    issued: datetime


def asserted(claims: Mapping[str, object], expected: Expected, now: datetime) -> Asserted:
    """What the claims of an ID token, whose signature holds, say of a person.

    Raises:
        OpenIdRefusedError: they say nothing that counts here.
    """
    if claims.get("iss") != expected.issuer:
        raise OpenIdRefusedError(OpenIdRefusal.WRONG_ISSUER)
    _require_audience(claims, expected.audience)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode("utf-8", "surrogatepass"), expected.nonce.encode()
    ):
        raise OpenIdRefusedError(OpenIdRefusal.WRONG_NONCE)
    issued = _require_time(claims, now)
    # §5.5.1.1: that the claim was asked for as essential does not make the provider answer it
    acr = claims.get("acr")
    if not isinstance(acr, str) or acr not in expected.acr:
        raise OpenIdRefusedError(OpenIdRefusal.WEAK_ACR)
    at = _proved_at(claims, expected, now)
    subject, employee = claims.get("sub"), _text(claims, expected.names.hsa_id)
    known = None if employee is None else hsa_id(employee)
    if not isinstance(subject, str) or not subject or known is None:
        raise OpenIdRefusedError(OpenIdRefusal.NO_HSA_ID)
    number = _text(claims, expected.names.personal_number)
    given, family = (_text(claims, name) for name in expected.names.names)
    return Asserted(
        subject,
        known,
        None if number is None else personal_number(number),
        (given, family) if given and family else None,
        at,
        issued,
    )


def _require_audience(claims: Mapping[str, object], own: str) -> None:
    """§3.1.3.7, 3 to 5: for us, and for nobody whom we do not know."""
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if audiences != [own] or claims.get("azp", own) != own:
        raise OpenIdRefusedError(OpenIdRefusal.WRONG_AUDIENCE)


def _require_time(claims: Mapping[str, object], now: datetime) -> datetime:
    """When the token was made; it is neither old nor from the future."""
    expires, issued, begins = (_time(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None or now >= expires:
        raise OpenIdRefusedError(OpenIdRefusal.EXPIRED)
    if now - issued > MAX_TOKEN_AGE or any(time is not None and time - now > CLOCK_SKEW for time in (issued, begins)):
        raise OpenIdRefusedError(OpenIdRefusal.EXPIRED)
    return issued


def _proved_at(claims: Mapping[str, object], expected: Expected, now: datetime) -> datetime:
    at = _time(claims, "auth_time")
    if at is None or at - now > CLOCK_SKEW or now - at > MAX_PROOF_AGE:
        raise OpenIdRefusedError(OpenIdRefusal.NOT_FRESH)
    if expected.not_before is not None and at < expected.not_before - CLOCK_SKEW:
        raise OpenIdRefusedError(OpenIdRefusal.NOT_FRESH)
    return min(at, now)


def _time(claims: Mapping[str, object], name: str) -> datetime | None:
    """A NumericDate (RFC 7519 §2); None where there is none. Something else in its place proves nothing."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OpenIdRefusedError(OpenIdRefusal.MALFORMED)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise OpenIdRefusedError(OpenIdRefusal.MALFORMED) from None


def _text(claims: Mapping[str, object], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and len(value) <= MAX_NAME else None


@dataclass(frozen=True, slots=True)
class OpenIdRequest:
    """What the browser is sent to the provider with. `fresh`: whoever is remembered there must prove it again."""

    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    fresh: bool = False


class OpenIdProvider(Protocol):
    """The identity provider of the organisation.

    Every method raises OpenIdRefusedError where the provider says nothing that counts.
    """

    def authorization_url(self, request: OpenIdRequest) -> str:
        """Where the browser goes (§3.1.2.1, with PKCE: RFC 7636)."""
        ...

    def redeem(
        self, code: str, request: OpenIdRequest, issuer: str | None, not_before: datetime | None, now: datetime
    ) -> Asserted:
        """Who came back with `code`. `issuer`: `iss` of the answer (RFC 9207 §2)."""
        ...

    def read(self, token: str, nonce: str, now: datetime) -> Asserted:
        """Who an ID token speaks of, that an app got by itself."""
        ...
