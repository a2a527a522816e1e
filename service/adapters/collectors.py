"""What metrics tell of the database, the trust store and the disk: looked up when somebody asks for them."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mrtd.version import VERSION
from service.domain.audit import Action
from service.domain.errors import ServiceError
from service.domain.jobs import JobKind
from service.domain.repositories import Database
from service.domain.verification import State
from service.usecases.show_condition import Condition, OperatingWarning, ShowCondition

#: The label of whatever is not on a list: something that other software wrote, or that a caller made up.
OTHER: Final = "other"
#: Entries of the trail that one look counts; the next look goes on from there.
_MAX_STEPS: Final = 10_000
_ACTIONS: Final = frozenset(Action)
_STATES: Final = frozenset(State)
_JOBS: Final[Mapping[str, str]] = {
    "waiting": "Jobs that wait.",
    "running": "Jobs that are being done.",
    "overdue": "Jobs that were due long ago and that nobody does.",
    "dead": "Jobs that were given up.",
}


class ConditionCollector(Collector):
    """The condition of the service, asked when somebody looks."""

    def __init__(self, look: ShowCondition) -> None:
        self._look = look

    def describe(self) -> Iterator[Metric]:
        """Nothing: a registry would look at the database to know the names."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Where the database does not answer, that alone is told."""
        yield _gauge("passkoll_info", "The version of the software.", "version", {VERSION: 1})
        try:
            condition = self._look()
        except ServiceError:
            yield _value("passkoll_database_up", "Whether the database answers.", 0)
            return
        yield _value("passkoll_database_up", "Whether the database answers.", 1)
        yield from _conditions(condition)


class StepCollector(Collector):
    """What happened to verifications since this process began to look, as the audit trail has it.

    It counts what all processes wrote, so replicas show the same: take the largest, never the sum. Cases of people
    with protected identity are left out.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._steps: dict[tuple[str, str], int] = {}

    def describe(self) -> Iterator[Metric]:
        """Nothing, as for the condition."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Counts by action and by the state that it led to (empty: it led to none)."""
        with self._lock:
            # a database that does not answer is told of by another metric; what was counted so far stays true
            with contextlib.suppress(ServiceError):
                self._read()
            family = CounterMetricFamily("passkoll_steps", "Entries of the audit trail.", labels=("action", "state"))
            for labels, count in sorted(self._steps.items()):
                family.add_metric(labels, count)
        yield family

    def _read(self) -> None:
        with self._database.reading() as work:
            head = work.audit.head().number
            if self._seen is None:
                self._seen = head
            if head == self._seen:
                return
            until = min(head, self._seen + _MAX_STEPS)
            rows = list(work.audit.rows(self._seen, until))
            cases = {str(row["verification_id"]) for row in rows if row["verification_id"] is not None}
            protected = work.verifications.protected_among(cases)
            for row in rows:
                if row["verification_id"] in protected:
                    continue
                labels = _action(row["action"]), _state(row["details"])
                self._steps[labels] = self._steps.get(labels, 0) + 1
            self._seen = until


def _conditions(found: Condition) -> Iterator[Metric]:
    kinds = [kind.value for kind in JobKind]
    for member, text in _JOBS.items():
        counts = dict.fromkeys(kinds, 0)
        for figures in found.jobs:
            name = figures.kind if figures.kind in counts else OTHER
            counts[name] = counts.get(name, 0) + int(getattr(figures, member))
        yield _gauge(f"passkoll_jobs_{member}", text, "kind", counts)
    yield _value("passkoll_audit_entries", "Length of the audit trail.", found.audit_entries)
    yield _value("passkoll_audit_unsigned_entries", "Entries that no checkpoint covers yet.", found.audit_unsigned)
    trust = found.trust
    if trust is not None:
        yield _value("passkoll_trust_anchors", "Anchors of the trust store in use.", trust.anchors)
        yield _value("passkoll_trust_anchors_expiring", "Anchors that expire within 90 days.", trust.expiring)
        yield _value("passkoll_trust_crls", "CRLs of the trust store in use.", trust.crls)
    for name, age in (("list", found.list_age), ("crl", found.crl_age)):
        if age is not None:
            text = f"Days since the oldest {name} in use was made."
            yield _value(f"passkoll_trust_oldest_{name}_age_days", text, age / timedelta(days=1))
    if found.disk is not None:
        yield _value("passkoll_disk_free_bytes", "Room where the data folder lies.", found.disk.free)
        yield _value("passkoll_disk_total_bytes", "Size of the file system there.", found.disk.total)
    warnings = {warning.value: int(warning in found.warnings) for warning in OperatingWarning}
    yield _gauge("passkoll_warning", "1: somebody should do something (docs/alerts.md).", "name", warnings)


def _value(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, label: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for value, count in counts.items():
        family.add_metric((value,), count)
    return family


def _action(written: object) -> str:
    return str(written) if written in _ACTIONS else OTHER


def _state(details: str) -> str:
    """The state that an entry names; empty where it names none."""
    try:
        state = json.loads(details).get("state")
    except (ValueError, AttributeError, RecursionError):
        return OTHER
    if state is None:
        return ""
    return str(state) if state in _STATES else OTHER
