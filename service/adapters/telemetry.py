"""The numbers for Prometheus, on a port of their own.

Labels have a bounded set of values, none of which a caller chooses; nobody can be recognised by a number.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from mrtd.inspection import InspectionReport
from mrz.codes_data import CODES
from service.adapters.collectors import OTHER, ConditionCollector, StepCollector
from service.domain.errors import ConfigurationError
from service.domain.jobs import JobKind
from service.domain.judgement import Judgement
from service.domain.repositories import Database
from service.metrics import JobOutcome
from service.usecases.show_condition import ShowCondition

#: The label of any other method is `OTHER`.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Their label is `OTHER`: how often they are asked would say how many people live under protected identity.
_UNCOUNTED_ROUTES: Final = frozenset({"/v1/verifications/{id}/protect"})
_BATCH_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Telemetry:
    """Answers `service.metrics.Meter`, and shows it."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._requests: Final = Counter(
            "passkoll_requests",
            "Answers, by route and class of status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._request_seconds: Final = Histogram(
            "passkoll_request_seconds",
            "How long answers took.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._checks: Final = Counter(
            "passkoll_checks", "Results of checks of documents.", ("check", "status"), registry=self.registry
        )
        self._judgements: Final = Counter(
            "passkoll_judgements",
            "Judgements, by what the policy made of them and by issuing state.",
            ("outcome", "issuing_state"),
            registry=self.registry,
        )
        self._photos: Final = Counter(
            "passkoll_photos", "Requests to read a photo.", ("outcome",), registry=self.registry
        )
        self._photo_seconds: Final = Histogram(
            "passkoll_photo_seconds", "How long reading took.", buckets=_SECONDS, registry=self.registry
        )
        self._jobs: Final = Counter(
            "passkoll_job_attempts", "Attempts at jobs.", ("kind", "outcome"), registry=self.registry
        )
        self._job_seconds: Final = Histogram(
            "passkoll_job_seconds", "How long attempts took.", ("kind",), buckets=_SECONDS, registry=self.registry
        )
        self._live_batch_seconds: Final = Histogram(
            "passkoll_live_batch_seconds",
            "How long the answers of a chip waited for the next frame, in this service.",
            buckets=_BATCH_SECONDS,
            registry=self.registry,
        )
        self._live_ended: Final = Counter(
            "passkoll_live_sessions_ended", "Live readings that ended, by how.", ("code",), registry=self.registry
        )

    def request(self, method: str, route: str | None, status: int, duration: float) -> None:
        known = method if method in _METHODS else OTHER
        shown = OTHER if route is None or route in _UNCOUNTED_ROUTES else route
        self._requests.labels(known, shown, f"{status // 100}xx").inc()
        self._request_seconds.labels(shown).observe(duration)

    def report(self, report: InspectionReport) -> None:
        for check in report.checks:
            self._checks.labels(check.id, check.status.value).inc()

    def judgement(self, judgement: Judgement) -> None:
        state = judgement.issuing_state
        self._judgements.labels(judgement.verdict.outcome.value, state if state in CODES else OTHER).inc()

    def photo(self, outcome: str, duration: float) -> None:
        self._photos.labels(outcome).inc()
        self._photo_seconds.observe(duration)

    def job(self, kind: JobKind, outcome: JobOutcome, duration: float) -> None:
        self._jobs.labels(kind.value, outcome.value).inc()
        self._job_seconds.labels(kind.value).observe(duration)

    def live_batch(self, duration: float) -> None:
        self._live_batch_seconds.observe(duration)

    def live_ended(self, code: str) -> None:
        self._live_ended.labels(code).inc()

    def watch_live(self, open_now: Callable[[], int]) -> None:
        """Show how many live readings go on, when somebody looks."""
        shown = Gauge("passkoll_live_sessions", "Live readings that go on.", registry=self.registry)
        shown.set_function(open_now)

    def watch(self, look: ShowCondition, database: Database) -> None:
        """Show the condition of the service and the steps of verifications too, as they are when somebody looks."""
        self.registry.register(ConditionCollector(look))
        self.registry.register(StepCollector(database))

    def expose(self, host: str, port: int) -> tuple[str, Callable[[], None]]:
        """Open the port; its address, and how to close it. Port 0 becomes a free one.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise ConfigurationError(f"the metrics cannot be shown on {host}, port {port}") from error
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{server.server_port}/metrics", lambda: _close(server, thread)


def _close(server: WSGIServer, thread: threading.Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join()
