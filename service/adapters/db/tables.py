"""The tables. Migrations make them; a test holds the two against each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC: SQLite has no zones, and a naive time is a mistake."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware times, whatever the database gave."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: Names of constraints are the same on every database, so that migrations can speak of them.
metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

#: SQLite counts up in INTEGER primary keys only.
_Serial: Final = BigInteger().with_variant(Integer, "sqlite")


def _serial() -> Column[int]:
    return Column("id", _Serial, primary_key=True, autoincrement=True)


def _verification_id(*, unique: bool = False) -> Column[str]:
    return Column("verification_id", String(40), ForeignKey("verifications.id"), nullable=False, unique=unique)


#: One row: what this database is for.
installation: Final = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("realm", String(20), nullable=False),
)

verifications: Final = Table(
    "verifications",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("organisation", String(128), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("order_reference", String(128)),
    Column("state", String(20), nullable=False),
    Column("next_step", String(20), nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("capture_until", UtcDateTime, nullable=False),
    Column("review_until", UtcDateTime, nullable=False),
    Column("result_until", UtcDateTime),
    Column("reason", String(64)),
    Column("ended_in", String(20)),
    Column("mrz_attempts", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("area", String(32)),
    Column("protected", Boolean, nullable=False, server_default=false()),
    Column("captured_by_device", String(40)),
    Column("order_id", String(40)),
    Index("ix_verifications_order", "organisation", "order_reference"),
    Index(None, "order_id"),
    Index("ix_verifications_opened_by", "organisation", "created_by", "created_at"),
)

#: The information texts that people were given.
notices: Final = Table(
    "notices",
    metadata,
    _serial(),
    _verification_id(),
    Column("version", String(64), nullable=False),
    Column("language", String(35), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "verification_id"),
)

#: What registers said; no number of a document.
status_lookups: Final = Table(
    "status_lookups",
    metadata,
    _serial(),
    _verification_id(),
    Column("source", String(20), nullable=False),
    Column("document", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "verification_id"),
)

#: `note` is sealed.
revocations: Final = Table(
    "revocations",
    metadata,
    _serial(),
    _verification_id(),
    Column("reason", String(40), nullable=False),
    Column("note", LargeBinary),
    Column("requested_by", String(128), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("confirmed_by", String(128)),
    Column("confirmed_at", UtcDateTime),
    CheckConstraint("confirmed_by <> requested_by", name="two_people"),
    Index(None, "verification_id"),
)

#: `answer` is sealed; a row without one is a request that is being worked on.
remembered_answers: Final = Table(
    "remembered_answers",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("verification_id", String(40), ForeignKey("verifications.id")),
    Column("answer", LargeBinary),
    CheckConstraint("(verification_id IS NULL) = (answer IS NULL)", name="answer_of_a_verification"),
    Index(None, "at"),
)

#: `lines` and `can` are sealed, and so are `claimed`, `report`, `report_sha256`, `evidence_digests` and, of a review,
#: `reason` and `printed_name` (`service.adapters.db.sealed`).
mrz_captures: Final = Table(
    "mrz_captures",
    metadata,
    _serial(),
    _verification_id(),
    Column("lines", LargeBinary, nullable=False),
    Column("source", String(20), nullable=False),
    Column("photo", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "verification_id"),
    Column("can", LargeBinary),
)

challenges: Final = Table(
    "challenges",
    metadata,
    Column("id", String(40), primary_key=True),
    _verification_id(),
    Column("value", LargeBinary(8), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    UniqueConstraint("verification_id", "value"),
)

evidence: Final = Table(
    "evidence",
    metadata,
    _serial(),
    _verification_id(),
    Column("challenge_id", String(40), ForeignKey("challenges.id")),
    Column("skipped", Integer, nullable=False),
    Column("claimed", LargeBinary, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index(None, "verification_id"),
)

judgements: Final = Table(
    "judgements",
    metadata,
    _serial(),
    _verification_id(),
    Column("at", UtcDateTime, nullable=False),
    Column("report", LargeBinary, nullable=False),
    Column("report_sha256", LargeBinary, nullable=False),
    Column("verdict", JSON, nullable=False),
    Column("trust_store", Text, nullable=False),
    Column("evidence_digests", LargeBinary, nullable=False),
    Column("chip_proof", String(10), nullable=False),
    Column("proof_origin", String(20), nullable=False),
    Column("retry_helps", Boolean, nullable=False),
    Column("reason", String(64)),
    Index(None, "verification_id"),
)

reviews: Final = Table(
    "reviews",
    metadata,
    _serial(),
    _verification_id(),
    Column("reviewer", String(128), nullable=False),
    Column("decision", String(20), nullable=False),
    Column("inspection", JSON, nullable=False),
    Column("face", JSON, nullable=False),
    Column("reason", LargeBinary),
    Column("decision_hash", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("printed_name", LargeBinary),
    Column("session", String(64)),
    Column("device", String(40)),
    Column("signed_in_at", UtcDateTime),
    Column("elsewhere", Boolean),
    Column("remote", Boolean),
    UniqueConstraint("verification_id", "reviewer"),
)

results: Final = Table(
    "results",
    metadata,
    Column("jti", String(40), primary_key=True),
    Column("txn", String(40), nullable=False, unique=True),
    _verification_id(unique=True),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("consumed_by_order", String(128)),
    Column("consumed_at", UtcDateTime),
    Column("consumed_request", String(64)),
)

#: Stores by the digest that reports name; a row never changes.
trust_stores: Final = Table(
    "trust_stores",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("realm", String(20), nullable=False),
    Column("file", LargeBinary, nullable=False),
    Column("file_sha256", String(64), nullable=False),
)


def _store_digest(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String(64), ForeignKey("trust_stores.digest"), nullable=nullable)


#: At most one row: the store that waits for two people.
trust_draft: Final = Table(
    "trust_draft",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _store_digest("digest"),
    Column("holdings", String(64), nullable=False),
    _store_digest("based_on", nullable=True),
    Column("staged_at", UtcDateTime, nullable=False),
    Column("staged_by", String(128), nullable=False),
)

#: Append-only; the last row names the store in use.
trust_activations: Final = Table(
    "trust_activations",
    metadata,
    _serial(),
    _store_digest("digest"),
    Column("holdings", String(64), nullable=False),
    _store_digest("previous", nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Column("first_actor", String(128), nullable=False),
    Column("second_actor", String(128), nullable=False),
    Column("reason", Text),
    CheckConstraint("first_actor <> second_actor", name="two_people"),
)
