"""Open a verification: one passport before one counter."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain import ids
from service.domain.audit import Action, entry
from service.domain.identity import Principal
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database
from service.domain.verification import Kind, Verification, open_verification


@dataclass(frozen=True, slots=True)
class OpenVerification:
    """`POST /v1/verifications`."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, who: Principal, kind: Kind, order_reference: str | None) -> Verification:
        now = self.clock.now()
        verification_id = ids.verification_id(self.randomness.octets(ids.ID_BYTES))
        verification = open_verification(verification_id, kind, order_reference, who.id, now)
        with self.database.changing() as work:
            work.verifications.add(verification)
            work.audit.write(entry(who, now, Action.OPENED, verification.id, {"kind": kind.value}))
        return verification
