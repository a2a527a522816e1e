"""Invite a phone: a one-time code, with the challenge for the attestation of its key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from service.domain.audit import Action, entry
from service.domain.enrolment import CHALLENGE_BYTES, CODE_AGE, Enrolment
from service.domain.identity import Principal
from service.domain.one_time import CODE_BYTES, code_digest, one_time_code
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the screen of an administrator shows to a phone, this once."""

    code: str = field(repr=False)
    challenge: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InviteDevice:
    """`POST /v1/devices/invitations` and `passkoll device invite` (SECURITY.md 7.2)."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, who: Principal) -> Invitation:
        """A code for one phone of the organisation of `who`."""
        now = self.clock.now()
        code = one_time_code(self.randomness.octets(CODE_BYTES))
        challenge = self.randomness.octets(CHALLENGE_BYTES)
        enrolment = Enrolment(who.organisation, challenge, now, now + CODE_AGE, invited_by=who.id)
        with self.database.changing() as work:
            work.enrolments.add(code_digest(code), enrolment)
            work.audit.write(entry(who, now, Action.DEVICE_INVITED, None))
        return Invitation(code, challenge, enrolment.expires_at)
