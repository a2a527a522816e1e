"""The tables of phones: their keys, enrolment codes, challenges and pairings, and the one-time codes of a sign-in.

No code of any kind is kept, only its SHA-256: who reads the database can use none of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from service.adapters.db.tables import UtcDateTime, metadata

#: Rows stay for ever: a phone that was revoked goes on being one that was revoked.
devices: Final = Table(
    "devices",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("organisation", String(128), nullable=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("public_key", Text, nullable=False),
    Column("platform", String(20), nullable=False),
    Column("protection", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("enrolled_at", UtcDateTime, nullable=False),
    Column("enrolled_by", String(128)),
    Column("order_id", String(40)),
    Column("model", String(64)),
    Column("attested_at", UtcDateTime),
    Column("confirmed_by", String(128)),
    Column("confirmed_at", UtcDateTime),
    Column("revoked_by", String(128)),
    Column("revoked_at", UtcDateTime),
    CheckConstraint("confirmed_by <> enrolled_by", name="two_people"),
    CheckConstraint("(enrolled_by IS NULL) <> (order_id IS NULL)", name="of_staff_or_order"),
    Index(None, "organisation"),
)

#: Every key that a phone has or had, so that none of them is ever another's, nor anybody's anew.
device_keys: Final = Table(
    "device_keys",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("device_id", String(40), ForeignKey("devices.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "device_id"),
)

#: One-time enrolment codes, with the challenge that an attestation must hold.
enrolments: Final = Table(
    "enrolments",
    metadata,
    Column("code_sha256", String(64), primary_key=True),
    Column("organisation", String(128), nullable=False),
    Column("invited_by", String(128)),
    Column("order_id", String(40)),
    Column("challenge", LargeBinary(32), nullable=False),
    Column("invited_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    CheckConstraint("(invited_by IS NULL) <> (order_id IS NULL)", name="of_staff_or_order"),
    Index(None, "expires_at"),
)

#: What a phone must have attested when its attestation is renewed; at most one open challenge a phone.
device_challenges: Final = Table(
    "device_challenges",
    metadata,
    Column("device_id", String(40), ForeignKey("devices.id"), primary_key=True),
    Column("challenge", LargeBinary(32), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

#: A signed-in person lends the sign-in of a console to a phone. `sign_in_sha256`: of the code that the phone holds
#: since it claimed the pairing, and that is good for nothing until the person confirms.
pairings: Final = Table(
    "pairings",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("code_sha256", String(64), nullable=False, unique=True),
    Column("organisation", String(128), nullable=False),
    Column("person", String(128), nullable=False),
    Column("session", String(64), nullable=False),
    Column("number", String(4), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("device_id", String(40), ForeignKey("devices.id")),
    Column("sign_in_sha256", String(64)),
    Column("claimed_at", UtcDateTime),
    Column("confirmed_at", UtcDateTime),
    CheckConstraint("(device_id IS NULL) = (claimed_at IS NULL)", name="claimed_by_a_device"),
    CheckConstraint("(sign_in_sha256 IS NULL) = (claimed_at IS NULL)", name="claimed_with_a_code"),
    CheckConstraint("confirmed_at IS NULL OR claimed_at IS NOT NULL", name="confirmed_after_claim"),
    Index(None, "expires_at"),
)

#: Codes that prove who signed in to the phone with this key. `methods`: how the person proved it.
sign_in_codes: Final = Table(
    "sign_in_codes",
    metadata,
    Column("code_sha256", String(64), primary_key=True),
    Column("device_key", String(64), nullable=False),
    Column("organisation", String(128), nullable=False),
    Column("person", String(128), nullable=False),
    Column("session", String(64), nullable=False),
    Column("signed_in_at", UtcDateTime, nullable=False),
    Column("methods", JSON, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
)
