"""Pairings as rows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from service.adapters.db.device_tables import pairings
from service.domain.pairing import Pairing


@dataclass(frozen=True, slots=True)
class PairingRows:
    """Answers `service.domain.pairing.Pairings`."""

    connection: Connection

    def add(self, code_sha256: str, pairing: Pairing) -> None:
        values = dataclasses.asdict(pairing)
        values["device_id"] = values.pop("device")
        self.connection.execute(insert(pairings).values(code_sha256=code_sha256, **values))

    def find(self, pairing_id: str) -> Pairing | None:
        return self._one(pairings.c.id == pairing_id)

    def by_code(self, code_sha256: str) -> Pairing | None:
        return self._one(pairings.c.code_sha256 == code_sha256)

    def claim(self, pairing_id: str, device: str, sign_in_sha256: str, at: datetime) -> bool:
        values = {"device_id": device, "sign_in_sha256": sign_in_sha256, "claimed_at": at}
        return self._change(pairing_id, at, values, pairings.c.device_id.is_(None))

    def confirm(self, pairing_id: str, at: datetime) -> bool:
        waiting = pairings.c.device_id.is_not(None) & pairings.c.confirmed_at.is_(None)
        return self._change(pairing_id, at, {"confirmed_at": at}, waiting)

    def forget_before(self, moment: datetime) -> None:
        self.connection.execute(delete(pairings).where(pairings.c.expires_at <= moment))

    def _one(self, condition: ColumnElement[bool]) -> Pairing | None:
        row = self.connection.execute(select(pairings).where(condition)).one_or_none()
        if row is None:
            return None
        values = dict(row._mapping)
        del values["code_sha256"]
        values["device"] = values.pop("device_id")
        return Pairing(**values)

    def _change(
        self, pairing_id: str, at: datetime, values: dict[str, object], condition: ColumnElement[bool]
    ) -> bool:
        row = (pairings.c.id == pairing_id, pairings.c.expires_at > at)
        return self.connection.execute(update(pairings).where(*row, condition).values(values)).rowcount == 1
