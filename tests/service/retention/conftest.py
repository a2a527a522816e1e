"""An installation with cases in it, on each kind of database; as one process has it open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence, ElementaryFile
from service import wiring
from service.adapters.db.database import SqlDatabase
from service.domain.image import ImageKind, ImagePurpose, ImageRecord
from service.domain.mrz_capture import CaptureSource, MrzCapture
from service.domain.repositories import StoredEvidence
from service.domain.retention import RetentionClass
from service.domain.verification import State
from service.settings import Settings
from service.usecases.freeze_case import FreezeCase
from service.usecases.purge_due import PurgeDue
from service.usecases.retention_schedule import RetentionSchedule
from service.wiring.retention import purging
from tests.service.conftest import NOW, ManualClock
from tests.service.findings import AT, HAS_RESULT_TIME, JUDGED, case, review_by

PORTRAIT, HOLDER, EVIDENCE = RetentionClass.PORTRAIT, RetentionClass.HOLDER, RetentionClass.EVIDENCE
FILES = {ElementaryFile.DG1: b"who", ElementaryFile.DG2: b"a face", ElementaryFile.SOD: b"signed"}
CLAIMS = {"given_name": "MARTA", "txn": "rs_1"}
NAME = "MARTA AAKERSTROEM"


def vs(number: int) -> str:
    """An id as the service makes them."""
    return f"vs_{number:032x}"


@dataclass
class House:
    """One installation."""

    settings: Settings
    clock: ManualClock
    database: SqlDatabase

    @property
    def purge(self) -> PurgeDue:
        return purging(self.settings, self.database, self.clock)

    @property
    def freezing(self) -> FreezeCase:
        return FreezeCase(self.database, self.clock)

    @property
    def schedule(self) -> RetentionSchedule:
        from datetime import timedelta

        return RetentionSchedule(self.database, self.clock, timedelta(hours=4))

    def opened_again(self) -> House:
        """The same installation, as a process has it that has just begun."""
        self.database.engine.dispose()
        return House(self.settings, self.clock, wiring.open_database(self.settings, self.clock))

    def add(self, number: int, state: State, *, at: datetime = NOW, organisation: str | None = None) -> str:
        """A case in a state, opened at `at`, with something of every class."""
        shift = at - AT
        found = case(state)
        until = {name: getattr(found, name) for name in ("created_at", "changed_at", "capture_until", "review_until")}
        verification = replace(
            found,
            id=vs(number),
            organisation=organisation or found.organisation,
            result_until=AT + shift if state in HAS_RESULT_TIME else None,
            **{name: moment + shift for name, moment in until.items()},
        )
        case_id = verification.id
        chip = ChipEvidence(FILES, ActiveAuthenticationResponse(b"8 octets", b"answer"), 0, {})
        picture = ImageRecord(
            f"im_{number}",
            case_id,
            ImageKind.MRZ_CROP,
            ImagePurpose.VERIFICATION_ONLY,
            verification.organisation,
            None,
            "image/jpeg",
            at,
        )
        with self.database.changing() as work:
            work.verifications.add(verification)
            work.captures.add(case_id, MrzCapture((f"P<UTO{NAME}", "L898902C36UTO"), CaptureSource.TYPED, 1, at))
            work.evidence.add(case_id, StoredEvidence(chip, at, None))
            work.judgements.add(case_id, JUDGED)
            work.reviews.add(case_id, replace(review_by("anna"), reason=NAME))
            work.images.add(picture, b"a photo")
            if state in HAS_RESULT_TIME:
                work.issued_claims.add(case_id, CLAIMS)
        return case_id

    def living(self, case_id: str) -> set[RetentionClass]:
        """The classes that something can be read of; what reads it is what the service reads it with."""
        with self.database.reading() as work:
            stored = work.evidence.latest(case_id)
            images = [work.images.content(record) for record in work.images.of(case_id)]
            judged, lines = work.judgements.latest(case_id), work.captures.of(case_id)
        files = {name for name in FILES if name in stored.evidence.files}
        found = {
            PORTRAIT: {ElementaryFile.DG2 in files, images == [b"a photo"]},
            HOLDER: {ElementaryFile.DG1 in files, judged is not None, len(lines) == 1},
            EVIDENCE: {ElementaryFile.SOD in files, stored.evidence.active_authentication is not None},
        }
        assert all(len(alike) == 1 for alike in found.values()), found
        return {retention for retention, alike in found.items() if alike == {True}}

    def state(self, case_id: str) -> State:
        with self.database.reading() as work:
            return work.verifications.get(case_id).state

    def blobs(self) -> set[str]:
        return {blob.name for blob in self.database.safe.blobs.listing()}

    def written(self, case_id: str) -> list[str]:
        """The actions of the trail about a case."""
        with self.database.reading() as work:
            return [entry.action for entry in work.audit.of(case_id)]


@pytest.fixture
def house(settings: Settings, clock: ManualClock) -> Iterator[House]:
    """Empty."""
    house = House(settings, clock, wiring.open_database(settings, clock))
    yield house
    house.database.engine.dispose()
