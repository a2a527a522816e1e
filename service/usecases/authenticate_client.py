"""Know a phone or a system by its signed assertion (RFC 7523 §3; SECURITY.md 7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from service.domain.devices import DeviceStatus
from service.domain.grants import ASSERTION_TYPE, ClientProof, Party
from service.domain.ports import Clock
from service.domain.proofs import MEMORY_MARGIN, ProofReader, ProofRefusal, ProofRefusedError, require_standing
from service.domain.repositories import Database, Work
from service.domain.tokens import OAuthError, OAuthErrorCode

log: Final = structlog.stdlib.get_logger("passkoll.proofs")


@dataclass(frozen=True, slots=True)
class AuthenticateClient:
    """Who asks for a token. Every refusal looks the same from outside; the log of the operator says which it was.

    `audience`: our issuer identifier, alone. Whoever gets hold of an assertion for somebody else cannot use it here.
    """

    database: Database
    clock: Clock
    reader: ProofReader
    audience: str

    def __call__(self, proof: ClientProof) -> Party:
        """The phone or system, which may act.

        Raises:
            OAuthError: `invalid_client`.
        """
        try:
            return self._party(proof)
        except ProofRefusedError as error:
            log.info("an assertion was refused", reason=error.code.value)
            raise OAuthError(
                OAuthErrorCode.INVALID_CLIENT, "client_assertion is missing, or proves no client that may ask"
            ) from None

    def _party(self, proof: ClientProof) -> Party:
        if proof.client_assertion is None or proof.client_assertion_type != ASSERTION_TYPE:
            raise ProofRefusedError(ProofRefusal.ABSENT)
        claimed = self.reader.claimed_issuer(proof.client_assertion)
        if proof.client_id not in (None, claimed):
            raise ProofRefusedError(ProofRefusal.WRONG_PARTY)
        now = self.clock.now()
        with self.database.reading() as work:
            party, keys = _registered(work, claimed)
        assertion = self.reader.assertion(proof.client_assertion, keys)
        require_standing(assertion, party.id, self.audience, now)
        until = datetime.fromtimestamp(assertion.exp, UTC) + MEMORY_MARGIN
        # after all else, and in a transaction of its own: it counts once, whatever is refused later
        with self.database.changing() as work:
            if not work.used_ids.use(party.id, assertion.jti, until):
                raise ProofRefusedError(ProofRefusal.USED_BEFORE)
        return party


def _registered(work: Work, claimed: str) -> tuple[Party, tuple[str, ...]]:
    """A phone or client that may act, and its keys.

    Raises:
        ProofRefusedError: there is none.
    """
    device = work.devices.find(claimed)
    if device is not None and device.status is DeviceStatus.ACTIVE:
        return Party.of_device(device), (device.public_key,)
    client = work.clients.find(claimed)
    if client is not None and client.revoked_at is None:
        return Party.of_client(client), client.keys
    raise ProofRefusedError(ProofRefusal.UNKNOWN_CLIENT)
