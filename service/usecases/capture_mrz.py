"""Take the printed MRZ; if a chip was judged against older lines, judge it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import mrz
from service.domain.audit import Action, entry
from service.domain.identity import Principal
from service.domain.judgement import after_judgement
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
from service.usecases.judging import Judging, read_lines


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

    def __call__(self, who: Principal, verification_id: str, lines: Sequence[str], source: CaptureSource) -> Captured:
        now = self.clock.now()
        reading = read_lines(lines, now)
        status = judge_lines(reading is not None, reading is not None and reading.valid, source)
        return self.take(who, verification_id, status, reading, source, now)

    def take(
        self,
        who: Principal,
        verification_id: str,
        status: CaptureStatus,
        reading: mrz.MrzDocument | None,
        source: CaptureSource,
        now: datetime,
    ) -> Captured:
        """Take lines that were judged already; every call is an attempt, whatever was read."""
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.CREATED, State.MRZ_CAPTURED)
            require_attempts_left(verification)
            verification = replace(verification, mrz_attempts=verification.mrz_attempts + 1)
            verification = after_capture(verification, status, now)
            if status is CaptureStatus.ACCEPTED and reading is not None:
                verification = self._accept(work, verification, reading, source, now)
            saved = work.verifications.save(verification)
            details = {"status": status.value, "source": source.value, "state": saved.state.value}
            work.audit.write(entry(who, now, Action.MRZ_CAPTURED, saved.id, details))
        return Captured(status, reading, saved)

    def _accept(
        self,
        work: Work,
        verification: Verification,
        reading: mrz.MrzDocument,
        source: CaptureSource,
        now: datetime,
    ) -> Verification:
        photo = photo_number(work.captures.of(verification.id), source)
        capture = MrzCapture(reading.lines, source, photo, now)
        work.captures.add(verification.id, capture)
        stored = work.evidence.latest(verification.id)
        if stored is None:
            return verification
        judgement = self.judging.judge_stored(stored, capture, now)
        work.judgements.add(verification.id, judgement)
        return after_judgement(verification, judgement, chip_proof_required=self.chip_proof_required)
