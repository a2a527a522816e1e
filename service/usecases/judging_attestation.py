"""What the key of a phone is worth, by what the phone shows and what the policy asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from service.domain.attestation import (
    AndroidEvidence,
    AppleEvidence,
    AttestationJudge,
    MalformedAttestationError,
    Refusal,
)
from service.domain.audit import Details
from service.domain.devices import DevicePolicy, KeyProtection, Platform
from service.domain.errors import FieldError, ProblemCode, ServiceError

#: Where in a request the attestation stands.
POINTER = "/attestation"

Evidence = AndroidEvidence | AppleEvidence


class AttestationRefusedError(ServiceError):
    """`attestation_refused`, with every reason."""

    def __init__(self, reasons: tuple[Refusal, ...]) -> None:
        self.reasons = reasons
        errors = tuple(FieldError(POINTER, reason.value) for reason in reasons)
        super().__init__(ProblemCode.ATTESTATION_REFUSED, errors=errors)


@dataclass(frozen=True, slots=True)
class Attested:
    """What is known of a key. `attentions`: what people are told of it; `facts`: what its attestation says."""

    platform: Platform
    protection: KeyProtection
    attested_at: datetime | None
    model: str | None = None
    attentions: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def details(self) -> Details:
        """What the audit trail keeps: on what the key was let in, long after the attestation itself is gone.

        The time of the entry is that of the attestation. Facts name a model, an app and a patch level, never one
        phone (`service.domain.attestation.AttestationReport`).
        """
        return {
            "platform": self.platform.value,
            "protection": self.protection.value,
            "attentions": " ".join(self.attentions),
            "model": self.model,
            **self.facts,
        }


@dataclass(frozen=True, slots=True)
class JudgeAttestation:
    """Applies the policy to what a phone shows of its key (SECURITY.md 7.7)."""

    judge: AttestationJudge
    policy: DevicePolicy

    def __call__(self, evidence: Evidence | None, key: str, challenge: bytes, at: datetime) -> Attested:
        """What the key of this thumbprint is.

        Raises:
            AttestationRefusedError: not good enough.
            ServiceError: `validation_failed`: the evidence cannot be read.
        """
        if evidence is None:
            if not self.policy.software_keys:
                raise AttestationRefusedError((Refusal.NOT_ATTESTED,))
            return Attested(Platform.HARNESS, KeyProtection.SOFTWARE, None)
        try:
            report = self.judge.judge(evidence, key, challenge, at)
        except MalformedAttestationError as error:
            raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError(POINTER, error.code),)) from None
        # A report about another key says nothing about this one, whatever it says.
        if not report.accepted or report.key != key:
            raise AttestationRefusedError(report.refusals or (Refusal.NOT_ATTESTED,))
        attentions = tuple(word.value for word in report.attentions)
        return Attested(report.platform, report.protection, at, report.model, attentions, report.facts)
