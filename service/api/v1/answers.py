"""What use cases answer, as the schemas of the contract."""

from __future__ import annotations

import base64
import json

from service.api.v1 import schemas
from service.api.v1.image_body import FORMATS
from service.domain.challenge import Challenge
from service.domain.identity import Principal
from service.domain.judgement import Judgement
from service.domain.mrz_capture import CaptureStatus
from service.domain.photo import MAX_IMAGE_BYTES, MAX_IMAGES, MAX_IMAGES_BYTES, UPLOAD_LONG_EDGE, UPLOAD_QUALITY
from service.domain.verification import State, Verification
from service.usecases.capture_mrz import Captured
from service.usecases.capture_photo import PhotoCaptured
from service.usecases.show_verification import Shown
from service.usecases.submit_chip import ChipJudged

#: The sub-resources that a state opens.
_LINKS = {
    State.CREATED: ("mrz-image", "mrz", "cancel"),
    State.MRZ_CAPTURED: ("mrz-image", "mrz", "chip-challenges", "chip", "cancel"),
    State.CHECKED: ("reviews", "cancel"),
    State.REVIEW_1: ("reviews", "cancel"),
    State.APPROVED: ("result",),
    State.RESULT_ISSUED: ("result",),
    State.CONSUMED: ("result",),
}

_IMAGE_WANTED = schemas.ImageWanted(
    long_edge_px=UPLOAD_LONG_EDGE,
    quality=UPLOAD_QUALITY,
    formats=list(FORMATS),
    max_images=MAX_IMAGES,
    max_bytes=MAX_IMAGE_BYTES,
    max_total_bytes=MAX_IMAGES_BYTES,
)


def links(verification: Verification) -> dict[str, str]:
    """Where the caller can go from here."""
    own = f"/v1/verifications/{verification.id}"
    opened = _LINKS.get(verification.state, ())
    return {"self": own} | {name.replace("-", "_"): f"{own}/{name}" for name in opened}


def report(judgement: Judgement) -> schemas.Report:
    """The report part and the verdict, as `passkoll inspect --json` prints them (API.md section 4)."""
    merged = json.loads(judgement.report) | judgement.verdict.to_json()
    return schemas.Report.model_validate(merged | {"report_sha256": judgement.report_sha256})


def opened(verification: Verification) -> schemas.Opened:
    return schemas.Opened(
        id=verification.id,
        state=verification.state,
        next_step=verification.next_step,
        image=_IMAGE_WANTED if "mrz-image" in _LINKS.get(verification.state, ()) else None,
        links=links(verification),
    )


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
        attempts_left=result.captured.attempts_left,
        state=verification.state,
        next_step=verification.next_step,
        reason=verification.reason,
    )


def challenge_issued(challenge: Challenge) -> schemas.ChallengeIssued:
    encoded = base64.urlsafe_b64encode(challenge.value).rstrip(b"=").decode()
    return schemas.ChallengeIssued(challenge=encoded, expires_at=challenge.expires_at)


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
        created_at=verification.created_at,
        next_step=verification.next_step,
        reason=verification.reason,
        report=None if result.judgement is None else report(result.judgement),
        decision_hash=result.decision_hash,
        reviews=[
            schemas.ReviewShown(decision=review.decision, at=review.at, own=review.reviewer == who.id)
            for review in result.reviews
        ],
        links=links(verification),
    )
