"""What the use cases need from the world outside; `service.adapters` holds an answer to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mrtd.evidence import ChipEvidence, IssuedChallenge
from service.domain.audit import AuditEntry
from service.domain.challenge import Challenge
from service.domain.identity import Principal
from service.domain.judgement import Judgement
from service.domain.mrz_capture import MrzCapture
from service.domain.result import ResultRecord
from service.domain.review import Review
from service.domain.verification import Verification


class Clock(Protocol):
    """The time of the server."""

    def now(self) -> datetime:
        """Aware, UTC, whole seconds: what stands in a report makes it repeatable."""
        ...


class Randomness(Protocol):
    """The cryptographically secure random number generator."""

    def octets(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...


class Identity(Protocol):
    """Knows people by their access tokens."""

    def authenticate(self, token: str, local_address: str) -> Principal | None:
        """The person or system that holds the token. `local_address`: where this machine took the request."""
        ...

    def banner(self) -> tuple[str, ...]:
        """What the operator must be told at start, a line each; nothing where nothing is unusual."""
        ...


class Signer(Protocol):
    """Holds the key that results are signed with; the key never leaves it."""

    def sign(self, claims: Mapping[str, object], token_type: str) -> str:
        """A compact JWS (RFC 7515 §7.1) with `typ` and `kid` in its header."""
        ...

    def public_keys(self) -> Mapping[str, object]:
        """The JWK Set (RFC 7517 §5) that verifies it."""
        ...


class Catalogue(Protocol):
    """The texts for people."""

    def texts(self, language: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """Group, code, then `text` and `do` (what to do now)."""
        ...


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
