"""Take what a phone read from a chip, judge it, and say where the case goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mrtd.evidence import EAC_PROTECTED, ChipEvidence, EvidenceSource, IssuedChallenge, LiveSession
from service.domain.challenge import MAX_AGE, Challenge, answered_by, answers_left
from service.domain.duplicates import refusal
from service.domain.identity import Principal
from service.domain.judgement import Judgement, after_judgement
from service.domain.lifecycle import Happening, happen
from service.domain.live import SupersededError
from service.domain.mrz_capture import CaptureSource, MrzCapture
from service.domain.ports import Clock
from service.domain.repositories import Database, StoredEvidence
from service.domain.verification import State, Verification
from service.usecases.answer_once import Once
from service.usecases.duplicate_traces import MeetAgain
from service.usecases.judging import Judging, found_details, judged_details
from service.usecases.mark_subjects import MarkSubjects
from service.usecases.recording import record, touched
from service.usecases.still_acting import require_still_acting


@dataclass(frozen=True, slots=True, repr=False)
class ChipJudged:
    """Where the case stands, and what was found."""

    verification: Verification
    judgement: Judgement


@dataclass(frozen=True, slots=True, repr=False)
class SeenLive:
    """What a live session knows beside the evidence.

    `ordinal`: of the connection that brought it (`LiveConnection`). `other_lines`: the captured lines did not open
    the chip, others did.
    """

    session: LiveSession
    ordinal: int
    other_lines: bool = False


@dataclass(frozen=True, slots=True)
class SubmitChip:
    """`POST /v1/verifications/{id}/chip`, and the end of `.../chip/live`."""

    database: Database
    clock: Clock
    judging: Judging
    meet_again: MeetAgain
    chip_proof_required: bool
    review_time: timedelta
    mark_subjects: MarkSubjects

    def __call__(
        self,
        who: Principal,
        verification_id: str,
        evidence: ChipEvidence,
        once: Once[ChipJudged] | None = None,
        seen: SeenLive | None = None,
    ) -> ChipJudged:
        """Judge a dump (`once`), or what a live session read itself (`seen`).

        Raises:
            SupersededError: another terminal began to read for the verification.
            ServiceError: as the route says.
        """
        now = touched(self.database, self.clock, who, verification_id)
        with self.database.reading() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.MRZ_CAPTURED)
            captures = work.captures.of(verification_id)
            challenges = work.challenges.of(verification_id)
        if seen is not None and len(challenges) != seen.ordinal:
            raise SupersededError
        answered = _answered(evidence, challenges)
        live = None if seen is None else seen.session
        stored = StoredEvidence(evidence, now, _expected(evidence, answered, challenges, now), live=live)
        capture = captures[-1] if seen is None or not seen.other_lines else _in_doubt(captures[-1])
        # Judged outside the transaction: no lock is held meanwhile, and `save` notices whatever changed.
        judgement = self.judging.judge_stored(stored, capture, now)
        left = answers_left(challenges) - (answered is not None)
        course = after_judgement(judgement, chip_proof_required=self.chip_proof_required, answers_left=left)
        traced = self.meet_again.traced(evidence, now)
        marks = self.mark_subjects.of_chip(evidence, now)
        with self.database.changing() as work:
            require_still_acting(work, who)
            findings = self.meet_again(work, verification, traced, now)
            if course.happening is not Happening.CHIP_REFUSED:
                # what the report refuses by itself keeps its own reason; the finding stands beside it
                course = refusal(findings) or course
            details = {**judged_details(judgement), **found_details(findings), "source": _source(stored)}
            moved = happen(verification, course, who, now, details=details, review_time=self.review_time)
            judged = ChipJudged(record(work, moved), judgement)
            if answered is not None:
                work.challenges.mark_answered(answered, now)
            work.evidence.add(verification_id, replace(stored, evidence=_without_biometrics(evidence)))
            work.judgements.add(verification_id, judgement)
            work.subject_marks.add(verification_id, marks)
            if once is not None:
                once.remember(work, verification_id, judged)
        return judged


def _answered(evidence: ChipEvidence, challenges: Sequence[Challenge]) -> Challenge | None:
    if evidence.active_authentication is None:
        return None
    return answered_by(challenges, evidence.active_authentication.challenge)


def _expected(
    evidence: ChipEvidence, answered: Challenge | None, challenges: Sequence[Challenge], now: datetime
) -> IssuedChallenge | None:
    """Our own challenge: the one that was answered, else the latest, so that a stranger's answer is named as such."""
    expected = answered or (challenges[-1] if challenges else None)
    if expected is None or evidence.active_authentication is None:
        return None
    return IssuedChallenge(expected.value, expected.issued_at, now, int(MAX_AGE.total_seconds()))


def _in_doubt(capture: MrzCapture) -> MrzCapture:
    """The lines, as those nobody vouches for: they did not open the chip, so a person compares them once more."""
    return replace(capture, source=CaptureSource.APP_OCR, photo=1)


def _source(stored: StoredEvidence) -> str:
    return (EvidenceSource.DUMP if stored.live is None else EvidenceSource.LIVE).value


def _without_biometrics(evidence: ChipEvidence) -> ChipEvidence:
    """Fingers and irises were hashed and reported; from here on they do not exist (CHECKS.md rule 4)."""
    return replace(evidence, files={name: data for name, data in evidence.files.items() if name not in EAC_PROTECTED})
