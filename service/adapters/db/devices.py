"""Phones as rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.db.device_tables import device_challenges, device_keys, devices
from service.domain.devices import AttestationChallenge, Device, DeviceStatus, KeyProtection, Platform
from service.domain.errors import ProblemCode, ServiceError


@dataclass(frozen=True, slots=True)
class DeviceRows:
    """Answers `service.domain.devices.Devices`."""

    connection: Connection

    def find(self, device_id: str) -> Device | None:
        return self._one(devices.c.id == device_id)

    def by_key(self, key: str) -> Device | None:
        return self._one(devices.c.key == key)

    def of(self, organisation: str) -> Sequence[Device]:
        query = select(devices).where(devices.c.organisation == organisation).order_by(devices.c.id)
        return [_device(row) for row in self.connection.execute(query)]

    def of_order(self, order_id: str) -> Sequence[Device]:
        query = select(devices).where(devices.c.order_id == order_id).order_by(devices.c.id)
        return [_device(row) for row in self.connection.execute(query)]

    def held(self, device_id: str) -> Device | None:
        return self._one(devices.c.id == device_id, hold=True)

    def add(self, device: Device) -> None:
        if not self._insert(devices, _values(device)):
            raise ServiceError(ProblemCode.CONFLICT)
        self._take(device.key, device.id, device.enrolled_at)

    def save(self, device: Device) -> None:
        owner = self._owner(device.key)
        if owner is None:
            self._take(device.key, device.id, device.attested_at or device.enrolled_at)
        elif owner != device.id:
            raise ServiceError(ProblemCode.CONFLICT)
        standing = (devices.c.id == device.id, devices.c.status != DeviceStatus.REVOKED)
        if self.connection.execute(update(devices).where(*standing).values(_values(device))).rowcount != 1:
            raise ServiceError(ProblemCode.CONFLICT)

    def challenge(self, device_id: str, challenge: AttestationChallenge) -> None:
        self.connection.execute(delete(device_challenges).where(device_challenges.c.device_id == device_id))
        self.connection.execute(
            insert(device_challenges).values(
                device_id=device_id,
                challenge=challenge.value,
                issued_at=challenge.issued_at,
                expires_at=challenge.expires_at,
            )
        )

    def take_challenge(self, device_id: str) -> AttestationChallenge | None:
        table = device_challenges
        query = delete(table).where(table.c.device_id == device_id)
        row = self.connection.execute(query.returning(table.c.challenge, table.c.issued_at, table.c.expires_at))
        found = row.one_or_none()
        return None if found is None else AttestationChallenge(found.challenge, found.issued_at, found.expires_at)

    def _one(self, condition: ColumnElement[bool], *, hold: bool = False) -> Device | None:
        query = select(devices).where(condition)
        row = self.connection.execute(query.with_for_update() if hold else query).one_or_none()
        return None if row is None else _device(row)

    def _owner(self, key: str) -> str | None:
        query = select(device_keys.c.device_id).where(device_keys.c.key == key)
        return self.connection.execute(query).scalar_one_or_none()

    def _take(self, key: str, device_id: str, at: datetime) -> None:
        """Make it a key of this device for ever; of two who try at once, the second finds it taken."""
        if not self._insert(device_keys, {"key": key, "device_id": device_id, "at": at}):
            raise ServiceError(ProblemCode.CONFLICT)

    def _insert(self, table: Table, values: Mapping[str, object]) -> bool:
        """Whether the row is new by its key."""
        new = (postgresql if self.connection.dialect.name == "postgresql" else sqlite).insert(table)
        statement = new.values(values).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.key)
        # Not by the count of rows, which drivers need not tell of an INSERT.
        return self.connection.execute(statement).one_or_none() is not None


def _values(device: Device) -> dict[str, object]:
    values = dataclasses.asdict(device)
    values["order_id"] = values.pop("order")
    return values


def _device(row: Row[tuple[object, ...]]) -> Device:
    values = dict(row._mapping)
    values["order"] = values.pop("order_id")
    return Device(
        **{
            **values,
            "platform": Platform(row.platform),
            "protection": KeyProtection(row.protection),
            "status": DeviceStatus(row.status),
        }
    )
