"""Give a phone what the attestation of its key must hold."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.devices import ATTESTATION_TIME, AttestationChallenge, Device
from service.domain.enrolment import CHALLENGE_BYTES, Enrolment
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.one_time import code_digest
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database, Work


@dataclass(frozen=True, slots=True)
class ChallengeDevice:
    """`POST /v1/devices/challenges`: before the key of a new phone is made. Changes nothing."""

    database: Database
    clock: Clock

    def __call__(self, code: str) -> Enrolment:
        """What the code was made for.

        Raises:
            ServiceError: `not_found`: unknown, used or too old, and nothing says which.
        """
        with self.database.reading() as work:
            found = work.enrolments.find(code_digest(code))
        if found is None or not found.is_open(self.clock.now()):
            raise ServiceError(ProblemCode.NOT_FOUND)
        return found


@dataclass(frozen=True, slots=True)
class ChallengeAgain:
    """`POST /v1/devices/{id}/challenges`: before a phone has its attestation renewed."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, who: Principal, device_id: str) -> AttestationChallenge:
        """A challenge, in the place of the one before.

        Raises:
            ServiceError: `not_found`: the phone that asks is another one.
        """
        now = self.clock.now()
        challenge = AttestationChallenge(self.randomness.octets(CHALLENGE_BYTES), now, now + ATTESTATION_TIME)
        with self.database.changing() as work:
            own_device(work, who, device_id)
            work.devices.challenge(device_id, challenge)
        return challenge


def own_device(work: Work, who: Principal, device_id: str) -> Device:
    """The phone that asks, held until the transaction ends.

    Raises:
        ServiceError: `not_found`: it is another one, or not of this organisation.
    """
    device = work.devices.held(device_id) if who.device == device_id else None
    if device is None or device.organisation != who.organisation:
        raise ServiceError(ProblemCode.NOT_FOUND)
    return device
