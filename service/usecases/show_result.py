"""Say whether a result may still be used."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.identity import Principal
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.result import ResultStatus, result_status
from service.usecases.recording import touched
from service.usecases.result_audience import require_recipient


@dataclass(frozen=True, slots=True)
class ShowResult:
    """`GET /v1/results/{jti}`. `audience`: of results that are for no particular portal."""

    database: Database
    clock: Clock
    audience: str

    def __call__(self, who: Principal, jti: str) -> ResultStatus:
        with self.database.reading() as work:
            verification_id = work.results.get(jti).verification_id
        touched(self.database, self.clock, who, verification_id)
        with self.database.reading() as work:
            verification = work.verifications.get(verification_id)
            require_recipient(work, who, verification, self.audience)
            return result_status(work.results.get(jti), verification)
