"""What is kept, as the use cases see it: one repository for each kind of row, all of them over one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mrtd.evidence import ChipEvidence, IssuedChallenge
from service.domain.audit import AuditEntry
from service.domain.challenge import Challenge
from service.domain.judgement import Judgement
from service.domain.mrz_capture import MrzCapture
from service.domain.result import ResultRecord
from service.domain.review import Review
from service.domain.trust import Activation, Draft, StoredTrust
from service.domain.verification import Verification


@dataclass(frozen=True, slots=True, repr=False)
class StoredEvidence:
    """What is kept of a chip: enough to judge it again. EF.DG3 and EF.DG4 are never in it."""

    evidence: ChipEvidence
    received_at: datetime
    challenge: IssuedChallenge | None


class Verifications(Protocol):
    """Every verification, by id."""

    def add(self, verification: Verification) -> None: ...
    def get(self, verification_id: str) -> Verification:
        """ServiceError `not_found` if there is none."""
        ...

    def save(self, verification: Verification) -> Verification:
        """ServiceError `conflict` unless nobody changed it since it was read; counts `version` up."""
        ...


class Captures(Protocol):
    """The accepted MRZ lines of a verification, oldest first."""

    def add(self, verification_id: str, capture: MrzCapture) -> None: ...
    def of(self, verification_id: str) -> Sequence[MrzCapture]: ...


class Challenges(Protocol):
    """The Active Authentication challenges of a verification, oldest first."""

    def add(self, verification_id: str, challenge: Challenge) -> None: ...
    def of(self, verification_id: str) -> Sequence[Challenge]: ...
    def mark_answered(self, challenge: Challenge, at: datetime) -> None:
        """ServiceError `challenge_used` if it was."""
        ...


class EvidenceStore(Protocol):
    """What was read from chips; the last one of a verification counts."""

    def add(self, verification_id: str, evidence: StoredEvidence) -> None: ...
    def latest(self, verification_id: str) -> StoredEvidence | None: ...


class Judgements(Protocol):
    """What the machine found; the last one of a verification counts."""

    def add(self, verification_id: str, judgement: Judgement) -> None: ...
    def latest(self, verification_id: str) -> Judgement | None: ...


class Reviews(Protocol):
    """What people decided, oldest first; one a person and verification."""

    def add(self, verification_id: str, review: Review) -> None: ...
    def of(self, verification_id: str) -> Sequence[Review]: ...


class Results(Protocol):
    """The results that exist; at most one a verification."""

    def add(self, result: ResultRecord) -> None: ...
    def of(self, verification_id: str) -> ResultRecord | None: ...
    def get(self, jti: str) -> ResultRecord:
        """ServiceError `not_found` if there is none."""
        ...

    def mark_consumed(self, result: ResultRecord) -> None: ...


class Audit(Protocol):
    """Append-only."""

    def write(self, entry: AuditEntry) -> None: ...


class TrustStores(Protocol):
    """Trust stores, the draft, and the activations. Nothing that a verification sends comes here."""

    def stored(self, digest: str) -> StoredTrust:
        """TrustError `unknown_store` if there is none."""
        ...

    def digests(self) -> Sequence[str]:
        """Of every store that is kept: those that were in use, and the draft's."""
        ...

    def draft(self) -> Draft | None: ...
    def stage(self, draft: Draft, stored: StoredTrust, *, replaces: str | None) -> None:
        """Make it the draft in the place of `replaces`; TrustError `draft_changed` if that is not the draft now."""
        ...

    def drop_draft(self, digest: str) -> None:
        """TrustError `draft_changed` if it is not the draft now. What was never in use is deleted with it."""
        ...

    def activate(self, activation: Activation) -> None:
        """The draft becomes the store in use; TrustError `draft_changed` if it is not the draft now."""
        ...

    def active(self) -> Activation | None: ...
    def history(self) -> Sequence[Activation]:
        """Oldest first."""
        ...


class EvidenceTrail(Protocol):
    """Which verifications hold evidence."""

    def since(self, moment: datetime, limit: int) -> Sequence[str]:
        """Ids of at most `limit` verifications whose evidence was received at `moment` or later, newest first."""
        ...


class Work(Protocol):
    """One transaction: all of it is durable when it ends well, or nothing."""

    @property
    def verifications(self) -> Verifications: ...
    @property
    def captures(self) -> Captures: ...
    @property
    def challenges(self) -> Challenges: ...
    @property
    def evidence(self) -> EvidenceStore: ...
    @property
    def judgements(self) -> Judgements: ...
    @property
    def reviews(self) -> Reviews: ...
    @property
    def results(self) -> Results: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def trust(self) -> TrustStores: ...
    @property
    def evidence_trail(self) -> EvidenceTrail: ...


class Database(Protocol):
    """Where the service keeps what it acknowledged."""

    def reading(self) -> AbstractContextManager[Work]:
        """A transaction that changes nothing."""
        ...

    def changing(self) -> AbstractContextManager[Work]:
        """A transaction that is committed when the block ends, and rolled back when it raises."""
        ...

    def ready(self) -> bool:
        """Whether it answers and has the schema of this software."""
        ...
