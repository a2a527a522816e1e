"""The routes of phones: inviting, enrolling, confirming, revoking, renewing (SECURITY.md 7.2, 7.7)."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from service.api.strict_json import StrictJsonRoute
from service.api.v1 import device_schemas as schemas
from service.api.v1.dependencies import ServicesOf, Who, presented
from service.api.v1.documented import problems, public_problems
from service.domain.devices import DeviceStatus
from service.domain.errors import ProblemCode as Code
from service.domain.errors import ServiceError
from service.domain.identity import Presented
from service.domain.qr import QrKind, qr_text

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/devices", tags=["devices"])

_DEVICE_ID: Final = re.compile(r"de_[A-Z2-7]{26}")
#: What any route with a JSON body may answer.
_BODY: Final = (Code.MALFORMED_REQUEST, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_MEDIA_TYPE, Code.VALIDATION_FAILED)


def device_id(value: Annotated[str, Path(alias="id", description="`de_` and 26 characters")]) -> str:
    """The id in the path; whatever cannot be one is not found."""
    if _DEVICE_ID.fullmatch(value) is None:
        raise ServiceError(Code.NOT_FOUND)
    return value


DeviceId = Annotated[str, Depends(device_id)]
Shows = Annotated[Presented, Depends(presented)]


@router.post("/invitations", operation_id="invite_device", status_code=201, responses=problems())
def invite_device(who: Who, services: ServicesOf, shows: Shows) -> schemas.DeviceInvited:
    """Invite a phone: a QR code for five minutes and one phone.

    It holds the address of the service, the code, and the challenge for the attestation. Not repeatable: each call is
    another code.
    """
    phones = services.phones
    invited = phones.invite(who)
    text = qr_text(QrKind.ENROLMENT, phones.origin or shows.local_origin, invited.code, invited.challenge)
    return schemas.DeviceInvited(qr=text, svg=phones.qr.svg(text), expires_at=invited.expires_at)


@router.post(
    "/challenges",
    operation_id="challenge_device",
    responses=public_problems(*_BODY, Code.NOT_FOUND, Code.TOO_MANY_REQUESTS, Code.NOT_READY),
)
def challenge_device(services: ServicesOf, request: schemas.ChallengeDevice) -> schemas.DeviceChallenged:
    """Ask what the attestation of a new key must hold; an Android key is made with it."""
    enrolment = services.phones.challenge(request.code)
    return schemas.DeviceChallenged(challenge=_base64url(enrolment.challenge), expires_at=enrolment.expires_at)


@router.post(
    "",
    operation_id="enrol_device",
    status_code=201,
    responses=public_problems(
        *_BODY,
        Code.INVALID_PROOF,
        Code.NOT_FOUND,
        Code.CONFLICT,
        Code.ATTESTATION_REFUSED,
        Code.TOO_MANY_REQUESTS,
        Code.NOT_READY,
    ),
)
def enrol_device(services: ServicesOf, shows: Shows, request: schemas.EnrolDevice) -> schemas.DeviceEnrolled:
    """Enrol a phone: a DPoP proof of its key, and no token; it waits until a second person confirms it."""
    return schemas.enrolled(services.phones.enrol(shows, request.code, request.attestation.evidence()))


@router.get("", operation_id="list_devices", responses=problems(Code.VALIDATION_FAILED))
def list_devices(
    who: Who, services: ServicesOf, status: Annotated[DeviceStatus | None, Query()] = None
) -> schemas.DevicesListed:
    """List the phones of the organisation, the newest first."""
    found = services.phones.list(who, status)
    return schemas.DevicesListed(devices=[schemas.device_shown(device) for device in found])


@router.post(
    "/{id}/confirm",
    operation_id="confirm_device",
    responses=problems(
        *_BODY,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.SAME_PERSON,
        Code.SECOND_ACCOUNT,
        Code.HANDLED_ACCOUNT,
        Code.IDENTIFIERS_UNVERIFIED,
        Code.FINGERPRINT_MISMATCH,
    ),
)
def confirm_device(
    who: Who, services: ServicesOf, device: DeviceId, request: schemas.ConfirmDevice
) -> schemas.DeviceShown:
    """Confirm a phone as the second person, with the fingerprint that it shows."""
    return schemas.device_shown(services.phones.confirm(who, device, request.fingerprint))


@router.delete("/{id}", operation_id="revoke_device", status_code=204, responses=problems(Code.NOT_FOUND))
def revoke_device(who: Who, services: ServicesOf, device: DeviceId) -> Response:
    """Revoke a phone, at once and for ever; what it holds opens nothing any more."""
    services.phones.revoke(who, device)
    return Response(status_code=204)


@router.post("/{id}/challenges", operation_id="challenge_again", responses=problems(Code.NOT_FOUND))
def challenge_again(who: Who, services: ServicesOf, device: DeviceId) -> schemas.DeviceChallenged:
    """Ask, as the phone, what a renewed attestation must hold."""
    challenge = services.phones.challenge_again(who, device)
    return schemas.DeviceChallenged(challenge=_base64url(challenge.value), expires_at=challenge.expires_at)


@router.post(
    "/{id}/attestations",
    operation_id="renew_attestation",
    responses=problems(*_BODY, Code.NOT_FOUND, Code.CONFLICT, Code.ATTESTATION_REFUSED, Code.INVALID_PROOF),
)
def renew_attestation(
    who: Who, services: ServicesOf, shows: Shows, device: DeviceId, request: schemas.RenewAttestation
) -> schemas.DeviceEnrolled:
    """Renew, as the phone, its attestation; on Android with a new key, which replaces the old one."""
    evidence = request.attestation.evidence()
    return schemas.enrolled(services.phones.renew(who, shows, device, evidence, request.proof))


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
