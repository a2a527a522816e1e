"""Renew the attestation of a phone that is enrolled (SECURITY.md 7.7, "periodic re-attestation")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from service.domain.attestation import Refusal
from service.domain.audit import Action, AuditEntry, Details
from service.domain.devices import Device
from service.domain.identity import Presented, Principal
from service.domain.ports import Clock
from service.domain.proofs import ProofCheck, ProvenKey
from service.domain.repositories import Database
from service.usecases.challenge_device import own_device
from service.usecases.judging_attestation import AttestationRefusedError, Attested, Evidence, JudgeAttestation


@dataclass(frozen=True, slots=True)
class RenewAttestation:
    """`POST /v1/devices/{id}/attestations`, by the phone itself.

    Apple attests a key that is there already. Android attests a key when it is made, and never again: the phone makes
    a new key, and the request is proved by both, so that the phone that two people confirmed vouches for its next
    key. What was given to the old key ends.
    """

    database: Database
    clock: Clock
    proof: ProofCheck
    judge: JudgeAttestation

    def __call__(
        self, who: Principal, presented: Presented, device_id: str, evidence: Evidence, new_proof: str | None
    ) -> Device:
        """The phone with its new attestation.

        Args:
            who: the phone.
            presented: the request; that it holds the old key was shown with it.
            device_id: the phone that is meant.
            evidence: what is attested of the key.
            new_proof: a DPoP proof of the new key for this request, where there is one.

        Raises:
            ServiceError: `not_found`: another phone; `invalid_proof`; `attestation_refused`, also where no challenge
                was asked for, or it is too old; `conflict`: the new key belongs to a phone already, or did.
        """
        new = None if new_proof is None else self.proof(replace(presented, proof=new_proof))
        now = self.clock.now()
        with self.database.changing() as work:
            device = own_device(work, who, device_id)
            # Used up by any answer: nobody tries twice with one challenge.
            challenge = work.devices.take_challenge(device_id)
        if challenge is None or now >= challenge.expires_at:
            raise self._refused(device, AttestationRefusedError((Refusal.WRONG_CHALLENGE,)), now)
        key = ProvenKey(device.key, device.public_key) if new is None else new
        try:
            attested = self.judge(evidence, key.thumbprint, challenge.value, now)
        except AttestationRefusedError as error:
            raise self._refused(device, error, now) from None
        if attested.platform is not device.platform:
            raise self._refused(device, AttestationRefusedError((Refusal.OTHER_PLATFORM,)), now)
        return self._renewed(who, device_id, key, attested, now)

    def _renewed(self, who: Principal, device_id: str, key: ProvenKey, attested: Attested, now: datetime) -> Device:
        with self.database.changing() as work:
            device = own_device(work, who, device_id)
            renewed = replace(
                device,
                key=key.thumbprint,
                public_key=key.public_key,
                protection=attested.protection,
                model=attested.model,
                attested_at=now,
            )
            work.devices.save(renewed)
            if renewed.key != device.key:
                work.access_tokens.revoke_client(device_id)
            details = {**attested.details(), "key": renewed.key, "new_key": renewed.key != device.key}
            work.audit.write(_entry(renewed, Action.ATTESTATION_RENEWED, now, details))
        return renewed

    def _refused(self, device: Device, error: AttestationRefusedError, now: datetime) -> AttestationRefusedError:
        with self.database.changing() as work:
            details = {"reasons": " ".join(error.reasons)}
            work.audit.write(_entry(device, Action.ATTESTATION_REFUSED, now, details))
        return error


def _entry(device: Device, action: Action, now: datetime, details: Details) -> AuditEntry:
    return AuditEntry(now, device.id, device.organisation, action, None, {"device": device.id, **details})
