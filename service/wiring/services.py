"""The running service: every use case over its adapters."""

from __future__ import annotations

import time
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
from service.domain.attestation import AttestationJudge
from service.domain.bell import Bell
from service.domain.duplicates import FailureLimits
from service.domain.ids import ID_BYTES
from service.domain.issuing import IssuingPolicy
from service.domain.jobs import JobKind, LeasedJob
from service.domain.ports import Catalogue, Clock, Identity, MrzReader, Randomness, Signer, TrustSource
from service.domain.proofs import ProofCheck
from service.domain.proxies import TrustedProxies
from service.domain.repositories import Database
from service.domain.result import Issuer
from service.metrics import WatchedJudging, WatchedReader, watched
from service.settings import Settings
from service.usecases.answer_once import AnswerOnce
from service.usecases.cancel_verification import CancelVerification
from service.usecases.capture_mrz import CaptureMrz
from service.usecases.capture_photo import CapturePhoto
from service.usecases.check_readiness import CheckReadiness
from service.usecases.claim_hand_over import ClaimHandOver
from service.usecases.consume_result import ConsumeResult
from service.usecases.deliver_event import DeliverEvent
from service.usecases.duplicate_forgetting import ForgetTraces
from service.usecases.duplicate_traces import MeetAgain
from service.usecases.expire_verification import ExpireDue
from service.usecases.fetch_result import FetchResult
from service.usecases.forget_codes import ForgetCodes
from service.usecases.forget_sessions import ForgetSessions
from service.usecases.forget_tokens import ForgetTokens
from service.usecases.give_notice import GiveNotice
from service.usecases.inspect_dump import InspectDump
from service.usecases.issue_challenge import IssueChallenge
from service.usecases.judging import Judging
from service.usecases.limit_requests import LimitRequests
from service.usecases.list_verifications import ListVerifications
from service.usecases.live_connection import OpenLiveConnection
from service.usecases.live_reading import LiveTools
from service.usecases.live_sessions import LiveSessions
from service.usecases.look_up_status import LookUpStatus
from service.usecases.make_order import MakeOrder
from service.usecases.mark_subjects import ForgetSubjectKeys, MarkSubjects
from service.usecases.open_hand_over import OpenHandOver
from service.usecases.open_verification import OpenVerification
from service.usecases.protect_verification import ProtectVerification
from service.usecases.record_order_event import RecordOrderEvent
from service.usecases.reverify_decisions import RejudgeDecisions
from service.usecases.review_verification import ReviewVerification
from service.usecases.revoke_verification import RevokeVerification
from service.usecases.run_jobs import Handler, RunJobs
from service.usecases.show_condition import ShowCondition
from service.usecases.show_order import ShowOrder
from service.usecases.show_picture import ShowPicture
from service.usecases.show_portrait import ShowPortrait
from service.usecases.show_result import ShowResult
from service.usecases.show_verification import ShowVerification
from service.usecases.still_good import RequireStillGood
from service.usecases.submit_chip import SubmitChip
from service.wiring.audit import checkpoints, last_checkpoint
from service.wiring.conditions import condition_of
from service.wiring.databases import clock_of, open_database
from service.wiring.devices import Phones, phones
from service.wiring.keys import key_administration, subject_keys, trace_keys
from service.wiring.network import request_limits, trusted_proxies
from service.wiring.retention import purging
from service.wiring.staff import Staff, staff_services
from service.wiring.tokens import Tokens, proof_check, tokens
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
    live: LiveSessions
    review_verification: ReviewVerification
    cancel_verification: CancelVerification
    list_verifications: ListVerifications
    give_notice: GiveNotice
    look_up_status: LookUpStatus
    revoke_verification: RevokeVerification
    protect_verification: ProtectVerification
    open_hand_over: OpenHandOver
    claim_hand_over: ClaimHandOver
    make_order: MakeOrder
    show_order: ShowOrder
    record_order_event: RecordOrderEvent
    show_portrait: ShowPortrait
    show_picture: ShowPicture
    fetch_result: FetchResult
    consume_result: ConsumeResult
    show_result: ShowResult
    inspect_dump: InspectDump
    answer_once: AnswerOnce
    limit_requests: LimitRequests
    staff: Staff
    proxies: TrustedProxies
    verify_proof: ProofCheck
    tokens: Tokens
    phones: Phones
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
    attestation: AttestationJudge | None = None,
) -> Services:
    """The services of a settled configuration; a test may bring its own clock, randomness, people, photo reader and
    judge of attestations.

    Raises:
        ConfigurationError: the service must not start like this.
    """
    clock = clock or clock_of(settings)
    randomness = randomness or SystemRandomness()
    database = open_database(settings, clock, randomness)
    signer = open_signer(settings, clock)
    trust, close_trust = trust_source(settings, clock)
    telemetry = Telemetry()
    proof = proof_check(settings, database, clock)
    limits = request_limits(settings, database, clock)
    staff = staff_services(settings, database, clock, randomness, limits)
    access = tokens(settings, database, clock, randomness, proof, staff.subjects, staff.sessions)
    judging = WatchedJudging(trust, POLICIES[settings.policy], meter=telemetry)
    policy = IssuingPolicy()
    issuer = Issuer(settings.issuer, settings.audience, settings.realm, settings.organisation, policy)
    needs_proof = policy.chip_proof_required
    review_time = timedelta(hours=settings.review_hours)
    mark_subjects = MarkSubjects(subject_keys(settings, database))
    capture_mrz = CaptureMrz(database, clock, judging, needs_proof, review_time, mark_subjects)
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
    submit_chip = SubmitChip(
        database, clock, judging, _meet_again(settings, database), needs_proof, review_time, mark_subjects
    )
    open_connection = OpenLiveConnection(database, clock, randomness)
    live = LiveSessions(
        LiveTools(database, randomness, open_connection, submit_chip, time.monotonic, telemetry.live_ended),
        settings.limit_live,
    )
    telemetry.watch_live(lambda: live.open_now)
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
        identity=identity or access.identity,
        signer=signer,
        catalogue=FileCatalogue(),
        issuer=issuer,
        trust=trust,
        open_verification=OpenVerification(database, clock, randomness, review_time, _failure_limits(settings)),
        show_verification=ShowVerification(database, clock),
        capture_mrz=capture_mrz,
        capture_photo=CapturePhoto(WatchedReader(photos, telemetry), capture_mrz, randomness),
        issue_challenge=IssueChallenge(database, clock, randomness),
        submit_chip=submit_chip,
        live=live,
        review_verification=ReviewVerification(database, clock, needs_proof, RequireStillGood(database, rejudge)),
        cancel_verification=CancelVerification(database, clock),
        list_verifications=ListVerifications(database, clock),
        give_notice=GiveNotice(database, clock),
        look_up_status=LookUpStatus(database, clock, TypedInStatus()),
        revoke_verification=RevokeVerification(database, clock),
        protect_verification=ProtectVerification(database, clock),
        open_hand_over=OpenHandOver(database, clock, randomness),
        claim_hand_over=ClaimHandOver(database, clock),
        make_order=MakeOrder(database, clock, randomness),
        show_order=ShowOrder(database, clock),
        record_order_event=RecordOrderEvent(database, clock),
        show_portrait=ShowPortrait(database, clock, PortraitProcess()),
        show_picture=ShowPicture(database, clock),
        fetch_result=FetchResult(database, clock, randomness, signer, issuer),
        consume_result=ConsumeResult(database, clock, settings.audience),
        show_result=ShowResult(database, clock, settings.audience),
        inspect_dump=InspectDump(clock, judging, settings.realm),
        answer_once=AnswerOnce(database, clock),
        limit_requests=limits,
        staff=staff,
        proxies=trusted_proxies(settings),
        verify_proof=proof,
        tokens=access,
        phones=phones(settings, database, clock, randomness, proof, judge=attestation),
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


def _forgetting(settings: Settings, database: SqlDatabase, clock: Clock) -> Callable[[], None]:
    kept = timedelta(days=settings.trace_days)
    forget_traces = ForgetTraces(database, clock, trace_keys(settings, database), kept)
    forget_subject_keys = ForgetSubjectKeys(database, clock, subject_keys(settings, database))
    forget_tokens = ForgetTokens(database, clock)
    forget_codes = ForgetCodes(database, clock)
    forget_sessions = ForgetSessions(database, clock)

    def forget() -> None:
        forget_traces()
        forget_subject_keys()
        forget_tokens()
        forget_codes()
        forget_sessions()

    return forget


def _nightly(purge: Handler, forget: Callable[[], None]) -> Handler:
    """What is erased of cases, and once a night what is kept beside them."""

    def do(job: LeasedJob) -> None:
        if job.subject == JobKind.PURGE.value:
            forget()
        purge(job)

    return do
