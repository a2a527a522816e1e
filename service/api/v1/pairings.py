"""The routes of a pairing: a console lends its sign-in to a phone (SECURITY.md 7.2)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path

from service.api.strict_json import StrictJsonRoute
from service.api.v1 import device_schemas as schemas
from service.api.v1.dependencies import ServicesOf, Who
from service.api.v1.devices import Shows
from service.api.v1.documented import problems
from service.domain.errors import ProblemCode as Code
from service.domain.errors import ServiceError
from service.domain.qr import QrKind, qr_text
from service.usecases.claim_pairing import ClaimedPairing
from service.usecases.show_pairing import PairingShown

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/pairings", tags=["devices"])

_PAIRING_ID: Final = re.compile(r"pa_[A-Z2-7]{26}")


def pairing_id(value: Annotated[str, Path(alias="id", description="`pa_` and 26 characters")]) -> str:
    """The id in the path; whatever cannot be one is not found."""
    if _PAIRING_ID.fullmatch(value) is None:
        raise ServiceError(Code.NOT_FOUND)
    return value


PairingId = Annotated[str, Depends(pairing_id)]


@router.post("", operation_id="open_pairing", status_code=201, responses=problems(Code.STEP_UP_REQUIRED))
def open_pairing(who: Who, services: ServicesOf, shows: Shows) -> schemas.PairingOpened:
    """Open a pairing at the console: a QR code for one minute and one phone."""
    phones = services.phones
    opened = phones.open_pairing(who)
    text = qr_text(QrKind.PAIRING, phones.origin or shows.local_origin, opened.code)
    pairing = opened.pairing
    return schemas.PairingOpened(id=pairing.id, qr=text, svg=phones.qr.svg(text), expires_at=pairing.expires_at)


@router.post(
    "/claim",
    operation_id="claim_pairing",
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
        Code.TOO_MANY_REQUESTS,
    ),
)
def claim_pairing(who: Who, services: ServicesOf, request: schemas.ClaimPairing) -> schemas.PairingClaimed:
    """Claim a pairing as a phone that is enrolled. The app shows what comes back, and waits for the console."""
    return _claimed(services.phones.claim_pairing(who, request.code))


@router.get("/{id}", operation_id="show_pairing", responses=problems(Code.NOT_FOUND))
def show_pairing(who: Who, services: ServicesOf, pairing: PairingId) -> schemas.PairingShown:
    """Show where a pairing stands, to the console that opened it or the phone that claimed it."""
    return _shown(services.phones.show_pairing(who, pairing))


@router.post("/{id}/confirm", operation_id="confirm_pairing", responses=problems(Code.NOT_FOUND, Code.WRONG_STATE))
def confirm_pairing(who: Who, services: ServicesOf, pairing: PairingId) -> schemas.PairingShown:
    """Confirm, at the console that opened it, that the phone in hand shows the same number."""
    return _shown(services.phones.confirm_pairing(who, pairing))


def _claimed(claimed: ClaimedPairing) -> schemas.PairingClaimed:
    pairing, person = claimed.pairing, claimed.person
    areas = None if person is None or person.areas is None else sorted(person.areas)
    return schemas.PairingClaimed(
        id=pairing.id,
        administrator="" if person is None else " ".join(filter(None, person.names)),
        organisation=pairing.organisation,
        areas=areas,
        number=pairing.number,
        sign_in_code=claimed.sign_in_code,
        expires_at=pairing.expires_at,
    )


def _shown(shown: PairingShown) -> schemas.PairingShown:
    pairing, device = shown.pairing, shown.device
    return schemas.PairingShown(
        id=pairing.id,
        state=shown.state,
        number=None if device is None else pairing.number,
        device=None
        if device is None
        else schemas.PairedDevice(id=device.id, platform=device.platform, model=device.model),
        expires_at=pairing.expires_at,
    )
