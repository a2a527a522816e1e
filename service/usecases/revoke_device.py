"""Revoke a phone: from the next request on it is nobody."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.audit import Action, entry
from service.domain.devices import Device, DeviceStatus, revoked
from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.usecases.confirm_device import device_of


@dataclass(frozen=True, slots=True)
class RevokeDevice:
    """`DELETE /v1/devices/{id}` and `passkoll device revoke`. One person is enough, and nothing undoes it."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, device_id: str) -> Device:
        """The phone, revoked now or before.

        Raises:
            ServiceError: `not_found`: no phone of this organisation.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            device = device_of(work, who, device_id)
            if device.status is DeviceStatus.REVOKED:
                return device
            after = revoked(device, who.id, now)
            work.devices.save(after)
            work.access_tokens.revoke_client(device_id)
            details = {"device": device_id, "was": device.status.value}
            work.audit.write(entry(who, now, Action.DEVICE_REVOKED, None, details))
        return after
