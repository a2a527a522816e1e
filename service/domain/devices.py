"""Phones that were enrolled: what is known of their keys, and whether they may act (SECURITY.md 7.1, 7.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


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


class Devices(Protocol):
    """The rows of devices."""

    def find(self, device_id: str) -> Device | None:
        """The device with this id, whatever the organisation."""
        ...

    def by_key(self, key: str) -> Device | None:
        """The device whose key has this thumbprint; a key belongs to one device for ever."""
        ...

    def of(self, organisation: str) -> Sequence[Device]:
        """Every device of an organisation, by id."""
        ...

    def add(self, device: Device) -> None:
        """A new one.

        Raises:
            ServiceError: `conflict`: its key is another one's, or was.
        """
        ...

    def save(self, device: Device) -> None:
        """What changed: status, attestation, who confirmed or revoked it."""
        ...
