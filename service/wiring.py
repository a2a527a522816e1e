"""Joins ports and adapters; the only module that knows both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from mrtd.files import load_trust
from mrtd.inspection import POLICIES
from mrtd.pki.trust_store import TrustStore
from service.adapters.catalogue import FileCatalogue
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.adapters.signing import FileSigner
from service.adapters.system import SpecimenClock, SystemClock, SystemRandomness
from service.adapters.unsafe_identity import UnsafeLoopbackIdentity
from service.domain.errors import ConfigurationError
from service.domain.issuing import IssuingPolicy
from service.domain.ports import Catalogue, Clock, Database, Identity, Randomness, Signer
from service.domain.result import Issuer
from service.settings import Settings
from service.usecases.cancel_verification import CancelVerification
from service.usecases.capture_mrz import CaptureMrz
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


@dataclass(frozen=True)
class Services:
    """Every use case, joined to its adapters, and the ports that routes use directly."""

    database: Database
    identity: Identity
    signer: Signer
    catalogue: Catalogue
    issuer: Issuer
    trust: TrustStore
    open_verification: OpenVerification
    show_verification: ShowVerification
    capture_mrz: CaptureMrz
    issue_challenge: IssueChallenge
    submit_chip: SubmitChip
    review_verification: ReviewVerification
    cancel_verification: CancelVerification
    fetch_result: FetchResult
    consume_result: ConsumeResult
    show_result: ShowResult
    inspect_dump: InspectDump
    close: Callable[[], None]


def wire(
    settings: Settings,
    *,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
    identity: Identity | None = None,
) -> Services:
    """The services of a settled configuration; a test may bring its own clock, randomness and people.

    Raises:
        ConfigurationError: the service must not start like this.
    """
    clock = clock or _clock(settings)
    randomness = randomness or SystemRandomness()
    identity = identity or UnsafeLoopbackIdentity(settings.host, settings.realm, randomness)
    database = open_database(settings)
    signer = FileSigner.open(settings.data_dir / "keys", settings.realm)
    trust = load_trust(*settings.trust, realm=settings.realm)
    judging = Judging(trust, POLICIES[settings.policy])
    policy = IssuingPolicy()
    issuer = Issuer(settings.issuer, settings.audience, settings.realm, settings.organisation, policy)
    needs_proof = policy.chip_proof_required
    return Services(
        database=database,
        identity=identity,
        signer=signer,
        catalogue=FileCatalogue(),
        issuer=issuer,
        trust=trust,
        open_verification=OpenVerification(database, clock, randomness),
        show_verification=ShowVerification(database),
        capture_mrz=CaptureMrz(database, clock, judging, needs_proof),
        issue_challenge=IssueChallenge(database, clock, randomness),
        submit_chip=SubmitChip(database, clock, judging, needs_proof),
        review_verification=ReviewVerification(database, clock, needs_proof),
        cancel_verification=CancelVerification(database, clock),
        fetch_result=FetchResult(database, clock, randomness, signer, issuer),
        consume_result=ConsumeResult(database, clock),
        show_result=ShowResult(database),
        inspect_dump=InspectDump(clock, judging, settings.realm),
        close=database.engine.dispose,
    )


def _clock(settings: Settings) -> Clock:
    if settings.specimen_clock is None:
        return SystemClock()
    return SpecimenClock(settings.specimen_clock, settings.realm)


def open_database(settings: Settings) -> SqlDatabase:
    """The database, with its schema made if it is empty.

    Raises:
        ConfigurationError: the schema is of other software.
    """
    url = settings.database_url or URL.create(
        "sqlite", database=str(settings.data_dir.resolve() / "passkoll.sqlite3")
    )
    try:
        database = SqlDatabase(open_engine(url))
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
