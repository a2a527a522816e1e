"""The tables of people, of what they sign in with, and of their sign-ins and sessions.

Names, birth dates, HSA-ids, login names, password hashes and PKCE verifiers are sealed
(`service.adapters.people_keys`). What somebody is looked up by is a keyed digest; codes, cookies and states are
there as their SHA-256 alone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from service.adapters.db.tables import UtcDateTime, metadata


def _person_id(*, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column("person_id", String(40), ForeignKey("people.id"), primary_key=primary_key, nullable=nullable)


#: `names`, `born` and `hsa_id` are sealed.
people: Final = Table(
    "people",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("organisation", String(128), nullable=False),
    Column("roles", JSON, nullable=False),
    # NULL, not the JSON null: all of the organisation
    Column("areas", JSON(none_as_null=True)),
    Column("status", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("names", LargeBinary, nullable=False),
    Column("born", LargeBinary),
    Column("hsa_id", LargeBinary),
    Column("hsa_index", String(64)),
    Column("personal_number", LargeBinary(32)),
    Column("vouched_by", JSON, nullable=False),
    Column("asserted_at", UtcDateTime),
    UniqueConstraint("organisation", "hsa_index"),
    Index(None, "personal_number"),
)

#: Who did what to whose account; nothing is ever changed or deleted here.
handlings: Final = Table(
    "handlings",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _person_id(),
    Column("grip", String(20), nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "person_id"),
)

invitations: Final = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    _person_id(),
    Column("challenge", LargeBinary(32), nullable=False),
    Column("made_by", String(128), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Index(None, "person_id"),
)

#: `digest`: SHA-256 of the credential id, which may have 1023 octets (WebAuthn §4).
passkeys: Final = Table(
    "passkeys",
    metadata,
    Column("digest", String(64), primary_key=True),
    _person_id(),
    Column("credential", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Index(None, "person_id"),
)

#: `login` and `hash` are sealed.
passwords: Final = Table(
    "passwords",
    metadata,
    _person_id(primary_key=True),
    Column("login_index", String(64), nullable=False, unique=True),
    Column("login", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

#: Sign-ins that were begun. `verifier` is sealed; `binding` and `state` are digests.
sign_ins: Final = Table(
    "sign_ins",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("method", String(20), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("challenge", LargeBinary(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("binding", String(64)),
    Column("device_key", String(64)),
    _person_id(nullable=True),
    Column("session", String(40)),
    Column("approves", String(64)),
    Column("only", String(40)),
    Column("state", String(64), unique=True),
    Column("nonce", String(64)),
    Column("verifier", LargeBinary),
    Column("return_to", String(200)),
    Index(None, "until"),
)

#: `digest`: SHA-256 of the cookie. A step-up ends one session and begins the next; `began_at` is that of the first.
sessions: Final = Table(
    "sessions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    _person_id(),
    Column("methods", JSON, nullable=False),
    Column("proved_at", UtcDateTime, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("approves", String(64)),
    Column("only", String(40)),
    Column("device_key", String(64)),
    Index(None, "person_id"),
    Index(None, "until"),
)
