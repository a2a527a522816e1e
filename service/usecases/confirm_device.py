"""Confirm a phone: a second person compares the fingerprint of its key (SECURITY.md 7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from service.domain.audit import Action, Details, entry
from service.domain.devices import Device, confirmed, same_fingerprint
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.two_people import require_two, require_unhandled, require_verified


@dataclass(frozen=True, slots=True)
class ConfirmDevice:
    """`POST /v1/devices/{id}/confirm` and `passkoll device confirm`.

    Nobody is shown the fingerprint here: the person writes what the phone shows, and so has looked at it.
    """

    database: Database
    clock: Clock

    def __call__(self, who: Principal, device_id: str, written: str) -> Device:
        """The phone, which may act from now on.

        Raises:
            ServiceError: `not_found`: no phone of this organisation; `wrong_state`: it does not wait for this;
                `same_person`, or a code of `service.domain.two_people`: `who` is no second person beside the one who
                invited it; `fingerprint_mismatch`.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            device = device_of(work, who, device_id)
            active = confirmed(device, who.id, now)
            _require_second_person(work, device, who, now)
            if same_fingerprint(device.key, written):
                work.devices.save(active)
                work.audit.write(entry(who, now, Action.DEVICE_CONFIRMED, None, _confirmed(active)))
                return active
            # Kept though the request is refused: another key than the one in somebody's hand is a sign of an attack.
            work.audit.write(entry(who, now, Action.DEVICE_NOT_RECOGNISED, None, {"device": device.id}))
        raise ServiceError(ProblemCode.FINGERPRINT_MISMATCH)


def device_of(work: Work, who: Principal, device_id: str) -> Device:
    """A phone of the organisation of `who`, held until the transaction ends.

    Raises:
        ServiceError: `not_found`.
    """
    device = work.devices.held(device_id)
    if device is None or device.organisation != who.organisation:
        raise ServiceError(ProblemCode.NOT_FOUND)
    return device


def _confirmed(device: Device) -> Details:
    """Which key the second person recognised, and what was known of it: the phone may have another one later."""
    return {
        "device": device.id,
        "key": device.key,
        "platform": device.platform.value,
        "protection": device.protection.value,
        "attested_at": None if device.attested_at is None else device.attested_at.astimezone(UTC).isoformat(),
    }


def _require_second_person(work: Work, device: Device, who: Principal, now: datetime) -> None:
    """Refuse a second account of the person who invited the phone (SECURITY.md 7.3)."""
    inviter = None if device.enrolled_by is None else work.people.find(device.enrolled_by)
    one, other = require_verified(inviter), require_verified(work.people.find(who.id))
    require_two(one, other)
    require_unhandled(one, other, now)
