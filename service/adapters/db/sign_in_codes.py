"""One-time sign-in codes as rows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert

from service.adapters.db.device_tables import sign_in_codes
from service.domain.sign_in_codes import SignInCode


@dataclass(frozen=True, slots=True)
class SignInCodeRows:
    """Answers `service.domain.sign_in_codes.SignInCodes`."""

    connection: Connection

    def issue(self, code_sha256: str, code: SignInCode) -> None:
        values = {**dataclasses.asdict(code), "methods": list(code.methods)}
        self.connection.execute(insert(sign_in_codes).values(code_sha256=code_sha256, **values))

    def consume(self, code_sha256: str, device_key: str, now: datetime) -> SignInCode | None:
        # One statement: of two who ask at once, one deletes the row.
        row = self.connection.execute(
            delete(sign_in_codes)
            .where(
                sign_in_codes.c.code_sha256 == code_sha256,
                sign_in_codes.c.device_key == device_key,
                sign_in_codes.c.expires_at > now,
            )
            .returning(*(column for column in sign_in_codes.c if column.name != "code_sha256"))
        ).one_or_none()
        if row is None:
            return None
        return SignInCode(**{**dict(row._mapping), "methods": tuple(row.methods)})

    def forget_before(self, moment: datetime) -> None:
        self.connection.execute(delete(sign_in_codes).where(sign_in_codes.c.expires_at <= moment))
