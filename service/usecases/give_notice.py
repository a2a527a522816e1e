"""Record that the person was given the information text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from service.domain.identity import Principal
from service.domain.lifecycle import Happening, happen, staying
from service.domain.notice import Notice, require_recordable
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.usecases.recording import record, touched


@dataclass(frozen=True, slots=True)
class GiveNotice:
    """`POST /v1/verifications/{id}/notice`."""

    database: Database
    clock: Clock

    def __call__(
        self, who: Principal, verification_id: str, version: str, language: str, given_at: datetime
    ) -> Notice:
        now = touched(self.database, self.clock, who, verification_id)
        notice = Notice(version, language, given_at.astimezone(UTC), now)
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            details = {"version": version, "language": language}
            moved = happen(verification, staying(verification, Happening.NOTICE_GIVEN), who, now, details=details)
            require_recordable(notice, work.notices.of(verification_id))
            work.notices.add(verification_id, notice)
            record(work, moved)
        return notice
