"""The tables of traces and findings. A digest is keyed, and the key is not here."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from service.adapters.db.tables import UtcDateTime, metadata

#: One answer of a chip belongs to one verification.
ONE_ANSWER: Final = text("purpose = 'chip_answer'")

traces: Final = Table(
    "traces",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("verification_id", String(40), ForeignKey("verifications.id"), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("verification_id", "purpose", "digest"),
    Index("ix_traces_digest", "purpose", "digest"),
    Index(None, "at"),
    Index("uq_traces_answer", "digest", unique=True, sqlite_where=ONE_ANSWER, postgresql_where=ONE_ANSWER),
)

#: Codes alone. `other` is empty where a finding speaks of no other verification of the organisation.
findings: Final = Table(
    "findings",
    metadata,
    Column("verification_id", String(40), ForeignKey("verifications.id"), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("other", String(40), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
