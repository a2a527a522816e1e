"""The JSON of phones and pairings."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from service.api.v1.model import Answer, Request
from service.domain.attestation import AndroidEvidence, AppleEvidence
from service.domain.devices import Device, DeviceStatus, KeyProtection, Platform, fingerprint
from service.domain.one_time import CODE_LENGTH
from service.domain.pairing import PairingState
from service.domain.proofs import MAX_PROOF

#: Android's longest chains have five certificates; with post-quantum signatures each has some kilobytes.
MAX_CHAIN: Final = 10
MAX_CERTIFICATE: Final = 16 * 1024
#: An object of App Attest has about 6 kilobytes.
MAX_APPLE_OBJECT: Final = 32 * 1024
#: A token of Play Integrity has some 2 kilobytes.
MAX_INTEGRITY_TOKEN: Final = 16 * 1024
#: SHA-256.
KEY_ID_BYTES: Final = 32
#: Characters that somebody may write for a fingerprint: its digits, and blanks or marks between them.
MAX_FINGERPRINT: Final = 128
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")


def _octets(least: int, most: int) -> BeforeValidator:
    """Octets in base64url without padding, in the one way to write them (RFC 4648 §3.5)."""
    shortest, longest = -(-least * 4 // 3), -(-most * 4 // 3)

    def read(value: object) -> object:
        if isinstance(value, str) and shortest <= len(value) <= longest and _BASE64URL.fullmatch(value):
            try:
                octets = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
            except binascii.Error:
                octets = b""
            if octets and base64.urlsafe_b64encode(octets).decode().rstrip("=") == value:
                return octets
        raise PydanticCustomError("base64url", "base64url without padding, of this length")

    written = Annotated[str, Field(pattern="^[A-Za-z0-9_-]+$", min_length=shortest, max_length=longest)]
    return BeforeValidator(read, json_schema_input_type=written)


Certificate = Annotated[bytes, _octets(1, MAX_CERTIFICATE)]
AppleObject = Annotated[bytes, _octets(1, MAX_APPLE_OBJECT)]
KeyId = Annotated[bytes, _octets(KEY_ID_BYTES, KEY_ID_BYTES)]
Code = Annotated[str, Field(pattern=rf"^[A-Z2-7]{{{CODE_LENGTH}}}$", description="as the QR code has it")]


class AndroidAttestation(Request):
    """`KeyStore.getCertificateChain`, leaf first, each certificate in DER.

    `integrity_token`: of the Play Integrity API, with the SHA-256 of challenge and key thumbprint as `requestHash`.
    """

    format: Literal["android"]
    chain: Annotated[list[Certificate], Field(min_length=1, max_length=MAX_CHAIN)]
    integrity_token: Annotated[str, Field(min_length=1, max_length=MAX_INTEGRITY_TOKEN)] | None = None

    def evidence(self) -> AndroidEvidence:
        """As the judge takes it."""
        return AndroidEvidence(tuple(self.chain), self.integrity_token)


class AppleAttestation(Request):
    """`DCAppAttestService.attestKey`, with the SHA-256 of challenge and key thumbprint as `clientDataHash`."""

    format: Literal["apple"]
    attestation: AppleObject
    key_id: KeyId

    def evidence(self) -> AppleEvidence:
        """As the judge takes it."""
        return AppleEvidence(self.attestation, self.key_id)


class NoAttestation(Request):
    """A key of software, which only services for specimens take."""

    format: Literal["none"]

    def evidence(self) -> None:
        """Nothing."""
        return


Attestation = Annotated[AndroidAttestation | AppleAttestation, Field(discriminator="format")]


class ChallengeDevice(Request):
    code: Code


class DeviceChallenged(Answer):
    """`challenge`: what the attestation must hold, in base64url."""

    challenge: str
    expires_at: datetime


class DeviceInvited(Answer):
    """What the screen shows to the phone: `qr` as text, and the same as an SVG image."""

    qr: str
    svg: str
    expires_at: datetime


class EnrolDevice(Request):
    """The key is in the DPoP proof of the request."""

    code: Code
    attestation: Annotated[AndroidAttestation | AppleAttestation | NoAttestation, Field(discriminator="format")]


class RenewAttestation(Request):
    """`proof`: of Android alone, a DPoP proof for this request by the new key."""

    attestation: Attestation
    proof: Annotated[str, Field(min_length=1, max_length=MAX_PROOF)] | None = None


class ConfirmDevice(Request):
    fingerprint: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_FINGERPRINT,
            description="eight groups of four digits, as the phone shows them",
        ),
    ]


class DeviceEnrolled(Answer):
    """`fingerprint`: what the phone shows to the second person; an app makes it from its own key."""

    id: str
    status: DeviceStatus
    platform: Platform
    protection: KeyProtection
    fingerprint: str


class DeviceShown(Answer):
    """A phone. `fingerprint` is told only when nobody needs to compare it any more."""

    id: str
    status: DeviceStatus
    platform: Platform
    protection: KeyProtection
    model: str | None
    fingerprint: str | None
    enrolled_by: str | None
    enrolled_at: datetime
    attested_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    revoked_by: str | None
    revoked_at: datetime | None


class DevicesListed(Answer):
    devices: list[DeviceShown]


class PairingOpened(Answer):
    """What the console shows: `qr` as text, and the same as an SVG image."""

    id: str
    qr: str
    svg: str
    expires_at: datetime


class ClaimPairing(Request):
    code: Code


class PairingClaimed(Answer):
    """What the phone shows: whose sign-in it gets, and the number that the console shows too.

    `sign_in_code`: the subject token of a token exchange, good for nothing before the console confirms.
    """

    id: str
    administrator: str
    organisation: str
    areas: list[str] | None
    number: str
    sign_in_code: str
    expires_at: datetime


class PairedDevice(Answer):
    id: str
    platform: Platform
    model: str | None


class PairingShown(Answer):
    """`number` and `device`: since a phone claimed it."""

    id: str
    state: PairingState
    number: str | None
    device: PairedDevice | None
    expires_at: datetime


def enrolled(device: Device) -> DeviceEnrolled:
    """The answer to a phone."""
    return DeviceEnrolled(
        id=device.id,
        status=device.status,
        platform=device.platform,
        protection=device.protection,
        fingerprint=fingerprint(device.key),
    )


def device_shown(device: Device) -> DeviceShown:
    """The answer to people."""
    return DeviceShown(
        id=device.id,
        status=device.status,
        platform=device.platform,
        protection=device.protection,
        model=device.model,
        # Whoever confirms a phone must have read it there.
        fingerprint=None if device.status is DeviceStatus.PENDING else fingerprint(device.key),
        enrolled_by=device.enrolled_by,
        enrolled_at=device.enrolled_at,
        attested_at=device.attested_at,
        confirmed_by=device.confirmed_by,
        confirmed_at=device.confirmed_at,
        revoked_by=device.revoked_by,
        revoked_at=device.revoked_at,
    )
