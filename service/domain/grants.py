"""What the token endpoint is asked for, and what it may give (RFC 6749, RFC 7523, RFC 8693, RFC 9449)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Final

from service.domain.clients import Client, ClientKind
from service.domain.devices import Device
from service.domain.people import Person, PersonStatus
from service.domain.tokens import SCOPES_OF, OAuthError, OAuthErrorCode, TokenKind


class GrantType(StrEnum):
    """What a token is given for."""

    CLIENT_CREDENTIALS = "client_credentials"
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


#: RFC 7523 §2.2
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: RFC 8693 §3: what is given, and what a phone may show to get one for some time more
ACCESS_TOKEN_TYPE: Final = "urn:ietf:params:oauth:token-type:access_token"
#: Characters of a value of a form; an ID token with many claims stays below.
MAX_VALUE: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class ClientProof:
    """How a client says who it is; the key is shown by its DPoP proof as well."""

    client_assertion: str | None = field(default=None, repr=False)
    client_assertion_type: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for a token, as the form names its members."""

    grant_type: str | None = None
    scope: str | None = None
    subject_token: str | None = field(default=None, repr=False)
    subject_token_type: str | None = None
    requested_token_type: str | None = None
    actor_token: str | None = field(default=None, repr=False)
    actor_token_type: str | None = None
    resource: str | None = field(default=None, repr=False)
    audience: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RevocationRequest:
    """A request to make an end of a token (RFC 7009 §2.1); `token_type_hint` changes nothing, there is one type."""

    token: str | None = field(default=None, repr=False)
    token_type_hint: str | None = None


#: A client may not prove itself in two ways, or by a secret (RFC 6749 §2.3); all others that are unknown are ignored.
SECRETS: Final = frozenset({"client_secret"})


def members_of(kind: type[ClientProof | TokenRequest | RevocationRequest], form: Mapping[str, str]) -> dict[str, str]:
    """The members of a form that `kind` knows; an empty one counts as absent (RFC 6749 §3.2)."""
    known = {item.name for item in fields(kind)}
    return {name: value for name, value in form.items() if name in known and value}


@dataclass(frozen=True, slots=True)
class Party:
    """Whoever asked for a token and is known: a phone or a client, with what it may have by itself."""

    id: str
    organisation: str
    kind: TokenKind
    scopes: frozenset[str]
    #: of a phone: the one key that its proofs may have
    key: str | None = None
    #: of the phone of a holder
    order: str | None = None

    @classmethod
    def of_device(cls, device: Device) -> Party:
        """A phone: by itself it may sign somebody in; that of a holder speaks for its order."""
        kind = TokenKind.DEVICE if device.order is None else TokenKind.HOLDER
        return cls(device.id, device.organisation, kind, frozenset(SCOPES_OF[kind]), device.key, device.order)

    @classmethod
    def of_client(cls, client: Client) -> Party:
        """A system: what it is registered for, as far as systems of its kind may have that at all."""
        kind = {ClientKind.PORTAL: TokenKind.PORTAL, ClientKind.HARNESS: TokenKind.HARNESS}[client.kind]
        return cls(client.id, client.organisation, kind, client.scopes & SCOPES_OF[kind])


def granted_scopes(wanted: str | None, allowed: Collection[str]) -> frozenset[str]:
    """The scopes of a token: those that were asked for, or all that are allowed (RFC 6749 §3.3).

    Raises:
        OAuthError: `invalid_scope`: one is not allowed.
    """
    if wanted is None:
        return frozenset(allowed)
    names = frozenset(wanted.split(" "))
    if not names <= frozenset(allowed):
        raise OAuthError(OAuthErrorCode.INVALID_SCOPE, "a scope is unknown, or this client may not have it")
    return names


def require_plain_exchange(asked: TokenRequest) -> None:
    """An exchange asks for nothing but an access token for this service.

    Raises:
        OAuthError: it asks for something else.
    """
    if asked.subject_token is None or asked.subject_token_type is None:
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "subject_token and subject_token_type are needed")
    if asked.actor_token is not None or asked.actor_token_type is not None:
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "the client is the actor: no actor_token")
    if asked.requested_token_type not in (None, ACCESS_TOKEN_TYPE):
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "only access tokens are issued")
    if asked.resource is not None or asked.audience is not None:
        raise OAuthError(OAuthErrorCode.INVALID_TARGET, "tokens are for this service, and for no other one")


def may_be_spoken_for(person: Person | None, organisation: str) -> bool:
    """Whether a phone of an organisation may act for somebody: one who may act, and works there."""
    return person is not None and person.status is PersonStatus.ACTIVE and person.organisation == organisation
