"""A result: who issues it, what it is called, what became of it. What it says stands in `service.domain.claims`.

No image and no administrator stands in a result; both are found by `txn`. Failed cases have no result.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mrtd.pki.realm import Realm
from service.domain.errors import ProblemCode, ServiceError
from service.domain.issuing import IssuingPolicy
from service.domain.verification import State, Verification

#: A result is fetched and used at once; a fresh one costs a GET.
LIFETIME: Final = timedelta(minutes=15)
#: Own explicit types (RFC 8725 §3.11): a specimen can never be taken for a result.
TOKEN_TYPES: Final = {Realm.PRODUCTION: "verification-result+jwt", Realm.SPECIMEN: "specimen-result+jwt"}


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """A result that exists: the same `jti` and `txn` at each fetch. Consumed once, by one order.

    `consumed_request`: the digest of the request that consumed it; only the same request gets the receipt again.
    """

    jti: str
    txn: str
    verification_id: str
    issued_at: datetime
    consumed_by_order: str | None = None
    consumed_at: datetime | None = None
    consumed_request: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class HandedResult:
    """A signed result that left the service: personal data. Times are aware, UTC; `token` names them in seconds."""

    token: str
    handed_at: datetime
    expires_at: datetime


class ResultStatus(StrEnum):
    """What a portal may still do with a result."""

    VALID = "valid"
    CONSUMED = "consumed"
    REVOKED = "revoked"
    #: Nobody used it in time.
    EXPIRED = "expired"


def result_status(record: ResultRecord, verification: Verification) -> ResultStatus:
    """Revoked wins over consumed: whoever asks must hear of it, also when the data are erased."""
    match verification.last_state:
        case State.REVOKED:
            return ResultStatus.REVOKED
        case State.EXPIRED:
            return ResultStatus.EXPIRED
        case _:
            return ResultStatus.VALID if record.consumed_at is None else ResultStatus.CONSUMED


def require_order(record: ResultRecord, verification: Verification, order_reference: str) -> None:
    """Refuse an order other than the one the verification was opened for, or the one that used the result."""
    bound_to = {verification.order_reference, record.consumed_by_order} - {None}
    if bound_to - {order_reference}:
        raise ServiceError(ProblemCode.ORDER_MISMATCH, state=verification.state.value)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs, for whom, in which realm, at which organisation."""

    iss: str
    aud: str
    realm: Realm
    organisation: str
    policy: IssuingPolicy
