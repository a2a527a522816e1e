"""Rows with sealed columns: a column is bound to the primary key of its row, which exists once the row does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, update

from service.domain.retention import RetentionClass
from service.domain.vault import Place, Vault


@dataclass(frozen=True, slots=True)
class SealedColumns:
    """The sealed columns of one table whose primary key is `id`; all of them are of one class."""

    table: Table
    retention: RetentionClass

    def insert(
        self,
        connection: Connection,
        vault: Vault,
        verification_id: str,
        values: Mapping[str, object],
        sealed: Mapping[str, bytes | None],
    ) -> int:
        """Insert a row of a verification; its id. None is kept as NULL."""
        present = {column: plain for column, plain in sealed.items() if plain is not None}
        row = {"verification_id": verification_id, **values} | dict.fromkeys(present, b"")
        query = insert(self.table).values(row).returning(self.table.c.id)
        row_id: int = connection.execute(query).scalar_one()
        if present:
            places = {column: self._place(verification_id, column, row_id) for column in present}
            closed = {column: vault.seal(places[column], plain) for column, plain in present.items()}
            connection.execute(update(self.table).where(self.table.c.id == row_id).values(closed))
        return row_id

    def open(self, vault: Vault, row: Row[*tuple[Any, ...]], column: str) -> bytes:
        """What a column of a row holds.

        Raises:
            ErasedError: the class was erased.
            UnreadableError: it does not open.
        """
        return vault.open(self._place(row.verification_id, column, row.id), row._mapping[column])

    def _place(self, verification_id: str, column: str, row_id: int) -> Place:
        return Place(verification_id, self.retention, self.table.name, column, str(row_id))


def to_octets(value: object) -> bytes:
    """JSON, for a sealed column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def from_octets(octets: bytes) -> Any:  # noqa: ANN401 whatever was given
    """What `to_octets` was given."""
    return json.loads(octets)
