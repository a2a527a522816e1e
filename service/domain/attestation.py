"""What a phone shows of the key it made, and what is said about it (SECURITY.md 7.7).

A signal, not proof: an attestation says where a key lives and which app made it, as far as the maker of the phone can
be believed. Every check is made, and a report with one refusal is not accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from service.domain.devices import KeyProtection, Platform
from service.domain.integrity import IntegrityAttention

#: How long after its making a key may still be enrolled: an enrolment code lives 5 minutes, and phones keep bad time.
DEFAULT_CREATION_WINDOW: Final = timedelta(minutes=10)
#: How old an imported status list may be. Publishers let it be cached for a day; an operator imports it by hand.
DEFAULT_STATUS_LIST_AGE: Final = timedelta(days=7)
#: Protections that hold a key in hardware.
HARDWARE: Final = frozenset(
    {KeyProtection.TRUSTED_ENVIRONMENT, KeyProtection.STRONGBOX, KeyProtection.SECURE_ENCLAVE}
)


class AttestationCheck(StrEnum):
    """What is looked at; each appears in a report exactly once."""

    CHAIN = "chain"
    ROOT = "root"
    VALIDITY = "validity"
    REVOCATION = "revocation"
    EXTENSION = "extension"
    CHALLENGE = "challenge"
    KEY = "key"
    APP = "app"
    # Android alone
    SECURITY_LEVEL = "security_level"
    KEY_USE = "key_use"
    ORIGIN = "origin"
    BOOT = "boot"
    PATCH_LEVEL = "patch_level"
    CREATED = "created"
    # Apple alone
    COUNTER = "counter"
    ENVIRONMENT = "environment"
    CREDENTIAL = "credential"


_COMMON: Final = frozenset(
    {
        AttestationCheck.CHAIN,
        AttestationCheck.ROOT,
        AttestationCheck.VALIDITY,
        AttestationCheck.EXTENSION,
        AttestationCheck.CHALLENGE,
        AttestationCheck.KEY,
        AttestationCheck.APP,
    }
)
#: What an accepted report must hold, each of it passed.
REQUIRED: Final[Mapping[Platform, frozenset[AttestationCheck]]] = MappingProxyType(
    {
        Platform.ANDROID: _COMMON
        | {
            AttestationCheck.REVOCATION,
            AttestationCheck.SECURITY_LEVEL,
            AttestationCheck.KEY_USE,
            AttestationCheck.ORIGIN,
            AttestationCheck.BOOT,
            AttestationCheck.PATCH_LEVEL,
            AttestationCheck.CREATED,
        },
        Platform.IOS: _COMMON | {AttestationCheck.COUNTER, AttestationCheck.ENVIRONMENT, AttestationCheck.CREDENTIAL},
    }
)


class Refusal(StrEnum):
    """Why an attestation is not accepted."""

    CHAIN_BROKEN = "chain_broken"
    #: one key signs at two places of the chain
    KEY_REUSED = "key_reused"
    ROOT_UNKNOWN = "root_unknown"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REVOKED = "certificate_revoked"
    STATUS_LIST_MISSING = "status_list_missing"
    STATUS_LIST_OLD = "status_list_old"
    NOT_ATTESTED = "not_attested"
    #: something in the chain was signed with a key that was itself attested
    CHAIN_EXTENDED = "chain_extended"
    WRONG_CHALLENGE = "wrong_challenge"
    #: attested is another key than the one that asks
    WRONG_KEY = "wrong_key"
    KEY_TYPE = "key_type"
    SOFTWARE_KEY = "software_key"
    #: in hardware, but not in hardware that the policy takes
    PROTECTION_NOT_ALLOWED = "protection_not_allowed"
    KEY_PURPOSE = "key_purpose"
    KEY_DIGEST = "key_digest"
    KEY_IMPORTED = "key_imported"
    BOOTLOADER_UNLOCKED = "bootloader_unlocked"
    BOOT_NOT_VERIFIED = "boot_not_verified"
    PATCH_LEVEL_OLD = "patch_level_old"
    WRONG_APP = "wrong_app"
    WRONG_APP_SIGNER = "wrong_app_signer"
    CREATION_TIME = "creation_time"
    COUNTER_NOT_ZERO = "counter_not_zero"
    COUNTER_NOT_GROWN = "counter_not_grown"
    DEVELOPMENT_APP = "development_app"
    UNKNOWN_ENVIRONMENT = "unknown_environment"
    WRONG_CREDENTIAL = "wrong_credential"
    BAD_SIGNATURE = "bad_signature"
    #: of a renewal: the phone was enrolled as one of another kind
    OTHER_PLATFORM = "other_platform"


class Attention(StrEnum):
    """What people are told about an attestation that is accepted."""

    STATUS_LIST_OLD = "status_list_old"


@dataclass(frozen=True, slots=True)
class AttestationFinding:
    """What one check said; without refusals it passed."""

    check: AttestationCheck
    refusals: tuple[Refusal, ...] = ()
    attentions: tuple[Attention, ...] = ()


@dataclass(frozen=True, slots=True)
class AndroidEvidence:
    """The certificate chain of Android Keystore, leaf first, each in DER. `integrity_token`: of Google Play."""

    chain: tuple[bytes, ...] = field(repr=False)
    integrity_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AppleEvidence:
    """What `DCAppAttestService.attestKey` gave: the CBOR object, and the key id it was asked for (decoded)."""

    attestation: bytes = field(repr=False)
    key_id: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttestationPolicy:
    """What is asked of a phone. Empty sets let nobody in.

    `packages` and `signers`: names of Android apps, and SHA-256 digests of the certificates they are signed with.
    `apps`: `team.bundle` of Apple apps. `minimum_patch_level`: year and month (202601) of the oldest Android security
    patch; None takes any. `development`: whether Apple apps count that were not released. `old_status_list_refuses`:
    whether a list older than `status_list_age` refuses every phone; otherwise people are told. A missing one refuses.
    """

    packages: frozenset[str] = frozenset()
    signers: frozenset[bytes] = frozenset()
    apps: frozenset[str] = frozenset()
    protections: frozenset[KeyProtection] = HARDWARE
    minimum_patch_level: int | None = None
    development: bool = False
    status_list_age: timedelta = DEFAULT_STATUS_LIST_AGE
    old_status_list_refuses: bool = True
    creation_window: timedelta = DEFAULT_CREATION_WINDOW


@dataclass(frozen=True, slots=True)
class AttestationReport:
    """What was found; accepted if every check of the platform is there and none refuses.

    `key`: the RFC 7638 thumbprint (SHA-256, base64url) of the key that this is about. `protection`: what the evidence
    says, worth something only in an accepted report. `facts`: for the audit trail; nothing in it names one phone.
    `app_attest_key`: the public key (SubjectPublicKeyInfo) that later assertions of an Apple app are made with.
    `signals`: what Google Play says beside the attestation, for people; it neither accepts nor refuses.
    """

    platform: Platform
    key: str
    protection: KeyProtection
    findings: tuple[AttestationFinding, ...]
    model: str | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    app_attest_key: bytes | None = field(default=None, repr=False)
    signals: tuple[IntegrityAttention, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether nothing is missing and nothing refuses."""
        made = [finding.check for finding in self.findings]
        required = REQUIRED.get(self.platform)
        if required is None or len(made) != len(required):
            return False
        return frozenset(made) == required and not self.refusals

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Every reason once, in the order of the checks."""
        return tuple(dict.fromkeys(reason for finding in self.findings for reason in finding.refusals))

    @property
    def attentions(self) -> tuple[Attention | IntegrityAttention, ...]:
        """What people are told, each once."""
        return (*dict.fromkeys(word for finding in self.findings for word in finding.attentions), *self.signals)


class MalformedAttestationError(Exception):
    """The evidence cannot be read; `code` says where it ends to make sense, never what it says."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class AttestationJudge(Protocol):
    """Says what an attestation is worth."""

    def judge(
        self, evidence: AndroidEvidence | AppleEvidence, key: str, challenge: bytes, at: datetime
    ) -> AttestationReport:
        """Every check of the platform.

        Args:
            evidence: what the phone shows.
            key: RFC 7638 thumbprint of the key that asks to be enrolled and has proved that it is at hand (DPoP).
                Android attests this very key; Apple's clientDataHash is the SHA-256 of the challenge and the 32
                octets of this thumbprint.
            challenge: what this server gave out before the key was made.
            at: now.

        Raises:
            MalformedAttestationError: it cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class AssertionReport:
    """What an assertion of an Apple app is worth. `counter`: the one to keep if it is accepted."""

    counter: int
    refusals: tuple[Refusal, ...]

    @property
    def accepted(self) -> bool:
        """Whether nothing refuses."""
        return not self.refusals


class AssertionJudge(Protocol):
    """Says whether an Apple app that was attested is at hand."""

    def judge_assertion(
        self, assertion: bytes, app_attest_key: bytes, counter: int, key: str, challenge: bytes
    ) -> AssertionReport:
        """Every check of an assertion.

        Args:
            assertion: what `DCAppAttestService.generateAssertion` gave, a CBOR map.
            app_attest_key: of the report of the attestation.
            counter: of the last one that was accepted; 0 after the attestation.
            key: RFC 7638 thumbprint of the key of the phone.
            challenge: what this server gave out for it. clientDataHash is made as for the attestation.

        Raises:
            MalformedAttestationError: it cannot be read.
        """
        ...
