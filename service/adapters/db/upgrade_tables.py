"""What an upgrade promises to the software that still runs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, String, Table

from service.adapters.db.tables import metadata

#: One row: the oldest revision whose software may serve on the schema of `revision`.
schema_promise: Final = Table(
    "schema_promise",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", String(32), nullable=False),
    Column("oldest", String(32), nullable=False),
)
