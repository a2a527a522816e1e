"""Check the DPoP proof of a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Presented
from service.domain.ports import Clock
from service.domain.proofs import (
    MEMORY_MARGIN,
    PROOF_WINDOW,
    ProofReader,
    ProofRefusal,
    ProofRefusedError,
    ProvenKey,
    require_fitting,
    require_key,
)
from service.domain.repositories import Database

log: Final = structlog.stdlib.get_logger("passkoll.proofs")


@dataclass(frozen=True, slots=True)
class VerifyProof:
    """Answers `service.domain.proofs.ProofCheck`.

    The id of a proof is remembered in a transaction of its own, after everything else held: what is no proof fills no
    table, and a proof counts once whatever is refused later.

    `public_origin`: scheme and authority that clients know the service by; None where they ask this machine directly.
    """

    database: Database
    clock: Clock
    reader: ProofReader
    public_origin: str | None = None

    def __call__(self, presented: Presented, *, token: str | None = None, key: str | None = None) -> ProvenKey:
        try:
            return self._proven(presented, token, key)
        except ProofRefusedError as error:
            log.info("a proof was refused", reason=error.code.value)
            raise ServiceError(ProblemCode.INVALID_PROOF) from None

    def _proven(self, presented: Presented, token: str | None, key: str | None) -> ProvenKey:
        if presented.proof is None:
            raise ProofRefusedError(ProofRefusal.ABSENT)
        now = self.clock.now()
        proof = self.reader.proof(presented.proof)
        require_key(proof, key)
        address = (self.public_origin or presented.local_origin) + presented.path
        require_fitting(proof, presented.method, address, token, now)
        until = datetime.fromtimestamp(proof.iat, UTC) + PROOF_WINDOW + MEMORY_MARGIN
        with self.database.changing() as work:
            if not work.used_ids.use(proof.key.thumbprint, proof.jti, until):
                raise ProofRefusedError(ProofRefusal.USED_BEFORE)
        return proof.key
