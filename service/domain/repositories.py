"""What is kept, as the use cases see it: one repository for each kind of row, all of them over one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mrtd.evidence import ChipEvidence, IssuedChallenge, LiveSession
from mrtd.inspection.verdict import Verdict
from service.domain.accounts import Accounts
from service.domain.acting import Actings
from service.domain.audit import AuditActor, AuditEntry
from service.domain.audit_chain import ChainedEntry, Head, StoredRow
from service.domain.audit_checkpoint import KeptCheckpoint
from service.domain.challenge import Challenge
from service.domain.clients import Clients
from service.domain.condition import JobFigures
from service.domain.devices import Devices
from service.domain.duplicates import Finding, Traced
from service.domain.enrolment import Enrolments
from service.domain.events import Event, RecordedEvent
from service.domain.freeze import Freeze
from service.domain.hand_over import HandOvers
from service.domain.idempotency import KeyedRequest, Remembered, Reservation
from service.domain.image import ImageRecord
from service.domain.jobs import DeadJob, Job, JobKind, LeasedJob
from service.domain.judgement import Judgement
from service.domain.mrz_capture import MrzCapture
from service.domain.notice import Notice
from service.domain.orders import Orders
from service.domain.pairing import Pairings
from service.domain.people import People
from service.domain.proofs import UsedIds
from service.domain.purge import PurgeRecord
from service.domain.result import HandedResult, ResultRecord
from service.domain.retention import RetentionClass, Schedule, Term
from service.domain.reverification import Change, RecordedRejudgement, Rejudged, Round, Standing
from service.domain.review import Review
from service.domain.revocation import Revocation
from service.domain.sessions import Sessions
from service.domain.sign_in import SignIns
from service.domain.sign_in_codes import SignInCodes
from service.domain.status_lookup import StatusAnswer
from service.domain.subjects import SubjectMark
from service.domain.tokens import AccessTokens
from service.domain.trust import Activation, Draft, StoredTrust
from service.domain.vault import Epoch, Vault
from service.domain.verification import Verification
from service.domain.webhooks import Endpoint


@dataclass(frozen=True, slots=True, repr=False)
class StoredEvidence:
    """What is kept of a chip: enough to judge it again. EF.DG3 and EF.DG4 are never in it.

    `live`: what this server saw while it was the terminal, None for a dump. `erased`: the classes whose files are
    gone, so that what is missing is not taken for what was not sent.
    """

    evidence: ChipEvidence
    received_at: datetime
    challenge: IssuedChallenge | None
    erased: frozenset[RetentionClass] = frozenset()
    live: LiveSession | None = None


class Verifications(Protocol):
    """Every verification, by id."""

    def add(self, verification: Verification) -> None: ...
    def get(self, verification_id: str) -> Verification:
        """ServiceError `not_found` if there is none."""
        ...

    def save(self, verification: Verification) -> Verification:
        """ServiceError `conflict` unless nobody changed it since it was read; counts `version` up."""
        ...

    def for_order(self, organisation: str, order_reference: str) -> Sequence[Verification]:
        """Every attempt of an organisation for one order, oldest first."""
        ...

    def of_order(self, order_id: str) -> Sequence[Verification]:
        """Every attempt for an order of a portal, oldest first."""
        ...

    def opened_by(self, organisation: str, person: str, limit: int) -> Sequence[Verification]:
        """At most `limit` that a person opened, newest first; protected ones stand in no list."""
        ...

    def protected_among(self, ids: Collection[str]) -> Collection[str]:
        """Those of people with protected identity, so that no statistics count them."""
        ...


class Captures(Protocol):
    """The accepted MRZ lines of a verification, oldest first; none when they were erased."""

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
    def latest(self, verification_id: str) -> Judgement | None:
        """None if there is none, or its report was erased."""
        ...

    def verdict(self, verification_id: str) -> Verdict | None:
        """The last verdict, which holds codes alone and outlives the report."""
        ...


class Reviews(Protocol):
    """What people decided, oldest first; one a person and verification. A reason that was erased is None."""

    def add(self, verification_id: str, review: Review) -> None: ...
    def of(self, verification_id: str) -> Sequence[Review]: ...


class Notices(Protocol):
    """The information texts that the person of a verification was given, oldest first."""

    def add(self, verification_id: str, notice: Notice) -> None: ...
    def of(self, verification_id: str) -> Sequence[Notice]: ...


class StatusAnswers(Protocol):
    """What the register of the issuing state said; the last answer of a verification counts."""

    def add(self, verification_id: str, answer: StatusAnswer) -> None: ...
    def of(self, verification_id: str) -> StatusAnswer | None: ...
    def history(self, verification_id: str) -> Sequence[StatusAnswer]:
        """Every answer, oldest first."""
        ...


class Revocations(Protocol):
    """Requests to revoke an approval, and their confirmations; the last one of a verification counts."""

    def add(self, verification_id: str, revocation: Revocation) -> None: ...
    def confirm(self, verification_id: str, revocation: Revocation) -> None:
        """Mark the last request as confirmed; ServiceError `conflict` if it is already."""
        ...

    def of(self, verification_id: str) -> Revocation | None: ...


class Answers(Protocol):
    """What was answered to requests with a key (`service.domain.idempotency`)."""

    def of(self, request: KeyedRequest) -> Remembered | None: ...
    def reserve(self, reservation: Reservation, at: datetime) -> None:
        """ServiceError `in_progress` if somebody else has this attempt."""
        ...

    def remember(self, reservation: Reservation, verification_id: str, answer: bytes) -> None:
        """ServiceError `conflict` if a later attempt took the reservation away."""
        ...

    def release(self, reservation: Reservation) -> None:
        """Let the next one try; nothing where there is an answer, or a later attempt."""
        ...

    def forget_before(self, moment: datetime) -> None: ...


class Results(Protocol):
    """The results that exist; at most one a verification."""

    def add(self, result: ResultRecord) -> None: ...
    def of(self, verification_id: str) -> ResultRecord | None: ...
    def get(self, jti: str) -> ResultRecord:
        """ServiceError `not_found` if there is none."""
        ...

    def mark_consumed(self, result: ResultRecord) -> None: ...


class Audit(Protocol):
    """Append-only, in two chains (`service.domain.audit_chain`)."""

    def write(self, entry: AuditEntry) -> None:
        """Written when the transaction ends, so that others wait for the chain no longer than that."""
        ...

    def head(self) -> Head:
        """The last entry, as the database noted it when it was written."""
        ...

    def rows(self, after: int = 0, until: int | None = None) -> Iterator[StoredRow]:
        """Entries by number, as they lie there: those behind `after`, up to and with `until`."""
        ...

    def of(self, verification_id: str) -> Sequence[ChainedEntry]:
        """Oldest first; ServiceError `not_ready` where one of them is no entry of this software."""
        ...

    def actors(self) -> Iterator[AuditActor]: ...
    def person(self, actor: str) -> str | None:
        """Who is behind a pseudonym; None when that was erased."""
        ...

    def add_checkpoint(self, head: Head, token: str) -> None:
        """Keep the signed checkpoint that ends with this entry; nothing where there is one."""
        ...

    def checkpoints(self, since: int = 0) -> Sequence[KeptCheckpoint]:
        """Those that end with entry `since` or a later one, oldest first."""
        ...

    def last_checkpoint(self) -> Head:
        """The entry that the last one ends with."""
        ...


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


class Jobs(Protocol):
    """Work that waits, that is being done, or that was given up."""

    def enqueue(self, job: Job) -> None:
        """Make it wait. While one of the same kind and key waits, that one gets the earlier time instead."""
        ...

    def is_due(self, kinds: Collection[JobKind], now: datetime) -> bool:
        """Whether `lease` would find one."""
        ...

    def lease(self, kinds: Collection[JobKind], owner: str, now: datetime) -> LeasedJob | None:
        """The one of these kinds that is due longest, for `owner` alone; None if none is due."""
        ...

    def finish(self, job: LeasedJob) -> bool:
        """It is done. False, and nothing changes, if the lease ran out and somebody else took it; as below."""
        ...

    def retry(self, job: LeasedJob, due_at: datetime, problem: str) -> bool:
        """It failed, for the reason `problem`, a code, and waits again."""
        ...

    def bury(self, job: LeasedJob, at: datetime, problem: str) -> bool:
        """It failed for the last time and becomes a dead letter."""
        ...

    def postpone(self, kind: JobKind, subject: str, until: datetime) -> None:
        """What waits for `subject` is not due before `until`."""
        ...

    def forget(self, kind: JobKind, subject: str) -> None:
        """Delete all that is about `subject`."""
        ...

    def dead(self, kinds: Collection[JobKind]) -> Sequence[DeadJob]:
        """Dead letters of these kinds, oldest first."""
        ...

    def revive(self, job: DeadJob, now: datetime) -> None:
        """A dead letter waits again, as if it were new."""
        ...

    def kinds(self) -> frozenset[str]:
        """The kinds of jobs that are alive, those of other software among them."""
        ...


class Events(Protocol):
    """What other systems are told."""

    def emit(self, event: Event) -> RecordedEvent:
        """Keep it, and enqueue a delivery to each endpoint of its organisation that wants it."""
        ...

    def find(self, recorded_id: str) -> RecordedEvent | None: ...
    def of(self, verification_id: str) -> Sequence[RecordedEvent]:
        """Oldest first."""
        ...


class Endpoints(Protocol):
    """Where events go."""

    def add(self, endpoint: Endpoint) -> None: ...
    def get(self, endpoint_id: str) -> Endpoint:
        """WebhookError `unknown_endpoint` if there is none."""
        ...

    def find(self, endpoint_id: str) -> Endpoint | None: ...
    def all(self) -> Sequence[Endpoint]: ...
    def of(self, organisation: str) -> Sequence[Endpoint]: ...
    def enable(self, endpoint_id: str, enabled: bool) -> None: ...
    def remove(self, endpoint_id: str) -> None: ...


class Images(Protocol):
    """Pictures that are kept for the reviewers, oldest first."""

    def add(self, record: ImageRecord, content: bytes) -> None:
        """Keep a picture as the class of portraits. ValueError beyond `MAX_KEPT_IMAGE_BYTES`."""
        ...

    def remove(self, record: ImageRecord) -> None:
        """Forget a picture whose part another one takes; its blob goes after the commit."""
        ...

    def of(self, verification_id: str) -> Sequence[ImageRecord]: ...
    def content(self, record: ImageRecord) -> bytes | None:
        """None when it was erased."""
        ...


class Figures(Protocol):
    """Counts for those who watch the service."""

    def jobs(self, now: datetime) -> Sequence[JobFigures]:
        """The jobs of each kind, those of other software among them, by name."""
        ...

    def clock(self) -> datetime:
        """What the database says the time is; aware, UTC."""
        ...


class Schedules(Protocol):
    """How long organisations keep what they have."""

    def of(self, organisation: str) -> Schedule: ...
    def history(self, organisation: str) -> Sequence[Term]:
        """What it decided, oldest first."""
        ...

    def add(self, organisation: str, term: Term) -> None: ...
    def organisations(self) -> Sequence[str]:
        """Those that have verifications."""
        ...


class Freezes(Protocol):
    """The freezes of cases."""

    def hold(self, verification_id: str) -> None:
        """Let nobody else change or freeze the verification until this transaction ends."""
        ...

    def of(self, verification_id: str) -> Sequence[Freeze]:
        """Oldest first."""
        ...

    def save(self, verification_id: str, freeze: Freeze) -> None:
        """In the place of the one that stands, or as a new one."""
        ...

    def frozen(self) -> Sequence[str]:
        """Ids of all verifications that are frozen now."""
        ...


class Purges(Protocol):
    """What is to be erased, and what was."""

    def candidates(
        self, organisation: str, schedule: Schedule, now: datetime, after: str, limit: int
    ) -> Sequence[str]:
        """Ids behind `after`, in their order, of at most `limit` verifications of which something is due."""
        ...

    def keys(self, verification_id: str) -> Mapping[RetentionClass, Epoch]:
        """The classes that something is kept of, and the epoch that wraps the key of each."""
        ...

    def count(self, record: PurgeRecord) -> None:
        """Add to the record of that day."""
        ...

    def records(self) -> Sequence[PurgeRecord]: ...
    def last_run(self) -> datetime | None:
        """When everything was last looked through."""
        ...

    def ran(self, at: datetime) -> None: ...


class IssuedClaims(Protocol):
    """What results said when they were made; kept as evidence."""

    def add(self, verification_id: str, claims: dict[str, Any]) -> None: ...
    def of(self, verification_id: str) -> dict[str, Any] | None:
        """None if there was no result, or it was erased."""
        ...


class HandedResults(Protocol):
    """Signed results as they left the service, the last one of each verification; kept as evidence."""

    def keep(self, verification_id: str, handed: HandedResult) -> None:
        """In the place of the one before."""
        ...

    def of(self, verification_id: str) -> HandedResult | None:
        """None if none left, or it was erased."""
        ...


class SubjectMarks(Protocol):
    """What the verifications of a person are found by (`service.domain.subjects`)."""

    def add(self, verification_id: str, marks: Collection[SubjectMark]) -> None:
        """Keep them; nothing where they are kept already."""
        ...

    def of(self, marks: Collection[SubjectMark]) -> Sequence[str]:
        """Ids of the verifications that have one of these, oldest first."""
        ...

    def kept(self, verification_id: str) -> Collection[SubjectMark]:
        """Those of one verification; more than one person's where lines and chip were of two documents."""
        ...

    def forget(self, verification_id: str) -> None:
        """Delete those of one verification."""
        ...

    def years(self) -> frozenset[int]:
        """The years whose keys are needed."""
        ...


class Traces(Protocol):
    """Keyed hashes of what chips held; a look-up takes the digests under each key that may have made them."""

    def hold(self, traced: Traced) -> None:
        """Let nobody else look for the same, or add it, until this transaction ends."""
        ...

    def add(self, verification_id: str, traced: Traced, at: datetime) -> None:
        """Keep them; nothing where they are kept already."""
        ...

    def undecided(self, document: Collection[str], since: datetime, *, besides: str) -> Sequence[str]:
        """Ids of verifications of any organisation that have this document before them, some of them if many do."""
        ...

    def with_other_holder(self, security_object: Collection[str], holder: Collection[str], since: datetime) -> bool:
        """Whether this security object came with the data of another person."""
        ...

    def answered_elsewhere(self, answer: Collection[str], since: datetime, *, besides: str) -> bool:
        """Whether this answer of a chip came in another verification."""
        ...

    def failures(self, organisation: str, person: str, since: datetime, limit: int) -> Sequence[datetime]:
        """When verifications that a person opened, and that ended without an approval, were opened; newest first."""
        ...

    def failures_of_device(self, organisation: str, device: str, since: datetime, limit: int) -> Sequence[datetime]:
        """The same of those that a phone captured, whoever worked with it."""
        ...

    def forget(self, verification_id: str) -> None:
        """Delete those of one verification."""
        ...

    def forget_before(self, moment: datetime) -> None: ...


class Findings(Protocol):
    """What was found of a verification beside its document, in a fixed order; a finding is never taken back."""

    def add(self, verification_id: str, found: Collection[Finding], at: datetime) -> None: ...
    def of(self, verification_id: str) -> Sequence[Finding]: ...


class Reverifications(Protocol):
    """Decisions in force that are judged anew, in rounds."""

    def last_round(self) -> Round | None: ...
    def begin(self, trust_store: str, policy_digest: str, at: datetime) -> Round:
        """A new round, in which nothing is judged yet."""
        ...

    def waiting(self, round_id: int, limit: int) -> Sequence[str]:
        """Ids of at most `limit` decisions in force that were not judged in this round, nor in a later one."""
        ...

    def decisions(self) -> int:
        """How many decisions are in force."""
        ...

    def hold(self, verification_id: str) -> None:
        """Let nobody else change the verification, or how it stands, until this transaction ends."""
        ...

    def is_judged(self, verification_id: str, round_id: int) -> bool:
        """Whether it was judged in this round, or in a later one."""
        ...

    def standing(self, verification_id: str) -> Standing | None:
        """None for what was never judged anew."""
        ...

    def stand(self, verification_id: str, round_id: int, standing: Standing) -> None:
        """How a decision stands after it was judged in a round."""
        ...

    def record(
        self, verification_id: str, round_id: int, at: datetime, rejudged: Rejudged, standing: Standing
    ) -> None:
        """Keep a judgement beside those before it."""
        ...

    def history(self, verification_id: str) -> Sequence[RecordedRejudgement]:
        """Oldest first."""
        ...

    def count(self, round_id: int, changes: Mapping[Change, int]) -> None:
        """Add to the counts of a round."""
        ...

    def finish(self, round_id: int, at: datetime) -> Round | None:
        """The round, which ends here; None if it had ended."""
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
    def notices(self) -> Notices: ...
    @property
    def status_lookups(self) -> StatusAnswers: ...
    @property
    def revocations(self) -> Revocations: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def results(self) -> Results: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def trust(self) -> TrustStores: ...
    @property
    def evidence_trail(self) -> EvidenceTrail: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def images(self) -> Images: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def freezes(self) -> Freezes: ...
    @property
    def purges(self) -> Purges: ...
    @property
    def issued_claims(self) -> IssuedClaims: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def events(self) -> Events: ...
    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def traces(self) -> Traces: ...
    @property
    def findings(self) -> Findings: ...
    @property
    def reverifications(self) -> Reverifications: ...
    @property
    def people(self) -> People: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def sign_ins(self) -> SignIns: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def handed_results(self) -> HandedResults: ...
    @property
    def subject_marks(self) -> SubjectMarks: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def hand_overs(self) -> HandOvers: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def pairings(self) -> Pairings: ...
    @property
    def sign_in_codes(self) -> SignInCodes: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def access_tokens(self) -> AccessTokens: ...
    @property
    def acting(self) -> Actings: ...
    @property
    def used_ids(self) -> UsedIds: ...


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
