"""Phones, their enrolment codes and their pairings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _devices()
    _enrolment()
    _signing_in()


def downgrade() -> None:
    for name in ("sign_in_codes", "pairings", "device_challenges", "enrolments", "device_keys", "devices"):
        op.drop_table(name)


def _devices() -> None:
    op.create_table(
        "devices",
        _text("id", 40),
        _text("organisation", 128),
        _text("key", 64),
        sa.Column("public_key", sa.Text(), nullable=False),
        _text("platform", 20),
        _text("protection", 20),
        _text("status", 20),
        _time("enrolled_at"),
        _text("enrolled_by", 128, nullable=True),
        _text("order_id", 40, nullable=True),
        _text("model", 64, nullable=True),
        _time("attested_at", nullable=True),
        _text("confirmed_by", 128, nullable=True),
        _time("confirmed_at", nullable=True),
        _text("revoked_by", 128, nullable=True),
        _time("revoked_at", nullable=True),
        sa.CheckConstraint("confirmed_by <> enrolled_by", name=op.f("ck_devices_two_people")),
        sa.CheckConstraint("(enrolled_by IS NULL) <> (order_id IS NULL)", name=op.f("ck_devices_of_staff_or_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("key", name=op.f("uq_devices_key")),
    )
    op.create_index(op.f("ix_devices_organisation"), "devices", ["organisation"])
    op.create_table(
        "device_keys",
        _text("key", 64),
        _text("device_id", 40),
        _time("at"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_keys_device_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_device_keys")),
    )
    op.create_index(op.f("ix_device_keys_device_id"), "device_keys", ["device_id"])


def _enrolment() -> None:
    op.create_table(
        "enrolments",
        _text("code_sha256", 64),
        _text("organisation", 128),
        _text("invited_by", 128, nullable=True),
        _text("order_id", 40, nullable=True),
        sa.Column("challenge", sa.LargeBinary(length=32), nullable=False),
        _time("invited_at"),
        _time("expires_at"),
        _time("used_at", nullable=True),
        sa.CheckConstraint(
            "(invited_by IS NULL) <> (order_id IS NULL)", name=op.f("ck_enrolments_of_staff_or_order")
        ),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_enrolments")),
    )
    op.create_index(op.f("ix_enrolments_expires_at"), "enrolments", ["expires_at"])
    op.create_table(
        "device_challenges",
        _text("device_id", 40),
        sa.Column("challenge", sa.LargeBinary(length=32), nullable=False),
        _time("issued_at"),
        _time("expires_at"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_challenges_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_challenges")),
    )


def _signing_in() -> None:
    op.create_table(
        "pairings",
        _text("id", 40),
        _text("code_sha256", 64),
        _text("organisation", 128),
        _text("person", 128),
        _text("session", 64),
        _text("number", 4),
        _time("opened_at"),
        _time("expires_at"),
        _text("device_id", 40, nullable=True),
        _text("sign_in_sha256", 64, nullable=True),
        _time("claimed_at", nullable=True),
        _time("confirmed_at", nullable=True),
        sa.CheckConstraint(
            "(device_id IS NULL) = (claimed_at IS NULL)", name=op.f("ck_pairings_claimed_by_a_device")
        ),
        sa.CheckConstraint(
            "(sign_in_sha256 IS NULL) = (claimed_at IS NULL)", name=op.f("ck_pairings_claimed_with_a_code")
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR claimed_at IS NOT NULL", name=op.f("ck_pairings_confirmed_after_claim")
        ),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_pairings_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairings")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_pairings_code_sha256")),
    )
    op.create_index(op.f("ix_pairings_expires_at"), "pairings", ["expires_at"])
    op.create_table(
        "sign_in_codes",
        _text("code_sha256", 64),
        _text("device_key", 64),
        _text("organisation", 128),
        _text("person", 128),
        _text("session", 64),
        _time("signed_in_at"),
        sa.Column("methods", sa.JSON(), nullable=False),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_sign_in_codes")),
    )
    op.create_index(op.f("ix_sign_in_codes_expires_at"), "sign_in_codes", ["expires_at"])


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
