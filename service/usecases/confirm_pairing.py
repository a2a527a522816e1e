"""Confirm a pairing: the person at the console sees the same number on the phone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from service.domain.audit import Action, entry
from service.domain.devices import Device, DeviceStatus
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.pairing import Pairing
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.sign_in_codes import CODE_AGE, SignInCode
from service.usecases.show_pairing import PairingShown, opened_here, pairing_shown

#: How the person proved to the phone who they are, beside `amr` of RFC 8176: a console lent its sign-in.
PAIRED: Final = "pairing"


@dataclass(frozen=True, slots=True)
class ConfirmPairing:
    """`POST /v1/pairings/{id}/confirm`, by the sign-in that opened it (SECURITY.md 7.2).

    What the phone gets is as old as the sign-in at the console: the person proved who they are there and then.
    """

    database: Database
    clock: Clock

    def __call__(self, who: Principal, pairing_id: str) -> PairingShown:
        """The pairing; from now on the code that the phone holds proves who signed in there.

        Raises:
            ServiceError: `not_found`: another sign-in opened it; `wrong_state`: no phone claimed it, it is too old,
                it was confirmed before, or the phone was revoked meanwhile.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            pairing = opened_here(work, who, pairing_id)
            device = _phone(work, pairing)
            if device is None or not work.pairings.confirm(pairing.id, now):
                raise ServiceError(ProblemCode.WRONG_STATE, state=pairing.state(now).value)
            work.sign_in_codes.issue(*_code(pairing, device, who, now))
            details = {"pairing": pairing.id, "device": device.id}
            work.audit.write(entry(who, now, Action.PAIRING_CONFIRMED, None, details))
            return pairing_shown(work, replace(pairing, confirmed_at=now), now)


def _phone(work: Work, pairing: Pairing) -> Device | None:
    """The phone that claimed it, if it may still act."""
    device = None if pairing.device is None else work.devices.find(pairing.device)
    return device if device is not None and device.status is DeviceStatus.ACTIVE else None


def _code(pairing: Pairing, device: Device, who: Principal, now: datetime) -> tuple[str, SignInCode]:
    if pairing.sign_in_sha256 is None or who.signed_in_at is None:
        # a pairing is opened only with a sign-in, and claimed only with a code
        raise ServiceError(ProblemCode.FORBIDDEN)
    code = SignInCode(
        device.key, pairing.organisation, pairing.person, pairing.session, who.signed_in_at, (PAIRED,), now + CODE_AGE
    )
    return pairing.sign_in_sha256, code
