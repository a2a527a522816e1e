"""The table of what callers used up of their limits."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table

from service.adapters.db.tables import UtcDateTime, metadata

#: `key` is an HMAC of whom a limit is for (an address, a person, an account): nobody is named here.
rate_limits: Final = Table(
    "rate_limits",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("hits", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Index(None, "until"),
)
