"""The tables of jobs, of events, and of where events go."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from service.adapters.db.tables import UtcDateTime, metadata

#: What a job is while it waits. Written out: the databases compare it, as text, with the condition of the index.
WAITING: Final = text("lease_owner IS NULL AND dead_at IS NULL")

#: A job that was done is deleted. One whose lease ran out keeps its owner until another takes it.
jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("key", String(128)),
    Column("data", JSON, nullable=False),
    Column("wanted_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_until", UtcDateTime),
    Column("problem", String(128)),
    Column("dead_at", UtcDateTime),
    Index(None, "due_at"),
    Index("uq_jobs_waiting", "kind", "key", unique=True, sqlite_where=WAITING, postgresql_where=WAITING),
)

events: Final = Table(
    "events",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("type", String(40), nullable=False),
    Column("verification_id", String(40), nullable=False),
    Column("organisation", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("data", JSON, nullable=False),
    Index(None, "verification_id"),
)

webhook_endpoints: Final = Table(
    "webhook_endpoints",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("organisation", String(128), nullable=False),
    Column("url", Text, nullable=False),
    Column("types", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "organisation"),
)
