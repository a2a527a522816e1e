"""Trails for tests, and what somebody with the database alone could do to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, text

from mrtd.inspection.report import canonical_json
from service.adapters.db.database import SqlDatabase
from service.domain.audit import Action, AuditEntry
from service.domain.audit_chain import START, Break, ChainedEntry, Head, Walk, chained
from tests.service.conftest import NOW

MEMBERS = tuple(ChainedEntry.__slots__)


def audit_entry(number: int, *, organisation: str = "Region A", actor: str = "anna") -> AuditEntry:
    """One of many."""
    at = NOW + timedelta(seconds=number)
    details = {"count": number, "ok": True, "reason": None, "text": "å"}
    return AuditEntry(at, actor, organisation, Action.OPENED, f"vs_{number % 3}", details)


def rows(count: int, organisations: Sequence[str] = ("Region A", "Region B")) -> list[dict[str, Any]]:
    """A whole trail as a database gives it."""
    head, heads, found = START, dict.fromkeys(organisations, START), []
    for number in range(count):
        organisation = organisations[number % len(organisations)]
        entry = chained(audit_entry(number, organisation=organisation), "ac_A", "0.1.0", head, heads[organisation])
        head, heads[organisation] = entry.head, entry.organisation_head
        found.append(stored(entry))
    return found


def stored(entry: ChainedEntry) -> dict[str, Any]:
    """The row of an entry."""
    members = {name: getattr(entry, name) for name in MEMBERS}
    return {**members, "details": canonical_json(dict(entry.details)).decode()}


def walked(found: Sequence[Mapping[str, Any]], head: Head, expected: Mapping[int, str] | None = None) -> Break | None:
    """What a walk over rows says, ordered by number as a database orders them."""
    walk = Walk(START, expected)
    for row in sorted(found, key=lambda row: row["number"]):
        broken = walk.step(row)
        if broken is not None:
            return broken
    return walk.end(head)


def rewritten(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Both chains made anew over the same contents, by code of its own: what a thorough forger does."""
    previous, heads, forged = "0" * 64, {}, []
    for number, row in enumerate(found, start=1):
        count, before = heads.get(row["organisation"], (0, "0" * 64))
        content = {
            "organisation": row["organisation"],
            "organisation_number": count + 1,
            "organisation_previous": before,
            "at": row["at"],
            "actor": row["actor"],
            "action": row["action"],
            "verification_id": row["verification_id"],
            "details": json.loads(row["details"]),
            "software": row["software"],
        }
        link = {"schema": "passkoll/audit/1", "number": number, "previous": previous, "content": _sha256(content)}
        digest = _sha256(link)
        forged.append(
            {**row, **content, "details": row["details"], "number": number, "previous": previous, "digest": digest}
        )
        previous, heads[row["organisation"]] = digest, (count + 1, digest)
    return forged


def _sha256(value: object) -> str:
    octets = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return hashlib.sha256(octets).hexdigest()


def write(database: SqlDatabase, count: int, **options: str) -> None:
    """Entries, each in a transaction of its own."""
    for number in range(count):
        with database.changing() as work:
            work.audit.write(audit_entry(number, **options))


def unprotect(engine: Engine) -> None:
    """Drop what refuses changes: whoever owns the database can."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION audit_is_append_only() CASCADE"))
            return
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def execute(engine: Engine, *statements: str) -> None:
    """SQL of somebody with the database."""
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def forge(engine: Engine, found: Sequence[Mapping[str, Any]]) -> None:
    """Put these rows in the place of the trail, its head included."""
    columns = ", ".join(MEMBERS)
    values = ", ".join(f":{name}" for name in MEMBERS)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_trail"))
        connection.execute(text(f"INSERT INTO audit_trail ({columns}) VALUES ({values})"), list(found))  # noqa: S608
        last = found[-1]
        connection.execute(text("UPDATE audit_head SET number = :number, digest = :digest"), dict(last))


def all_rows(database: SqlDatabase) -> list[dict[str, Any]]:
    """The trail as it lies there."""
    with database.reading() as work:
        return [dict(row) for row in work.audit.rows()]
