"""Hand-overs to the second person, orders and the codes of holders; how each review was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_REVIEW_COLUMNS = ("session", "device", "signed_in_at", "elsewhere", "remote")


def upgrade() -> None:
    op.add_column("verifications", _text("captured_by_device", 40, nullable=True))
    op.add_column("verifications", _text("order_id", 40, nullable=True))
    op.create_index(op.f("ix_verifications_order_id"), "verifications", ["order_id"])
    op.add_column("reviews", _text("session", 64, nullable=True))
    op.add_column("reviews", _text("device", 40, nullable=True))
    op.add_column("reviews", _time("signed_in_at", nullable=True))
    op.add_column("reviews", sa.Column("elsewhere", sa.Boolean(), nullable=True))
    op.add_column("reviews", sa.Column("remote", sa.Boolean(), nullable=True))
    _hand_overs()
    _orders()


def downgrade() -> None:
    for name in ("order_events", "orders", "hand_over_tries", "hand_overs"):
        op.drop_table(name)
    with op.batch_alter_table("reviews") as reviews:
        for column in _REVIEW_COLUMNS:
            reviews.drop_column(column)
    op.drop_index(op.f("ix_verifications_order_id"), "verifications")
    with op.batch_alter_table("verifications") as verifications:
        verifications.drop_column("order_id")
        verifications.drop_column("captured_by_device")


def _hand_overs() -> None:
    op.create_table(
        "hand_overs",
        _text("id", 40),
        _text("verification_id", 40),
        _text("organisation", 128),
        _text("code_digest", 64),
        _text("opened_by", 128),
        _time("opened_at"),
        _time("expires_at"),
        _text("device", 40, nullable=True),
        sa.Column("wrong", sa.Integer(), nullable=False),
        _text("claimed_by", 128, nullable=True),
        _time("claimed_at", nullable=True),
        _time("ended_at", nullable=True),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (claimed_at IS NULL)", name=op.f("ck_hand_overs_claimed_by_somebody")
        ),
        sa.CheckConstraint("claimed_by <> opened_by", name=op.f("ck_hand_overs_two_people")),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_hand_overs_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_overs")),
        sa.UniqueConstraint("organisation", "code_digest", name=op.f("uq_hand_overs_organisation_code_digest")),
    )
    for name in ("verification_id", "expires_at"):
        op.create_index(op.f(f"ix_hand_overs_{name}"), "hand_overs", [name])
    op.create_table(
        "hand_over_tries",
        _serial(),
        _text("person", 128),
        _time("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_tries")),
    )
    op.create_index("ix_hand_over_tries_person", "hand_over_tries", ["person", "at"])


def _orders() -> None:
    op.create_table(
        "orders",
        _text("id", 40),
        _text("organisation", 128),
        _text("client", 128),
        _text("kind", 40),
        _text("reference", 128),
        _text("actor", 20),
        _text("area", 32, nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("client", "reference", name=op.f("uq_orders_client_reference")),
    )
    op.create_index("ix_orders_reference", "orders", ["organisation", "reference"])
    op.create_table(
        "order_events",
        _serial(),
        _text("order_id", 40),
        _text("type", 20),
        _time("at"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
        sa.UniqueConstraint("order_id", "type", name=op.f("uq_order_events_order_id_type")),
    )


def _serial() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
