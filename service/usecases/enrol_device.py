"""Enrol a phone: it shows a code, its key, and what is attested of the key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.domain.audit import Action, AuditEntry
from service.domain.devices import Device, DeviceStatus
from service.domain.enrolment import Enrolment
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Presented
from service.domain.ids import ID_BYTES, device_id
from service.domain.one_time import code_digest
from service.domain.ports import Clock, Randomness
from service.domain.proofs import ProofCheck, ProvenKey
from service.domain.repositories import Database
from service.usecases.bind_holder import require_holder_wanted
from service.usecases.judging_attestation import AttestationRefusedError, Attested, Evidence, JudgeAttestation


@dataclass(frozen=True, slots=True)
class EnrolDevice:
    """`POST /v1/devices` (SECURITY.md 7.2).

    The phone of an administrator waits for a second person. That of a holder acts at once: its code came with the
    order, and it may touch nothing but that order.
    """

    database: Database
    clock: Clock
    randomness: Randomness
    proof: ProofCheck
    judge: JudgeAttestation

    def __call__(self, presented: Presented, code: str, evidence: Evidence | None) -> Device:
        """The new phone.

        The key is proved before the code is looked at, and the code is used up only by a phone that was enrolled: who
        tries without the key, or with a key that is not good enough, takes nothing away from anybody.

        Raises:
            ServiceError: `invalid_proof`; `not_found`: the code is unknown, used or too old, and nothing says which;
                `attestation_refused`; `conflict`: the key belongs to a phone already, or did.
        """
        key = self.proof(presented)
        now = self.clock.now()
        digest = code_digest(code)
        with self.database.reading() as work:
            enrolment = work.enrolments.find(digest)
        if enrolment is None or not enrolment.is_open(now):
            raise ServiceError(ProblemCode.NOT_FOUND)
        try:
            attested = self.judge(evidence, key.thumbprint, enrolment.challenge, now)
        except AttestationRefusedError as error:
            self._note(enrolment, error, now)
            raise
        device = self._device(enrolment, key, attested, now)
        with self.database.changing() as work:
            if not work.enrolments.use(digest, now):
                raise ServiceError(ProblemCode.NOT_FOUND)
            if enrolment.order is not None:
                require_holder_wanted(work, enrolment.order)
            work.devices.add(device)
            work.audit.write(_enrolled(device, attested))
        return device

    def _device(self, enrolment: Enrolment, key: ProvenKey, attested: Attested, now: datetime) -> Device:
        return Device(
            device_id(self.randomness.octets(ID_BYTES)),
            enrolment.organisation,
            key.thumbprint,
            key.public_key,
            attested.platform,
            attested.protection,
            DeviceStatus.PENDING if enrolment.order is None else DeviceStatus.ACTIVE,
            now,
            enrolled_by=enrolment.invited_by,
            order=enrolment.order,
            model=attested.model,
            attested_at=attested.attested_at,
        )

    def _note(self, enrolment: Enrolment, refused: AttestationRefusedError, now: datetime) -> None:
        """That somebody held a good code and no good key; the actor is who made the code."""
        actor = enrolment.invited_by or enrolment.order or ""
        details = {"reasons": " ".join(refused.reasons)}
        with self.database.changing() as work:
            work.audit.write(
                AuditEntry(now, actor, enrolment.organisation, Action.ATTESTATION_REFUSED, None, details)
            )


def _enrolled(device: Device, attested: Attested) -> AuditEntry:
    details = {**attested.details(), "device": device.id, "key": device.key}
    actor = device.enrolled_by or device.order or ""
    return AuditEntry(device.enrolled_at, actor, device.organisation, Action.DEVICE_ENROLLED, None, details)
