"""Data keys, the blobs that rows name, and the pictures that are kept."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, String, Table, UniqueConstraint

from service.adapters.db.tables import UtcDateTime, metadata

#: One key for each verification and retention class. A row without `wrapped` is of a class that was erased; it stays,
#: so that nothing is sealed for it again. `version`: the epoch that the key was made in, a part of what is sealed;
#: `epoch`: the one that wraps it now.
data_keys: Final = Table(
    "data_keys",
    metadata,
    Column("verification_id", String(40), ForeignKey("verifications.id"), primary_key=True),
    Column("retention", String(20), primary_key=True),
    Column("version", String(20), nullable=False),
    Column("epoch", String(20), nullable=False),
    Column("wrapped", LargeBinary),
    Column("erased_at", UtcDateTime),
    CheckConstraint("(wrapped IS NULL) <> (erased_at IS NULL)", name="key_or_erased"),
    Index(None, "retention", "epoch"),
)

#: Where the sealed octets of a row lie: at most one blob a place.
blobs: Final = Table(
    "blobs",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("verification_id", String(40), ForeignKey("verifications.id"), nullable=False),
    Column("retention", String(20), nullable=False),
    Column("of_table", String(40), nullable=False),
    Column("of_column", String(40), nullable=False),
    Column("of_row", String(40), nullable=False),
    UniqueConstraint("verification_id", "retention", "of_table", "of_column", "of_row"),
)

#: Purpose binding (RULES.md section 5): the database holds it too, whatever software writes.
images: Final = Table(
    "images",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("verification_id", String(40), ForeignKey("verifications.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("organisation", String(128), nullable=False),
    Column("notice_version", String(64)),
    Column("media_type", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("purpose IN ('verification_only')", name="purpose"),
    Index(None, "verification_id"),
)
