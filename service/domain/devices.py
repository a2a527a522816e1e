"""Phones that were enrolled: what is known of their keys, and whether they may act (SECURITY.md 7.1, 7.2)."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from service.domain.errors import ProblemCode, ServiceError

#: How long a phone has for an attestation that it renews.
ATTESTATION_TIME: Final = timedelta(minutes=5)
#: How long a phone waits for the second person; whoever comes later invites it again.
PENDING_AGE: Final = timedelta(hours=24)
#: Octets of the thumbprint of a key that two people compare: nobody makes a second key with the same 128 bits.
FINGERPRINT_BYTES: Final = 16
#: Hexadecimal digits that are read aloud at a time.
GROUP_DIGITS: Final = 4
_SEPARATORS: Final = re.compile(r"[\s:.-]+")


class DeviceStatus(StrEnum):
    """Whether a phone may act."""

    #: enrolled, and not yet confirmed by a second person
    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


class Platform(StrEnum):
    """What kind of phone it is; a program that plays one says so."""

    ANDROID = "android"
    IOS = "ios"
    HARNESS = "harness"


class KeyProtection(StrEnum):
    """Where the key of a phone lives, as its attestation says."""

    #: nobody attests anything; the specimen realm alone takes it
    SOFTWARE = "software"
    TRUSTED_ENVIRONMENT = "trusted_environment"
    STRONGBOX = "strongbox"
    SECURE_ENCLAVE = "secure_enclave"


@dataclass(frozen=True, slots=True)
class Device:
    """A phone.

    `id`: `de_` and 26 characters. `key`: the RFC 7638 thumbprint (SHA-256, base64url) of its P-256 key; `public_key`:
    that key as a JWK in JSON. `enrolled_by`: the person whose code it was enrolled with, None for the phone of a
    holder. `order`: the one order that the phone of a holder is for. `attested_at`: when its key was last attested.
    """

    id: str
    organisation: str
    key: str
    public_key: str = field(repr=False)
    platform: Platform
    protection: KeyProtection
    status: DeviceStatus
    enrolled_at: datetime
    enrolled_by: str | None = None
    order: str | None = None
    model: str | None = None
    attested_at: datetime | None = None
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    revoked_by: str | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttestationChallenge:
    """What the renewed attestation of a phone must hold: random, once, and not for long."""

    value: bytes = field(repr=False)
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DevicePolicy:
    """Which phones may act.

    `software_keys`: whether keys that nobody attests count, in the specimen realm alone. `attestation_age`: for how
    long an attestation counts.
    """

    software_keys: bool
    attestation_age: timedelta


def may_act(device: Device, now: datetime, policy: DevicePolicy) -> bool:
    """Whether people may work with this phone: confirmed, not revoked, and attested not too long ago.

    A phone whose attestation is too old may still prove who it is, and have its attestation renewed.
    """
    if device.status is not DeviceStatus.ACTIVE:
        return False
    if device.protection is KeyProtection.SOFTWARE:
        return policy.software_keys
    return device.attested_at is not None and now - device.attested_at < policy.attestation_age


def fingerprint(key: str) -> str:
    """What a phone shows of its key, and a second person compares: eight groups of four hexadecimal digits.

    Args:
        key: the RFC 7638 thumbprint (SHA-256, base64url).
    """
    digits = base64.urlsafe_b64decode(key + "=")[:FINGERPRINT_BYTES].hex()
    return " ".join(digits[at : at + GROUP_DIGITS] for at in range(0, len(digits), GROUP_DIGITS))


def same_fingerprint(key: str, written: str) -> bool:
    """Whether somebody wrote the fingerprint of this key, in whatever case and groups."""
    digits = _SEPARATORS.sub("", written).lower()
    expected = fingerprint(key).replace(" ", "")
    return hmac.compare_digest(expected.encode(), digits.encode("utf-8", "surrogatepass"))


def confirmed(device: Device, by: str, at: datetime) -> Device:
    """The phone after a second person saw that its key is the one that was enrolled.

    Raises:
        ServiceError: `wrong_state`: it does not wait for that, or waited too long; `same_person`: who invited it is
            not the second person.
    """
    if device.status is not DeviceStatus.PENDING or at - device.enrolled_at >= PENDING_AGE:
        raise ServiceError(ProblemCode.WRONG_STATE, state=device.status.value)
    if device.enrolled_by is None or device.enrolled_by == by:
        raise ServiceError(ProblemCode.SAME_PERSON)
    return replace(device, status=DeviceStatus.ACTIVE, confirmed_by=by, confirmed_at=at)


def revoked(device: Device, by: str, at: datetime) -> Device:
    """The phone after somebody revoked it; nothing undoes that."""
    return replace(device, status=DeviceStatus.REVOKED, revoked_by=by, revoked_at=at)


class Devices(Protocol):
    """The rows of devices."""

    def find(self, device_id: str) -> Device | None:
        """The device with this id, whatever the organisation."""
        ...

    def held(self, device_id: str) -> Device | None:
        """The same, and nobody else changes it until this transaction ends."""
        ...

    def by_key(self, key: str) -> Device | None:
        """The device whose key has this thumbprint now; None for a key that it had before."""
        ...

    def of(self, organisation: str) -> Sequence[Device]:
        """Every device of an organisation, by id."""
        ...

    def of_order(self, order_id: str) -> Sequence[Device]:
        """Every phone of the holder of an order, by id."""
        ...

    def add(self, device: Device) -> None:
        """A new one.

        Raises:
            ServiceError: `conflict`: its key is another one's, or was.
        """
        ...

    def save(self, device: Device) -> None:
        """What changed: status, key and attestation, who confirmed or revoked it.

        Raises:
            ServiceError: `conflict`: it was revoked, which nothing undoes; or its key is another one's, or was.
        """
        ...

    def challenge(self, device_id: str, challenge: AttestationChallenge) -> None:
        """Keep what its next attestation must hold, in the place of the one before."""
        ...

    def take_challenge(self, device_id: str) -> AttestationChallenge | None:
        """That challenge, which is used up by this."""
        ...
