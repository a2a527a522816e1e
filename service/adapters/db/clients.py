"""Clients as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.db.token_tables import clients
from service.domain.clients import Client, ClientKind
from service.domain.errors import ProblemCode, ServiceError


@dataclass(frozen=True, slots=True)
class ClientRows:
    """Answers `service.domain.clients.Clients`."""

    connection: Connection

    def find(self, client_id: str) -> Client | None:
        row = self.connection.execute(select(clients).where(clients.c.id == client_id)).one_or_none()
        return None if row is None else _client(row)

    def of(self, organisation: str) -> Sequence[Client]:
        query = select(clients).where(clients.c.organisation == organisation).order_by(clients.c.id)
        return [_client(row) for row in self.connection.execute(query)]

    def add(self, client: Client) -> None:
        values = {
            "id": client.id,
            "organisation": client.organisation,
            "kind": client.kind,
            "name": client.name,
            "created_at": client.created_at,
            **_changing(client),
        }
        try:
            self.connection.execute(insert(clients).values(values))
        except IntegrityError:
            raise ServiceError(ProblemCode.CONFLICT) from None

    def save(self, client: Client) -> None:
        self.connection.execute(update(clients).where(clients.c.id == client.id).values(_changing(client)))


def _changing(client: Client) -> dict[str, object]:
    return {
        "audience": client.audience,
        "scopes": sorted(client.scopes),
        "keys": list(client.keys),
        "revoked_at": client.revoked_at,
    }


def _client(row: Row[tuple[object, ...]]) -> Client:
    values = dict(row._mapping)
    return Client(
        **{**values, "kind": ClientKind(row.kind), "scopes": frozenset(row.scopes), "keys": tuple(row.keys)}
    )
