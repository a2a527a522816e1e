"""The tables of retention: what organisations decided, what is frozen, what was erased, and what results said."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from service.adapters.db.tables import UtcDateTime, metadata

_Serial: Final = BigInteger().with_variant(Integer, "sqlite")

#: Append-only; the last row of an organisation and rule counts.
retention_terms: Final = Table(
    "retention_terms",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("organisation", String(128), nullable=False),
    Column("rule", String(20), nullable=False),
    Column("hours", Integer, nullable=False),
    Column("decision", String(64), nullable=False),
    Column("decided_on", Date, nullable=False),
    Column("set_by", String(128), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
    Index(None, "organisation"),
)

freezes: Final = Table(
    "freezes",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("verification_id", String(40), ForeignKey("verifications.id"), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("by", String(128)),
    Column("at", UtcDateTime, nullable=False),
    Column("thaw_reason", String(40)),
    Column("thaw_asked_by", String(128)),
    Column("thaw_asked_at", UtcDateTime),
    Column("thawed_by", String(128)),
    Column("thawed_at", UtcDateTime),
    CheckConstraint("thawed_by <> thaw_asked_by", name="two_people"),
    CheckConstraint("thawed_by IS NULL OR thaw_asked_by IS NOT NULL", name="asked_first"),
    Index(None, "verification_id"),
)

#: No person, and no way back to a case. No foreign key: a record outlives what it speaks of.
purge_records: Final = Table(
    "purge_records",
    metadata,
    Column("organisation", String(128), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("retention", String(20), primary_key=True),
    Column("rule", String(20), primary_key=True),
    Column("decision", String(64), primary_key=True),
    Column("run_by", String(128), primary_key=True),
    Column("decided_on", Date),
    Column("count", Integer, nullable=False),
)

#: At most one row: when everything was last looked through.
purge_runs: Final = Table(
    "purge_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
)

#: What a result said when it was made; sealed as evidence, since it has to outlive what describes the person.
issued_claims: Final = Table(
    "issued_claims",
    metadata,
    Column("verification_id", String(40), ForeignKey("verifications.id"), primary_key=True),
    Column("claims", LargeBinary, nullable=False),
)
