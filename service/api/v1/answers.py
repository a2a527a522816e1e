"""What use cases answer, as the schemas of the contract."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from service.api.v1 import schemas
from service.api.v1.image_body import FORMATS
from service.api.v1.life_schemas import (
    DeadlinesShown,
    FindingShown,
    Listed,
    NoticeRecorded,
    RevocationShown,
    StandingShown,
    StatusShown,
    VerificationsListed,
)
from service.api.v1.model import Answer
from service.domain.blind_review import visible_reviews
from service.domain.challenge import Challenge
from service.domain.identity import Caller, Principal
from service.domain.judgement import Judgement
from service.domain.mrz_capture import CaptureStatus
from service.domain.notice import Notice
from service.domain.photo import MAX_IMAGE_BYTES, MAX_IMAGES, MAX_IMAGES_BYTES, UPLOAD_LONG_EDGE, UPLOAD_QUALITY
from service.domain.result import ResultRecord, ResultStatus
from service.domain.reverification import Standing
from service.domain.revocation import Revocation
from service.domain.status_lookup import StatusAnswer
from service.domain.verification import State, Verification
from service.usecases.capture_mrz import Captured
from service.usecases.capture_photo import PhotoCaptured
from service.usecases.show_verification import Shown
from service.usecases.submit_chip import ChipJudged

#: The sub-resources that a state opens.
_LINKS = {
    State.CREATED: ("notice", "mrz-image", "mrz", "cancel"),
    State.MRZ_CAPTURED: ("notice", "mrz-image", "mrz", "chip-challenges", "chip", "cancel"),
    State.CHECKED: ("status-lookups", "reviews", "cancel"),
    State.REVIEW_1: ("status-lookups", "reviews", "cancel"),
    State.APPROVED: ("result", "revoke"),
    State.RESULT_ISSUED: ("result", "revoke"),
    State.CONSUMED: ("result", "revoke"),
}

_IMAGE_WANTED = schemas.ImageWanted(
    long_edge_px=UPLOAD_LONG_EDGE,
    quality=UPLOAD_QUALITY,
    formats=list(FORMATS),
    max_images=MAX_IMAGES,
    max_bytes=MAX_IMAGE_BYTES,
    max_total_bytes=MAX_IMAGES_BYTES,
)


def octets(answer: Answer) -> bytes:
    """The JSON of an answer that is kept to be sent again."""
    return answer.model_dump_json(by_alias=True).encode()


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def links(verification: Verification) -> dict[str, str]:
    """Where the caller can go from here."""
    own = f"/v1/verifications/{verification.id}"
    opened = _LINKS.get(verification.state, ())
    return {"self": own} | {name.replace("-", "_"): f"{own}/{name}" for name in opened}


def report(judgement: Judgement) -> schemas.Report:
    """The report part and the verdict, as `passkoll inspect --json` prints them (API.md section 4)."""
    merged = json.loads(judgement.report) | judgement.verdict.to_json()
    return schemas.Report.model_validate(merged | {"report_sha256": judgement.report_sha256})


def deadlines(verification: Verification) -> DeadlinesShown:
    return DeadlinesShown(
        capture=verification.capture_until, review=verification.review_until, result=verification.result_until
    )


def listed(verifications: Sequence[Verification]) -> VerificationsListed:
    return VerificationsListed(
        verifications=[
            Listed(
                id=verification.id,
                state=verification.state,
                next_step=verification.next_step,
                created_at=verification.created_at,
                deadlines=deadlines(verification),
            )
            for verification in verifications
        ]
    )


def notice_recorded(notice: Notice) -> NoticeRecorded:
    return NoticeRecorded(
        version=notice.version, language=notice.language, given_at=notice.given_at, recorded_at=notice.recorded_at
    )


def opened(verification: Verification, origin: str) -> schemas.Opened:
    """`origin`: how clients know this service."""
    return schemas.Opened(
        id=verification.id,
        state=verification.state,
        next_step=verification.next_step,
        deadlines=deadlines(verification),
        image=_IMAGE_WANTED if "mrz-image" in _LINKS.get(verification.state, ()) else None,
        live_url=_live_url(verification, origin),
        links=links(verification),
    )


def _live_url(verification: Verification, origin: str) -> str | None:
    """Where the chip is read, or will be when the lines are there."""
    if verification.state not in (State.CREATED, State.MRZ_CAPTURED):
        return None
    # http becomes ws, and https wss (RFC 6455 §3)
    return f"ws{origin.removeprefix('http')}/v1/verifications/{verification.id}/chip/live"


def captured(result: Captured) -> schemas.Captured:
    return schemas.Captured(
        status=result.status,
        reading=None if result.reading is None else result.reading.to_json(),
        advice=["no_mrz"] if result.status is CaptureStatus.UNREADABLE else [],
        attempts_left=result.attempts_left,
        state=result.verification.state,
        next_step=result.verification.next_step,
        reason=result.verification.reason,
    )


def photo_captured(result: PhotoCaptured) -> schemas.PhotoCaptured:
    examination, verification = result.examination, result.captured.verification
    return schemas.PhotoCaptured(
        status=result.captured.status,
        reading=None if examination.reading is None else examination.reading.to_json(),
        advice=list(examination.advice),
        image_fault=examination.fault,
        crop=None if examination.crop is None else _base64url(examination.crop),
        attempts_left=result.captured.attempts_left,
        state=verification.state,
        next_step=verification.next_step,
        reason=verification.reason,
    )


def challenge_issued(challenge: Challenge) -> schemas.ChallengeIssued:
    return schemas.ChallengeIssued(challenge=_base64url(challenge.value), expires_at=challenge.expires_at)


def chip_judged(result: ChipJudged) -> schemas.ChipJudged:
    return schemas.ChipJudged(
        state=result.verification.state,
        next_step=result.verification.next_step,
        reason=result.verification.reason,
        report=report(result.judgement),
    )


def shown(result: Shown, who: Principal) -> schemas.Shown:
    verification = result.verification
    return schemas.Shown(
        id=verification.id,
        state=verification.state,
        identity_verified=verification.identity_verified,
        kind=verification.kind,
        order_reference=verification.order_reference,
        area=verification.area,
        protected=verification.protected,
        created_at=verification.created_at,
        deadlines=deadlines(verification),
        next_step=verification.next_step,
        reason=verification.reason,
        report=None if result.judgement is None else report(result.judgement),
        status_lookup=None if result.status is None else _status(result.status),
        status_lookup_required=result.waits_for_status,
        findings=[
            FindingShown(code=finding.code, severity=finding.severity, verification_id=finding.other)
            for finding in result.findings
            # a portal and a phone have nothing to decide by them
            if Caller.REVIEWER in who.callers
        ],
        decision_hash=result.decision_hash,
        reviews=[
            schemas.ReviewShown(decision=review.decision, at=review.at, own=review.reviewer == who.id)
            for review in visible_reviews(verification, result.reviews, who)
        ],
        reviews_given=len(result.reviews),
        revocation=None if result.revocation is None else _revocation(result.revocation, who),
        standing=None if result.standing is None else _standing(result.standing),
        links=links(verification),
    )


def _status(answer: StatusAnswer) -> StatusShown:
    return StatusShown(source=answer.source, status=answer.status, document=answer.document, at=answer.at)


def _standing(standing: Standing) -> StandingShown:
    return StandingShown(
        in_force=standing.in_force, since=standing.since, whole=standing.whole, reasons=list(standing.reasons)
    )


def _revocation(revocation: Revocation, who: Principal) -> RevocationShown:
    return RevocationShown(
        reason=revocation.reason,
        requested_at=revocation.requested_at,
        confirmed_at=revocation.confirmed_at,
        own=revocation.requested_by == who.id,
        # A person's own words about another person: for those who decide on them.
        note=revocation.note if Caller.REVIEWER in who.callers else None,
    )


def receipt(result: ResultRecord) -> schemas.Receipt:
    return schemas.Receipt.model_validate(
        {
            "jti": result.jti,
            "status": ResultStatus.CONSUMED,
            "order_reference": result.consumed_by_order,
            "consumed_at": result.consumed_at,
        }
    )
