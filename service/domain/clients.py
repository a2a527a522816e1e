"""Systems that call by themselves: card-issuing portals, and harnesses of the specimen realm (RFC 7523)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ClientKind(StrEnum):
    """What a client is for."""

    PORTAL = "portal"
    HARNESS = "harness"


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client.

    `id`: `cl_` and 26 characters, its `client_id`. `audience`: `aud` of the results that are made for it. `scopes`:
    what it may ask for. `keys`: its public keys as JWKs in JSON; two of them while it changes keys.
    """

    id: str
    organisation: str
    kind: ClientKind
    name: str
    audience: str
    scopes: frozenset[str]
    keys: tuple[str, ...] = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None = None


class ClientProblem(StrEnum):
    """Why a client cannot be registered or changed."""

    UNKNOWN_CLIENT = "unknown_client"
    REVOKED = "revoked"
    BAD_NAME = "bad_name"
    BAD_AUDIENCE = "bad_audience"
    AUDIENCE_TAKEN = "audience_taken"
    BAD_SCOPE = "bad_scope"
    #: outside of the specimen realm
    HARNESS_REFUSED = "harness_refused"
    UNUSABLE_KEY = "unusable_key"


class ClientError(Exception):
    """It was not done; the text is the code."""

    def __init__(self, code: ClientProblem) -> None:
        self.code = code
        super().__init__(code.value)


class Clients(Protocol):
    """The rows of clients."""

    def find(self, client_id: str) -> Client | None:
        """The client with this id, whatever the organisation."""
        ...

    def of(self, organisation: str) -> Sequence[Client]:
        """Every client of an organisation, by id."""
        ...

    def add(self, client: Client) -> None:
        """A new one.

        Raises:
            ServiceError: `conflict`: another one that may still ask has its audience.
        """
        ...

    def save(self, client: Client) -> None:
        """What changed: keys, scopes, whether it was revoked."""
        ...
