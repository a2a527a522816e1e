"""Enrolment codes as rows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from service.adapters.db.device_tables import enrolments
from service.domain.enrolment import Enrolment


@dataclass(frozen=True, slots=True)
class EnrolmentRows:
    """Answers `service.domain.enrolment.Enrolments`."""

    connection: Connection

    def add(self, code_sha256: str, enrolment: Enrolment) -> None:
        values = dataclasses.asdict(enrolment)
        values["order_id"] = values.pop("order")
        self.connection.execute(insert(enrolments).values(code_sha256=code_sha256, **values))

    def find(self, code_sha256: str) -> Enrolment | None:
        query = select(enrolments).where(enrolments.c.code_sha256 == code_sha256)
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        values = dict(row._mapping)
        del values["code_sha256"]
        values["order"] = values.pop("order_id")
        return Enrolment(**values)

    def use(self, code_sha256: str, at: datetime) -> bool:
        statement = (
            update(enrolments)
            .where(
                enrolments.c.code_sha256 == code_sha256,
                enrolments.c.used_at.is_(None),
                enrolments.c.expires_at > at,
            )
            .values(used_at=at)
        )
        return self.connection.execute(statement).rowcount == 1

    def end_of_order(self, order_id: str, at: datetime) -> None:
        table = enrolments.c
        statement = update(enrolments).where(table.order_id == order_id, table.used_at.is_(None)).values(used_at=at)
        self.connection.execute(statement)

    def forget_before(self, moment: datetime) -> None:
        self.connection.execute(delete(enrolments).where(enrolments.c.expires_at <= moment))
