"""What judges the keys of phones, made of the settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from mrtd.pki.realm import Realm
from service.adapters.attestation.android import AndroidJudge
from service.adapters.attestation.apple import AppleJudge
from service.adapters.attestation.judge import Judge
from service.adapters.attestation.play_integrity import MAX_KEY_FILE, NoIntegritySignal, PlayIntegrity
from service.adapters.attestation.roots import MAX_ROOTS_FILE, Roots, imported_roots, pinned_roots
from service.adapters.attestation.status_list import StatusListFile
from service.domain.attestation import HARDWARE, AttestationPolicy
from service.domain.devices import KeyProtection, Platform
from service.domain.errors import ConfigurationError
from service.domain.integrity import IntegritySignal
from service.settings import Settings

_PROTECTIONS: Final = {
    "trusted_environment": HARDWARE,
    "strongbox": HARDWARE - {KeyProtection.TRUSTED_ENVIRONMENT},
}


def attestation_policy(settings: Settings) -> AttestationPolicy:
    """What is asked of a phone.

    Raises:
        ConfigurationError: apps that were not released, in the production realm.
    """
    if settings.apple_development and settings.realm is Realm.PRODUCTION:
        raise ConfigurationError("PASSKOLL_APPLE_DEVELOPMENT: only released apps count in the production realm")
    return AttestationPolicy(
        packages=settings.android_packages,
        signers=frozenset(map(bytes.fromhex, settings.android_signers)),
        apps=settings.apple_apps,
        protections=_PROTECTIONS[settings.android_protection],
        minimum_patch_level=settings.android_patch_level,
        development=settings.apple_development,
        status_list_age=timedelta(days=settings.attestation_status_days),
        old_status_list_refuses=settings.attestation_status_old == "refuse",
    )


def attestation_judge(settings: Settings) -> Judge:
    """What judges attestations and assertions.

    Raises:
        ConfigurationError: a file that the settings name cannot be used, or as `attestation_policy`.
    """
    policy = attestation_policy(settings)
    status_list = StatusListFile(settings.attestation_status_list)
    status_list.check()
    android = AndroidJudge(_android_roots(settings.attestation_roots), status_list.current, policy)
    return Judge(android, AppleJudge(pinned_roots(Platform.IOS), policy), _integrity_signal(settings, policy))


def _integrity_signal(settings: Settings, policy: AttestationPolicy) -> IntegritySignal:
    """What reads tokens of Play Integrity; without keys one that says that it does not."""
    paths = settings.play_integrity_decryption_key, settings.play_integrity_verification_key
    if paths == (None, None):
        return NoIntegritySignal()
    decryption, verification = paths
    if decryption is None or verification is None:
        raise ConfigurationError("Play Integrity: it needs both of its keys")
    return PlayIntegrity.with_keys(_read(decryption, MAX_KEY_FILE), _read(verification, MAX_KEY_FILE), policy)


def _android_roots(imported: Path | None) -> Roots:
    pinned = pinned_roots(Platform.ANDROID)
    return pinned if imported is None else {**imported_roots(_read(imported, MAX_ROOTS_FILE)), **pinned}


def _read(path: Path, limit: int) -> bytes:
    """One octet more than the limit tells a file that is too long."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError:
        raise ConfigurationError(f"a file that the settings name cannot be read: {path}") from None
