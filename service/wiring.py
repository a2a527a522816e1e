"""Joins ports and adapters; the only module that knows both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from mrtd.files import load_trust
from mrtd.inspection import POLICIES
from service.adapters.catalogue import FileCatalogue
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.adapters.ocr_pool import OcrPool
from service.adapters.signing import FileSigner
from service.adapters.system import SpecimenClock, SystemClock, SystemRandomness
from service.adapters.trust_sources import AdministeredTrust, FixedTrust
from service.adapters.unsafe_identity import UnsafeLoopbackIdentity
from service.domain.errors import ConfigurationError
from service.domain.issuing import IssuingPolicy
from service.domain.ports import Catalogue, Clock, Identity, MrzReader, Randomness, Signer, TrustSource
from service.domain.repositories import Database
from service.domain.result import Issuer
from service.settings import Settings
from service.usecases.cancel_verification import CancelVerification
from service.usecases.capture_mrz import CaptureMrz
from service.usecases.capture_photo import CapturePhoto
from service.usecases.consume_result import ConsumeResult
from service.usecases.fetch_result import FetchResult
from service.usecases.inspect_dump import InspectDump
from service.usecases.issue_challenge import IssueChallenge
from service.usecases.judging import Judging
from service.usecases.open_verification import OpenVerification
from service.usecases.review_verification import ReviewVerification
from service.usecases.show_result import ShowResult
from service.usecases.show_verification import ShowVerification
from service.usecases.submit_chip import SubmitChip
from service.usecases.trust_activation import ActivateTrust, DiscardDraft, ReturnToStore
from service.usecases.trust_decisions import DecideTrust
from service.usecases.trust_fetching import FetchLists
from service.usecases.trust_import import ImportTrust
from service.usecases.trust_showing import ShowTrust
from service.usecases.trust_staging import StageTrust
from service.usecases.trust_what_if import WhatIfTrust


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
    fetch_result: FetchResult
    consume_result: ConsumeResult
    show_result: ShowResult
    inspect_dump: InspectDump
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
    database = open_database(settings)
    signer = FileSigner.open(settings.data_dir / "keys", settings.realm)
    trust, close_trust = _trust_source(settings, clock)
    judging = Judging(trust, POLICIES[settings.policy])
    policy = IssuingPolicy()
    issuer = Issuer(settings.issuer, settings.audience, settings.realm, settings.organisation, policy)
    needs_proof = policy.chip_proof_required
    capture_mrz = CaptureMrz(database, clock, judging, needs_proof)
    photos = reader or OcrPool(settings.ocr_workers)

    def close() -> None:
        photos.close()
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
        open_verification=OpenVerification(database, clock, randomness),
        show_verification=ShowVerification(database),
        capture_mrz=capture_mrz,
        capture_photo=CapturePhoto(photos, capture_mrz),
        issue_challenge=IssueChallenge(database, clock, randomness),
        submit_chip=SubmitChip(database, clock, judging, needs_proof),
        review_verification=ReviewVerification(database, clock, needs_proof),
        cancel_verification=CancelVerification(database, clock),
        fetch_result=FetchResult(database, clock, randomness, signer, issuer),
        consume_result=ConsumeResult(database, clock),
        show_result=ShowResult(database),
        inspect_dump=InspectDump(clock, judging, settings.realm),
        start=photos.start,
        close=close,
    )


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
    what_if: WhatIfTrust
    fetching: Callable[[], AbstractContextManager[FetchLists]]
    close: Callable[[], None]


def administer_trust(settings: Settings, *, clock: Clock | None = None) -> TrustAdministration:
    """The administration of the trust store that a service with these settings judges by.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    clock = clock or _clock(settings)
    database = open_database(settings)
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
        what_if=WhatIfTrust(database, clock, POLICIES[settings.policy]),
        fetching=fetching,
        close=database.engine.dispose,
    )


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


def open_database(settings: Settings) -> SqlDatabase:
    """The database, with its schema made if it is empty.

    Raises:
        ConfigurationError: the schema is of other software.
    """
    try:
        database = SqlDatabase(open_engine(_database_url(settings)))
        if database.is_empty():
            database.upgrade()
        if not database.ready():
            raise ConfigurationError(
                f"the database has schema {database.revision()}, which this software ({database.head}) does not know"
            )
        realm = database.claim_realm(settings.realm)
    except (SQLAlchemyError, OSError, ImportError) as error:
        # named by its class: the message of a driver can hold the address with its password
        raise ConfigurationError(f"the database cannot be opened ({type(error).__name__})") from error
    if realm is not settings.realm:
        raise ConfigurationError(f"the database belongs to the realm {realm}; another realm needs an empty database")
    return database


def _database_url(settings: Settings) -> str | URL:
    return settings.database_url or URL.create(
        "sqlite", database=str(settings.data_dir.resolve() / "passkoll.sqlite3")
    )
