"""The tables of the audit trail. What they hold is text as it was hashed: it is read back without any conversion.

Triggers of migration 0006 refuse every change of the trail and of checkpoints; a batch migration that makes a table
anew must make its triggers anew.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from service.adapters.db.tables import metadata

#: SQLite keeps nothing but integers in an INTEGER primary key.
_Number: Final = BigInteger().with_variant(Integer, "sqlite")


def _digest(name: str) -> Column[str]:
    return Column(name, String(64), nullable=False)


#: Append-only. No foreign key: an entry outlives what it speaks of.
audit_trail: Final = Table(
    "audit_trail",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    _digest("previous"),
    Column("organisation", Text, nullable=False),
    Column("organisation_number", _Number, nullable=False),
    _digest("organisation_previous"),
    Column("at", String(40), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(40), nullable=False),
    Column("verification_id", String(40)),
    Column("details", Text, nullable=False),
    Column("software", String(40), nullable=False),
    _digest("digest"),
    UniqueConstraint("organisation", "organisation_number"),
    Index(None, "verification_id"),
    Index(None, "actor"),
)

#: One row: the last entry. Its lock is what keeps the chains from forking.
audit_head: Final = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", _Number, nullable=False),
    _digest("digest"),
)

#: Who is behind a pseudonym. A row may be erased, never changed; the trail stays whole without it.
audit_actors: Final = Table(
    "audit_actors",
    metadata,
    Column("actor", String(64), primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("salt", LargeBinary(32), nullable=False),
    UniqueConstraint("organisation", "person"),
)

#: Append-only: the signed checkpoints, by the number of the entry that each ends with.
audit_checkpoints: Final = Table(
    "audit_checkpoints",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    _digest("digest"),
    Column("token", Text, nullable=False),
)
