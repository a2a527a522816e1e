"""Access tokens: what one allows, to whom, with which key, and for how long (SECURITY.md 7.1)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from service.domain.identity import Caller

#: Bytes of a token: nobody finds one by trying.
TOKEN_BYTES: Final = 32
#: SECURITY.md 7.1. Whoever acts longer asks again, and is looked at again.
TOKEN_LIFE: Final = timedelta(minutes=10)
#: How long after a sign-in a phone may renew its token for the person without a new one: a working day.
SIGN_IN_LIFE: Final = timedelta(hours=10)


class TokenKind(StrEnum):
    """Who a token speaks for."""

    #: a person on an enrolled phone
    APP = "app"
    #: an enrolled phone by itself
    DEVICE = "device"
    #: the phone of a holder, for one order
    HOLDER = "holder"
    PORTAL = "portal"
    HARNESS = "harness"


#: What a token makes of its bearer.
CALLERS: Final = {
    TokenKind.APP: Caller.APP,
    TokenKind.DEVICE: Caller.DEVICE,
    TokenKind.HOLDER: Caller.HOLDER,
    TokenKind.PORTAL: Caller.PORTAL,
    TokenKind.HARNESS: Caller.HARNESS,
}


class Scope(StrEnum):
    """What a token may be used for; which operation needs which is in the table of access."""

    #: of phones: to do what makes a verification
    CAPTURE = "capture"
    #: of phones: to see one
    READ = "read"
    #: of portals
    ORDERS = "orders"
    RESULTS = "results"
    VERIFICATIONS = "verifications"
    #: of portals that issue cards to people with protected identity; beside another one, nothing by itself
    PROTECTED_IDENTITY = "protected_identity"
    #: of harnesses
    INSPECTIONS = "inspections"


#: What can be asked for at all.
SCOPES_OF: Final = {
    TokenKind.APP: frozenset({Scope.CAPTURE, Scope.READ}),
    TokenKind.DEVICE: frozenset[Scope](),
    TokenKind.HOLDER: frozenset({Scope.CAPTURE, Scope.READ}),
    TokenKind.PORTAL: frozenset({Scope.ORDERS, Scope.RESULTS, Scope.VERIFICATIONS, Scope.PROTECTED_IDENTITY}),
    TokenKind.HARNESS: frozenset({Scope.INSPECTIONS}),
}


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is kept of a token: its digest and what it stands for, never the token.

    `key`: the RFC 7638 thumbprint of the key that it is bound to (`cnf.jkt`, RFC 9449 §6). `client`: the device or
    client that asked for it. `person`, `session`, `signed_in_at`: of a token of kind app. `only`: the order of a
    holder.
    """

    digest: str = field(repr=False)
    kind: TokenKind
    organisation: str
    client: str
    key: str
    scopes: frozenset[str]
    issued_at: datetime
    expires_at: datetime
    person: str | None = None
    session: str | None = None
    signed_in_at: datetime | None = None
    only: str | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it has not run out."""
        return now < self.expires_at


class AccessTokens(Protocol):
    """The rows of access tokens."""

    def add(self, token: AccessToken) -> None:
        """A new one."""
        ...

    def find(self, digest: str) -> AccessToken | None:
        """The token with this digest, expired or not."""
        ...

    def revoke(self, digest: str) -> None:
        """Make an end of one."""
        ...

    def revoke_client(self, client: str) -> int:
        """Make an end of all that a device or client has; how many there were."""
        ...

    def revoke_person(self, person: str) -> int:
        """Make an end of all that speak for a person; how many there were."""
        ...

    def revoke_session(self, session: str) -> int:
        """Make an end of all that rest on a sign-in; how many there were."""
        ...

    def forget(self, now: datetime) -> int:
        """Delete what expired; how many there were."""
        ...


def written(octets: bytes) -> str:
    """A new token, from `TOKEN_BYTES` random bytes; it consists of characters of `token68` (RFC 9110 §11.2)."""
    if len(octets) != TOKEN_BYTES:
        raise ValueError(f"a token is made of {TOKEN_BYTES} random bytes")
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def digest_of(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so that one SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class OAuthErrorCode(StrEnum):
    """`error` of the token endpoint (RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 9449 §5, RFC 7009 §2.2.1)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TARGET = "invalid_target"
    INVALID_DPOP_PROOF = "invalid_dpop_proof"


class OAuthError(Exception):
    """No token; `description` says what to change, in words of this software alone, never a value of the request."""

    def __init__(self, code: OAuthErrorCode, description: str) -> None:
        self.code = code
        self.description = description
        super().__init__(f"{code.value}: {description}")
