"""The running service: every use case over its adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mrtd.inspection import POLICIES
from service.adapters.catalogue import FileCatalogue
from service.adapters.db.database import SqlDatabase
from service.adapters.ocr_pool import OcrPool
from service.adapters.portraits import PortraitProcess
from service.adapters.signing_opening import open_signer
from service.adapters.system import SystemRandomness
from service.adapters.telemetry import Telemetry
from service.adapters.typed_status import TypedInStatus
from service.adapters.unsafe_identity import UnsafeLoopbackIdentity
from service.domain.bell import Bell
from service.domain.duplicates import FailureLimits
from service.domain.ids import ID_BYTES
from service.domain.issuing import IssuingPolicy
from service.domain.jobs import JobKind, LeasedJob
from service.domain.ports import Catalogue, Clock, Identity, MrzReader, Randomness, Signer, TrustSource
from service.domain.repositories import Database
from service.domain.result import Issuer
from service.metrics import WatchedJudging, WatchedReader, watched
from service.settings import Settings
from service.usecases.answer_once import AnswerOnce
from service.usecases.cancel_verification import CancelVerification
from service.usecases.capture_mrz import CaptureMrz
from service.usecases.capture_photo import CapturePhoto
from service.usecases.check_readiness import CheckReadiness
from service.usecases.consume_result import ConsumeResult
from service.usecases.deliver_event import DeliverEvent
from service.usecases.duplicate_forgetting import ForgetTraces
from service.usecases.duplicate_traces import MeetAgain
from service.usecases.expire_verification import ExpireDue
from service.usecases.fetch_result import FetchResult
from service.usecases.give_notice import GiveNotice
from service.usecases.inspect_dump import InspectDump
from service.usecases.issue_challenge import IssueChallenge
from service.usecases.judging import Judging
from service.usecases.list_verifications import ListVerifications
from service.usecases.look_up_status import LookUpStatus
from service.usecases.open_verification import OpenVerification
from service.usecases.reverify_decisions import RejudgeDecisions
from service.usecases.review_verification import ReviewVerification
from service.usecases.revoke_verification import RevokeVerification
from service.usecases.run_jobs import Handler, RunJobs
from service.usecases.show_condition import ShowCondition
from service.usecases.show_portrait import ShowPortrait
from service.usecases.show_result import ShowResult
from service.usecases.show_verification import ShowVerification
from service.usecases.submit_chip import SubmitChip
from service.wiring.audit import checkpoints, last_checkpoint
from service.wiring.conditions import condition_of
from service.wiring.databases import clock_of, open_database
from service.wiring.keys import key_administration, trace_keys
from service.wiring.retention import purging
from service.wiring.trust import trust_source
from service.wiring.webhooks import webhook_secrets, webhook_sender


@dataclass(frozen=True)
class Services:
    """Every use case, joined to its adapters, and the ports that routes use directly."""

    database: Database
    clock: Clock
    identity: Identity
    signer: Signer
    catalogue: Catalogue
    issuer: Issuer
    trust: TrustSource
    open_verification: OpenVerification
    show_verification: ShowVerification
    capture_mrz: CaptureMrz
    capture_photo: CapturePhoto
    issue_challenge: IssueChallenge
    submit_chip: SubmitChip
    review_verification: ReviewVerification
    cancel_verification: CancelVerification
    list_verifications: ListVerifications
    give_notice: GiveNotice
    look_up_status: LookUpStatus
    revoke_verification: RevokeVerification
    show_portrait: ShowPortrait
    fetch_result: FetchResult
    consume_result: ConsumeResult
    show_result: ShowResult
    inspect_dump: InspectDump
    answer_once: AnswerOnce
    run_jobs: RunJobs
    bell: Bell
    check_readiness: CheckReadiness
    show_condition: ShowCondition
    telemetry: Telemetry
    start: Callable[[], None]
    close: Callable[[], None]


def wire(
    settings: Settings,
    *,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
    identity: Identity | None = None,
    reader: MrzReader | None = None,
) -> Services:
    """The services of a settled configuration; a test may bring its own clock, randomness, people and photo reader.

    Raises:
        ConfigurationError: the service must not start like this.
    """
    clock = clock or clock_of(settings)
    randomness = randomness or SystemRandomness()
    identity = identity or UnsafeLoopbackIdentity(settings.host, settings.realm, settings.organisation, randomness)
    database = open_database(settings, clock, randomness)
    signer = open_signer(settings, clock)
    trust, close_trust = trust_source(settings, clock)
    telemetry = Telemetry()
    judging = WatchedJudging(trust, POLICIES[settings.policy], meter=telemetry)
    policy = IssuingPolicy()
    issuer = Issuer(settings.issuer, settings.audience, settings.realm, settings.organisation, policy)
    needs_proof = policy.chip_proof_required
    review_time = timedelta(hours=settings.review_hours)
    capture_mrz = CaptureMrz(database, clock, judging, needs_proof, review_time)
    photos = reader or OcrPool(settings.ocr_workers)

    deliver = DeliverEvent(
        database, clock, webhook_secrets(settings, randomness), webhook_sender(settings), settings.issuer
    )
    make_checkpoint = checkpoints(settings, database, clock, signer)
    expire_due = ExpireDue(database, clock)
    # beside `judging`, whose counts are of what came in
    anew = Judging(trust, judging.policy, judging.cache)
    rejudge = RejudgeDecisions(database, clock, anew, settings.organisation)
    handlers: dict[JobKind, Handler] = {
        JobKind.EXPIRE: lambda job: expire_due(job.subject),
        JobKind.DELIVER: deliver,
        JobKind.CHECKPOINT: make_checkpoint.do,
        JobKind.ROTATE_KEYS: key_administration(settings, database, clock).rotate.do,
        JobKind.PURGE: _nightly(purging(settings, database, clock).do, _forgetting(settings, database, clock)),
        JobKind.REJUDGE: rejudge.do,
    }
    counted = {kind: watched(kind, handler, telemetry) for kind, handler in handlers.items()}
    worker = f"worker-{randomness.octets(ID_BYTES).hex()}"
    show_condition = condition_of(settings, database, clock, trust)
    telemetry.watch(show_condition, database)

    def close() -> None:
        photos.close()
        last_checkpoint(make_checkpoint)
        database.engine.dispose()
        close_trust()

    return Services(
        database=database,
        clock=clock,
        identity=identity,
        signer=signer,
        catalogue=FileCatalogue(),
        issuer=issuer,
        trust=trust,
        open_verification=OpenVerification(database, clock, randomness, review_time, _failure_limits(settings)),
        show_verification=ShowVerification(database, clock),
        capture_mrz=capture_mrz,
        capture_photo=CapturePhoto(WatchedReader(photos, telemetry), capture_mrz),
        issue_challenge=IssueChallenge(database, clock, randomness),
        submit_chip=SubmitChip(database, clock, judging, _meet_again(settings, database), needs_proof, review_time),
        review_verification=ReviewVerification(database, clock, needs_proof),
        cancel_verification=CancelVerification(database, clock),
        list_verifications=ListVerifications(database, clock),
        give_notice=GiveNotice(database, clock),
        look_up_status=LookUpStatus(database, clock, TypedInStatus()),
        revoke_verification=RevokeVerification(database, clock),
        show_portrait=ShowPortrait(database, clock, PortraitProcess()),
        fetch_result=FetchResult(database, clock, randomness, signer, issuer),
        consume_result=ConsumeResult(database, clock),
        show_result=ShowResult(database, clock),
        inspect_dump=InspectDump(clock, judging, settings.realm),
        answer_once=AnswerOnce(database, clock),
        run_jobs=RunJobs(database, clock, randomness, counted, worker),
        bell=database.bell,
        check_readiness=CheckReadiness(database, signer, database.keys_open),
        show_condition=show_condition,
        telemetry=telemetry,
        start=photos.start,
        close=close,
    )


def _meet_again(settings: Settings, database: SqlDatabase) -> MeetAgain:
    kept = timedelta(days=settings.trace_days)
    return MeetAgain(trace_keys(settings, database), kept, _failure_limits(settings))


def _failure_limits(settings: Settings) -> FailureLimits:
    window = timedelta(hours=settings.failure_hours)
    return FailureLimits(window, settings.failures_noted, settings.failures_refused)


def _forgetting(settings: Settings, database: SqlDatabase, clock: Clock) -> ForgetTraces:
    kept = timedelta(days=settings.trace_days)
    return ForgetTraces(database, clock, trace_keys(settings, database), kept)


def _nightly(purge: Handler, forget: Callable[[], None]) -> Handler:
    """What is erased of cases, and once a night what is kept beside them."""

    def do(job: LeasedJob) -> None:
        if job.subject == JobKind.PURGE.value:
            forget()
        purge(job)

    return do
