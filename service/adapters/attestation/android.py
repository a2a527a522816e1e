"""Android key attestation (SECURITY.md 7.7; developer.android.com, "Verify hardware-backed key pairs").

The steps of the guide and ours, each a finding of its own:
1. the chain holds, signature by signature, no key twice, and ends at a pinned key;
2. what the makers dated is valid now. The leaf is not dated by them: the phone writes 1970 to 2048 by its own clock;
3. no certificate is named by the imported status list;
4. the attestation that counts is the one nearest to the root, and it is the leaf's: whatever was signed with a key
   that is itself attested was signed by an app, not by the phone;
5. what it says: challenge, key, levels, use, origin, boot, patches, app, time.
Only what the secure hardware states counts for the key and the boot; app and time are stated by a system whose boot
was verified.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from service.adapters.attestation.chains import Path, extension_value, find_path, read_chain
from service.adapters.attestation.key_description import (
    KEY_ATTESTATION,
    PROVISIONING_INFO,
    ApplicationId,
    KeyDescription,
    Origin,
    SecurityLevel,
    VerifiedBootState,
    parse_key_description,
)
from service.adapters.attestation.keys import thumbprint, thumbprint_octets
from service.adapters.attestation.roots import Roots
from service.adapters.attestation.status_list import StatusList
from service.domain.attestation import (
    AndroidEvidence,
    Attention,
    AttestationCheck,
    AttestationFinding,
    AttestationPolicy,
    AttestationReport,
    Refusal,
)
from service.domain.devices import KeyProtection, Platform

#: How far ahead of the service the clock of a phone may be.
CLOCK_SKEW: Final = timedelta(minutes=2)

_SHORTEST_CHAIN: Final = 2
_SIGN: Final = frozenset({2})  # KeyPurpose::SIGN
_SHA_256: Final = frozenset({4})  # Digest::SHA_2_256
_EC: Final = 3  # Algorithm::EC
_P_256: Final = 1  # EcCurve::P_256
_PROTECTIONS: Final = MappingProxyType(
    {
        SecurityLevel.SOFTWARE: KeyProtection.SOFTWARE,
        SecurityLevel.TRUSTED_ENVIRONMENT: KeyProtection.TRUSTED_ENVIRONMENT,
        SecurityLevel.STRONG_BOX: KeyProtection.STRONGBOX,
    }
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a chain is held against."""

    key: str
    challenge: bytes
    at: datetime
    policy: AttestationPolicy


@dataclass(frozen=True, slots=True)
class AndroidJudge:
    """Judges Android key attestations. `status_list`: the imported one, asked each time."""

    roots: Roots
    status_list: Callable[[], StatusList | None]
    policy: AttestationPolicy

    def judge(self, evidence: AndroidEvidence, key: str, challenge: bytes, at: datetime) -> AttestationReport:
        """Every check of a chain; as `service.domain.attestation.AttestationJudge`."""
        thumbprint_octets(key)  # what is compared with is one
        certificates = read_chain(evidence.chain, shortest=_SHORTEST_CHAIN)
        path = find_path(certificates, self.roots)
        attested = [i for i, each in enumerate(certificates) if extension_value(each, KEY_ATTESTATION) is not None]
        asked = _Asked(key, challenge, at, self.policy)
        findings = [
            AttestationFinding(AttestationCheck.CHAIN, path.chain),
            _finding(AttestationCheck.ROOT, Refusal.ROOT_UNKNOWN if path.root is None else None),
            _finding(
                AttestationCheck.VALIDITY, None if path.valid_at(at, leaf=False) else Refusal.CERTIFICATE_EXPIRED
            ),
            _revocation(certificates, self.status_list(), at, self.policy),
            _extension(certificates, attested),
        ]
        if not attested:
            findings += (_finding(check, Refusal.NOT_ATTESTED) for check in _OF_DESCRIPTION)
            return AttestationReport(Platform.ANDROID, key, KeyProtection.SOFTWARE, tuple(findings))
        certificate = certificates[attested[-1]]
        description = parse_key_description(extension_value(certificate, KEY_ATTESTATION) or b"")
        findings += (
            AttestationFinding(check, tuple(judge(description, certificate, asked)))
            for check, judge in _OF_DESCRIPTION.items()
        )
        return AttestationReport(
            Platform.ANDROID,
            key,
            _PROTECTIONS[_level(description)],
            tuple(findings),
            model=description.hardware.model,
            facts=MappingProxyType(_facts(description, path)),
        )


def _finding(check: AttestationCheck, refusal: Refusal | None) -> AttestationFinding:
    return AttestationFinding(check, () if refusal is None else (refusal,))


def _revocation(
    certificates: tuple[Certificate, ...], listed: StatusList | None, at: datetime, policy: AttestationPolicy
) -> AttestationFinding:
    """Any certificate, whatever its issuer: the list names serial numbers alone."""
    if listed is None:
        return _finding(AttestationCheck.REVOCATION, Refusal.STATUS_LIST_MISSING)
    refusals: list[Refusal] = []
    attentions: list[Attention] = []
    if any(listed.names(certificate.serial) for certificate in certificates):
        refusals.append(Refusal.CERTIFICATE_REVOKED)
    if not listed.is_fresh(at, policy.status_list_age):
        if policy.old_status_list_refuses:
            refusals.append(Refusal.STATUS_LIST_OLD)
        else:
            attentions.append(Attention.STATUS_LIST_OLD)
    return AttestationFinding(AttestationCheck.REVOCATION, tuple(refusals), tuple(attentions))


def _extension(certificates: tuple[Certificate, ...], attested: list[int]) -> AttestationFinding:
    """One attestation, in the leaf, and right below the certificate that remote provisioning issued, if one did."""
    if not attested:
        return _finding(AttestationCheck.EXTENSION, Refusal.NOT_ATTESTED)
    provisioned = [i for i, each in enumerate(certificates) if extension_value(each, PROVISIONING_INFO) is not None]
    alone = attested == [0] and provisioned in ([], [1])
    return _finding(AttestationCheck.EXTENSION, None if alone else Refusal.CHAIN_EXTENDED)


def _challenge(description: KeyDescription, _: Certificate, asked: _Asked) -> Iterator[Refusal]:
    if not asked.challenge or not hmac.compare_digest(description.challenge, asked.challenge):
        yield Refusal.WRONG_CHALLENGE


def _key(description: KeyDescription, certificate: Certificate, asked: _Asked) -> Iterator[Refusal]:
    """The attested key is the one that asks, on P-256 by its certificate and by the hardware's word."""
    try:
        found = thumbprint(certificate.public_key())
    except MrtdError:
        found = None
    hardware = description.hardware
    if found is None or hardware.algorithm != _EC or hardware.ec_curve not in (_P_256, None):
        yield Refusal.KEY_TYPE
    if found is None or not hmac.compare_digest(found, asked.key):
        yield Refusal.WRONG_KEY


def _app(description: KeyDescription, _: Certificate, asked: _Asked) -> Iterator[Refusal]:
    """Every app that shares the user id could use the key, so each must be ours; the same for their signers."""
    stated = description.software.application_id
    packages = frozenset() if stated is None else frozenset(name for name, _version in stated.packages)
    signers = frozenset() if stated is None else stated.signatures
    if not packages or not packages <= asked.policy.packages:
        yield Refusal.WRONG_APP
    if not signers or not signers <= asked.policy.signers:
        yield Refusal.WRONG_APP_SIGNER


def _level(description: KeyDescription) -> SecurityLevel:
    """The weaker of where the attestation was made and where the key lives."""
    return min(description.attestation_level, description.keymint_level)


def _security_level(description: KeyDescription, _: Certificate, asked: _Asked) -> Iterator[Refusal]:
    protection = _PROTECTIONS[_level(description)]
    if protection is KeyProtection.SOFTWARE:
        yield Refusal.SOFTWARE_KEY
    elif protection not in asked.policy.protections:
        yield Refusal.PROTECTION_NOT_ALLOWED


def _key_use(description: KeyDescription, _: Certificate, __: _Asked) -> Iterator[Refusal]:
    """For signing alone, over what the hardware itself hashes."""
    if description.hardware.purposes != _SIGN:
        yield Refusal.KEY_PURPOSE
    if description.hardware.digests != _SHA_256:
        yield Refusal.KEY_DIGEST


def _origin(description: KeyDescription, _: Certificate, __: _Asked) -> Iterator[Refusal]:
    if description.hardware.origin is not Origin.GENERATED:
        yield Refusal.KEY_IMPORTED


def _boot(description: KeyDescription, _: Certificate, __: _Asked) -> Iterator[Refusal]:
    root = description.hardware.root_of_trust
    if root is None or not root.device_locked:
        yield Refusal.BOOTLOADER_UNLOCKED
    if root is None or root.verified_boot_state is not VerifiedBootState.VERIFIED:
        yield Refusal.BOOT_NOT_VERIFIED


def _patch_level(description: KeyDescription, _: Certificate, asked: _Asked) -> Iterator[Refusal]:
    minimum, stated = asked.policy.minimum_patch_level, description.hardware.os_patch_level
    if minimum is not None and (stated is None or stated < minimum):
        yield Refusal.PATCH_LEVEL_OLD


def _created(description: KeyDescription, _: Certificate, asked: _Asked) -> Iterator[Refusal]:
    """Made for this enrolment: the clock of the phone says so, and its challenge proves it."""
    stated = description.software.creation_date_time
    age = None if stated is None else asked.at.astimezone(UTC).timestamp() - stated / 1000
    if age is None or not -CLOCK_SKEW.total_seconds() <= age <= asked.policy.creation_window.total_seconds():
        yield Refusal.CREATION_TIME


_Judge = Callable[[KeyDescription, Certificate, _Asked], Iterator[Refusal]]
_OF_DESCRIPTION: Final[MappingProxyType[AttestationCheck, _Judge]] = MappingProxyType(
    {
        AttestationCheck.CHALLENGE: _challenge,
        AttestationCheck.KEY: _key,
        AttestationCheck.APP: _app,
        AttestationCheck.SECURITY_LEVEL: _security_level,
        AttestationCheck.KEY_USE: _key_use,
        AttestationCheck.ORIGIN: _origin,
        AttestationCheck.BOOT: _boot,
        AttestationCheck.PATCH_LEVEL: _patch_level,
        AttestationCheck.CREATED: _created,
    }
)


def _facts(description: KeyDescription, path: Path) -> dict[str, str]:
    """What people and the audit trail are told; nothing that tells one phone from another of its model."""
    hardware, remote = (
        description.hardware,
        any(extension_value(each, PROVISIONING_INFO) is not None for each in path.certificates),
    )
    stated = {
        "attestation_version": description.attestation_version,
        "attestation_level": description.attestation_level.name.lower(),
        "keymint_level": description.keymint_level.name.lower(),
        "provisioning": "remote" if remote else "factory",
        "root": path.root,
        "os_version": hardware.os_version,
        "os_patch_level": hardware.os_patch_level,
        "vendor_patch_level": hardware.vendor_patch_level,
        "boot_patch_level": hardware.boot_patch_level,
        **_app_facts(description.software.application_id),
    }
    return {name: str(value) for name, value in stated.items() if value is not None}


def _app_facts(stated: ApplicationId | None) -> dict[str, str]:
    """Which app made the key: its names, and the digests of the certificates that it is signed with."""
    if stated is None:
        return {}
    return {
        "app": " ".join(sorted(f"{name}@{version}" for name, version in stated.packages)),
        "app_signers": " ".join(sorted(digest.hex() for digest in stated.signatures)),
    }
