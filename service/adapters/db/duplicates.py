"""Traces and findings as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.db import tables
from service.adapters.db.duplicate_tables import findings, traces
from service.domain.duplicates import Finding, FindingCode, Traced, TracePurpose
from service.domain.retention import UNDECIDED

_ROW: Final = traces.c
_CASE: Final = tables.verifications.c
#: Undecided verifications of one document that are looked at: more is a sign by itself.
_MOST: Final = 20
#: Octets of a digest that a lock of PostgreSQL takes.
_LOCK_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class TraceRows:
    """Answers `service.domain.repositories.Traces`."""

    connection: Connection

    def hold(self, traced: Traced) -> None:
        if self.connection.dialect.name != "postgresql":
            # on SQLite whoever may write is alone
            return
        # in one order, so that two never wait for each other
        for digest in sorted(digests[0] for digests in traced.values()):
            number = int.from_bytes(bytes.fromhex(digest)[:_LOCK_BYTES], signed=True)
            self.connection.execute(select(func.pg_advisory_xact_lock(number)))

    def add(self, verification_id: str, traced: Traced, at: datetime) -> None:
        for purpose, digests in traced.items():
            values = {"verification_id": verification_id, "purpose": purpose, "digest": digests[0], "at": at}
            new = (postgresql if self.connection.dialect.name == "postgresql" else sqlite).insert(traces)
            self.connection.execute(new.values(values).on_conflict_do_nothing())

    def undecided(self, document: Collection[str], since: datetime, *, besides: str) -> Sequence[str]:
        query = (
            select(_CASE.id)
            .where(
                exists().where(_ROW.verification_id == _CASE.id, _met(TracePurpose.DOCUMENT, document, since)),
                _CASE.id != besides,
                _CASE.state.in_(sorted(UNDECIDED)),
            )
            .order_by(_CASE.id)
            .limit(_MOST)
        )
        return list(self.connection.execute(query).scalars())

    def with_other_holder(self, security_object: Collection[str], holder: Collection[str], since: datetime) -> bool:
        person = traces.alias().c
        other = exists().where(
            person.verification_id == _ROW.verification_id,
            person.purpose == TracePurpose.HOLDER,
            person.digest.not_in(sorted(holder)),
        )
        return self._exists(_met(TracePurpose.SECURITY_OBJECT, security_object, since), other)

    def answered_elsewhere(self, answer: Collection[str], since: datetime, *, besides: str) -> bool:
        return self._exists(_met(TracePurpose.CHIP_ANSWER, answer, since), _ROW.verification_id != besides)

    def failures(self, organisation: str, person: str, since: datetime, limit: int) -> Sequence[datetime]:
        return self._failed(organisation, _CASE.created_by == person, since, limit)

    def failures_of_device(self, organisation: str, device: str, since: datetime, limit: int) -> Sequence[datetime]:
        return self._failed(organisation, _CASE.captured_by_device == device, since, limit)

    def _failed(
        self, organisation: str, whose: ColumnElement[bool], since: datetime, limit: int
    ) -> Sequence[datetime]:
        query = (
            select(_CASE.created_at)
            .where(
                _CASE.organisation == organisation,
                whose,
                _CASE.created_at > since,
                _CASE.result_until.is_(None),
                _CASE.state.not_in(sorted(UNDECIDED)),
            )
            .order_by(_CASE.created_at.desc())
            .limit(limit)
        )
        return list(self.connection.execute(query).scalars())

    def forget(self, verification_id: str) -> None:
        self.connection.execute(delete(traces).where(_ROW.verification_id == verification_id))

    def forget_before(self, moment: datetime) -> None:
        self.connection.execute(delete(traces).where(_ROW.at <= moment))

    def _exists(self, *conditions: ColumnElement[bool]) -> bool:
        return bool(self.connection.execute(select(exists().where(*conditions))).scalar_one())


def _met(purpose: TracePurpose, digests: Collection[str], since: datetime) -> ColumnElement[bool]:
    return and_(_ROW.purpose == purpose, _ROW.digest.in_(sorted(digests)), _ROW.at > since)


@dataclass(frozen=True, slots=True)
class FindingRows:
    """Answers `service.domain.repositories.Findings`."""

    connection: Connection

    def add(self, verification_id: str, found: Collection[Finding], at: datetime) -> None:
        known = self.of(verification_id)
        for finding in sorted(set(found) - set(known), key=_order):
            self.connection.execute(
                insert(findings).values(
                    verification_id=verification_id, code=finding.code, other=finding.other or "", at=at
                )
            )

    def of(self, verification_id: str) -> Sequence[Finding]:
        query = select(findings).where(findings.c.verification_id == verification_id)
        rows = self.connection.execute(query)
        return sorted((Finding(FindingCode(row.code), row.other or None) for row in rows), key=_order)


def _order(finding: Finding) -> tuple[str, str]:
    return finding.code.value, finding.other or ""
