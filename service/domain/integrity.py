"""What Google Play says of a phone: a signal beside an attestation, never proof, never alone a reason to refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class IntegrityAttention(StrEnum):
    """What people are told."""

    #: a token was shown, and this service has no keys to read it with
    NOT_READ = "integrity_not_read"
    #: this service could read a token, and none was shown
    NOT_SHOWN = "integrity_not_shown"
    UNREADABLE = "integrity_unreadable"
    OTHER_APP = "integrity_other_app"
    #: for another challenge or another key
    OTHER_REQUEST = "integrity_other_request"
    OLD = "integrity_old"
    #: the app is not as Google Play distributes it
    APP_NOT_RECOGNISED = "integrity_app_not_recognised"
    #: no device that passed the tests of Android, or one that was changed
    DEVICE_NOT_MET = "integrity_device_not_met"


@dataclass(frozen=True, slots=True)
class IntegrityVerdict:
    """What a token says. `labels`: `deviceRecognitionVerdict`, none where the token is not to be believed."""

    attentions: tuple[IntegrityAttention, ...]
    labels: tuple[str, ...] = ()


class IntegritySignal(Protocol):
    """Reads verdicts of the Play Integrity API."""

    def read(self, token: str | None, key: str, challenge: bytes, at: datetime) -> IntegrityVerdict:
        """What a token says of the phone with this key; it never fails.

        Args:
            token: as `StandardIntegrityTokenProvider.request` or `IntegrityManager.requestIntegrityToken` gave it;
                None where the phone showed none.
            key: RFC 7638 thumbprint of the key of the phone.
            challenge: what this server gave out. `requestHash` (standard) or `nonce` (classic) of the request is
                SHA-256 of the challenge and the 32 octets of the thumbprint, in base64url without padding.
            at: now.
        """
        ...
