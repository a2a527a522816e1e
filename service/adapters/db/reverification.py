"""Decisions that are judged anew, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mrtd.inspection.verdict import Verdict
from service.adapters.db import tables
from service.adapters.db.findings import _verdict
from service.adapters.db.reverification_tables import rejudgements, rounds, standings
from service.domain.reverification import (
    IN_FORCE,
    Change,
    RecordedRejudgement,
    Rejudged,
    Round,
    Standing,
)

_CASE: Final = tables.verifications.c
_ROUND: Final = rounds.c


@dataclass(frozen=True, slots=True)
class ReverificationRows:
    """Answers `service.domain.repositories.Reverifications`."""

    connection: Connection

    def last_round(self) -> Round | None:
        row = self.connection.execute(select(rounds).order_by(_ROUND.id.desc()).limit(1)).one_or_none()
        return None if row is None else _round(row)

    def begin(self, trust_store: str, policy_digest: str, at: datetime) -> Round:
        counts = dict.fromkeys((change.value for change in Change), 0)
        values = {"trust_store": trust_store, "policy_digest": policy_digest, "begun_at": at, **counts}
        return _round(self.connection.execute(insert(rounds).values(values).returning(rounds)).one())

    def waiting(self, round_id: int, limit: int) -> Sequence[str]:
        judged = exists().where(standings.c.verification_id == _CASE.id, standings.c.round_id >= round_id)
        query = select(_CASE.id).where(_CASE.state.in_(sorted(IN_FORCE)), ~judged).order_by(_CASE.id).limit(limit)
        return list(self.connection.execute(query).scalars())

    def decisions(self) -> int:
        query = select(func.count()).where(_CASE.state.in_(sorted(IN_FORCE)))
        return int(self.connection.execute(query).scalar_one())

    def hold(self, verification_id: str) -> None:
        # on SQLite whoever may write is alone
        self.connection.execute(select(_CASE.id).where(_CASE.id == verification_id).with_for_update())

    def is_judged(self, verification_id: str, round_id: int) -> bool:
        judged = exists().where(standings.c.verification_id == verification_id, standings.c.round_id >= round_id)
        return bool(self.connection.execute(select(judged)).scalar_one())

    def standing(self, verification_id: str) -> Standing | None:
        query = select(standings).where(standings.c.verification_id == verification_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else Standing(row.in_force, row.since, row.whole, tuple(row.reasons))

    def stand(self, verification_id: str, round_id: int, standing: Standing) -> None:
        values = {"round_id": round_id, "since": standing.since, **_values(standing)}
        new = (postgresql if self.connection.dialect.name == "postgresql" else sqlite).insert(standings)
        self.connection.execute(
            new.values(verification_id=verification_id, **values).on_conflict_do_update(
                index_elements=["verification_id"], set_=values
            )
        )

    def record(
        self, verification_id: str, round_id: int, at: datetime, rejudged: Rejudged, standing: Standing
    ) -> None:
        self.connection.execute(
            insert(rejudgements).values(
                verification_id=verification_id,
                round_id=round_id,
                at=at,
                trust_store=rejudged.trust_store,
                as_of_then=_json(rejudged.as_of_then),
                as_of_now=_json(rejudged.as_of_now),
                **_values(standing),
            )
        )

    def history(self, verification_id: str) -> Sequence[RecordedRejudgement]:
        query = (
            select(rejudgements).where(rejudgements.c.verification_id == verification_id).order_by(rejudgements.c.id)
        )
        return [_recorded(row) for row in self.connection.execute(query)]

    def count(self, round_id: int, changes: Mapping[Change, int]) -> None:
        if changes:
            more = {change.value: _ROUND[change.value] + count for change, count in changes.items()}
            self.connection.execute(update(rounds).where(_ROUND.id == round_id).values(more))

    def finish(self, round_id: int, at: datetime) -> Round | None:
        statement = (
            update(rounds)
            .where(_ROUND.id == round_id, _ROUND.finished_at.is_(None))
            .values(finished_at=at)
            .returning(rounds)
        )
        row = self.connection.execute(statement).one_or_none()
        return None if row is None else _round(row)


def _values(standing: Standing) -> dict[str, object]:
    return {"in_force": standing.in_force, "whole": standing.whole, "reasons": list(standing.reasons)}


def _json(verdict: Verdict | None) -> dict[str, object] | None:
    return None if verdict is None else verdict.to_json()


def _round(row: Row[Any]) -> Round:
    counts = {change: row._mapping[change.value] for change in Change}
    return Round(row.id, row.trust_store, row.policy_digest, row.begun_at, row.finished_at, counts)


def _recorded(row: Row[Any]) -> RecordedRejudgement:
    then, now = (None if one is None else _verdict(one) for one in (row.as_of_then, row.as_of_now))
    return RecordedRejudgement(
        row.round_id, row.at, row.trust_store, then, now, row.in_force, row.whole, tuple(row.reasons)
    )
