"""The port `Database` over an engine, and the migrations that make its schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

import structlog
from alembic.config import Config
from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from mrtd.pki.realm import Realm
from service.adapters.db import audit_rights, tables
from service.adapters.db.accounts import AccountRows
from service.adapters.db.acting import ActingRows
from service.adapters.db.audit import AuditRows
from service.adapters.db.cases import CaptureRows, ChallengeRows, VerificationRows
from service.adapters.db.clients import ClientRows
from service.adapters.db.devices import DeviceRows
from service.adapters.db.duplicates import FindingRows, TraceRows
from service.adapters.db.engine import for_reading, for_writing
from service.adapters.db.enrolments import EnrolmentRows
from service.adapters.db.events import EndpointRows, EventRows
from service.adapters.db.figures import FigureRows
from service.adapters.db.findings import EvidenceRows, JudgementRows, ResultRows, ReviewRows
from service.adapters.db.hand_overs import HandOverRows
from service.adapters.db.idempotency import AnswerRows
from service.adapters.db.images import ImageRows
from service.adapters.db.jobs import JobRows
from service.adapters.db.life import NoticeRows, RevocationRows, StatusRows
from service.adapters.db.orders import OrderRows
from service.adapters.db.pairings import PairingRows
from service.adapters.db.people import PeopleSeal, PersonRows
from service.adapters.db.print_rows import HandedResultRows, SubjectMarkRows
from service.adapters.db.retention import FreezeRows, IssuedClaimsRows, ScheduleRows
from service.adapters.db.retention_purges import PurgeRows
from service.adapters.db.reverification import ReverificationRows
from service.adapters.db.schema import Migrations, revision_of
from service.adapters.db.sessions import SessionRows, SignInRows
from service.adapters.db.sign_in_codes import SignInCodeRows
from service.adapters.db.tokens import AccessTokenRows, UsedIdRows
from service.adapters.db.trust import EvidenceTrail, TrustRows
from service.adapters.db.vault import Safe, SqlVault
from service.domain.audit import Details
from service.domain.bell import Bell
from service.domain.condition import Schema
from service.domain.errors import ConfigurationError
from service.domain.vault import StorageUnavailableError
from service.log import named

log = structlog.stdlib.get_logger("passkoll.database")


class SqlWork:
    """Answers `service.domain.repositories.Work`: all repositories over one transaction."""

    def __init__(
        self, connection: Connection, safe: Safe | None = None, beside: Details = MappingProxyType({})
    ) -> None:
        self.vault = SqlVault(connection, safe)
        self.verifications = VerificationRows(connection)
        self.captures = CaptureRows(connection, self.vault)
        self.challenges = ChallengeRows(connection)
        self.evidence = EvidenceRows(connection, self.vault)
        self.judgements = JudgementRows(connection, self.vault)
        self.reviews = ReviewRows(connection, self.vault)
        self.notices = NoticeRows(connection)
        self.status_lookups = StatusRows(connection)
        self.revocations = RevocationRows(connection, self.vault)
        self.answers = AnswerRows(connection, self.vault)
        self.results = ResultRows(connection)
        self.audit = AuditRows(connection, beside)
        self.trust = TrustRows(connection)
        self.evidence_trail = EvidenceTrail(connection)
        self.images = ImageRows(connection, self.vault)
        self.schedules = ScheduleRows(connection)
        self.freezes = FreezeRows(connection)
        self.purges = PurgeRows(connection)
        self.issued_claims = IssuedClaimsRows(connection, self.vault)
        self.jobs = JobRows(connection)
        self.endpoints = EndpointRows(connection)
        self.events = EventRows(connection, self.jobs, self.endpoints)
        self.figures = FigureRows(connection)
        self.traces = TraceRows(connection)
        self.findings = FindingRows(connection)
        self.reverifications = ReverificationRows(connection)
        people_seal = PeopleSeal(connection, safe)
        self.people = PersonRows(connection, people_seal)
        self.accounts = AccountRows(connection, people_seal)
        self.sign_ins = SignInRows(connection, people_seal)
        self.sessions = SessionRows(connection)
        self.handed_results = HandedResultRows(connection, self.vault)
        self.subject_marks = SubjectMarkRows(connection)
        self.devices = DeviceRows(connection)
        self.hand_overs = HandOverRows(connection, people_seal)
        self.orders = OrderRows(connection)
        self.enrolments = EnrolmentRows(connection)
        self.pairings = PairingRows(connection)
        self.sign_in_codes = SignInCodeRows(connection)
        self.clients = ClientRows(connection)
        self.access_tokens = AccessTokenRows(connection)
        self.acting = ActingRows(connection)
        self.used_ids = UsedIdRows(connection)


@dataclass(frozen=True)
class SqlDatabase:
    """Answers `service.domain.repositories.Database`.

    `bell`: rings when a job that was enqueued here is durable. `safe`: the keys and blobs of what is sealed; without
    them nothing sealed is read or written. `beside`: what every audit entry holds that is written through this
    (`service.adapters.machine.shell_account`).
    """

    engine: Engine
    bell: Bell = field(default_factory=Bell)
    safe: Safe | None = field(default=None, repr=False)
    beside: Details = field(default_factory=dict)

    @contextmanager
    def reading(self) -> Iterator[SqlWork]:
        with usable(), for_reading(self.engine).connect() as connection:
            yield SqlWork(connection, self.safe, self.beside)

    @contextmanager
    def changing(self) -> Iterator[SqlWork]:
        with usable(), for_writing(self.engine).begin() as connection:
            work = SqlWork(connection, self.safe, self.beside)
            yield work
            # Last, whatever the use case did when: the lock of the chain is held from here to the commit.
            work.audit.finish()
        work.vault.delete_discarded()
        if work.jobs.enqueued:
            self.bell.ring()

    def ready(self) -> bool:
        try:
            return self.schema().state.serves
        except OperationalError:
            return False

    def keys_open(self) -> bool:
        """Whether the master key is there that all sealed columns and blobs hang on."""
        return self.safe is not None and bool(self.safe.provider.versions())

    def schema(self) -> Schema:
        """What its schema is to this software."""
        with for_reading(self.engine).connect() as connection:
            return Schema(self._migrations.state(connection), revision_of(connection), self.head)

    def revision(self) -> str | None:
        """The revision of the schema; None in an empty database."""
        with for_reading(self.engine).connect() as connection:
            return revision_of(connection)

    def is_empty(self) -> bool:
        """Whether the database holds no table at all."""
        return not inspect(self.engine).get_table_names()

    def upgrade(self, service_role: str | None = None) -> None:
        """Bring the schema to this software's revision; `service_role`: who uses it, if that is not its owner."""
        with for_writing(self.engine).begin() as connection:
            self._migrations.upgrade(connection)
            if service_role is not None:
                audit_rights.grant(connection, service_role)

    def may_change_audit(self) -> bool:
        """Whether the role of this connection could change audit entries that were written."""
        with for_reading(self.engine).connect() as connection:
            return audit_rights.may_change_trail(connection)

    def claim_realm(self, realm: Realm) -> Realm:
        """The realm that this database belongs to; the first who asks decides (SECURITY.md 4.5)."""
        table = tables.installation
        with for_writing(self.engine).begin() as connection:
            claimed = connection.execute(select(table.c.realm)).scalar_one_or_none()
            if claimed is None:
                connection.execute(insert(table).values(id=1, realm=realm))
            try:
                return Realm(claimed or realm)
            except ValueError:
                raise ConfigurationError("the database names no realm: it was changed by hand") from None

    @cached_property
    def _migrations(self) -> Migrations:
        return Migrations()

    @property
    def _config(self) -> Config:
        return self._migrations.config

    @property
    def head(self) -> str | None:
        """The revision that this software makes."""
        return self._migrations.head


#: SQLite's driver calls a statement that is wrong an operational error too; that is a fault of this software.
_WRONG_STATEMENT: Final = "SQLITE_ERROR"


@contextmanager
def usable() -> Iterator[None]:
    """A database that is full, away or busy is no fault of a request: nothing was kept, and it may come again."""
    try:
        yield
    except (OperationalError, InterfaceError, TimeoutError) as error:
        code = _driver_code(error)
        if code == _WRONG_STATEMENT:
            raise
        log.error("the database cannot be used", code=code, **named(error))
        raise StorageUnavailableError from error


def _driver_code(error: OperationalError | InterfaceError | TimeoutError) -> str | None:
    """The name or number that the driver gives its error (`SQLITE_FULL`, `53100`), never its words."""
    origin = getattr(error, "orig", None)
    return getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None)
