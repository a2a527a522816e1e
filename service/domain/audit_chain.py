"""The audit trail as two chains of digests: one over everything, one for each organisation (SECURITY.md 7.9).

An entry's content is hashed by itself, and the digest of the entry covers that hash, so that a part of the chain can
be shown to somebody who must not read the entries between (`service.usecases.audit_export`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Any, Final

from mrtd.inspection.report import canonical_json
from service.domain.audit import AuditEntry, Details

SCHEMA: Final = "passkoll/audit/1"
#: What the first entry of a chain follows.
GENESIS: Final = "0" * 64
#: Octets of the secret that ties a pseudonym to a person.
SALT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain: its number there, and its digest; `START` before the first."""

    number: int
    digest: str


START: Final = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """One entry as it is kept, every member as it was hashed.

    `number` and `previous` belong to the chain over everything, `organisation_number` and `organisation_previous` to
    the chain of the organisation. `actor` is a pseudonym (`pseudonym`). `at` is RFC 3339 in UTC.
    """

    number: int
    previous: str
    organisation: str
    organisation_number: int
    organisation_previous: str
    at: str
    actor: str
    action: str
    verification_id: str | None
    details: Details
    software: str
    digest: str

    def content(self) -> dict[str, object]:
        """Everything but the place in the chain over everything."""
        return {
            "organisation": self.organisation,
            "organisation_number": self.organisation_number,
            "organisation_previous": self.organisation_previous,
            "at": self.at,
            "actor": self.actor,
            "action": self.action,
            "verification_id": self.verification_id,
            "details": dict(self.details),
            "software": self.software,
        }

    @property
    def head(self) -> Head:
        """This entry as the last of the chain over everything."""
        return Head(self.number, self.digest)

    @property
    def organisation_head(self) -> Head:
        """This entry as the last of its organisation's chain."""
        return Head(self.organisation_number, self.digest)


def content_digest(content: Mapping[str, object]) -> str:
    """SHA-256 of the canonical JSON of an entry's content, hexadecimal."""
    return hashlib.sha256(canonical_json(dict(content))).hexdigest()


def link_digest(number: int, previous: str, content_sha256: str) -> str:
    """The digest of an entry: SHA-256 of the canonical JSON of its place in the chain and the hash of its content."""
    link = {"schema": SCHEMA, "number": number, "previous": previous, "content": content_sha256}
    return hashlib.sha256(canonical_json(link)).hexdigest()


def chained(entry: AuditEntry, actor: str, software: str, after: Head, organisation_after: Head) -> ChainedEntry:
    """The entry in its place behind the last one, and behind the last one of its organisation.

    Raises:
        ValueError: details that are no codes, counts, booleans or nothing; a time without a zone.
    """
    if not all(isinstance(value, str | int | None) for value in entry.details.values()):
        raise ValueError("details of an audit entry hold codes and counts")
    if entry.at.tzinfo is None:
        raise ValueError("a time without a zone")
    unlinked = ChainedEntry(
        number=after.number + 1,
        previous=after.digest,
        organisation=entry.organisation,
        organisation_number=organisation_after.number + 1,
        organisation_previous=organisation_after.digest,
        at=entry.at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z",
        actor=actor,
        action=entry.action.value,
        verification_id=entry.verification_id,
        details=dict(entry.details),
        software=software,
        digest="",
    )
    return _with_digest(unlinked)


def _with_digest(entry: ChainedEntry) -> ChainedEntry:
    members = {name: getattr(entry, name) for name in ChainedEntry.__slots__}
    digest = link_digest(entry.number, entry.previous, content_digest(entry.content()))
    return ChainedEntry(**{**members, "digest": digest})


def pseudonym(salt: bytes, organisation: str, person: str) -> str:
    """The name of a person in the trail: HMAC-SHA-256 of organisation and person under a secret of their own.

    With the secret it proves who is meant, so that nobody can rename the actor of an entry; when the secret and the
    name are erased together, the entries say that somebody did it, and never who.
    """
    tag = hmac.digest(salt, canonical_json([organisation, person]), "sha256")
    return "ac_" + base64.b32encode(tag).decode().rstrip("=")


class BreakKind(StrEnum):
    """How an entry does not fit."""

    #: A value that no entry of this software has.
    UNREADABLE = "unreadable"
    #: There is no entry of this number.
    MISSING = "missing"
    #: It stands where no entry can be.
    INSERTED = "inserted"
    #: Its members are not those that were hashed.
    CHANGED = "changed"
    #: It does not follow from the entry before it: that one was replaced, or this one was.
    NOT_LINKED = "not_linked"
    #: It does not follow from the entry of its organisation before it.
    ORGANISATION_NOT_LINKED = "organisation_not_linked"
    #: The trail ends before this number, which was written.
    CUT_OFF = "cut_off"
    #: A signed checkpoint names another digest for it: everything up to it was written anew.
    CHECKPOINT_DIFFERS = "checkpoint_differs"
    #: A checkpoint is not signed by a key of this service, or says nothing of a trail.
    CHECKPOINT_INVALID = "checkpoint_invalid"
    #: The person behind the pseudonym was changed.
    ACTOR_CHANGED = "actor_changed"


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry that does not fit. `number` is its number in the chain over everything."""

    number: int
    kind: BreakKind


#: An entry as a database gives it: any value may be of any type.
StoredRow = Mapping[str, Any]


def read_row(row: StoredRow) -> ChainedEntry | None:
    """The entry of a row, or None where a value is none that this software writes."""
    try:
        details = json.loads(row["details"])
        entry = ChainedEntry(**{**{name: row[name] for name in ChainedEntry.__slots__}, "details": details})
        # what is not canonical was not written here
        return entry if _is_typed(entry) and canonical_json(details).decode() == row["details"] else None
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _is_typed(entry: ChainedEntry) -> bool:
    texts = (entry.previous, entry.organisation, entry.organisation_previous, entry.at, entry.actor, entry.action)
    return (
        all(type(number) is int for number in (entry.number, entry.organisation_number))
        and all(type(text) is str for text in (*texts, entry.software, entry.digest))
        and type(entry.verification_id) in (str, type(None))
        and type(entry.details) is dict
        and all(type(value) in (str, int, bool, type(None)) for value in entry.details.values())
    )


class Walk:
    """Follows both chains, entry by entry.

    Args:
        after: the entry to begin behind; the chains of organisations are then taken up where they are met.
        expected: digests that entries are known to have, by number.
    """

    def __init__(self, after: Head = START, expected: Mapping[int, str] | None = None) -> None:
        self.head = after
        self._partial: Final = after != START
        self._expected: Final = dict(expected or {})
        self._organisations: Final[dict[str, Head]] = {}

    @property
    def organisations(self) -> int:
        """How many organisations the entries so far belong to."""
        return len(self._organisations)

    def step(self, row: StoredRow) -> Break | None:
        """The next row by number; what does not fit, if anything. Nothing may be asked after that."""
        number = row["number"]
        wanted = self.head.number + 1
        if type(number) is not int or number < wanted:
            return Break(wanted, BreakKind.INSERTED)
        if number > wanted:
            return Break(wanted, BreakKind.MISSING)
        entry = read_row(row)
        kind = BreakKind.UNREADABLE if entry is None else self._misfit(entry)
        if entry is None or kind is not None:
            return Break(number, kind or BreakKind.UNREADABLE)
        self.head = entry.head
        self._organisations[entry.organisation] = entry.organisation_head
        return None

    def end(self, written: Head) -> Break | None:
        """Whether the trail ends too early: before what the database says was written, or before a checkpoint."""
        beyond = [number for number in (written.number, *self._expected) if number > self.head.number]
        if beyond:
            return Break(self.head.number + 1, BreakKind.CUT_OFF)
        return None if written == self.head else Break(self.head.number, BreakKind.INSERTED)

    def _misfit(self, entry: ChainedEntry) -> BreakKind | None:
        before = self._organisations.get(entry.organisation, None if self._partial else START)
        if link_digest(entry.number, entry.previous, content_digest(entry.content())) != entry.digest:
            return BreakKind.CHANGED
        if entry.previous != self.head.digest:
            return BreakKind.NOT_LINKED
        if before is not None and (before.number + 1, before.digest) != (
            entry.organisation_number,
            entry.organisation_previous,
        ):
            return BreakKind.ORGANISATION_NOT_LINKED
        if self._expected.get(entry.number, entry.digest) != entry.digest:
            return BreakKind.CHECKPOINT_DIFFERS
        return None
