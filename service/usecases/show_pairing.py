"""Show where a pairing stands, to the console that opened it and to the phone that claimed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.domain.devices import Device
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.pairing import Pairing, PairingState
from service.domain.ports import Clock
from service.domain.repositories import Database, Work


@dataclass(frozen=True, slots=True)
class PairingShown:
    """A pairing, where it stands now, and the phone that claimed it."""

    pairing: Pairing
    state: PairingState
    device: Device | None


@dataclass(frozen=True, slots=True)
class ShowPairing:
    """`GET /v1/pairings/{id}`; changes nothing."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, pairing_id: str) -> PairingShown:
        """The pairing.

        Raises:
            ServiceError: `not_found`: there is none, or whoever asks has no part in it.
        """
        with self.database.reading() as work:
            pairing = _of_either(work, who, pairing_id)
            return pairing_shown(work, pairing, self.clock.now())


def pairing_shown(work: Work, pairing: Pairing, now: datetime) -> PairingShown:
    """What is shown of a pairing."""
    device = None if pairing.device is None else work.devices.find(pairing.device)
    return PairingShown(pairing, pairing.state(now), device)


def opened_here(work: Work, who: Principal, pairing_id: str) -> Pairing:
    """A pairing that this very sign-in opened.

    Raises:
        ServiceError: `not_found`.
    """
    pairing = work.pairings.find(pairing_id)
    if pairing is None or not _opened_by(pairing, who):
        raise ServiceError(ProblemCode.NOT_FOUND)
    return pairing


def _of_either(work: Work, who: Principal, pairing_id: str) -> Pairing:
    pairing = work.pairings.find(pairing_id)
    if pairing is None or not (_opened_by(pairing, who) or _claimed_by(pairing, who)):
        raise ServiceError(ProblemCode.NOT_FOUND)
    return pairing


def _opened_by(pairing: Pairing, who: Principal) -> bool:
    same_person = (who.organisation, who.id) == (pairing.organisation, pairing.person)
    return same_person and Caller.STAFF in who.callers and who.session == pairing.session


def _claimed_by(pairing: Pairing, who: Principal) -> bool:
    return who.organisation == pairing.organisation and who.device is not None and who.device == pairing.device
