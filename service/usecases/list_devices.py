"""List the phones of an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.devices import Device, DeviceStatus
from service.domain.identity import Principal
from service.domain.repositories import Database


@dataclass(frozen=True, slots=True)
class ListDevices:
    """`GET /v1/devices` and `passkoll device list`."""

    database: Database

    def __call__(self, who: Principal, status: DeviceStatus | None = None) -> Sequence[Device]:
        """Those of `who`'s organisation, the newest first; of one status, or all."""
        with self.database.reading() as work:
            found = work.devices.of(who.organisation)
        wanted = [device for device in found if status in (None, device.status)]
        return sorted(wanted, key=lambda device: device.enrolled_at, reverse=True)
