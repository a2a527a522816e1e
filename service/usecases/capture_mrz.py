"""Take the printed MRZ; if a chip was judged against older lines, judge it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import mrz
from service.domain.challenge import answers_left
from service.domain.identity import Principal
from service.domain.judgement import after_judgement
from service.domain.lifecycle import Moved, happen
from service.domain.mrz_capture import (
    MAX_MRZ_ATTEMPTS,
    CaptureSource,
    CaptureStatus,
    MrzCapture,
    after_capture,
    judge_lines,
    photo_number,
    require_attempts_left,
)
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.verification import State, Verification
from service.usecases.judging import Judging, judged_details, read_lines
from service.usecases.mark_subjects import MarkSubjects
from service.usecases.recording import record, touched


@dataclass(frozen=True, slots=True, repr=False)
class Captured:
    """What became of the lines."""

    status: CaptureStatus
    reading: mrz.MrzDocument | None
    verification: Verification

    @property
    def attempts_left(self) -> int:
        """How many more lines will be taken."""
        return MAX_MRZ_ATTEMPTS - self.verification.mrz_attempts


@dataclass(frozen=True, slots=True)
class CaptureMrz:
    """`POST /v1/verifications/{id}/mrz`."""

    database: Database
    clock: Clock
    judging: Judging
    chip_proof_required: bool
    review_time: timedelta
    mark_subjects: MarkSubjects

    def __call__(
        self,
        who: Principal,
        verification_id: str,
        lines: Sequence[str],
        source: CaptureSource,
        can: str | None = None,
    ) -> Captured:
        now = touched(self.database, self.clock, who, verification_id)
        reading = read_lines(lines, now)
        status = judge_lines(reading is not None, reading is not None and reading.valid, source)
        return self.take(who, verification_id, status, reading, source, now, can=can)

    def take(
        self,
        who: Principal,
        verification_id: str,
        status: CaptureStatus,
        reading: mrz.MrzDocument | None,
        source: CaptureSource,
        now: datetime,
        keep: Callable[[Work, Verification, datetime], None] | None = None,
        can: str | None = None,
    ) -> Captured:
        """Take lines that were judged already; every call is an attempt, whatever was read.

        `keep`: what else is kept of them, in the same transaction. `can`: the card access number.
        """
        accepted = status is CaptureStatus.ACCEPTED and reading is not None
        marks = self.mark_subjects.of_lines(reading, now) if accepted and reading is not None else ()
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.CREATED, State.MRZ_CAPTURED)
            require_attempts_left(verification)
            verification = replace(verification, mrz_attempts=verification.mrz_attempts + 1)
            if keep is not None:
                keep(work, verification, now)
            details = {"status": status.value, "source": source.value}
            taken = happen(verification, after_capture(verification.state, status), who, now, details=details)
            moves = [taken]
            if accepted and reading is not None:
                photo = photo_number(work.captures.of(verification_id), source)
                capture = MrzCapture(reading.lines, source, photo, now, can)
                moves += self._accept(work, taken.verification, who, capture, now)
                work.subject_marks.add(verification_id, marks)
            saved = record(work, *moves)
        return Captured(status, reading, saved)

    def _accept(
        self,
        work: Work,
        verification: Verification,
        who: Principal,
        capture: MrzCapture,
        now: datetime,
    ) -> list[Moved]:
        """Keep the lines; a chip that was judged against older ones is judged again."""
        work.captures.add(verification.id, capture)
        stored = work.evidence.latest(verification.id)
        if stored is None:
            return []
        judgement = self.judging.judge_stored(stored, capture, now)
        work.judgements.add(verification.id, judgement)
        left = answers_left(work.challenges.of(verification.id))
        course = after_judgement(judgement, chip_proof_required=self.chip_proof_required, answers_left=left)
        details = judged_details(judgement)
        return [happen(verification, course, who, now, details=details, review_time=self.review_time)]
