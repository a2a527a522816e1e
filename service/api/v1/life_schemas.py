"""The JSON of what people record of a verification beside their reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from service.api.v1.model import Answer, Line, Request, Time
from service.domain.duplicates import FindingCode, Severity
from service.domain.revocation import RevocationReason
from service.domain.status_lookup import DocumentStatus, RegisteredDocument, StatusSource
from service.domain.verification import NextStep, State


class GiveNotice(Request):
    """`version` is the organisation's own name of its text; `language` a BCP 47 tag."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$", max_length=35)]
    given_at: Time


class NoticeRecorded(Answer):
    version: str
    language: str
    given_at: datetime
    recorded_at: datetime


class LookUpStatus(Request):
    """What a reviewer read in the register of the issuing state."""

    source: StatusSource
    status: DocumentStatus
    document: RegisteredDocument


class StatusShown(Answer):
    source: StatusSource
    status: DocumentStatus
    document: RegisteredDocument
    at: datetime


class FindingShown(Answer):
    """What was met elsewhere; `attention` needs a reason of whoever approves."""

    code: FindingCode
    severity: Severity
    verification_id: Annotated[
        str | None, Field(description="the other verification, where it belongs to the same organisation")
    ]


class StandingShown(Answer):
    """How an approval stands by the trust lists and rules of now; `reasons` are codes of the catalogue.

    `whole` is false where it could not be judged anew with everything that was there at the decision.
    """

    in_force: bool
    since: datetime
    whole: bool
    reasons: list[str]


class RevokeVerification(Request):
    reason: RevocationReason
    note: Line | None = None


class RevocationShown(Answer):
    """A request to revoke; `confirmed_at` is null while it waits for a second person."""

    reason: RevocationReason
    requested_at: datetime
    confirmed_at: datetime | None
    own: Annotated[bool, Field(description="whether the caller requested it")]
    note: Annotated[str | None, Field(description="for reviewers")]


class DeadlinesShown(Answer):
    """When each part ends. `review` is the latest possible one until the chip is judged."""

    capture: datetime
    review: datetime
    result: Annotated[datetime | None, Field(description="null before the approval")]


class WhichVerifications(Request):
    mine: Annotated[
        Literal["", "true"], Field(description="those that the caller opened; there is no list of others")
    ]


class Listed(Answer):
    id: str
    state: State
    next_step: NextStep
    created_at: datetime
    deadlines: DeadlinesShown


class VerificationsListed(Answer):
    verifications: list[Listed]
