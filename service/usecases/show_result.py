"""Say whether a result may still be used."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.repositories import Database
from service.domain.result import ResultStatus, result_status


@dataclass(frozen=True, slots=True)
class ShowResult:
    """`GET /v1/results/{jti}`."""

    database: Database

    def __call__(self, jti: str) -> ResultStatus:
        with self.database.reading() as work:
            record = work.results.get(jti)
            return result_status(record, work.verifications.get(record.verification_id))
