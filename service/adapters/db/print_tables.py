"""The tables of results as they were handed over, and of the marks that find the verifications of a person."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from service.adapters.db.tables import UtcDateTime, metadata

#: The last signed result that left the service; `token` is sealed as evidence.
handed_results: Final = Table(
    "handed_results",
    metadata,
    Column("verification_id", String(40), ForeignKey("verifications.id"), primary_key=True),
    Column("token", LargeBinary, nullable=False),
    Column("handed_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

#: A digest is keyed, and the key is not here. `year`: whose key made it; a row lives as long as its verification.
subject_marks: Final = Table(
    "subject_marks",
    metadata,
    Column("verification_id", String(40), ForeignKey("verifications.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("year", Integer, nullable=False),
    Index(None, "digest"),
    Index(None, "year"),
)
