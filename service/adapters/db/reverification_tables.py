"""The tables of decisions that are judged anew: rounds, how each decision stands, and what changed that."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from service.adapters.db.tables import UtcDateTime, metadata

_Serial: Final = BigInteger().with_variant(Integer, "sqlite")


def _serial() -> Column[int]:
    return Column("id", _Serial, primary_key=True, autoincrement=True)


def _round_id() -> Column[int]:
    return Column("round_id", _Serial, ForeignKey("rounds.id"), nullable=False)


def _standing() -> tuple[Column[bool], Column[bool], Column[list[str]]]:
    return (
        Column("in_force", Boolean, nullable=False),
        Column("whole", Boolean, nullable=False),
        Column("reasons", JSON, nullable=False),
    )


rounds: Final = Table(
    "rounds",
    metadata,
    _serial(),
    Column("trust_store", String(64), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    *(Column(name, Integer, nullable=False) for name in ("unchanged", "withdrawn", "restored", "not_judged")),
)

#: One row a decision that was judged anew at least once.
standings: Final = Table(
    "standings",
    metadata,
    Column("verification_id", String(40), ForeignKey("verifications.id"), primary_key=True),
    _round_id(),
    *_standing(),
    Column("since", UtcDateTime, nullable=False),
)

#: Append-only: the judgements that changed a standing.
rejudgements: Final = Table(
    "rejudgements",
    metadata,
    _serial(),
    Column("verification_id", String(40), ForeignKey("verifications.id"), nullable=False),
    _round_id(),
    Column("at", UtcDateTime, nullable=False),
    Column("trust_store", String(64), nullable=False),
    Column("as_of_then", JSON(none_as_null=True)),
    Column("as_of_now", JSON(none_as_null=True)),
    *_standing(),
    UniqueConstraint("verification_id", "round_id"),
)
