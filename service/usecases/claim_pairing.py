"""Claim a pairing: a phone saw the code on the screen of a console."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from service.domain.audit import Action, AuditEntry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.one_time import CODE_BYTES, code_digest, one_time_code
from service.domain.pairing import Pairing
from service.domain.people import Person
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database


@dataclass(frozen=True, slots=True)
class ClaimedPairing:
    """What the phone shows: whose sign-in it would get, and the number.

    `sign_in_code`: good for nothing until the person at the console confirms.
    """

    pairing: Pairing
    person: Person | None
    sign_in_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClaimPairing:
    """`POST /v1/pairings/claim`, by an enrolled phone of the same organisation (SECURITY.md 7.2)."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, who: Principal, code: str) -> ClaimedPairing:
        """The pairing of a code, which is this phone's from now on.

        Raises:
            ServiceError: `not_found`: the code is unknown, too old, of another organisation or claimed already, and
                nothing says which. None of these changes anything.
        """
        now = self.clock.now()
        sign_in_code = one_time_code(self.randomness.octets(CODE_BYTES))
        with self.database.changing() as work:
            pairing = work.pairings.by_code(code_digest(code))
            if who.device is None or pairing is None or pairing.organisation != who.organisation:
                raise ServiceError(ProblemCode.NOT_FOUND)
            # the phone of a holder is for one order; nobody of the staff works with it
            device = work.devices.find(who.device)
            if device is None or device.order is not None:
                raise ServiceError(ProblemCode.NOT_FOUND)
            # whether it is open is looked at where it is taken: of two phones at once, one gets it
            if not work.pairings.claim(pairing.id, device.id, code_digest(sign_in_code), now):
                raise ServiceError(ProblemCode.NOT_FOUND)
            details = {"pairing": pairing.id, "device": device.id}
            work.audit.write(AuditEntry(now, device.id, who.organisation, Action.PAIRING_CLAIMED, None, details))
            person = work.people.find(pairing.person)
        return ClaimedPairing(replace(pairing, device=device.id, claimed_at=now), person, sign_in_code)
