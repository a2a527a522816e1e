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


class Clients(Protocol):
    """The rows of clients."""

    def find(self, client_id: str) -> Client | None:
        """The client with this id, whatever the organisation."""
        ...

    def of(self, organisation: str) -> Sequence[Client]:
        """Every client of an organisation, by id."""
        ...

    def add(self, client: Client) -> None:
        """A new one."""
        ...

    def save(self, client: Client) -> None:
        """What changed: keys, scopes, whether it was revoked."""
        ...
