"""Hand-overs as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.db.hand_over_tables import hand_over_tries, hand_overs
from service.adapters.db.people import PeopleSeal
from service.domain.errors import ProblemCode, ServiceError
from service.domain.hand_over import MAX_WRONG_BY_ALL, HandOver

#: What the digest of a code is for: the same text under another purpose is another digest.
_PURPOSE: Final = "hand_over"
_C: Final = hand_overs.c


@dataclass(slots=True, repr=False)
class HandOverRows:
    """Answers `service.domain.hand_over.HandOvers`."""

    connection: Connection
    sealing: PeopleSeal

    def digest(self, code: str) -> str:
        return self.sealing.cipher().index(_PURPOSE, code).hex()

    def add(self, hand_over: HandOver) -> None:
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(hand_overs).values(asdict(hand_over)))
        except IntegrityError:
            raise ServiceError(ProblemCode.CONFLICT) from None

    def of(self, verification_id: str) -> Sequence[HandOver]:
        query = select(hand_overs).where(_C.verification_id == verification_id).order_by(_C.opened_at, _C.id)
        return [HandOver(**row._mapping) for row in self.connection.execute(query)]

    def with_code(self, organisation: str, code_digest: str) -> HandOver | None:
        return self._one(select(hand_overs).where(_C.organisation == organisation, _C.code_digest == code_digest))

    def claim(self, hand_over: HandOver, person: str, at: datetime) -> bool:
        statement = (
            update(hand_overs)
            .where(
                _C.id == hand_over.id,
                _C.claimed_at.is_(None),
                _C.ended_at.is_(None),
                _C.expires_at > at,
                _C.wrong < MAX_WRONG_BY_ALL,
            )
            .values(claimed_by=person, claimed_at=at)
        )
        return self.connection.execute(statement).rowcount == 1

    def end(self, verification_id: str, at: datetime) -> None:
        self.connection.execute(
            update(hand_overs)
            .where(_C.verification_id == verification_id, _C.claimed_at.is_(None), _C.ended_at.is_(None))
            .values(ended_at=at)
        )

    def note_wrong(self, organisation: str, person: str, at: datetime) -> None:
        self.connection.execute(insert(hand_over_tries).values(person=person, at=at))
        # the rows in one order, so that two who try at once never wait for each other
        still_open = (
            select(_C.id)
            .where(
                _C.organisation == organisation, _C.claimed_at.is_(None), _C.ended_at.is_(None), _C.expires_at > at
            )
            .order_by(_C.id)
            .with_for_update()
        )
        ids = list(self.connection.execute(still_open).scalars())
        self.connection.execute(update(hand_overs).where(_C.id.in_(ids)).values(wrong=_C.wrong + 1))

    def wrong_since(self, person: str, since: datetime) -> Sequence[datetime]:
        tries = hand_over_tries.c
        query = select(tries.at).where(tries.person == person, tries.at > since).order_by(tries.at)
        return list(self.connection.execute(query).scalars())

    def forget_before(self, moment: datetime) -> None:
        self.connection.execute(delete(hand_overs).where(_C.expires_at < moment))
        self.connection.execute(delete(hand_over_tries).where(hand_over_tries.c.at < moment))

    def _one(self, query: Select[*tuple[Any, ...]]) -> HandOver | None:
        row: Row[*tuple[Any, ...]] | None = self.connection.execute(query).one_or_none()
        return None if row is None else HandOver(**row._mapping)
