"""What is counted while the service works, where it happens. `service.adapters.telemetry` keeps the numbers.

Nothing personal is counted by: labels are routes, states, codes, and nothing that a caller can choose. What concerns
a case of a person with protected identity is not counted (`service.usecases.counting`); requests and jobs are, as
work that was done, but for the request that marks such a case.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import structlog

from mrtd.evidence import ChipEvidence
from mrtd.inspection import InspectionReport, MrzEvidence
from service.domain.errors import ServiceError
from service.domain.jobs import JobFailedError, JobKind, LeasedJob
from service.domain.judgement import Judgement
from service.domain.mrz_capture import MrzCapture
from service.domain.photo import PhotoExamination, judge_photo
from service.domain.ports import MrzReader
from service.domain.repositories import StoredEvidence
from service.usecases.counting import may_be_counted
from service.usecases.judging import Judging
from service.usecases.run_jobs import Handler


class JobOutcome(StrEnum):
    """How one attempt at a job ended."""

    DONE = "done"
    #: It could not be done now, for a reason that its handler knows.
    FAILED = "failed"
    #: Something went wrong that should not.
    FAULT = "fault"


class Meter(Protocol):
    """Counts. Durations are seconds."""

    def request(self, method: str, route: str | None, status: int, duration: float) -> None:
        """An answer; `route` is the template, None for an address that there is not."""
        ...

    def report(self, report: InspectionReport) -> None:
        """What was found in a document."""
        ...

    def judgement(self, judgement: Judgement) -> None:
        """What the policy made of it."""
        ...

    def photo(self, outcome: str, duration: float) -> None:
        """Photos of one document that were looked at; `outcome` is a code."""
        ...

    def job(self, kind: JobKind, outcome: JobOutcome, duration: float) -> None:
        """One attempt at a job."""
        ...

    def live_batch(self, duration: float) -> None:
        """Answers of a chip that were worked on, from having them to the next frame."""
        ...

    def live_ended(self, code: str) -> None:
        """A session of live reading; `done`, or the code for which there is no judgement."""
        ...


@dataclass(frozen=True, kw_only=True)
class WatchedJudging(Judging):
    """Judges, and counts what was found."""

    meter: Meter

    def judge_stored(self, stored: StoredEvidence, capture: MrzCapture, at: datetime) -> Judgement:
        judgement = Judging.judge_stored(self, stored, capture, at)
        if may_be_counted():
            self.meter.judgement(judgement)
        return judgement

    def report_stored(self, stored: StoredEvidence, capture: MrzCapture, at: datetime) -> InspectionReport:
        report = Judging.report_stored(self, stored, capture, at)
        if may_be_counted():
            self.meter.report(report)
        return report

    def report(self, evidence: ChipEvidence, printed: MrzEvidence | None, at: datetime) -> InspectionReport:
        report = Judging.report(self, evidence, printed, at)
        self.meter.report(report)
        return report


@dataclass(frozen=True, slots=True)
class WatchedReader:
    """Answers `service.domain.ports.MrzReader`, and counts how photos were read."""

    reader: MrzReader
    meter: Meter

    def start(self) -> None:
        self.reader.start()

    def examine(self, images: Sequence[bytes], today: date) -> PhotoExamination:
        began = time.monotonic()
        outcome = "fault"
        try:
            examination = self.reader.examine(images, today)
            outcome = judge_photo(examination).value if examination.fault is None else examination.fault.value
        except ServiceError as error:
            outcome = error.code.value
            raise
        finally:
            if may_be_counted():
                self.meter.photo(outcome, time.monotonic() - began)
        return examination

    def close(self) -> None:
        self.reader.close()


def watched(kind: JobKind, handler: Handler, meter: Meter) -> Handler:
    """The handler, counted; every line that is logged meanwhile names the job."""

    def do(job: LeasedJob) -> None:
        began = time.monotonic()
        outcome = JobOutcome.FAULT
        try:
            with structlog.contextvars.bound_contextvars(job=job.id, kind=kind.value):
                handler(job)
            outcome = JobOutcome.DONE
        except (JobFailedError, ServiceError):
            outcome = JobOutcome.FAILED
            raise
        finally:
            meter.job(kind, outcome, time.monotonic() - began)

    return do
