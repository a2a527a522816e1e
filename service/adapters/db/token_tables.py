"""Clients, access tokens, and the ids of proofs that were used."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Column, Index, String, Table, text

from service.adapters.db.tables import UtcDateTime, metadata

#: Written out, as the databases keep it: an audience belongs to one client that may still ask.
IN_USE: Final = text("revoked_at IS NULL")

clients: Final = Table(
    "clients",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("organisation", String(128), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("name", String(128), nullable=False),
    Column("audience", String(256), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("keys", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Index(None, "organisation"),
    Index("uq_clients_audience", "audience", unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE),
)

#: `digest`: SHA-256 of the token in hexadecimal; the token itself is nowhere.
access_tokens: Final = Table(
    "access_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("organisation", String(128), nullable=False),
    Column("client", String(40), nullable=False),
    Column("key", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("person", String(128)),
    Column("session", String(128)),
    Column("signed_in_at", UtcDateTime),
    Column("only", String(40)),
    Index(None, "expires_at"),
    Index(None, "client"),
    Index(None, "person"),
    Index(None, "session"),
)

#: `digest`: SHA-256 over who made it and the `jti`; one row, one use, whichever replica was asked.
used_ids: Final = Table(
    "used_ids",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Index(None, "until"),
)
