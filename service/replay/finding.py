"""What a replay found: of one dump or case, without anything personal, in the form in which it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mrtd.inspection import CheckStatus, InspectionReport, Verdict

if TYPE_CHECKING:
    from service.replay.compare import Difference

#: What is compared of a verdict; `attention` and `refused_by` follow from the checks.
VERDICT_MEMBERS: Final = ("outcome", "authenticity", "chip_genuine", "document_valid", "mrz_matches_chip")


@dataclass(frozen=True, slots=True)
class FoundCheck:
    """The end of one check, without its facts."""

    id: str
    subject: str
    status: CheckStatus
    reason: str | None

    def to_json(self) -> dict[str, object]:
        """As in a case."""
        return {"id": self.id, "subject": self.subject, "status": self.status.value, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class ServiceEnd:
    """Where the service left a verification, and the code of the problem that the last request met."""

    state: str
    next_step: str
    reason: str | None
    problem: str | None

    def to_json(self) -> dict[str, object]:
        """As in a case."""
        return {"state": self.state, "next_step": self.next_step, "reason": self.reason, "problem": self.problem}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found. `error` is the code of a dump that cannot be read; then nothing else was found.

    `verdicts` by policy. `reason` is the one to tell first, by the policy of `leading`. `service` is None unless the
    document went through the states of a verification.
    """

    error: str | None = None
    document_type: str | None = None
    issuing_state: str | None = None
    checks: tuple[FoundCheck, ...] = ()
    verdicts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    leading: str | None = None
    reason: str | None = None
    service: ServiceEnd | None = None

    def __post_init__(self) -> None:
        frozen = {policy: MappingProxyType(dict(verdict)) for policy, verdict in self.verdicts.items()}
        object.__setattr__(self, "verdicts", MappingProxyType(frozen))

    def __reduce__(self) -> tuple[type[Finding], tuple[object, ...]]:
        """Proxies cannot be pickled, and findings come from other processes."""
        verdicts = {policy: dict(verdict) for policy, verdict in self.verdicts.items()}
        state = (self.error, self.document_type, self.issuing_state, self.checks, verdicts)
        return Finding, (*state, self.leading, self.reason, self.service)

    @property
    def outcome(self) -> str | None:
        """The outcome under the leading policy; None if the dump cannot be read."""
        return None if self.leading is None else self.verdicts[self.leading]["outcome"]

    def to_json(self) -> dict[str, object]:
        """The members of a line of a results file."""
        return {
            "error": None if self.error is None else {"code": self.error},
            "document_type": self.document_type,
            "issuing_state": self.issuing_state,
            "checks": [check.to_json() for check in self.checks],
            "verdicts": {policy: dict(verdict) for policy, verdict in self.verdicts.items()},
            "leading": self.leading,
            "reason": self.reason,
            "service": None if self.service is None else self.service.to_json(),
        }


def found_checks(report: InspectionReport) -> tuple[FoundCheck, ...]:
    """The checks of a report, in its order."""
    return tuple(
        FoundCheck(check.id, check.subject, check.status, None if check.reason is None else check.reason.value)
        for check in report.checks
    )


def found_verdict(verdict: Verdict) -> dict[str, str]:
    """What is compared of a verdict."""
    return {name: str(getattr(verdict, name)) for name in VERDICT_MEMBERS}


class Status(StrEnum):
    """How a replay ended: `judged` is a bare dump, of which nothing is expected."""

    OK = "ok"
    JUDGED = "judged"
    DIFFERENT = "different"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One case or bare dump after its replay.

    `name` is the id of a case, else a path relative to the folder; `is_case` says which. `note` says why it was
    skipped or cannot be read.
    """

    name: str
    status: Status
    finding: Finding | None = None
    differences: tuple[Difference, ...] = ()
    note: str | None = None
    seconds: float = 0.0
    is_case: bool = True
