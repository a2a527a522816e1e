"""Joins ports and adapters; the only module that knows both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from mrtd.files import load_trust
from mrtd.inspection import POLICIES
from mrtd.pki.realm import Realm
from service.adapters import backup
from service.adapters.backup import Installation
from service.adapters.backup_engines import BackupEngine, engine_at
from service.adapters.backup_files import read_manifest
from service.adapters.backup_opening import key_files, open_purge_log
from service.adapters.catalogue import FileCatalogue
from service.adapters.checkpoints import JwksReader, open_anchor
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.adapters.db.retention_purges import settle
from service.adapters.db.vault import Safe
from service.adapters.diagnosis import Diagnosis
from service.adapters.machine import disk_space
from service.adapters.ocr_pool import OcrPool
from service.adapters.portraits import PortraitProcess
from service.adapters.signing_opening import open_signer
from service.adapters.system import SpecimenClock, SystemClock, SystemRandomness
from service.adapters.telemetry import Telemetry
from service.adapters.trace_keys import YearlyTraceKeys, open_trace_keys
from service.adapters.trust_sources import AdministeredTrust, FixedTrust
from service.adapters.typed_status import TypedInStatus
from service.adapters.unsafe_identity import UnsafeLoopbackIdentity
from service.adapters.vault.opening import open_safe
from service.adapters.webhook_secrets import FileWebhookSecrets
from service.adapters.webhooks import HttpsWebhookSender
from service.domain.audit_checkpoint import CheckpointAnchor, SignedReader
from service.domain.backup import Manifest, Restored
from service.domain.bell import Bell
from service.domain.condition import Schema, SchemaState
from service.domain.diagnosis import Finding
from service.domain.duplicates import FailureLimits
from service.domain.errors import ConfigurationError
from service.domain.ids import ID_BYTES
from service.domain.issuing import IssuingPolicy
from service.domain.jobs import JobKind, LeasedJob
from service.domain.ports import Catalogue, Clock, Identity, MrzReader, Randomness, Signer, TrustSource
from service.domain.repositories import Database
from service.domain.result import Issuer
from service.domain.webhooks import AddressRule
from service.log import named
from service.metrics import WatchedJudging, WatchedReader, watched
from service.settings import Settings
from service.usecases.answer_once import AnswerOnce
from service.usecases.audit_checkpoint import MakeCheckpoint
from service.usecases.audit_export import ExportCase
from service.usecases.audit_verify import VerifyAudit
from service.usecases.cancel_verification import CancelVerification
from service.usecases.capture_mrz import CaptureMrz
from service.usecases.capture_photo import CapturePhoto
from service.usecases.check_readiness import CheckReadiness
from service.usecases.consume_result import ConsumeResult
from service.usecases.deliver_event import DeliverEvent
from service.usecases.destroy_epochs import DestroyEpochs
from service.usecases.duplicate_forgetting import ForgetTraces
from service.usecases.duplicate_traces import MeetAgain
from service.usecases.expire_verification import ExpireDue
from service.usecases.fetch_result import FetchResult
from service.usecases.freeze_case import FreezeCase
from service.usecases.give_notice import GiveNotice
from service.usecases.inspect_dump import InspectDump
from service.usecases.issue_challenge import IssueChallenge
from service.usecases.judging import Judging
from service.usecases.list_verifications import ListVerifications
from service.usecases.look_up_status import LookUpStatus
from service.usecases.manage_signing_keys import ManageSigningKeys
from service.usecases.manage_webhooks import ManageWebhooks
from service.usecases.open_verification import OpenVerification
from service.usecases.purge_due import PurgeDue
from service.usecases.retention_schedule import RetentionSchedule
from service.usecases.reverify_decisions import CountDecisions, RejudgeDecisions
from service.usecases.review_verification import ReviewVerification
from service.usecases.revoke_verification import RevokeVerification
from service.usecases.rotate_keys import RotateKeys, ShowKeys
from service.usecases.run_jobs import Handler, RunJobs
from service.usecases.show_condition import Condition, ShowCondition
from service.usecases.show_portrait import ShowPortrait
from service.usecases.show_result import ShowResult
from service.usecases.show_verification import ShowVerification
from service.usecases.submit_chip import SubmitChip
from service.usecases.sweep_blobs import SweepBlobs
from service.usecases.trust_activation import ActivateTrust, DiscardDraft, ReturnToStore
from service.usecases.trust_decisions import DecideTrust
from service.usecases.trust_fetching import FetchLists
from service.usecases.trust_import import ImportTrust
from service.usecases.trust_showing import ShowTrust
from service.usecases.trust_staging import StageTrust
from service.usecases.trust_what_if import WhatIfTrust

log = structlog.stdlib.get_logger("passkoll")


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
    clock = clock or _clock(settings)
    randomness = randomness or SystemRandomness()
    identity = identity or UnsafeLoopbackIdentity(settings.host, settings.realm, settings.organisation, randomness)
    database = open_database(settings, clock, randomness)
    signer = open_signer(settings, clock)
    trust, close_trust = _trust_source(settings, clock)
    telemetry = Telemetry()
    judging = WatchedJudging(trust, POLICIES[settings.policy], meter=telemetry)
    policy = IssuingPolicy()
    issuer = Issuer(settings.issuer, settings.audience, settings.realm, settings.organisation, policy)
    needs_proof = policy.chip_proof_required
    review_time = timedelta(hours=settings.review_hours)
    capture_mrz = CaptureMrz(database, clock, judging, needs_proof, review_time)
    photos = reader or OcrPool(settings.ocr_workers)

    deliver = DeliverEvent(
        database, clock, _webhook_secrets(settings, randomness), _webhook_sender(settings), settings.issuer
    )
    make_checkpoint = _checkpoints(settings, database, clock, signer)
    expire_due = ExpireDue(database, clock)
    # beside `judging`, whose counts are of what came in
    anew = Judging(trust, judging.policy, judging.cache)
    rejudge = RejudgeDecisions(database, clock, anew, settings.organisation)
    handlers: dict[JobKind, Handler] = {
        JobKind.EXPIRE: lambda job: expire_due(job.subject),
        JobKind.DELIVER: deliver,
        JobKind.CHECKPOINT: make_checkpoint.do,
        JobKind.ROTATE_KEYS: _key_administration(settings, database, clock).rotate.do,
        JobKind.PURGE: _nightly(_purging(settings, database, clock).do, _forgetting(settings, database, clock)),
        JobKind.REJUDGE: rejudge.do,
    }
    counted = {kind: watched(kind, handler, telemetry) for kind, handler in handlers.items()}
    worker = f"worker-{randomness.octets(ID_BYTES).hex()}"
    show_condition = _condition(settings, database, clock, trust)
    telemetry.watch(show_condition, database)

    def close() -> None:
        photos.close()
        _last_checkpoint(make_checkpoint)
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
    return MeetAgain(_trace_keys(settings, database), kept, _failure_limits(settings))


def _failure_limits(settings: Settings) -> FailureLimits:
    window = timedelta(hours=settings.failure_hours)
    return FailureLimits(window, settings.failures_noted, settings.failures_refused)


def _forgetting(settings: Settings, database: SqlDatabase, clock: Clock) -> ForgetTraces:
    kept = timedelta(days=settings.trace_days)
    return ForgetTraces(database, clock, _trace_keys(settings, database), kept)


def _trace_keys(settings: Settings, database: SqlDatabase) -> YearlyTraceKeys:
    if database.safe is None:
        raise ConfigurationError("traces cannot be made without the keys")
    return open_trace_keys(settings, database.safe)


def _nightly(purge: Handler, forget: Callable[[], None]) -> Handler:
    """What is erased of cases, and once a night what is kept beside them."""

    def do(job: LeasedJob) -> None:
        if job.subject == JobKind.PURGE.value:
            forget()
        purge(job)

    return do


def _condition(settings: Settings, database: SqlDatabase, clock: Clock, trust: TrustSource) -> ShowCondition:
    anchored = settings.audit_anchor is not None
    return ShowCondition(database, clock, trust, lambda: disk_space(settings.data_dir), anchored)


def photo_reader(engine: str) -> OcrPool:
    """A photo reader of its own, for the command line."""
    return OcrPool(engine=engine)


def shrink_photo(photo: bytes, long_edge: int, quality: int) -> bytes:
    """A photo as small as a phone would send it: longer side in pixels, JPEG quality."""
    # Loaded here alone: a service never makes pictures.
    from service.adapters.photo_shrinking import shrink  # noqa: PLC0415

    return shrink(photo, long_edge, quality)


@dataclass(frozen=True)
class TrustAdministration:
    """The use cases of those who administer trust; no route leads here."""

    show: ShowTrust
    take: ImportTrust
    decide: DecideTrust
    activate: ActivateTrust
    discard: DiscardDraft
    return_to: ReturnToStore
    open_what_if: Callable[[], WhatIfTrust]
    decisions: CountDecisions
    fetching: Callable[[], AbstractContextManager[FetchLists]]
    close: Callable[[], None]

    @cached_property
    def what_if(self) -> WhatIfTrust:
        """It judges what is sealed, so it alone needs the keys."""
        return self.open_what_if()


def administer_trust(settings: Settings, *, clock: Clock | None = None) -> TrustAdministration:
    """The administration of the trust store that a service with these settings judges by.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    clock = clock or _clock(settings)
    database = open_unsealed_database(settings)
    stage = StageTrust(database, clock, settings.realm)

    @contextmanager
    def fetching() -> Iterator[FetchLists]:
        # Loaded here alone: a service that judges has no code that fetches.
        from service.adapters.fetching import HttpsListFetcher  # noqa: PLC0415

        with HttpsListFetcher() as fetcher:
            yield FetchLists(database, stage, fetcher)

    return TrustAdministration(
        show=ShowTrust(database, clock, settings.realm),
        take=ImportTrust(stage),
        decide=DecideTrust(stage),
        activate=ActivateTrust(database, clock, settings.realm),
        discard=DiscardDraft(database),
        return_to=ReturnToStore(database, clock, settings.realm),
        open_what_if=lambda: WhatIfTrust(
            _with_keys(database, settings, clock, SystemRandomness()), clock, POLICIES[settings.policy]
        ),
        decisions=CountDecisions(database),
        fetching=fetching,
        close=database.engine.dispose,
    )


@dataclass(frozen=True)
class AuditAdministration:
    """The use cases of those who look after the audit trail; no route leads here.

    `anchor`: where checkpoints are kept outside, if the settings name a place.
    """

    verify: VerifyAudit
    export: ExportCase
    make_checkpoint: MakeCheckpoint
    anchor: CheckpointAnchor | None


@contextmanager
def administer_audit(settings: Settings, *, clock: Clock | None = None) -> Iterator[AuditAdministration]:
    """The audit trail of a service with these settings.

    Raises:
        ConfigurationError: the database, the keys or the anchor cannot be used, or there is no database: an empty
            trail is whole, and would hide that the wrong one was looked at.
    """
    clock = clock or _clock(settings)
    _require_database(settings)
    database = open_database(settings, clock)
    try:
        signer = open_signer(settings, clock)
        make_checkpoint = _checkpoints(settings, database, clock, signer)
        yield AuditAdministration(
            VerifyAudit(database, make_checkpoint.reader),
            ExportCase(database, clock, make_checkpoint, signer.public_keys, FileCatalogue()),
            make_checkpoint,
            make_checkpoint.anchor,
        )
    finally:
        database.engine.dispose()


@dataclass(frozen=True)
class RetentionAdministration:
    """The use cases of those who answer for what is kept; no route leads here."""

    schedule: RetentionSchedule
    purge: PurgeDue
    freezing: FreezeCase


@contextmanager
def administer_retention(settings: Settings, *, clock: Clock | None = None) -> Iterator[RetentionAdministration]:
    """Retention of a service with these settings.

    Raises:
        ConfigurationError: the database or the keys cannot be used, or there is no database.
    """
    clock = clock or _clock(settings)
    _require_database(settings)
    database = open_database(settings, clock)
    try:
        yield RetentionAdministration(
            RetentionSchedule(database, clock, timedelta(hours=settings.review_hours)),
            _purging(settings, database, clock),
            FreezeCase(database, clock),
        )
    finally:
        database.engine.dispose()


def _purging(settings: Settings, database: SqlDatabase, clock: Clock) -> PurgeDue:
    safe = database.safe
    if safe is None:
        raise ConfigurationError("nothing can be erased without the keys")
    return PurgeDue(
        database,
        clock,
        open_purge_log(settings, safe.randomness),
        DestroyEpochs(database, safe.epochs, clock),
        SweepBlobs(database, safe.blobs),
        safe.epochs.is_destroyed,
        lambda: settle(database.engine),
    )


def back_up(
    settings: Settings, folder: Path, who: str, *, keys_file: Path | None = None, clock: Clock | None = None
) -> Manifest:
    """Copy the installation of these settings, while it is used.

    Raises:
        BackupError: why there is no backup.
        ConfigurationError: the database or the keys cannot be used, or there is no database.
        StorageUnavailableError: blobs or keys cannot be reached.
    """
    _require_database(settings)
    database = open_database(settings, clock)
    try:
        manifest = backup.make(_installation(settings, database.safe), database, folder, who)
        if keys_file is not None:
            key_files(settings).save(keys_file)
    finally:
        database.engine.dispose()
    return manifest


def restore(
    settings: Settings,
    folder: Path,
    who: str,
    *,
    keys_file: Path | None = None,
    replace_it: bool = False,
    clock: Clock | None = None,
) -> Restored:
    """Put a backup in the place of the installation of these settings, which must not run.

    Raises:
        BackupError: why nothing was put back.
        ConfigurationError: the keys cannot be used.
        StorageUnavailableError: blobs, keys or the log of erasures cannot be reached.
    """
    manifest = read_manifest(folder)
    backup.require_fitting(manifest, backup_engine(settings), settings.realm)
    if keys_file is not None:
        key_files(settings).put_back(keys_file)
    clock = clock or _clock(settings)
    safe = open_safe(settings, clock, SystemRandomness(), holds_sealed=bool(manifest.epochs))
    try:
        return backup.restore(_installation(settings, safe), folder, manifest, who, replace_it=replace_it)
    except (SQLAlchemyError, OSError) as error:
        # named by its class, as in `open_database`
        raise ConfigurationError(f"the database cannot be restored ({type(error).__name__})") from error


def _installation(settings: Settings, safe: Safe | None) -> Installation:
    if safe is None:
        raise ConfigurationError("nothing is copied or restored without the keys")
    role = None if settings.database_owner_url is None else make_url(settings.database_url or "").username
    log = open_purge_log(settings, safe.randomness)
    return Installation(backup_engine(settings), settings.realm, settings.organisation, safe, log, role)


def backup_engine(settings: Settings) -> BackupEngine:
    """The database as its owner copies and replaces it."""
    return engine_at(make_url(settings.database_owner_url or _database_url(settings)))


def anchor_at(place: str) -> CheckpointAnchor:
    """Where checkpoints are kept outside, as an operator names it.

    Raises:
        ConfigurationError: it cannot be used.
    """
    return open_anchor(place)


def catalogue() -> Catalogue:
    """The texts for people, for the command line."""
    return FileCatalogue()


def reader_of(keys: Mapping[str, Any]) -> SignedReader:
    """Reads what was signed with one of the keys of a JWK Set."""
    return JwksReader(lambda: keys)


def _checkpoints(settings: Settings, database: SqlDatabase, clock: Clock, signer: Signer) -> MakeCheckpoint:
    anchor = None if settings.audit_anchor is None else open_anchor(settings.audit_anchor)
    return MakeCheckpoint(database, clock, signer, JwksReader(signer.public_keys), anchor, settings.issuer)


def _last_checkpoint(make_checkpoint: MakeCheckpoint) -> None:
    """Sign what was added before the process ends; whatever stands in the way is the next start's matter."""
    try:
        make_checkpoint()
    except Exception as error:
        # An end is an end: it must not fail. What is missing shows in `passkoll audit verify`.
        log.error("the last checkpoint of the audit trail was not made", **named(error))


@contextmanager
def administer_signing_keys(settings: Settings, *, clock: Clock | None = None) -> Iterator[ManageSigningKeys]:
    """The keys that results of a service with these settings are signed with.

    Raises:
        ConfigurationError: the database or the keys cannot be used.
    """
    clock = clock or _clock(settings)
    database = open_database(settings, clock)
    try:
        yield ManageSigningKeys(open_signer(settings, clock), database, clock, settings.organisation)
    finally:
        database.engine.dispose()


@dataclass(frozen=True)
class KeyAdministration:
    """The use cases of those who look after the master key; no route leads here."""

    show: ShowKeys
    rotate: RotateKeys


@contextmanager
def administer_keys(settings: Settings, *, clock: Clock | None = None) -> Iterator[KeyAdministration]:
    """The master key and the epochs of a service with these settings.

    Raises:
        ConfigurationError: the database or the keys cannot be used.
    """
    clock = clock or _clock(settings)
    database = open_database(settings, clock)
    try:
        yield _key_administration(settings, database, clock)
    finally:
        database.engine.dispose()


def _key_administration(settings: Settings, database: SqlDatabase, clock: Clock) -> KeyAdministration:
    if database.safe is None:
        raise ConfigurationError("this database was opened without its keys")
    keys, epochs = database.safe.provider, database.safe.epochs
    return KeyAdministration(ShowKeys(keys, epochs), RotateKeys(keys, epochs, database, clock, settings.organisation))


@contextmanager
def administer_webhooks(settings: Settings, *, clock: Clock | None = None) -> Iterator[ManageWebhooks]:
    """The administration of where events go, over the database of a service with these settings.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    database, randomness = open_unsealed_database(settings), SystemRandomness()
    try:
        yield ManageWebhooks(
            database,
            clock or _clock(settings),
            randomness,
            _webhook_secrets(settings, randomness),
            _webhook_sender(settings),
            _webhook_rule(settings),
            settings.organisation,
            settings.issuer,
        )
    finally:
        database.engine.dispose()


def _webhook_rule(settings: Settings) -> AddressRule:
    return AddressRule(settings.realm, settings.webhook_private_hosts)


def _webhook_sender(settings: Settings) -> HttpsWebhookSender:
    return HttpsWebhookSender(_webhook_rule(settings))


def _webhook_secrets(settings: Settings, randomness: Randomness) -> FileWebhookSecrets:
    return FileWebhookSecrets(settings.data_dir / "keys" / "webhooks", randomness)


def _trust_source(settings: Settings, clock: Clock) -> tuple[TrustSource, Callable[[], None]]:
    """What the operator names wins over what is administered; and how to close it."""
    if settings.trust:
        return FixedTrust(load_trust(*settings.trust, realm=settings.realm, at=clock.now())), lambda: None
    database = SqlDatabase(open_engine(_database_url(settings)))
    return AdministeredTrust(database, settings.realm), database.engine.dispose


def _clock(settings: Settings) -> Clock:
    if settings.specimen_clock is None:
        return SystemClock()
    return SpecimenClock(settings.specimen_clock, settings.realm)


def open_database(
    settings: Settings, clock: Clock | None = None, randomness: Randomness | None = None
) -> SqlDatabase:
    """The database, with its schema made if it is empty, and with the keys of what is sealed in it.

    Raises:
        ConfigurationError: the schema is of other software, or the keys cannot be used.
    """
    database = open_unsealed_database(settings)
    return _with_keys(database, settings, clock or _clock(settings), randomness or SystemRandomness())


def _with_keys(database: SqlDatabase, settings: Settings, clock: Clock, randomness: Randomness) -> SqlDatabase:
    with database.reading() as work:
        holds_sealed = bool(work.vault.in_use())
    # Each by itself: a mode counts for the last folder alone, and everybody could read the others.
    for folder in (settings.data_dir, settings.data_dir / "keys"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return replace(database, safe=open_safe(settings, clock, randomness, holds_sealed=holds_sealed))


def open_unsealed_database(settings: Settings) -> SqlDatabase:
    """The database without keys, for those who have nothing to do with what a verification holds.

    Raises:
        ConfigurationError: the schema is of other software.
    """
    try:
        database = SqlDatabase(open_engine(_database_url(settings)))
        if database.is_empty():
            database.upgrade()
        _require_schema(database.schema())
        realm = database.claim_realm(settings.realm)
        audit_is_open = database.may_change_audit()
    except (SQLAlchemyError, OSError, ImportError) as error:
        # named by its class: the message of a driver can hold the address with its password
        raise ConfigurationError(f"the database cannot be opened ({type(error).__name__})") from error
    if realm is not settings.realm:
        raise ConfigurationError(f"the database belongs to the realm {realm}; another realm needs an empty database")
    if audit_is_open and realm is Realm.PRODUCTION:
        raise ConfigurationError(
            "the service's role may change the audit trail; let another role own the schema (docs/audit.md)"
        )
    return database


def _require_schema(found: Schema) -> None:
    if found.state is SchemaState.OLD:
        raise ConfigurationError(
            f"the database has schema {found.revision}, this software needs {found.head}: make a backup, then run "
            "`passkoll db upgrade`"
        )
    if not found.state.serves:
        raise ConfigurationError(
            f"the database has schema {found.revision}, which this software ({found.head}) does not know: run the "
            "version that made it, or a newer one"
        )


def _require_database(settings: Settings) -> None:
    try:
        database = SqlDatabase(open_engine(_database_url(settings)))
        empty = database.is_empty()
        database.engine.dispose()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise ConfigurationError(f"the database cannot be opened ({type(error).__name__})") from error
    if empty:
        raise ConfigurationError("there is no database here: start the service first, or name its folder by --data")


def initialise(settings: Settings) -> Schema:
    """Make the schema and the keys that a first start needs; what is there already is kept.

    Raises:
        ConfigurationError: one of them cannot be made or used.
    """
    if settings.database_owner_url is not None:
        upgrade_database(settings)
    clock = _clock(settings)
    database = open_database(settings, clock)
    try:
        open_signer(settings, clock)
        return database.schema()
    finally:
        database.engine.dispose()


def diagnose(settings: Settings) -> Iterator[Finding]:
    """Look at an installation, for `passkoll doctor`; nothing is made or changed.

    Raises:
        ConfigurationError: the clock is set in the production realm.
        MrtdError: the operator's trust cannot be read.
    """
    clock = _clock(settings)

    def condition(database: SqlDatabase) -> Condition:
        trust, close_trust = _trust_source(settings, clock)
        try:
            return _condition(settings, database, clock, trust)()
        finally:
            close_trust()

    return Diagnosis(
        settings,
        clock,
        schema=lambda: schema_of(settings),
        open_database=lambda: open_database(settings, clock),
        open_signer=lambda: open_signer(settings, clock),
        condition=condition,
    )()


def schema_of(settings: Settings) -> Schema:
    """Where the database of these settings stands; nothing is made where there is none.

    Raises:
        ConfigurationError: it cannot be opened.
    """
    url = make_url(_database_url(settings))
    database = SqlDatabase(open_engine("sqlite://" if _is_missing(url) else url))
    try:
        return database.schema()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise ConfigurationError(f"the database cannot be opened ({type(error).__name__})") from error
    finally:
        database.engine.dispose()


def upgrade_database(settings: Settings) -> Schema:
    """Bring the schema to this software's revision, as its owner, and give the service's role its rights.

    Returns:
        What it was before.

    Raises:
        ConfigurationError: the database cannot be used or is of newer software, or an owner is named and the
            service's role is not.
    """
    role = None
    if settings.database_owner_url is not None:
        role = make_url(settings.database_url or "").username if settings.database_url else None
        if role is None:
            raise ConfigurationError("PASSKOLL_DATABASE_OWNER_URL needs PASSKOLL_DATABASE_URL with a user name in it")
    try:
        database = SqlDatabase(open_engine(settings.database_owner_url or _database_url(settings)))
        before = database.schema()
        if before.state in (SchemaState.AHEAD, SchemaState.UNKNOWN):
            raise ConfigurationError(
                f"the database has schema {before.revision}, which is newer than this software ({before.head})"
            )
        database.upgrade(role)
        database.engine.dispose()
    except (SQLAlchemyError, OSError, ImportError) as error:
        # named by its class, as in `open_database`
        raise ConfigurationError(f"the database cannot be upgraded ({type(error).__name__})") from error
    return before


def _is_missing(url: URL) -> bool:
    """Whether this is a file of SQLite that is not there; opening would make it."""
    return url.get_backend_name() == "sqlite" and bool(url.database) and not Path(str(url.database)).exists()


def _database_url(settings: Settings) -> str | URL:
    return settings.database_url or URL.create(
        "sqlite", database=str(settings.data_dir.resolve() / "passkoll.sqlite3")
    )
