"""Meeting a document, a person or an answer again (RULES.md section 5 "Replay", SECURITY.md 7.9).

What is met again is kept as a trace: a keyed hash, so that neither a database nor a backup of it tells whose document
was here. Traces make findings. People answer a finding with a reason, as they answer attention; only an answer of a
chip that came in another verification refuses by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from mrtd.inspection.report import canonical_json
from service.domain.errors import ProblemCode, ServiceError
from service.domain.lifecycle import Course, Happening
from service.domain.verification import CaseReason, NextStep


class TracePurpose(StrEnum):
    """What a trace is of. A digest of one purpose says nothing of another."""

    #: Issuing state, number and code of the document.
    DOCUMENT = "document"
    #: Names and date of birth.
    HOLDER = "holder"
    #: The octets of EF.SOD.
    SECURITY_OBJECT = "security_object"
    #: The signature of the chip (Active Authentication).
    CHIP_ANSWER = "chip_answer"


@dataclass(frozen=True, slots=True, repr=False)
class Trace:
    """What is to be met again, before it is hashed: personal data."""

    purpose: TracePurpose
    parts: tuple[str, ...]

    @property
    def octets(self) -> bytes:
        """What is hashed: no two different traces have the same octets."""
        return canonical_json([self.purpose.value, *self.parts])


class TraceKeys(Protocol):
    """Holds the keys of traces, which serve nothing else."""

    def digests(self, trace: Trace, at: datetime) -> tuple[str, ...]:
        """HMAC-SHA256 of a trace, hexadecimal, under the key of `at` and then under the one before, if it exists."""
        ...

    def forget_old(self, at: datetime) -> int:
        """Destroy the keys that no trace can have been made with any more; how many."""
        ...


#: The digests of what one upload holds, newest key first; a purpose that it does not hold is absent.
Traced = Mapping[TracePurpose, tuple[str, ...]]


class FindingCode(StrEnum):
    """What reviewers have to know, though no check of the document says it."""

    #: Another verification of this organisation has the same document before it now.
    DOCUMENT_IN_OTHER_CASE = "document_in_other_case"
    #: One of another organisation has; nobody is told more.
    DOCUMENT_IN_CASE_ELSEWHERE = "document_in_case_elsewhere"
    #: The same security object came with the data of another person.
    SECURITY_OBJECT_OF_OTHER_PERSON = "security_object_of_other_person"
    #: The same signature of a chip came in another verification: no chip signs two challenges alike.
    CHIP_ANSWER_REPLAYED = "chip_answer_replayed"
    #: Many verifications of the person who opened this one, or of the phone that captures, came to nothing lately.
    MANY_FAILED_CASES = "many_failed_cases"


class Severity(StrEnum):
    """What a finding costs."""

    #: Whoever approves gives a reason.
    ATTENTION = "attention"
    #: The verification is refused; people cannot lift it.
    REFUSED = "refused"


_SEVERITIES: Final[Mapping[FindingCode, Severity]] = MappingProxyType(
    dict.fromkeys(FindingCode, Severity.ATTENTION) | {FindingCode.CHIP_ANSWER_REPLAYED: Severity.REFUSED}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of one verification. `other`: the verification of the same organisation that it speaks of, if any."""

    code: FindingCode
    other: str | None = None

    @property
    def severity(self) -> Severity:
        """What it costs."""
        return _SEVERITIES[self.code]

    def basis(self) -> dict[str, object]:
        """What a review rests on."""
        return {"code": self.code.value, "severity": self.severity.value, "other": self.other}


def refusal(findings: Collection[Finding]) -> Course | None:
    """The end of a verification that a finding refuses; None where none does."""
    if any(finding.severity is Severity.REFUSED for finding in findings):
        return Course(Happening.CHIP_REFUSED, NextStep.STOP, CaseReason.CHIP_ANSWER_REPLAYED)
    return None


def need_answer(findings: Collection[Finding]) -> bool:
    """Whether an approval needs a reason."""
    return bool(findings)


@dataclass(frozen=True, slots=True)
class FailureLimits:
    """How many verifications of one administrator, or of one phone, may come to nothing within `window`.

    A verification that ended without an approval counts, however it ended. From `noted` on reviewers are told, from
    `refused` on no other one is opened until the window has moved on.
    """

    window: timedelta = timedelta(hours=24)
    noted: int = 10
    refused: int = 50

    def require_another(self, failed: Sequence[datetime], now: datetime) -> None:
        """Refuse to open a verification.

        Args:
            failed: when the failed ones of the window were opened, newest first, at least `refused` of them if so
                many are there.
            now: aware, UTC.

        Raises:
            ServiceError: `too_many_requests`, with the time until one of them has left the window.
        """
        if len(failed) >= self.refused:
            wait = failed[self.refused - 1] + self.window - now
            raise ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=max(1, int(wait.total_seconds()) + 1))
