"""In which condition the service is: everything that its operator watches. Nothing of it closes a counter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mrtd.pki.trust_store import TrustStore
from service.domain.condition import DiskSpace, JobFigures
from service.domain.errors import ServiceError
from service.domain.ports import Clock, TrustSource
from service.domain.repositories import Database
from service.usecases.trust_condition import TrustCondition, condition_of


class OperatingWarning(StrEnum):
    """What somebody should do something about (docs/alerts.md has a line for each)."""

    TRUST_UNUSABLE = "trust_unusable"
    NO_TRUST_ANCHOR = "no_trust_anchor"
    ANCHORS_EXPIRE = "anchors_expire"
    OLD_LISTS = "old_lists"
    DEAD_LETTERS = "dead_letters"
    JOBS_OVERDUE = "jobs_overdue"
    DISK_NEARLY_FULL = "disk_nearly_full"
    AUDIT_NOT_ANCHORED = "audit_not_anchored"


@dataclass(frozen=True, slots=True)
class Condition:
    """One look at everything.

    Attributes:
        jobs: by kind, sorted.
        audit_entries: the length of the audit trail.
        audit_unsigned: how many of its entries no signed checkpoint covers yet.
        anchored: whether checkpoints are kept outside of the database.
        trust: the store in use; None if it cannot be opened.
        list_age: since the oldest list in use was signed; None without a list.
        crl_age: since the oldest CRL in use was made; None without a CRL.
        disk: None where it cannot be asked.
    """

    jobs: Sequence[JobFigures]
    audit_entries: int
    audit_unsigned: int
    anchored: bool
    trust: TrustCondition | None
    list_age: timedelta | None
    crl_age: timedelta | None
    disk: DiskSpace | None

    @property
    def warnings(self) -> frozenset[OperatingWarning]:
        """What stands out."""
        found = {
            OperatingWarning.TRUST_UNUSABLE: self.trust is None,
            OperatingWarning.DEAD_LETTERS: any(figures.dead for figures in self.jobs),
            OperatingWarning.JOBS_OVERDUE: any(figures.overdue for figures in self.jobs),
            OperatingWarning.DISK_NEARLY_FULL: self.disk is not None and self.disk.nearly_full,
            OperatingWarning.AUDIT_NOT_ANCHORED: not self.anchored,
        }
        of_trust = () if self.trust is None else self.trust.warnings
        return frozenset(
            {name for name, holds in found.items() if holds} | {OperatingWarning(name) for name in of_trust}
        )


@dataclass(frozen=True, slots=True)
class ShowCondition:
    """For the metrics and for `passkoll doctor`.

    `disk` asks the file system of the data folder; `anchored`: checkpoints of the audit trail are kept outside.
    """

    database: Database
    clock: Clock
    trust: TrustSource
    disk: Callable[[], DiskSpace | None]
    anchored: bool

    def __call__(self) -> Condition:
        """How it is now.

        Raises:
            ServiceError: `not_ready`: the database does not answer.
        """
        now = self.clock.now()
        with self.database.reading() as work:
            jobs = work.figures.jobs(now)
            head, signed = work.audit.head(), work.audit.last_checkpoint()
        store = self._store()
        return Condition(
            jobs=jobs,
            audit_entries=head.number,
            audit_unsigned=head.number - signed.number,
            anchored=self.anchored,
            trust=None if store is None else condition_of(store, now),
            list_age=None if store is None else _list_age(store, now),
            crl_age=None if store is None else _age([stored.crl.this_update for stored in store.crls], now),
            disk=self.disk(),
        )

    def _store(self) -> TrustStore | None:
        try:
            return self.trust.current()
        except ServiceError:
            return None


def _list_age(store: TrustStore, now: datetime) -> timedelta | None:
    signed = [anchor.provenance.list_signed_at for anchor in store.anchors]
    return _age([moment for moment in signed if moment is not None], now)


def _age(moments: list[datetime], now: datetime) -> timedelta | None:
    return now - min(moments) if moments else None
