"""The tables of hand-overs to the second person, and of the orders of portals. No code is in them, only digests."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from service.adapters.db.tables import UtcDateTime, metadata

_Serial: Final = BigInteger().with_variant(Integer, "sqlite")

#: `wrong`: how many wrong codes were tried in the organisation while it was open.
hand_overs: Final = Table(
    "hand_overs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("verification_id", String(40), ForeignKey("verifications.id"), nullable=False),
    Column("organisation", String(128), nullable=False),
    Column("code_digest", String(64), nullable=False),
    Column("opened_by", String(128), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("device", String(40)),
    Column("wrong", Integer, nullable=False),
    Column("claimed_by", String(128)),
    Column("claimed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    CheckConstraint("(claimed_by IS NULL) = (claimed_at IS NULL)", name="claimed_by_somebody"),
    CheckConstraint("claimed_by <> opened_by", name="two_people"),
    UniqueConstraint("organisation", "code_digest"),
    Index(None, "verification_id"),
    Index(None, "expires_at"),
)

#: Wrong codes, for as long as they count against whoever tried them.
hand_over_tries: Final = Table(
    "hand_over_tries",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("person", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_hand_over_tries_person", "person", "at"),
)

orders: Final = Table(
    "orders",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("organisation", String(128), nullable=False),
    Column("client", String(128), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("reference", String(128), nullable=False),
    Column("actor", String(20), nullable=False),
    Column("area", String(32)),
    Column("protected", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("client", "reference"),
    Index("ix_orders_reference", "organisation", "reference"),
)

#: What the portal told of an order; each happens once.
order_events: Final = Table(
    "order_events",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("order_id", String(40), ForeignKey("orders.id"), nullable=False),
    Column("type", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    UniqueConstraint("order_id", "type"),
)
